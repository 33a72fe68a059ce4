"""The evaluation from beginning to end with a model that is played, and the report it leaves."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, TargetError
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.evaluation import across, compare, folder, plots, report
from cefr_sentences.extension.evaluation.bootstrap import Parts
from cefr_sentences.extension.evaluation.document import Table
from cefr_sentences.extension.evaluation.metric import LOWER, Metric, Sample
from cefr_sentences.extension.evaluation.metrics import METRICS
from cefr_sentences.extension.evaluation.result import About, Answers, Evaluation, Row, System, TrainingRun
from cefr_sentences.extension.evaluation.task import Task, of_records
from cefr_sentences.extension.models.asking import Reply

pytestmark = pytest.mark.slow

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
    "base": ["Sure!\n1. <b>It is</b> | * late", "1. Nothing at all.", "1. I like it.\n2. I like it."],
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
        try:
            yield
        finally:
            self.name = "adapter"


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    model = Played()

    def answer(model: Any, tokenizer: Any, prompts: Any, **rest: Any) -> list[Reply]:
        rest["progress"](len(prompts), len(prompts))
        return [Reply(text) for text in ANSWERS[model.name][: len(prompts)]]

    def records(model: Any, tokenizer: Any, some: Any, prompt_form: str, progress: Any) -> list[tuple[float, int]]:
        progress(0, len(some))
        return [(20.0 if model.name == "base" else 10.0, 10) for _ in some]

    def sentences(model: Any, tokenizer: Any, some: Any, progress: Any) -> list[tuple[float, int]]:
        progress(0, len(some))
        assert model.name == "base"  # fluency is the base's own, with the adapter off
        return [(float(len(s)), len(s.split())) for s in some]

    monkeypatch.setattr(compare, "generate", answer)
    monkeypatch.setattr(compare, "record_losses", records)
    monkeypatch.setattr(compare, "sentence_losses", sentences)
    return model


@pytest.fixture
def found(played: Played) -> Evaluation:
    task = of_records(UNSEEN, 3, training=TRAINING)
    about = About("played", "a1", notes=("A note.",), versions={"torch": "0"}, run=TrainingRun(seconds=75))
    return replace(compare.evaluate(played, None, task, beside={"strict": [["Cats.", None]] * 3}), about=about)


@pytest.mark.parametrize("part", ["base", "adapter", "loss", "fluency", "figures"])
def test_every_part_can_be_stopped(played: Played, part: str) -> None:
    from cefr_sentences.extension.models.jobs import Desk, Job

    def work(job: Job) -> Evaluation:
        def progress(what: str, done: int, total: int) -> None:
            if what == part:
                job.stop()
            job.progress(what, done, total)

        return compare.evaluate(played, None, of_records(UNSEEN, 3), progress)

    job = Desk().start("evaluate", work)
    job.wait(60)
    assert (job.stopped, job.result, job.error, played.name) == (True, None, "", "adapter")


def model(system: System | None) -> Answers:
    assert system is not None
    assert system.model is not None
    return system.model


def test_what_is_found(found: Evaluation) -> None:
    base, adapter, retrieval, own, strict = found.systems
    assert [s.name for s in found.systems] == ["base", "adapter", "retrieval", "own", "strict"]
    assert (found.base, found.adapter, found.subject, found.system("x")) == (base, adapter, adapter, None)
    assert (model(base).loss, model(adapter).loss, model(base).records, model(base).lists) == (2.0, 1.0, 3, 3)
    assert (base.figure("loss").value, adapter.figure("perplexity").value) == (2.0, pytest.approx(math.e))
    assert found.reduction == {"loss": 0.5, "perplexity": pytest.approx(1 - 1 / math.e)}
    assert (model(base).well_formed, model(adapter).well_formed) == (1, 3)
    assert (base.words_used, adapter.words_used, own.words_used) == (0, 5, 6)
    assert adapter.figure("used").value == pytest.approx(5 / 6)
    assert found.asked.groups == {"unseen": 4, "inside": 2, "asked": 0}
    assert retrieval.words_used == 6
    assert len({row.sentence for row in retrieval.rows}) == 6
    assert "copied" not in retrieval.figures
    assert adapter.figure("copied").top == 1
    assert own.model is retrieval.model is strict.model is None
    difference = found.difference["used"]
    assert difference.value == pytest.approx(5 / 6)
    assert (difference.low or 0) <= (difference.value or 0) <= (difference.high or 0)


# What people's scripts read: documented in docs/evaluation.md, and changed with a line in CHANGELOG.md only.
KEYS = {
    "": {"base", "adapter", "retrieval", "own", "strict", "systems", "task", "difference", "reduction", "about"},
    "base": {
        "loss", "perplexity", "records", "lists", "well_formed", "answers", "words", "words_used", "opening",
        "figures", "rows",
    },
    "own": {"words", "words_used", "opening", "figures", "rows"},
    "task": {"level", "lists", "groups", "judge", "training_records", "training_words", "seed", "temperature"},
    "about": {
        "model", "adapter", "dataset", "training", "fingerprint", "longest", "run", "date", "versions", "notes",
    },
    "reduction": {"loss", "perplexity"},
}  # fmt: skip


def test_the_keys_of_the_json(found: Evaluation) -> None:
    data = found.to_json()
    assert {key: set(data[key] if key else data) for key in KEYS} == KEYS
    assert data["about"]["run"] == {"seconds": 75}
    assert set(data["base"]["figures"]["used"]) == {"value", "low", "high", "top", "of"}
    assert set(data["base"]["figures"]["opening"]) == set(data["difference"]["used"]) == {"value", "low", "high"}
    unwritten = {"word", "group", "sentence", "used"}
    written = {"score", "level", "above", "tokens_above", "tokens", "readability", "length", "perplexity"}
    assert set(data["strict"]["rows"][1]) == unwritten
    assert set(data["strict"]["rows"][0]) == unwritten | written | {"guess", "copied", "near_duplicate"}
    assert set(data["retrieval"]["rows"][0]) == unwritten | written | {"guess", "near_duplicate"}
    assert (data["base"]["words"], data["base"]["words_used"], data["own"]["words_used"]) == (6, 0, 6)


def test_json_and_back(found: Evaluation) -> None:
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data == found.to_json()
    assert Evaluation.from_json(data) == found
    data["adapter"]["rows"][0]["of a later version"] = 1
    assert Evaluation.from_json(data) == found


@pytest.mark.parametrize(
    "data",
    [
        None, [], 3, "systems", {}, {"systems": []}, {"systems": [], "task": {"level": "A1"}},
        {"systems": ["own"], "task": {"level": "A1"}, "own": {"rows": []}},
        {"systems": ["base"], "task": {}, "base": {"rows": []}},
        {"systems": ["base"], "task": {"level": "A1"}, "base": {"rows": [3]}},
        {"systems": ["base"], "task": {"level": "A1"}, "base": {"rows": [{"sentence": "x"}]}},
        {"systems": ["base"], "task": {"level": "A1"}, "base": {"rows": [], "figures": []}},
    ],
)  # fmt: skip
def test_what_is_no_evaluation_is_refused(data: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Evaluation.from_json(data)
    (tmp_path / "evaluation.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"is not an evaluation|evaluation\.json holds no JSON object"):
        folder.read_evaluation(tmp_path)


def test_the_same_seed_gives_the_same(found: Evaluation, played: Played) -> None:
    again = compare.evaluate(played, None, of_records(UNSEEN, 3, training=TRAINING))
    assert again.adapter == found.adapter
    assert again.system("retrieval") == found.system("retrieval")


def test_words_of_ones_own_have_no_loss(played: Played) -> None:
    found = compare.evaluate(played, None, Task("A1", (("cat", "tree"),)))
    assert model(found.base).loss is None
    assert found.reduction == {"loss": None, "perplexity": None}
    assert [system.name for system in found.systems] == ["base", "adapter", "retrieval"]
    assert found.asked.groups is None
    assert "no loss" in compare.table(found)
    title, blocks = report.contents(found, {})
    assert "A1" in title
    assert report.NO_PLOTS in [getattr(block, "text", "") for block in blocks]
    assert Evaluation.from_json(found.to_json()) == found


def test_a_model_without_an_adapter(played: Played) -> None:
    class Bare:
        name = "base"

    found = compare.evaluate(Bare(), None, of_records(UNSEEN, 2))
    assert [system.name for system in found.systems] == ["base", "retrieval", "own"]
    assert found.subject is found.base
    assert not {"difference", "reduction", "about", "adapter"} & set(found.to_json())
    assert report.files(found)


def test_a_metric_is_one_entry_of_the_table(found: Evaluation, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(of: Sample) -> Parts:
        return of.mean(lambda row: (row.sentence or "").count("!"))

    shouts = Metric("shouts", "exclamation marks", count, "How many in a sentence.", digits=2, better=LOWER)
    monkeypatch.setitem(METRICS, "shouts", shouts)
    again = replace(compare.evaluate(played, None, of_records(UNSEEN, 3, training=TRAINING)), about=found.about)
    assert again.subject.figure("shouts").value == pytest.approx(1 / 6)
    assert Evaluation.from_json(again.to_json()) == again
    row = next(line for line in compare.table(again).splitlines() if line.startswith("exclamation marks"))
    assert row.removeprefix(shouts.label).split() == ["0.00", "0.17", "0.00", "0.00"]
    text = report.files(again)["report.md"].decode()
    assert text.count("| exclamation marks |") == 2  # the figure, and what it means
    assert "| exclamation marks | How many in a sentence. | lower |" in text
    _, blocks = across.contents([("A1", again), ("A2", again)], {})
    cells = [row for block in blocks if isinstance(block, Table) for row in block.rows]
    assert [row[:2] for row in cells if row[0] == shouts.label] == [
        [shouts.label, "base"], [shouts.label, "adapter"], [shouts.label, shouts.definition],
    ]  # fmt: skip


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


def test_the_page_needs_no_other_file(found: Evaluation) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    page = Reader()
    page.feed(report.html_report(found))
    assert len(page.sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not {"script", "link", "b", "iframe"} & set(page.tags)  # the base's <b> is text
    assert "<b>It is</b> | * late" in page.texts
    assert {"What was run", "Figures", "To look at", "Which judge did what", "A note."} <= {
        text.removeprefix("Note: ") for text in page.texts
    }


def test_markdown_tables_keep_their_columns(found: Evaluation) -> None:
    text = report.files(found)["report.md"].decode()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    changes = [a != b for a, b in pairwise(widths)]
    assert sum(changes) <= 5  # six tables
    assert r"\<b\>It is\</b\> \| \* late" in text


def test_the_report_says_who_judged_and_what_to_look_at(found: Evaluation) -> None:
    text = report.files(found)["report.md"].decode()
    assert "strict: written elsewhere" in text
    assert "The adapter lowers the loss by 50.0 % and the perplexity by 63.2 %." in text
    listed = text.split("## To look at")[1].split("## ")[0]
    assert "| car | My dog is big. | the word is not in it; copied from training |" in listed
    assert "tree" not in listed


def test_flags() -> None:
    row = Row("x", sentence="x", used=True, level="A1", near_duplicate=False)
    assert report.flags(row, "A1") == report.flags(replace(row, level="A2"), "A1") == []
    assert report.flags(replace(row, level="B1", used=False), "A1") == ["the word is not in it", "level B1"]
    assert report.flags(replace(row, level="", near_duplicate=True, copied=True), "A1") == [
        "no English word", "much like an earlier one", "copied from training",
    ]  # fmt: skip
    assert report.flags(Row("x"), "A1") == ["no sentence"]


def test_plots_have_300_dots_an_inch(found: Evaluation) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    made = plots.plots(found)
    assert set(made) == {"shares.png", "scores.png", "lengths.png", "perplexity.png"}
    for data, _ in made.values():
        at = data.index(b"pHYs") + 4
        assert int.from_bytes(data[at : at + 4], "big") == 11811  # a metre
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_the_rest_is_there(found: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    files = report.files(found)
    assert set(files) == {"report.md", "report.html", "evaluation.json"}
    assert report.NO_PLOTS.split("(")[0] in files["report.html"].decode()


def test_a_report_is_published_whole(found: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_only_the_files_of_a_report_are_replaced(tmp_path: Path) -> None:
    out = tmp_path / "r"
    (out / "plots").mkdir(parents=True)
    (out / "plots/mine.png").touch()
    (out / "plots/scores.png").touch()
    (out / "evaluation.json").touch()
    (out / "data").symlink_to("nowhere")
    folder.publish(out, {"report.md": b"1"}, force=True)
    assert sorted(p.name for p in out.rglob("*")) == ["data", "mine.png", "plots", "report.md"]
    assert (out / "data").is_symlink()
    assert {*plots.PICTURES} == {"shares.png", "scores.png", "lengths.png", "perplexity.png"}


def test_heads_differ(found: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "x/report").mkdir(parents=True)
    reports = [tmp_path / name / "report" for name in "xyxz"]
    both = [(tmp_path / "x/report/evaluation.json", found), (tmp_path / "a1.json", found)]
    assert [head for head, _ in across.named(both)] == ["A1 (a1)", "A1 (report)"]
    assert [head for head, _ in across.named([(one, found) for one in reports[:2]])] == [
        "A1 (x/report)",
        "A1 (y/report)",
    ]
    assert [head for head, _ in across.named([(one, found) for one in reports])] == [f"A1 ({n})" for n in "1234"]


def test_levels_side_by_side(found: Evaluation, tmp_path: Path, run: Callable[..., Any]) -> None:
    harder = replace(found, asked=replace(found.asked, level="A2"))
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


def test_two_runs_of_one_level_are_told_apart(found: Evaluation, tmp_path: Path) -> None:
    heads = across.named([(tmp_path / "b" / "evaluation.json", found), (tmp_path / "a.json", found)])
    assert [head for head, _ in heads] == ["A1 (a)", "A1 (b)"]


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_pane_shows_the_figures(found: Evaluation, language: str) -> None:
    pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab.evaluate import report_file
    from cefr_sentences.extension.tab.evaluate_view import shown

    page = Reader()
    page.feed(shown(found, language))
    english = {"83.3 % (50.0 – 100.0)", "7.7 %", "16-20 %", "0.85-0.93"}
    turkish = {"%83,3 (50,0 – 100,0)", "%7,7", "%16-20", "0,85-0,93"}
    assert (english if language == "en" else turkish) <= set(page.texts)
    assert ("words used" if language == "en" else "kullanılan kelimeler") in page.texts
    assert "b" not in page.tags  # the base's <b> is text
    assert ("what it means" if language == "en" else "ne anlama geldiği") in page.texts
    report_file = Path(report_file(found, "a1", language))
    assert report_file.name == "evaluation-a1.html"
    title = "Which judge did what" if language == "en" else "Hangi ölçüm ne yaptı"
    assert title in report_file.read_text(encoding="utf-8")


def test_a_report_in_turkish(found: Evaluation) -> None:
    from cefr_sentences.extension.tab.languages import voice

    english, turkish = report.files(found), report.files(found, voice("tr"))
    assert turkish["evaluation.json"] == english["evaluation.json"]
    shapes = [re.sub(r"[^\n|#]", "", made["report.md"].decode()) for made in (english, turkish)]
    assert shapes[0].replace("\\", "") == shapes[1].replace("\\", "")
    text = turkish["report.md"].decode()
    assert "| kullanılan kelimeler | %0,0 · 0,0 – 45,9 | %83,3 · 50,0 – 100,0 | +83,3 puan · " in text
    assert "| yanıt kaybı | 2,000 · 2,000 – 2,000 | 1,000" in text
    assert "Adaptörle kayıp %50,0, perplexity değeri %63,2 düşüyor." in text
    page = turkish["report.html"].decode()
    assert '<html lang="tr">' in page
    assert page.count('class="number"') == english["report.html"].decode().count('class="number"')


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.1, 0.5, "helps"),
        (-0.1, 0.5, "No clear difference"),
        (-0.5, -0.1, "does harm"),
        (None, None, "Too few prompts"),
    ],
)
def test_the_verdict_goes_by_the_interval(found: Evaluation, low: float | None, high: float | None, said: str) -> None:
    pytest.importorskip("gradio", reason="gradio is not installed")
    from dataclasses import replace

    from cefr_sentences.extension.evaluation.result import Figure
    from cefr_sentences.extension.tab.evaluate_view import verdict

    assert said in verdict(replace(found, difference={"used": Figure(0.1, low, high)}), "en")
