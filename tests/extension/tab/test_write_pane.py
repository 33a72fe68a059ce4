"""The Write and the Apply pane, on a host that does not write."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.models.host import Applied, ChatField, ModelState
from cefr_sentences.extension.writing.sheet import SOURCES, Sheet, SheetRow

from .conftest import Built
from .test_panes import adapter

gr: Any = pytest.importorskip("gradio", reason="gradio is not installed")

from cefr_sentences.extension.tab import write  # noqa: E402
from cefr_sentences.extension.tab.languages import text  # noqa: E402
from cefr_sentences.extension.tab.write_view import downloads, sheet_table, summary  # noqa: E402

Build = Callable[..., Built]
ROWS = (
    SheetRow("happy", "I am <b>happy</b> today.", level="A1", tries=1),
    SheetRow("ubiquitous", "It is ubiquitous.", reasons=("hard",), level="C1", above=("ubiquitous",), tries=4),
    SheetRow("happy", reasons=("repeated",), detail="1"),
)
SHEET = Sheet(ROWS, "A1", "mine")
READ = Sheet((ROWS[1], ROWS[0], SheetRow("old", "My old is odd.", level="A1", tries=2, doubtful=True), ROWS[2]), "A1")
WRITE = {"words": "happy", "level": "A1", "adapter": "", "strict": False, "candidates": 4, "tries": 4}
WRITE |= {"bank": "off", "per_word": 1, "title": "", "exercise": "box"}


def test_rows_that_are_not_accepted_are_marked() -> None:
    shown = sheet_table(SHEET, "en")
    rows = shown.split("<tr")[2:]
    assert ["flag" in row for row in rows] == [False, True, True]
    assert "I am &lt;b&gt;happy" in rows[0]
    assert "it is too hard for the level" in rows[1]
    assert "doubtful, please read" in sheet_table(READ, "en")
    assert "(no sentence)" in rows[2]
    assert "daha önce, 1. satırda istendi" in sheet_table(SHEET, "tr")


@pytest.mark.parametrize(("trained", "other"), [("", False), ("A1", False), ("B1", True)])
def test_what_was_written_in_words(trained: str, other: bool) -> None:
    lines = summary(SHEET, trained, "en")
    assert lines[:3] == [
        "1 of 2 words have a sentence.",
        "Word, form and level checked; please read before printing.",
        "Not asked for, because repeated or not words: 1.",
    ]
    assert lines[3:] == (["The adapter mine was trained for B1, not for A1."] if other else [])
    assert len(summary(Sheet(ROWS[:1], "A1"), "", "en")) == 2
    assert summary(READ, "", "en")[0] == "2 of 3 words have a sentence; 1 doubtful: please read first."


def test_downloads_are_made_once_and_named_by_the_level() -> None:
    files = [Path(file) for file in downloads(SHEET)]
    assert [file.name for file in files][:2] == ["sentences-a1.csv", "anki-a1.tsv"]
    assert all(file.stat().st_size for file in files)
    assert downloads(SHEET) is downloads(SHEET)


@pytest.mark.parametrize(
    ("chosen", "applied", "by"),
    [("one", (), "one"), ("one", ("two",), "one"), ("", (), ""), ("", ("two",), "two"), ("", ("one", "two"), "")],
)
def test_an_adapter_that_is_applied_writes_where_none_is_chosen(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch, chosen: str, applied: tuple[str, ...], by: str
) -> None:
    for name in ("one", "two"):
        adapter(tmp_path / "loras", name)
    asked: list[Any] = []
    built = build(
        tmp_path,
        state=lambda: ModelState("model", "trainable", "Transformers", applied),
        answers=lambda prompts, **how: asked.append(how),
    )
    monkeypatch.setattr(write, "training_sentences", lambda _, folder: {folder.name})

    def write_sentences(
        ask: Any, words: Any, settings: Any, *, bank: Any, known: Any, reader: Any, finished: Any, progress: Any
    ) -> list[SheetRow]:
        ask([], sampling=None, progress=None)
        progress(2, 1, 3)
        assert bank is None
        asked.append(([word.text for word in words], settings.level, settings.candidates, settings.tries, set(known)))
        return list(ROWS[:1])

    monkeypatch.setattr(write, "write_sentences", write_sentences)
    built.call("write", "write", **WRITE | {"adapter": chosen, "strict": True, "candidates": 3, "tries": 2})
    job = built.ui.host.desk.last("write")
    assert job.result == Sheet(ROWS[:1], "A1", by, True, bank="off")
    assert asked[0] == {"adapter": by or None, "strict": True, "sampling": None, "progress": None}
    assert asked[1] == (["happy"], "A1", 3, 2, {by} if by else set())
    assert job.what == "Asking again (try 2)"


def test_what_was_finished_is_there_after_a_stop(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = ModelState("model", "trainable", "Transformers")
    built = build(tmp_path, state=lambda: loaded, answers=lambda prompts, **how: [])

    def write_sentences(*of: Any, finished: Any, progress: Any, **more: Any) -> list[SheetRow]:
        finished(ROWS[0])
        built.ui.host.desk.last("write").stop()
        progress(1, 1, 3)
        return list(ROWS)

    monkeypatch.setattr(write, "write_sentences", write_sentences)
    shown = built.call("write", "write", **WRITE)
    job = built.ui.host.desk.last("write")
    assert (job.stopped, job.result.rows) == (True, ROWS[:1])
    assert "Stopped" in shown[-1][built.events["write", "write"].message]


@pytest.mark.parametrize("bank", ["only", "first"])
def test_the_bank_needs_no_model(tmp_path: Path, build: Build, bank: str) -> None:
    built = build(tmp_path, state=lambda: ModelState("", "none"))
    own = built.ui.host.folders.user_data / "cefr-sentences" / "bank.jsonl"
    own.parent.mkdir(parents=True)
    own.write_text('{"word": "zyx", "sentence": "We saw a zyx.", "level": "A1"}\n', encoding="utf-8")
    chosen = {"words": "add, zyx, qqq", "bank": bank, "per_word": 2, "title": "Unit 1"}
    last = built.call("write", "write", **WRITE | chosen)[-1]
    sheet = built.ui.host.desk.last("write").result
    assert [(row.word, row.source) for row in sheet.rows] == [
        ("add", "bank"),
        ("add", "bank"),
        ("zyx", "own"),
        ("qqq", ""),
    ]
    assert (sheet.look.title, sheet.bank) == ("Unit 1", "only")
    assert "Only the bank was asked" in last[built.events["write", "write"].message]


def written(built: Built, sheet: Sheet) -> None:
    built.ui.host.desk.start("write", lambda job: sheet).wait(30)


def test_only_rows_of_the_sheet_can_be_rewritten(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    with pytest.raises(InputError, match="There is no row 1"):
        built.call("write", "rewrite_row", row=1)
    written(built, SHEET)
    for row in (0, 4):
        with pytest.raises(InputError, match=f"There is no row {row}"):
            built.call("write", "rewrite_row", row=row)
    for row in (None, 10**400, "\ud800", float("inf")):
        with pytest.raises(InputError):
            built.call("write", "rewrite_row", row=row)
    built.ui.host.training_off = "multi-user"  # the sheet may be another visitor's
    with pytest.raises(InputError, match="several users"):
        built.call("write", "rewrite_row", row=1)


def test_one_row_is_rewritten_and_a_failure_loses_nothing(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "randrange", lambda most: 7)
    built = build(tmp_path, answers=lambda prompts, **how: [])
    sheet = Sheet(ROWS, "A1", "", True)
    written(built, sheet)
    new = SheetRow("ubiquitous", "It is everywhere.", tries=1)
    seen: list[Any] = []

    def rewrite(ask: Any, rows: Any, index: int, settings: Any, *more: Any) -> SheetRow:
        seen.append((rows, index, settings.level, settings.seed, ask.keywords))
        return new

    monkeypatch.setattr(write, "rewrite", rewrite)
    built.call("write", "rewrite_row", row=2)
    assert built.ui.host.desk.last("write").result == Sheet((ROWS[0], new, ROWS[2]), "A1", "", True)
    assert seen == [(ROWS, 1, "A1", 7, {"adapter": None, "strict": True})]

    def fails(*_: Any) -> SheetRow:
        raise InputError("No answer.")

    monkeypatch.setattr(write, "rewrite", fails)
    last = built.call("write", "rewrite_row", row=1)[-1]
    shown = {component.elem_id: update for component, update in last.items() if component.elem_id}
    assert "No answer." in shown["cefr-write-status"]
    assert "It is everywhere." in shown["cefr-write-sheet"]


def test_what_is_doubtful_is_read_first_and_what_is_kept_comes_first_the_next_time(
    tmp_path: Path, build: Build
) -> None:
    built = build(tmp_path)
    written(built, READ)
    own = tmp_path / "cefr-sentences" / "bank.jsonl"

    def keep(row: int, sentence: str, to_bank: bool = True) -> dict[str, Any]:
        updates = built.call("write", "keep", row=row, sentence=sentence, to_bank=to_bank)
        return {(component.elem_id or "").removeprefix("cefr-write-"): update for component, update in updates.items()}

    def rows() -> list[tuple[str | None, str, str]]:
        return [(row.sentence, row.status, row.source) for row in built.ui.host.desk.last("write").result.rows]

    (opened,) = [e for e in built.ui.events if e.pane == "write" and e.handler.__name__ == "opened"][:1]
    shown = {component.elem_id: update for component, update in next(iter(opened.handler("en"))).items()}
    assert (shown["cefr-write-row"], shown["cefr-write-edit"]) == (3, "My old is odd.")
    assert "Still to read: 2" in shown["cefr-write-about"]
    after = keep(3, "My  coat is old.")  # edited; the rejected row is next
    assert (after["row"], after["edit"]) == (1, "It is ubiquitous.")
    assert all(after[ending].endswith(f".{ending}") for ending in ("csv", "tsv", "html"))  # each button its own file
    assert rows()[2] == ("My coat is old.", "ok", "own")
    after = keep(1, "It is ubiquitous.", to_bank=False)  # as it is
    assert "Nothing doubtful is left" in after["about"]
    assert "3 of 3 words have a sentence." in after["status"]
    assert rows()[:2] == [("It is ubiquitous.", "ok", "own"), ("I am <b>happy</b> today.", "ok", "model")]
    before = own.read_text(encoding="utf-8")
    assert '"word": "old"' in before
    assert "ubiquitous" not in before
    keep(2, "I am <b>happy</b> today.")  # accepted before, and not changed: it stays the model's
    assert rows()[1][2] == "model"
    assert "does not occur in the sentence" in keep(2, "Nothing of it.")["status"]
    assert own.read_text(encoding="utf-8") == before
    for row, sentence, said in (
        (1, "  ", "no sentence to keep"),
        (4, "x", "cannot be asked for"),
        (9, "x", "no row 9"),
    ):
        with pytest.raises(InputError, match=said):
            keep(row, sentence)
    shown = {component.elem_id: update for component, update in built.call("write", "show_row", row=2).items()}
    assert shown["cefr-write-edit"] == "Nothing of it."


def test_the_prompt_is_shown_as_the_model_gets_it(tmp_path: Path, build: Build) -> None:
    forms = {None: "instruct", "chatty": "chat"}
    built = build(tmp_path, prompt_form=forms.__getitem__)

    def shown(**given: Any) -> list[Any]:
        return list(built.call("write", "show_prompt", **{"level": "A1", "adapter": "", **given}).values())

    assert shown(words="  ") == ["", ""]
    instruct, count = shown(words="happy, 123, book")
    assert instruct["value"].startswith("### Instruction:\nGenerate A1-level English sentences for these 2 words:")
    assert instruct["label"] == "The exact prompt (1/1)"
    assert "Words: 2 · prompts: 1" in count
    chat, _ = shown(words="happy", adapter="chatty")
    assert chat["value"].startswith("Generate A1-level")
    assert chat["label"].startswith("The exact message")


def test_an_adapter_brings_its_level(tmp_path: Path, build: Build) -> None:
    for name, level in (("a", "B1"), ("b", "X9")):
        adapter(tmp_path / "loras", name)
        (tmp_path / "loras" / name / "cefr_sentences.json").write_text(f'{{"level": "{level}"}}', encoding="utf-8")
    built = build(tmp_path)
    assert list(built.call("write", "take_level", adapter="a").values()) == ["B1"]
    assert built.call("write", "take_level", adapter="b") == {}
    assert built.call("write", "take_level", adapter="") == {}


@pytest.mark.parametrize(("kind", "names"), [("trainable", ["a", ""]), ("answers", [""])])
def test_a_server_takes_no_adapter(tmp_path: Path, build: Build, kind: str, names: list[str]) -> None:
    adapter(tmp_path / "loras", "a")
    built = build(tmp_path, state=lambda: ModelState("m", kind, "x"))
    menu = next(choices for box, choices in built.ui.lists.items() if box.elem_id == "cefr-write-adapter")
    assert [one[1] if isinstance(one, tuple) else one for one in menu("en")] == names


@pytest.mark.parametrize("name", ["mine", None])
def test_applying_tells_the_hosts_own_page(tmp_path: Path, build: Build, name: str | None) -> None:
    adapter(tmp_path / "loras", "mine")
    (tmp_path / "loras" / "mine" / "cefr_sentences.json").write_text('{"level": "B2"}', encoding="utf-8")
    with gr.Blocks():
        menu, mode = gr.Dropdown(), gr.Radio()
    built = build(
        tmp_path,
        chat_fields=lambda: {"lora_menu": ChatField(menu, holds_adapter=True), "mode": ChatField(mode, "instruct")},
        apply=lambda adapter: Applied(adapter, 120, 3.14159) if adapter else None,
    )
    updates = built.call("apply", "apply", adapter=name) if name else built.call("apply", "take_off")
    last, pane = updates[-1], built.events["apply", "take_off"]
    assert last[menu]["value"] == ([name] if name else [])
    assert (mode in last) == bool(name)
    if name:
        assert last[mode]["value"] == "instruct"
        assert "now writes with mine" in last[pane.message]
        assert "changed 120 layers" in last[pane.message]
        assert "3.14" in last[pane.message]
        assert "/cefr B2: happy, book, friend" in updates[0].values()
    else:
        assert "No LoRA is applied" in last[pane.message]


def test_taking_off_puts_chat_back_as_it_was(tmp_path: Path, build: Build) -> None:
    adapter(tmp_path / "loras", "mine")
    with gr.Blocks():
        menu, mode = gr.Dropdown(), gr.Radio()
    applied: list[str] = []

    def apply(adapter: str | None) -> Applied | None:
        applied[:] = [adapter] if adapter else []
        return Applied(adapter, 120, 3.1) if adapter else None

    built = build(
        tmp_path,
        chat_fields=lambda: {"lora_menu": ChatField(menu, holds_adapter=True), "mode": ChatField(mode, "instruct")},
        apply=apply,
        state=lambda: ModelState("m", "trainable", "x", tuple(applied)),
    )
    pane: Any = built.events["apply", "take_off"].handler.__self__  # pyright: ignore[reportFunctionMemberAccess]
    list(pane.apply("en", "mine", mode="chat-instruct", lora_menu=[]))
    list(pane.apply("en", "mine", mode="instruct", lora_menu=["mine"]))  # a second time, as it is now
    last = built.call("apply", "take_off")[-1]
    assert (last[mode]["value"], last[menu]["value"]) == ("chat-instruct", [])


def test_strict_chat_is_the_hosts(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    built.call("apply", "switch_strict", strict=True)
    assert built.ui.host.strict_chat is True


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_a_text(source: str) -> None:
    assert text(f"write.from_{source}", "en")
