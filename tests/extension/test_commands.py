"""What the model commands refuse before torch is imported, and the words people give."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.demo import _extremes
from cefr_sentences.extension.writing.lists import even_lists
from cefr_sentences.extension.writing.sheet import SheetRow
from cefr_sentences.extension.writing.words import read_words, split_words


@pytest.fixture
def records(run, pair_file, tmp_path: Path) -> Path:
    run(
        "export",
        pair_file(),
        "--level",
        "A1",
        "--out",
        tmp_path / "d",
        "--name",
        "n",
        "--records",
        "20",
        "--eval",
        "0.1",
    )
    return tmp_path / "d" / "n.txt"


def gguf(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.Q4_K_M.gguf").write_bytes(b"GGUF")
    return tmp_path / "m"


def test_a_gguf_cannot_be_trained(run, records: Path, tmp_path: Path) -> None:
    folder = gguf(tmp_path)
    for model in (folder, folder / "model.Q4_K_M.gguf"):
        result = run("train", records, "--model", model, "--level", "A1", "--out", tmp_path / "o")
        assert result.code == 2
        assert "GGUF" in result.err
        assert "Transformers version" in result.err
    assert not (tmp_path / "o").exists()


BAD_TRAINING = {
    "no dataset": (["none.txt"], [], "does not exist"),
    "another level": ([], ["--level", "A2"], "is of level A1, not A2"),
    "C2": ([], ["--level", "C2"], "cannot be trained"),
    "rank": ([], ["--rank", "0"], "--rank 0 is out of range"),
    "learning rate": ([], ["--learning-rate", "5"], "--learning-rate 5"),
    "nan": ([], ["--learning-rate", "nan"], "--learning-rate nan"),
    "batch": ([], ["--batch", "0"], "--batch 0 is out of range"),
    "tracker": ([], ["--report-to", "mlflow"], "pip install mlflow"),
    "projections": ([], ["--projections", "x"], "--projections"),
    "no model": ([], ["--model", "./none"], "does not exist"),
    "odd model name": ([], ["--model", "a/b/c"], "does not exist"),
    "no eval file": ([], ["--eval", "none.txt"], "does not exist"),
}


@pytest.mark.parametrize("case", BAD_TRAINING)
def test_bad_training_arguments(run, records: Path, tmp_path: Path, case: str) -> None:
    dataset, extra, message = BAD_TRAINING[case]
    defaults = {"--model": "embedded", "--level": "A1"}
    given = dict(zip(extra[::2], extra[1::2], strict=True))
    options = [x for pair in {**defaults, **given}.items() for x in pair]
    result = run("train", *(dataset or [records]), "--out", tmp_path / "o", *options)
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / "o").exists()


def test_a_folder_with_other_things_is_never_emptied(run, records: Path, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "thesis.txt").write_text("x")
    for extra, message in (([], "already holds something"), (["--force"], "not an adapter folder")):
        result = run("train", records, "--model", "embedded", "--level", "A1", "--out", tmp_path / "o", *extra)
        assert (result.code, message in result.err) == (2, True)
    assert (tmp_path / "o" / "thesis.txt").exists()


def test_the_demo_never_touches_a_real_webui(run, webui: Path) -> None:
    (webui / "server.py").write_text("print('real')")
    result = run("demo", "--out", webui)
    assert (result.code, "holds other things" in result.err) == (2, True)
    assert (webui / "server.py").read_text() == "print('real')"


def test_the_demo_ends_with_the_surest_sentences_and_the_least_sure() -> None:
    rows = [SheetRow("cat", f"Sentence {n}.", fluency=-n / 10) for n in (4, 1, 3, 2, 6, 5, 7)]
    rows.append(SheetRow("dog", "Rejected.", ("no verb",), fluency=-0.01))
    surest, least = _extremes(rows).split("To doubt:")
    assert [re.findall(r"\d", part) for part in (surest, least)] == [["1", "2", "3"], ["5", "6", "7"]]


def test_adapters_that_are_none(run, records: Path, tmp_path: Path) -> None:
    for command in (["evaluate", records], ["write", "--words", "happy", "--level", "A1"]):
        for adapter, message in ((tmp_path / "none", "no adapter folder"), (tmp_path, "is not an adapter")):
            result = run(*command, "--model", "embedded", "--adapter", adapter)
            assert (result.code, message in result.err) == (2, True)


@pytest.mark.slow
def test_refusals_come_before_torch(records: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from cefr_sentences.extension.cli import main\n"
        "code = main(sys.argv[1:]); print(code, 'torch' in sys.modules)"
    )
    for args in (
        ["train", str(records), "--model", "x.gguf", "--level", "A1", "--out", str(tmp_path / "o")],
        ["evaluate", "none.txt", "--model", "embedded"],
        ["write", "none.txt", "--model", "embedded", "--level", "A1"],
        ["check", "none.txt", "--model", "embedded"],
    ):
        result = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True)
        assert result.stdout.split() == ["2", "False"], result.stderr


def test_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [w.text for w in split_words("happy, ice cream,,happy")] == ["happy", "ice cream", "happy"]
    (tmp_path / "w.txt").write_bytes("\ufeffhappy\r\n\r\n ice  cream \r\ncafé\r\n".encode())
    assert [w.text for w in read_words(str(tmp_path / "w.txt")).words] == ["happy", "ice cream", "café"]
    (tmp_path / "w.json").write_text(json.dumps([{"kelime": "happy"}]), encoding="utf-8")
    assert [w.text for w in read_words(str(tmp_path / "w.json")).words] == ["happy"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    assert [w.text for w in read_words("-").words] == ["one", "two"]
    for bad in ("", " , ", "123", "x" * 61):
        with pytest.raises(InputError):
            split_words(bad)


@pytest.mark.parametrize(
    "args",
    [
        ["export", "-", "--level", "A1", "--out", "o", "--name", "n"],
        ["convert-data", "-", "--to", "text", "--out", "o.txt"],
        ["level", "-"],
        ["bank", "import", "-", "--own", "o.jsonl"],
        ["bank", "coverage", "-"],
        ["train", "-", "--level", "A1", "--out", "o", "--model", "embedded"],
        ["train", "d.txt", "--eval", "-", "--level", "A1", "--out", "o", "--model", "embedded"],
        ["evaluate", "-", "--model", "embedded"],
        ["evaluate", "--words", "-", "--level", "A1", "--model", "embedded"],
        ["write", "-", "--level", "A1", "--bank", "only", "--out", "o.csv"],
    ],
    ids=" ".join,
)
def test_messages_name_standard_input(args: list[str], run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the file that it was copied to."""
    monkeypatch.chdir(tmp_path)
    for content in (b"", b"PK\3\4", b"a\0b", b"{"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        result = run(*args)
        if content == b"" or result.code:
            assert result.code == 2
            assert "standard input" in result.err or "No column" in result.err
            assert "/input" not in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_itself(run, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for args in (["plots", tmp_path / "loop"], ["evaluate", "--out", tmp_path / "loop/x", "--model", "embedded"]):
        result = run(*args)
        assert (result.code, "leads back to itself" in result.err) == (2, True)


def test_words_or_a_file_but_not_both(run) -> None:
    for args in ([], ["f.txt", "--words", "a"]):
        result = run("write", *args, "--level", "A1", "--model", "embedded")
        assert (result.code, "either as a file" in result.err) == (2, True)


def test_long_lists_are_cut_evenly() -> None:
    assert [len(c) for c in even_lists(["w"] * 20)] == [10, 10]
    assert [len(c) for c in even_lists(["w"] * 23)] == [8, 8, 7]
    assert [len(c) for c in even_lists(["w"] * 3)] == [3]
    assert [w for c in even_lists([str(i) for i in range(37)]) for w in c] == [str(i) for i in range(37)]


class Hub(BaseHTTPRequestHandler):
    """A hub that refuses, as the real one does: the reason is in a header."""

    answers: ClassVar = {
        "gated-401": (401, "GatedRepo"),
        "gated-403": (403, "GatedRepo"),
        "none": (404, "RepoNotFound"),
    }

    def do_HEAD(self) -> None:
        status, code = next((a for name, a in self.answers.items() if f"/{name}/" in self.path), (401, "RepoNotFound"))
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(endpoint: str, model: str, records: Path, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the hub's client reads its address when it is imported."""
    import os

    args = ["train", str(records), "--model", model, "--level", "A1", "--out", str(tmp_path / "o")]
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_ETAG_TIMEOUT": "3", **more}
    env.pop("HF_TOKEN", None)
    return subprocess.run(
        [sys.executable, "-m", "cefr_sentences.extension", *args], env=env, capture_output=True, text=True, timeout=120
    )


@pytest.mark.model
@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("org/gated-401", "no valid token was sent (401)"),
        ("org/gated-403", "no access yet (403)"),
        ("org/none", "There is no model org/none"),
        ("org/private", "log in first"),
    ],
)
def test_a_hub_that_refuses(hub: str, model: str, message: str, records: Path, tmp_path: Path) -> None:
    result = ask(hub, model, records, tmp_path)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.model
@pytest.mark.parametrize("offline", ["0", "1"])
def test_no_network(records: Path, tmp_path: Path, offline: str) -> None:
    result = ask("http://127.0.0.1:9", "org/model", records, tmp_path, HF_HUB_OFFLINE=offline)
    assert result.returncode == 2, result.stderr
    assert "hub cannot be reached" in result.stderr
    assert "Traceback" not in result.stderr


def test_few_records_and_odd_cuts_are_said_before_training(run, records: Path, tmp_path: Path) -> None:
    some = records.read_text(encoding="utf-8").split("\n\n\n")[:3]
    (tmp_path / "few.txt").write_text("\n\n".join(some), encoding="utf-8")
    (tmp_path / "o").mkdir()
    (tmp_path / "o/adapter_config.json").touch()
    result = run("train", tmp_path / "few.txt", "--model", "embedded", "--level", "A1", "--out", tmp_path / "o")
    assert result.code == 2  # because the folder is there
    assert "Note: 3 records have only 0 hard cuts between them." in result.err
    assert "Note: 3 records are too few" in result.err
