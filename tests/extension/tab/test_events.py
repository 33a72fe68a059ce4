"""What every event of the tab does when something goes wrong, and what it leaves on the page when nothing does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, Option

from .conftest import Built, Host, Request, page_functions

gr: Any = pytest.importorskip("gradio", reason="gradio is not installed")

from cefr_sentences.extension.tab import page, ui  # noqa: E402
from cefr_sentences.extension.tab.ui import Event, Ui  # noqa: E402

Build = Callable[..., Built]


def test_every_event_of_the_page_is_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in every single handler: what gradio calls answers with a message of that pane, and does not raise."""

    def broken(language: str, **inputs: Any) -> Any:
        raise ZeroDivisionError("<injected>")

    original = Ui.on
    monkeypatch.setattr(Ui, "on", lambda self, event: original(self, replace(event, handler=broken)))
    monkeypatch.setattr(ui, "head", lambda host, language: 1 / 0)  # for the event that brings a new page up to date
    with gr.Blocks() as blocks:
        built = page.build(Host(tmp_path))  # pyright: ignore[reportArgumentType]
    functions = page_functions(blocks)
    # Those that bring the page up to date: when it opens, and when somebody comes back to it.
    *others, _focus = functions[len(built.events) :]
    assert len(others) == 2
    assert len(built.events) > 25
    for event, function in zip(built.events, functions, strict=False):
        updates = list(function.fn(Request("tr"), *[None] * len(function.inputs)))
        assert set(updates[-1]) == {event.message}
        assert "cefr-note error" in updates[-1][event.message]
        assert "ZeroDivisionError: &lt;injected&gt;" in updates[-1][event.message]
        assert event.message.elem_id.startswith(f"cefr-{event.pane}-")
    for one in others:
        opened = one.fn(Request("tr"), *[None] * len(one.inputs))
        assert list(opened) == [built.head]
        assert "güncellenemedi" in opened[built.head]


def test_gradio_gives_an_event_its_inputs_and_takes_its_answers(tmp_path: Path, build: Build) -> None:
    """The function that gradio calls, with values in the order of the inputs that it has; gradio raises when it answers
    with a component that is not an output. (That of every handler is checked wherever `Built.call` calls it.)"""
    built = build(tmp_path)
    level, name = (built.events["data", "check"].inputs[key] for key in ("level", "name"))
    for event, function in zip(built.ui.events, page_functions(built.page), strict=False):
        if event.handler.__name__ == "suggest_name":
            given = {event.inputs["upload"]: "/a/My table.csv", event.inputs["level"]: "B1"}
            answers = list(function.fn(Request(), *(given.get(component) for component in function.inputs)))
            assert {component for updates in answers for component in updates} <= set(function.outputs)
            assert [updates[name] for updates in answers if name in updates] == ["My-table-b1"]
            assert event.inputs["level"] is level


def test_an_answer_that_is_no_output_is_noticed(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    built.outputs["data", "suggest_name"] -= {built.events["data", "check"].inputs["name"]}
    with pytest.raises(AssertionError):
        built.call("data", "suggest_name", table="x.csv", level="B1")


class Small:
    """A page with one field, one list, one message and one download."""

    def __init__(self, folder: Path, handler: Callable[..., Any]) -> None:
        self.choices: list[Any] = ["a", ("Bee", "b")]
        with gr.Blocks():
            self.host: Any = Host(folder)
            self.ui = Ui(self.host)
            self.field, self.message, self.file = gr.Textbox(), gr.HTML(), gr.DownloadButton()
            self.list = self.ui.choice("train.dataset", lambda language: self.choices, "dataset")
        self.event = Event(None, handler, {"field": self.field}, [], self.message, "train")

    def __call__(self, value: Any = None, chosen: Any = "a", language: str = "en") -> list[Any]:
        return list(self.ui.guarded(self.event)(Request(language), value, chosen))


def test_a_handler_gets_its_inputs_by_name_and_the_language(tmp_path: Path) -> None:
    seen: list[Any] = []
    small = Small(tmp_path, lambda language, field: seen.append((language, field)) or {})
    small("value", language="tr-TR")
    assert seen == [("tr", "value")]


def test_several_inputs_are_not_mixed_up(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    updates = built.answers("data", "suggest_name", table="x.csv", upload=None, level="B1")
    assert "x-b1" in updates[0].values()


@pytest.mark.parametrize("late", [False, True])
def test_an_error_is_said_in_the_words_of_the_page(tmp_path: Path, late: bool) -> None:
    error = InputError("{option} <b>{value}</b> is bad.", option=Option("force"), value="&")

    def eager(language: str, field: Any) -> Any:
        raise error

    def lazy(language: str, field: Any) -> Any:
        yield {}
        raise error

    small = Small(tmp_path, lazy if late else eager)
    small.choices = ["new"]
    last = small()[-1]
    assert last[small.message].startswith('<div class="cefr-note error"')
    assert "“Replace the adapter of that name” &lt;b&gt;&amp;&lt;/b&gt; is bad." in last[small.message]
    assert "Replace" not in small(language="tr")[-1][small.message]
    # What was possible before may not be so any more.
    assert last[small.list]["choices"] == ["new"]
    assert "cefr-next" in last[small.ui.head]


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), MemoryError(), KeyError("x"), SystemExit(3), KeyboardInterrupt()]
)
def test_a_fault_is_said_and_goes_to_the_log(
    tmp_path: Path, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(language: str, field: Any) -> Any:
        raise error

    said = Small(tmp_path, handler)()[-1]
    (message,) = said.values()
    assert f"Unexpected problem: {type(error).__name__}" in message
    assert "Traceback" not in message
    assert caplog.records[-1].exc_info is not None


def test_what_an_earlier_event_said_is_cleared_once(tmp_path: Path) -> None:
    def handler(language: str, field: Any) -> Any:
        yield {small.field: "1"}
        yield {}  # gradio would take an empty dictionary for a value
        yield {small.field: "2"}

    small = Small(tmp_path, handler)
    first, second, _ = small()
    assert first == {small.message: "", small.field: "1"}
    assert second == {small.field: "2"}


def test_a_message_of_the_handler_is_kept(tmp_path: Path) -> None:
    small = Small(tmp_path, lambda language, field: {small.message: "done"})
    assert small()[0] == {small.message: "done"}
    assert all(small.message not in updates for updates in small()[1:])


def test_lists_are_up_to_date_after_every_event(tmp_path: Path) -> None:
    small = Small(tmp_path, lambda language, field: {})
    small.choices = ["x", ("Bee", "b")]
    kept, replaced = small(chosen="b")[-1][small.list], small(chosen="a")[-1][small.list]
    assert kept["choices"] == ["x", ("Bee", "b")]
    assert "value" not in kept  # what is chosen is still there
    assert replaced["value"] == "x"  # it is gone: the first of the others
    small.choices = [("Bee", "b")]
    assert small(chosen="a")[-1][small.list]["value"] == "b"
    small.choices = []
    assert small(chosen="a")[-1][small.list]["value"] is None


def test_a_handler_may_choose_in_a_list_what_it_has_just_made(tmp_path: Path) -> None:
    def handler(language: str, field: Any) -> Any:
        small.choices = ["made", "a"]
        yield small.ui.select("dataset", "made")
        yield {small.field: "1"}

    small = Small(tmp_path, handler)
    updates = small(chosen="a")
    assert all(small.list not in update for update in updates[:-1])  # it does not have the new choice yet
    assert (updates[-1][small.list]["choices"], updates[-1][small.list]["value"]) == (["made", "a"], "made")


def test_a_file_is_in_every_update_that_follows(tmp_path: Path) -> None:
    def handler(language: str, field: Any) -> Any:
        yield {small.file: "f.csv"}
        yield {small.field: "1"}

    small = Small(tmp_path, handler)
    assert [update[small.file] for update in small()] == ["f.csv"] * 3


def test_an_error_beside_a_running_job_is_shown_over_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page follows the job, whose progress would be written over the message."""
    toasts: list[str] = []
    monkeypatch.setattr(gr, "Warning", toasts.append)

    def handler(language: str, field: Any) -> Any:
        raise InputError("<Busy>.")

    small = Small(tmp_path, handler)
    small()
    assert toasts == []
    release = threading.Event()
    job = small.host.desk.start("train", lambda job: release.wait(30))
    small()
    release.set()
    job.wait(30)
    assert toasts == ["&lt;Busy&gt;."]


def test_a_request_without_headers_is_english(tmp_path: Path) -> None:
    seen: list[str] = []
    small = Small(tmp_path, lambda language, field: seen.append(language) or {})
    for request in (None, object()):
        list(small.ui.guarded(small.event)(request, None, "a"))  # pyright: ignore[reportArgumentType]
    assert seen == ["en", "en"]


def test_a_page_opens_in_the_readers_language(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    english = built.ui.opened(Request("en"), *[None] * len(built.ui.lists))
    assert set(english) == set(built.ui.kept_fresh)  # the page is in English already
    turkish = built.ui.opened(Request("tr"), *[None] * len(built.ui.lists))
    by_id = {component.elem_id: update for component, update in turkish.items()}
    assert by_id["cefr-write-run"]["value"] == "Yaz"
    assert by_id["cefr-write-strict"]["info"].startswith("Model, düzeyin")
    assert "info" not in by_id["cefr-write-run"]
    # A list has both: its label, and its choices in that language.
    assert by_id["cefr-data-table"]["label"] == "Kelime ve cümle tablosu"
    assert by_id["cefr-data-table"]["choices"] == [("Banka", "")]
    assert "Sıradaki adım" in turkish[built.ui.head]
