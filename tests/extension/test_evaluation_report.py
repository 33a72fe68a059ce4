"""The evaluation from beginning to end with a model that is played, and the report it leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.errors import InputError, TargetError
from cefr_sentences.exporter.formats import FORMATS, RecordWriter
from cefr_sentences.exporter.prompt import Record
from cefr_sentences.extension.evaluation import across, compare, folder, plots, report
from cefr_sentences.extension.evaluation.task import Task, of_records, training_beside, training_of

TRAINING = (
    Record("A1", ("dog", "milk"), ("My dog is big.", "The cat drinks milk.")),
    Record("A1", ("bird", "run"), ("I see a bird.", "She ran to the trees.")),
)
UNSEEN = (
    Record("A1", ("cat", "tree"), ("I have a cat.", "The tree is green.")),
    Record("A1", ("sun", "car"), ("The sun is hot.", "We have a car.")),
    Record("A1", ("bus", "egg"), ("The bus is late.", "I eat an egg.")),
)
ANSWERS = {
    "base": ["Sure!\n1. <b>dogs</b> | *", "1. Nothing at all.", "1. I like it.\n2. I like it."],
    "adapter": [
        "1. My cat is nice.\n2. Look at the tree!",
        "1. The sun is hot.\n2. My dog is big.",
        "1. A bus.\n2. Eggs.",
    ],
}


class Played:
    """A model of two states: `off` while its adapter is disabled."""

    def __init__(self) -> None:
        self.name = "adapter"

    @contextmanager
    def disable_adapter(self) -> Any:
        self.name = "base"
        yield
        self.name = "adapter"


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    model = Played()

    def answer(model: Any, tokenizer: Any, prompts: Any, words: Any, **rest: Any) -> list[str]:
        rest["progress"](len(prompts), len(prompts))
        return ANSWERS[model.name][: len(prompts)]

    def records(model: Any, tokenizer: Any, some: Any) -> list[tuple[float, int]]:
        return [(20.0 if model.name == "base" else 10.0, 10) for _ in some]

    def sentences(model: Any, tokenizer: Any, some: Any, progress: Any) -> list[tuple[float, int]]:
        assert model.name == "base"  # fluency is the base's own, with the adapter off
        return [(float(len(s)), len(s.split())) for s in some]

    monkeypatch.setattr(compare, "generate", answer)
    monkeypatch.setattr(compare, "record_losses", records)
    monkeypatch.setattr(compare, "sentence_losses", sentences)
    return model


@pytest.fixture
def found(played: Played) -> dict[str, Any]:
    task = of_records(UNSEEN, 3, training=TRAINING)
    about = {
        "model": "played",
        "adapter": "a1",
        "notes": ["A note."],
        "versions": {"torch": "0"},
        "run": {"seconds": 75},
    }
    return {**compare.evaluate(played, None, task, beside={"strict": [["Cats.", None]] * 3}), "about": about}


def test_what_is_found(found: dict[str, Any]) -> None:
    assert found["systems"] == ["base", "adapter", "retrieval", "own", "strict"]
    base, adapter = found["base"], found["adapter"]
    assert (base["loss"], adapter["loss"], base["records"], base["lists"]) == (2.0, 1.0, 3, 3)
    assert found["reduction"]["loss"] == 0.5
    assert found["reduction"]["perplexity"] == pytest.approx(1 - 2.718281828**-1)
    assert (base["well_formed"], adapter["well_formed"]) == (1, 3)
    assert (base["words_used"], adapter["words_used"], found["own"]["words_used"]) == (0, 5, 6)
    assert adapter["figures"]["used"]["value"] == pytest.approx(5 / 6)
    assert found["task"]["groups"] == {"unseen": 4, "inside": 2, "asked": 0}
    assert [row["sentence"] for row in found["retrieval"]["rows"]] == [
        "The cat drinks milk.", "She ran to the trees.", None, None, None, None,
    ]  # fmt: skip
    assert found["retrieval"]["figures"]["used_inside"]["value"] == 1.0
    assert "copied" not in found["retrieval"]["figures"]
    assert found["adapter"]["figures"]["copied"]["top"] == 1
    assert "loss" not in found["own"]
    difference = found["difference"]["used"]
    assert difference["value"] == pytest.approx(5 / 6)
    assert difference["low"] <= difference["value"] <= difference["high"]
    json.dumps(found, allow_nan=False)


def test_the_same_seed_gives_the_same(found: dict[str, Any], played: Played) -> None:
    again = compare.evaluate(played, None, of_records(UNSEEN, 3, training=TRAINING))
    assert again["adapter"] == found["adapter"]
    assert again["retrieval"] == found["retrieval"]


def test_words_of_ones_own_have_no_loss(played: Played) -> None:
    found = compare.evaluate(played, None, Task("A1", (("cat", "tree"),)))
    assert found["base"]["loss"] is None
    assert found["reduction"] == {"loss": None, "perplexity": None}
    assert found["systems"] == ["base", "adapter"]
    assert found["task"]["groups"] is None
    assert "no loss" in compare.table(found)
    title, blocks = report.contents(found, {})
    assert "A1" in title
    assert report.NO_PLOTS in [getattr(block, "text", "") for block in blocks]


def test_a_model_without_an_adapter(played: Played) -> None:
    class Bare:
        name = "base"

    found = compare.evaluate(Bare(), None, of_records(UNSEEN, 2))
    assert found["systems"] == ["base", "own"]
    assert "difference" not in found
    assert report.files(found)


class Reader(HTMLParser):
    """The tags, the texts of cells, and where pictures and links come from."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_needs_no_other_file(found: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    page = Reader()
    page.feed(report.html_report(found))
    assert len(page.sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not {"script", "link", "b", "iframe"} & set(page.tags)  # the base's <b> is text
    assert "<b>dogs</b> | *" in page.texts
    assert {"What was run", "Figures", "Flagged", "Which judge did what", "A note."} <= {
        text.removeprefix("Note: ") for text in page.texts
    }


def test_markdown_tables_keep_their_columns(found: dict[str, Any]) -> None:
    text = report.files(found)["report.md"].decode()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    changes = [a != b for a, b in pairwise(widths)]
    assert sum(changes) <= 5  # six tables
    assert r"\<b\>dogs\</b\> \| \*" in text


def test_the_report_says_who_judged_and_what_is_flagged(found: dict[str, Any]) -> None:
    text = report.files(found)["report.md"].decode()
    assert "strict: written elsewhere" in text
    assert "The adapter lowers the loss by 50.0 % and the perplexity by 63.2 %." in text
    flagged = text.split("## Flagged")[1].split("## ")[0]
    assert "| car | My dog is big. | the word is not in it; copied from training |" in flagged
    assert "tree" not in flagged


def test_flags() -> None:
    row = {"sentence": "x", "used": True, "level": "A1", "near_duplicate": False}
    assert report.flags(row, "A1") == report.flags(row | {"level": "A2"}, "A1") == []
    assert report.flags(row | {"level": "B1", "used": False}, "A1") == ["the word is not in it", "level B1"]
    assert report.flags(row | {"level": "", "near_duplicate": True}, "A1") == [
        "no English word", "much like an earlier one",
    ]  # fmt: skip
    assert report.flags({"sentence": None}, "A1") == ["no sentence"]


def test_plots_have_300_dots_an_inch(found: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    made = plots.plots(found)
    assert set(made) == {"shares.png", "scores.png", "lengths.png", "perplexity.png"}
    for data, _ in made.values():
        at = data.index(b"pHYs") + 4
        assert int.from_bytes(data[at : at + 4], "big") == 11811  # a metre
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_the_rest_is_there(found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    files = report.files(found)
    assert set(files) == {"report.md", "report.html", "evaluation.json"}
    assert report.NO_PLOTS.split("(")[0] in files["report.html"].decode()


def test_a_report_is_published_whole(found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "deep" / "r"
    report.write_report(found, out)
    names = {p.name for p in out.iterdir()}
    assert (
        {"report.md", "report.html", "evaluation.json"}
        <= names
        <= {"report.md", "report.html", "evaluation.json", "plots"}
    )
    assert folder.read_evaluation(out) == folder.read_evaluation(out / "evaluation.json") == found
    (out / "report.md").write_text("old")
    report.write_report(found, out)  # a report gives way to a newer one
    assert (out / "report.md").read_text() != "old"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (out / "report.md").write_text("kept")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TargetError, match="no space left"):
        report.write_report(found, out)
    assert (out / "report.md").read_text() == "kept"
    assert [p.name for p in out.parent.iterdir()] == ["r"]


def test_other_things_are_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "r"
    out.mkdir()
    (out / "thesis.txt").write_text("x")
    with pytest.raises(TargetError, match=r"other things \(thesis.txt\)"):
        folder.publish(out, {"report.md": b"1"})
    folder.publish(out, {"report.md": b"1"}, force=True)
    assert ((out / "thesis.txt").read_text(), (out / "report.md").read_bytes()) == ("x", b"1")
    (tmp_path / "file").touch()
    with pytest.raises(TargetError, match="is a file"):
        folder.publish(tmp_path / "file", {}, force=True)


def test_levels_side_by_side(found: dict[str, Any], tmp_path: Path, run: Callable[..., Any]) -> None:
    harder = {**found, "task": {**found["task"], "level": "A2"}}
    report.write_report(harder, tmp_path / "two")
    report.write_report(found, tmp_path / "one")
    result = run(
        "evaluate", "--compare", tmp_path / "two", tmp_path / "one" / "evaluation.json", "--out", tmp_path / "c"
    )
    assert result.code == 0, result.err
    text = (tmp_path / "c" / "report.md").read_text(encoding="utf-8")
    assert result.out == text
    assert "| | A1 | A2 |".replace("| |", "|   |") in text
    assert "| loss reduction | 50.0 % | 50.0 % |" in text
    assert "| training time | 75 s | 75 s |" in text
    assert "| words used | adapter | 83.3 % · " in text
    assert set(json.loads((tmp_path / "c" / "comparison.json").read_text())["compared"]) == {"A1", "A2"}
    assert (tmp_path / "c" / "report.html").is_file()


def test_two_runs_of_one_level_are_told_apart(found: dict[str, Any], tmp_path: Path) -> None:
    heads = across.named([(tmp_path / "b" / "evaluation.json", found), (tmp_path / "a.json", found)])
    assert [head for head, _ in heads] == ["A1 (a)", "A1 (b)"]


BAD = {
    "nothing": ([], "--model"),
    "neither file nor words": (["--model", "embedded"], "either an evaluation file or --words"),
    "both": (["{eval}", "--words", "w.txt", "--model", "embedded"], "either an evaluation file or --words"),
    "no prompts": (["{eval}", "--model", "embedded", "--prompts", "0"], "--prompts 0"),
    "temperature": (["{eval}", "--model", "embedded", "--temperature", "3"], "--temperature 3.0"),
    "another level": (["{eval}", "--model", "embedded", "--level", "A2"], "is of level A1, not A2"),
    "no level": (["--words", "{words}", "--model", "embedded"], "Say at which level"),
    "no training file": (["{eval}", "--model", "embedded", "--train", "none.txt"], "none.txt does not exist"),
    "beside what": (["{eval}", "--model", "embedded", "--beside", "x.json"], "--beside 'x.json'"),
    "a taken name": (["{eval}", "--model", "embedded", "--beside", "base={words}"], "give a new name"),
    "beside no json": (["{eval}", "--model", "embedded", "--beside", "s={words}"], "is no JSON array"),
    "out is taken": (["{eval}", "--model", "embedded", "--out", "{folder}"], "holds other things"),
    "compare without out": (["--compare", "a.json", "b.json"], "needs --out"),
    "compare one": (["--compare", "a.json", "--out", "{folder}/new"], "at least two"),
    "compare nothing": (["--compare", "a.json", "b.json", "--out", "{folder}/new"], "a.json does not exist"),
    "compare and evaluate": (["{eval}", "--compare", "a", "b", "--out", "{folder}/new"], "evaluates nothing"),
}


@pytest.mark.parametrize("case", BAD)
def test_refusals_come_before_the_model(tmp_path: Path, case: str) -> None:
    arguments, message = BAD[case]
    write_records(tmp_path / "n_eval.txt", UNSEEN)
    (tmp_path / "words.txt").write_text("cat\ntree\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").touch()
    places = {"eval": tmp_path / "n_eval.txt", "words": tmp_path / "words.txt", "folder": tmp_path / "folder"}
    code = (
        "import sys; from cefr_sentences.extension.cli import main\n"
        "code = main(sys.argv[1:]); print(code, 'torch' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "evaluate", *(a.format(**places) for a in arguments)],
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["2", "False"], result.stderr
    assert message in result.stderr
    assert not (tmp_path / "folder" / "new").exists()


def test_sentences_put_beside(tmp_path: Path) -> None:
    from cefr_sentences.extension.evaluation.command import _beside

    path = tmp_path / "s.json"
    path.write_text(json.dumps([{"word": "Cat", "sentence": "A cat."}, {"word": "tree", "sentence": None}]))
    assert _beside([f"s={path}"], [("cat", "tree")]) == {"s": [["A cat.", None]]}
    with pytest.raises(InputError, match="has no row for 1 of the words asked for, 'sun' first"):
        _beside([f"s={path}"], [("cat", "sun")])


def test_the_training_file_is_found(tmp_path: Path) -> None:
    for name in ("n.txt", "n_eval.txt", "n_chat.json", "n_chat_eval.json", "m_eval.txt"):
        (tmp_path / name).touch()
    assert training_beside(tmp_path / "n_eval.txt") == tmp_path / "n.txt"
    assert training_beside(tmp_path / "n_chat_eval.json") == tmp_path / "n_chat.json"
    assert training_beside(tmp_path / "m_eval.txt") is training_beside(tmp_path / "n.txt") is None
    data = tmp_path / "user_data" / "training" / "datasets"
    data.mkdir(parents=True)
    (data / "n.txt").touch()
    adapter = tmp_path / "user_data" / "loras" / "a"
    adapter.mkdir(parents=True)
    assert training_of(adapter, {"data": {"file": "n.txt"}}) == data.resolve() / "n.txt"
    for card in (
        {},
        {"data": None},
        {"data": {"file": "../n.txt"}},
        {"data": {"file": 3}},
        {"data": {"file": "o.txt"}},
    ):
        assert training_of(adapter, card) is None


def test_records_of_two_levels_are_refused() -> None:
    with pytest.raises(InputError, match="one level; this one has A1, B1"):
        of_records([*UNSEEN, Record("B1", ("x",), ("An x.",))], 3)


def write_records(path: Path, records: Any) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        writer = RecordWriter(file, FORMATS["txt"])
        for record in records:
            writer.write(record)
        writer.close()
