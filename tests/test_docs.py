"""The parser accepts every command in README.md and docs/; the quick ones are run as they are written.

`make test-docs` also runs those that need a model, and writes docs/tested.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import doctest
import functools
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.api import SheetRow
from cefr_sentences.exporter.pairs.checking import starter_pairs
from cefr_sentences.exporter.records.prompt import ListPrompt, wrap
from cefr_sentences.extension.cli import build_parser, main
from cefr_sentences.extension.install.template import instruction_template
from cefr_sentences.extension.models.asking import HEADING
from cefr_sentences.extension.models.embedded import cache_folder, embedded_model
from cefr_sentences.extension.tab.languages import languages

from . import doc_commands
from .doc_commands import PAGES, ROOT, Command, commands, inline

ALL = [command for page in PAGES for command in commands(page)]
QUICK_PAGES = [page for page in PAGES if any(c.kind == "quick" for c in commands(page))]
SLOW_PAGES = [page for page in PAGES if any(c.kind == "slow" for c in commands(page))]
# These report problems; exit code 1 means that they reported some, which is not a failure.
LOOKS = ("doctor", "patch")
QUICK_SECONDS, SLOW_SECONDS = 60, 3600  # the first is twenty on a quiet machine


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_commands_are_found() -> None:
    must = ("README.md", "docs/quickstart.md", "docs/guide-b1-command-line.md", "docs/tr/quickstart.md")
    assert not [page for page in must if not any(name(c.page) == page for c in ALL)]
    assert QUICK_PAGES
    assert SLOW_PAGES


def test_the_finder(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "cefr-sentences in a sentence is none.\n\n"
        "    cefr-sentences level a.txt   # a comment\n"
        "    pip install cefr-sentences\n\n"
        "<!-- quick: --records 9 -->\n\n"
        "    cefr-sentences export a.csv --level A1\n\n"
        "<!-- slow: --epochs 1 -->\n\n"
        "```bash\ntorchrun -m cefr_sentences.extension train a.txt \\\n    --level A1 | head\n```\n\n"
        "Text.\n\n"
        "<!-- not run: no reason -->\n"
        "    .venv\\Scripts\\cefr-sentences demo\n\n"
        "And `cefr-sentences starter` inside.\n",
        encoding="utf-8",
    )
    found = [(c.line, c.arguments, c.kind, c.note) for c in commands(page)]
    assert found == [
        (3, ["level", "a.txt"], "quick", ""),
        (8, ["export", "a.csv", "--level", "A1"], "quick", "--records 9"),
        (13, ["train", "a.txt", "--level", "A1"], "slow", "--epochs 1"),
        (20, ["demo"], "not run", "no reason"),
    ]
    assert list(inline(page)) == [(22, ["starter"])]


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.where)
def test_the_parser_takes_it(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    more = command.note.split() if command.kind != "not run" else []
    code: object = 0
    try:
        build_parser().parse_args([*command.arguments, *more])
    except SystemExit as stop:  # --help and --version leave with 0
        code = stop.code
    assert not code, f"{command.where}: {command.text}\n{capsys.readouterr().err}"


def test_calls_inside_sentences_exist() -> None:
    action = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    wrong = []
    for page in PAGES:
        for line, (first, *rest) in inline(page):
            known = action.choices[first]._option_string_actions if first in action.choices else {}
            if first in action.choices:
                wrong += [f"{name(page)}:{line}: {w}" for w in rest if w.startswith("--") and w not in known]
            elif first not in ("--help", "--version"):
                wrong.append(f"{name(page)}:{line}: {first}")
    assert not wrong


@pytest.mark.slow
def test_the_recipes_are_those_of_the_program() -> None:
    pytest.importorskip("yaml", reason="the recipes are YAML")
    from .recipes_page import PAGE, page

    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "make the tables again: python -m tests.recipes_page"


def test_the_map_names_files_that_are_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    there = {
        path.name
        for room in ("exporter", "extension", "patches", "tests", "bench")
        for path in (ROOT / room).rglob("*.py")
    }
    named = {found.rpartition("/")[2] for found in re.findall(r"`([\w/]+\.py)`", text)}
    assert named - there == set()


@pytest.mark.parametrize(("page", "language"), [("quickstart.md", "en"), ("tr/quickstart.md", "tr")])
def test_the_quickstart_names_what_the_tab_shows(page: str, language: str) -> None:
    webuis = {"CEFR", "CEFR Sentences", "Model", "Transformers"}  # the tab itself, and names of the webui
    bold = set(re.findall(r"\*\*(.+?)\*\*", (ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert len(bold) > 8
    assert bold <= webuis | set(languages()[language].texts.values())


def entries(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^### .+?(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)


def test_troubleshooting_has_cause_and_fix_in_both_languages() -> None:
    english, turkish = entries("troubleshooting.md"), entries("tr/troubleshooting.md")
    assert [e.splitlines()[0] for e in english if "**Cause.**" not in e or "**Fix.**" not in e] == []
    assert [e.splitlines()[0] for e in turkish if "**Neden.**" not in e or "**Çözüm.**" not in e] == []
    assert len(turkish) == len(english) > 40


def test_how_many_anchors_of_the_judge_are_starter_pairs() -> None:
    starter = {row["sentence"] for row in json.loads(starter_pairs("A1").read_text(encoding="utf-8"))}
    anchors = [line.split("\t") for line in (ROOT / "bench/anchors.tsv").read_text(encoding="utf-8").splitlines()]
    a1 = [row[-1] for row in anchors if row[0] == "A1"]
    said = f"{sum(sentence in starter for sentence in a1)} of the {len(a1)} anchors of A1 are sentences of the bank too"
    assert said in " ".join((ROOT / "docs/judge-measured.md").read_text(encoding="utf-8").split())


def test_the_judges_page_quotes_the_measured_figures() -> None:
    page, measured = ((ROOT / f"docs/{one}.md").read_text(encoding="utf-8") for one in ("judge", "judge-measured"))
    rows = re.findall(r"^\|.+\| `(fitted|deep)` \| ([\d.]+%) \| ([\d.]+%) \|$", page, re.MULTILINE)
    tested = measured.partition("fitted on:\n")[2].partition("\n\nWhat `deep` gains")[0]
    figures = re.findall(r"^\|.+\| (fitted|deep) \| \d+ \| ([\d.]+%) \| [\d.]+% \| ([\d.]+%) \|", tested, re.MULTILINE)
    assert rows == figures != []


def test_what_is_not_run_has_a_reason() -> None:
    assert not [c.where for c in ALL if c.kind == "not run" and not c.note]


def test_what_the_python_page_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert doctest.testfile(str(ROOT / "docs/api.md"), module_relative=False).failed == 0


def test_the_templates_for_other_programs_render_the_prompt() -> None:
    prompt = ListPrompt("A1", ("happy", "ice cream"))
    page = (ROOT / "docs/chat-programs.md").read_text(encoding="utf-8")
    modelfile, jinja = re.findall(r"^```(?:text|jinja)\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    template = re.search(r'^TEMPLATE """(.+?)"""', modelfile, re.MULTILINE | re.DOTALL)
    assert template is not None
    assert template[1].replace("{{ .Prompt }}", prompt.text) == wrap(prompt.text)
    assert f'PARAMETER stop "{HEADING.strip()}"' in modelfile
    assert jinja.strip() == instruction_template()


@pytest.mark.model
@pytest.mark.slow  # two commands of their own, each with a torch to import, and a real model
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells as a script, with a short training; those tagged `notebook` install and show, and are left out."""
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "docs/notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {"shell": lambda line: subprocess.run(shlex.split(line), check=True)}
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "notebook" in tags:
            continue
        code = re.sub(r"^!((?:.+\\\n)*.+)$", r'shell(f"""\1""")', "".join(cell["source"]), flags=re.MULTILINE)
        exec(compile(code, "notebook.ipynb", "exec"), names)
        if "parameters" in tags:
            names.update(RECORDS=60, EPOCHS=0.1, PROMPTS=1, WORDS=["kite"])
    example = re.search(r"^```python\n(.+?)^```", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.M | re.S)
    assert example is not None
    short = {"loras/a1": "lora", "candidates=2": "candidates=1, tries=1"}
    exec(functools.reduce(lambda code, pair: code.replace(*pair), short.items(), example[1]), names)
    assert all(isinstance(row, SheetRow) for row in names["rows"])


def run_all(page: Path, folder: Path, kinds: tuple[str, ...], seconds: float) -> tuple[int, float]:
    """Run the commands of these kinds in order; how many, and how long they took."""
    scripts = Path(sys.executable).parent
    number, took = 0, 0.0
    for command in commands(page):
        if command.kind in kinds:
            more = command.note if "slow" in kinds else ""
            code, output, lasted = doc_commands.run(command, folder, scripts, seconds, more)
            looks = command.arguments[0] in LOOKS
            assert code == 0 or (looks and code == 1), f"{command.where}: {command.text}\nexit code {code}\n{output}"
            number, took = number + 1, took + lasted
    return number, took


@pytest.mark.slow
@pytest.mark.parametrize("page", QUICK_PAGES, ids=name)
def test_quick_commands(page: Path, desk: Path) -> None:
    if not (Path(sys.executable).parent / "cefr-sentences").exists() or shutil.which("bash") is None:
        pytest.skip("needs bash, and the command beside this Python")
    run_all(page, desk, ("quick",), QUICK_SECONDS)


@pytest.mark.model
@pytest.mark.docs_slow
@pytest.mark.parametrize("page", SLOW_PAGES, ids=name)
def test_slow_commands(
    page: Path, desk: Path, model: Path, adapter: Path, report: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEFR_SENTENCES_CACHE", str(cache_folder()))  # not one in the new home
    models = desk / "text-generation-webui" / "user_data" / "models"
    for place in (desk / "MODEL", models / "MODEL", models / "meta-llama_Llama-3.2-1B-Instruct"):
        place.symlink_to(model)
    trained = {Path(c.arguments[c.arguments.index("--out") + 1]).name for c in commands(page) if _trains(c)}
    if "a1" not in trained:
        for place in ("loras/a1", "text-generation-webui/user_data/loras/a1"):
            shutil.copytree(adapter, desk / place)
    report[name(page)] = "**failed**"
    number, took = run_all(page, desk, ("quick", "slow"), SLOW_SECONDS)
    report[name(page)] = f"{number} commands, {took:,.0f} s"


def _trains(command: Command) -> bool:
    return command.kind == "slow" and command.arguments[0] == "train" and "--out" in command.arguments


def made_by(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A home with what the pages speak of: a webui, a table, a training file, words, sentences."""
    webui = tmp_path / "text-generation-webui"
    for part in ("modules", "extensions", "user_data/training/datasets", "user_data/loras", "user_data/models"):
        (webui / part).mkdir(parents=True)
    (webui / "server.py").touch()
    (tmp_path / "DIR").symlink_to(webui)
    for level in ("A1", "B1"):
        rows = json.loads(starter_pairs(level).read_text(encoding="utf-8"))
        with (tmp_path / f"my_{level.lower()}_pairs.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["word", "sentence"])
            table.writerows((row["word"], row["sentence"]) for row in rows)
    shutil.copy(tmp_path / "my_a1_pairs.csv", tmp_path / "my_pairs.csv")
    made_by(
        "export", "starter", "--level", "A1", "--name", "a1", "--records", 60, "--formats", "txt", "--out", tmp_path
    )
    (tmp_path / "words.txt").write_text("kite\ntowel\nmagazine\nknee\ncookie\ntravel\n", encoding="utf-8")
    (tmp_path / "sentences.txt").write_text("I have a dog.\nShe walks to school.\n", encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def model() -> Path:
    """The embedded model as a Transformers folder."""
    return embedded_model()


@pytest.fixture(scope="session")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of a few steps, made by the command."""
    folder = tmp_path_factory.mktemp("adapter")
    made_by("export", "starter", "--level", "A1", "--name", "a1", "--records", 60, "--out", folder)
    train = ["train", folder / "a1.txt", "--model", "embedded", "--level", "A1", "--out", folder / "lora"]
    # Strong enough that a merge does not lose it in the rounding.
    made_by(*train, "--epochs", 1, "--learning-rate", 0.002, "--evaluations", 0)
    return folder / "lora"


@pytest.fixture(scope="session")
def report() -> Iterator[dict[str, str]]:
    """Results by page, written to the file that CEFR_DOCS_REPORT names."""
    results: dict[str, str] = {}
    yield results
    if path := os.environ.get("CEFR_DOCS_REPORT"):
        Path(path).write_text(result_page(results, datetime.date.today()), encoding="utf-8")


def result_page(results: dict[str, str], day: datetime.date | None = None) -> str:
    """docs/tested.md."""
    lines = [
        "# Tested commands",
        "",
        "The tests parse every command on these pages and run the quick ones. `make test-docs` also runs those that "
        "need a model, in order, with the embedded model in place of any other, and writes this page.",
        "",
    ]
    if results:
        packages = ("torch", "transformers", "peft")
        with_ = ", ".join([f"Python {platform.python_version()}", *(f"{p} {_version(p)}" for p in packages)])
        lines += [f"Last run: {day}, {platform.system()}, {with_}.", "", "| page | result |", "|---|---|"]
        lines += [f"| {name(page)} | {results.get(name(page), 'not run this time')} |" for page in SLOW_PAGES]
    else:
        lines.append("Last run: none yet.")
    lines += ["", "Parsed only:", "", "| command | why |", "|---|---|"]
    left = [c for c in ALL if c.kind == "not run"]
    lines += [f"| {c.page.relative_to(ROOT).as_posix()}: `{' '.join(c.arguments[:2])}` | {c.note} |" for c in left]
    return "\n".join(lines) + "\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
