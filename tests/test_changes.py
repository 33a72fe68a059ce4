"""Five changes of the table in docs/architecture.md, made in a copy of the package by touching the named file alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cefr_sentences.extension.cli import main

from .extension.tiny import save_tiny_model
from .test_architecture import FOLDERS, ROOT, changes

pytestmark = pytest.mark.slow


# However the package is installed, `cefr_sentences` is the copy.
START = """
import sys, types
package = types.ModuleType("cefr_sentences")
package.__path__ = [sys.argv.pop(1)]
sys.modules["cefr_sentences"] = package
"""
COMMAND = "from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"
# Every text of the tab, as a browser of a language gets it.
TAB = """
from pathlib import Path
from tests.extension.tab.conftest import Request, built_page

built = built_page(Path(sys.argv[1]))
updates = built.ui.opened(Request(sys.argv[2]), *[None] * len(built.ui.lists))
print([component["props"] for component in built.page.get_config_file()["components"]])
print(list(updates.values()))
"""


@dataclass(frozen=True)
class House:
    """A copy of the three folders, importable as `cefr_sentences`, in which one change is made."""

    root: Path

    def file(self, change: str) -> Path:
        """The first file that the table names for `change`, in the copy."""
        return self.root / changes()[change][0]

    def do(self, code: str, *args: object) -> str:
        """What `code` prints in the copy."""
        done = subprocess.run(
            [sys.executable, "-c", START + code, str(self.root), *map(str, args)],
            cwd=ROOT,  # for the helpers in tests/
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *args: object) -> str:
        """What `cefr-sentences ARGS` prints in the copy."""
        return self.do(COMMAND, *args)

    def tab(self, language: str = "en") -> str:
        """The texts of the tab in the copy."""
        pytest.importorskip("gradio", reason="gradio is not installed")
        return self.do(TAB, self.root.parent, language)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A copy; afterwards one of its files, and no other, is different from here."""
    root = tmp_path / "cefr_sentences"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder)
    yield House(root)
    there = [path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    same = [p for p in there if (ROOT / p).is_file() and (ROOT / p).read_bytes() == (root / p).read_bytes()]
    assert len(there) == len(same) + 1


def insert(path: Path, before: str, text: str) -> None:
    """Write `text` into the file before the only place where `before` is."""
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1
    path.write_text(content.replace(before, text + before), encoding="utf-8")


class _Answers(BaseHTTPRequestHandler):
    """A server that writes the same two sentences for whatever is asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = {"choices": [{"text": "1. I have a kite.\n2. The towel is very wet."}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def written(house: House, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run `write` for two words with a server, in the copy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    words = tmp_path / "words.txt"
    words.write_text("kite\ntowel\n", encoding="utf-8")
    address = f"http://127.0.0.1:{server.server_address[1]}"

    def write(*args: object) -> str:
        return house.run("write", words, "--level", "A1", "--api", address, "--bank", "off", "--tries", 1, *args)

    yield write
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records, and a tiny model."""
    folder = tmp_path_factory.mktemp("data")
    export = ["export", "starter", "--level", "A1", "--out", str(folder), "--name", "d", "--mix", "6:100"]
    assert main([*export, "--records", "60", "--eval", "0.1"]) == 0
    save_tiny_model(folder / "model")
    return folder


@pytest.mark.model
def test_a_recipe(house: House, data: Path) -> None:
    new = house.file("a kind of recipe").parents[1] / "gentle" / "base.yaml"
    new.parent.mkdir()
    new.write_text("rank: 4\nbatch: 8\nepochs: 0.2\nlearning_rate: 1e-5\n", encoding="utf-8")
    out = house.root.parent / "adapter"
    house.run("train", data / "d.txt", "--level", "A1", "--model", data / "model", "--recipe", "gentle", "--out", out)
    metadata = json.loads((out / "cefr_sentences.json").read_text(encoding="utf-8"))
    assert (metadata["recipe"]["name"], metadata["settings"]["rank"]) == ("gentle/A1", 4)
    assert "gentle" in house.tab()


def test_an_output_format(house: House, written: Callable[..., str]) -> None:
    render = 'lambda sheet: b"".join(f"- {row.sentence}\\n".encode() for row in sheet.rows)'
    path = house.file("an output format for sentences")
    path.write_text(
        f"{path.read_text(encoding='utf-8')}\n"
        f'OUTPUT_FORMATS = (*OUTPUT_FORMATS, OutputFormat(".md", "Markdown list", {render}, in_tab=True))\n',
        encoding="utf-8",
    )
    out = house.root.parent / "sentences.md"
    written("--out", out)
    assert out.read_text(encoding="utf-8") == "- I have a kite.\n- The towel is very wet.\n"
    assert "Markdown list" in house.run("write", "--help")
    assert "Markdown list" in house.tab()


def test_a_check_on_sentences(house: House, written: Callable[..., str]) -> None:
    check = 'Check("filler", "it has a filler word", lambda candidate: " very " in candidate.sentence)'
    insert(house.file("a check on sentences"), ")\nBY_NAME", f"    {check},\n")
    out = house.root.parent / "sentences.json"
    written("--out", out)
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["status"], row["reasons"], row["why"]) for row in rows] == [
        ("doubtful", [], ""),  # a server tells no fluency
        ("flagged", ["filler"], "it has a filler word"),
    ]


@pytest.mark.model
def test_a_metric(house: House, data: Path) -> None:
    metric = """    Metric("questions", "Questions",
           lambda sample: sample.mean(lambda row: float(str(row.sentence).endswith("?"))),
           "Sentences that end with a question mark.", SHARE),
"""
    insert(house.file("a metric of the evaluation"), ")  # fmt: skip\nMETRICS", metric)
    out = house.root.parent / "report"
    said = house.run("evaluate", data / "d_eval.txt", "--model", data / "model", "--prompts", 1, "--out", out)
    assert "Questions" in said
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "Sentences that end with a question mark." in report


def test_a_language(house: House) -> None:
    turkish = house.file("a language of the tab")
    german = (
        "name: Deutsch\ntexts:\n  pane.data: 1 Daten\n  pane.train: 2 Trainieren\n  train.start: Training starten\n"
    )
    turkish.with_name("de.yaml").write_text(german, encoding="utf-8")
    shown = house.tab("de-DE,de;q=0.9")
    assert [text in shown for text in ("1 Daten", "2 Trainieren", "Training starten")] == [True] * 3
    assert "4 Write" in shown  # what the file lacks
    assert "1 Daten" not in house.tab("tr")
