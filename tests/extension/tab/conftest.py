"""The tab in a page that nobody opens, on a host with no model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest


class Request:
    """As much of gradio's request as a handler looks at."""

    def __init__(self, language: str = "en") -> None:
        self.headers = {"accept-language": language}


class Host:
    """As much of a host as the page asks for while it is built and refreshed."""

    strict_chat = False
    training_off = ""

    def __init__(self, folder: Path) -> None:
        from cefr_sentences.exporter.common.webui import Webui
        from cefr_sentences.extension.models.jobs import Desk

        self.chat_before: dict[str, Any] = {}
        self.folders, self.desk, self.files_desk = Webui(folder.parent, folder), Desk(), Desk()

    def state(self) -> Any:
        from cefr_sentences.extension.models.host import ModelState

        return ModelState("", "none")

    def chat_fields(self) -> dict[str, Any]:
        return {}


def page_functions(page: Any) -> list[Any]:
    """The events of a page as gradio has them: each with `fn`, `inputs` and `outputs`."""
    return list(page.fns.values() if isinstance(page.fns, dict) else page.fns)


class Built:
    """A page with the tab in it: its events by pane and handler, and the functions that gradio calls."""

    def __init__(self, ui: Any, page: Any) -> None:
        self.ui, self.page = ui, page
        self.events = {(event.pane, event.handler.__name__): event for event in ui.events}
        self.outputs = {
            (event.pane, event.handler.__name__): set(function.outputs)
            for event, function in zip(ui.events, page_functions(page), strict=False)
        }

    def call(self, pane: str, handler: str, language: str = "en", **values: Any) -> Any:
        """What a handler returns, or the list of what it yields; inputs without a value are None."""
        event = self.events[pane, handler]
        assert set(values) <= set(event.inputs)
        result = event.handler(language, **{**dict.fromkeys(event.inputs), **values})
        all_of_it = list(result) if isinstance(result, Iterator) else [result]
        # The page was built on a host without any.
        of_host = {field.component for field in self.ui.host.chat_fields().values()} if pane == "apply" else set()
        for updates in all_of_it:  # gradio raises at a component that is not an output of the event
            assert set(updates) <= self.outputs[pane, handler] | of_host
        return all_of_it if isinstance(result, Iterator) else result

    def answers(self, pane: str, handler: str, language: str = "en", **values: Any) -> list[Any]:
        """What the page gets from an event."""
        event = self.events[pane, handler]
        given = [values.get(name) for name in event.inputs]
        lists = [None] * len(self.ui.lists)
        return list(self.ui.guarded(event)(Request(language), *given, *lists))


_SCRATCH = tempfile.TemporaryDirectory(prefix="cefr-tests-")  # goes with the process


@cache
def _page() -> tuple[Any, Any]:
    """The tab, built once: it takes more than a second."""
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab import page

    host: Any = Host(Path(_SCRATCH.name) / "user_data")
    with gr.Blocks() as blocks:
        return page.build(host), blocks


def built_page(folder: Path, **of_host: Any) -> Built:
    """The page on a new host of `folder` with these attributes."""
    ui, blocks = _page()
    host: Any = Host(folder)
    for name, value in of_host.items():
        setattr(host, name, value)
    ui.host = host
    panes = [event.handler.__self__ for event in ui.events if hasattr(event.handler, "__self__")]
    for pane in panes:
        pane.host, pane.folders = host, host.folders
        if pane.name == "apply":
            pane.chat_fields = host.chat_fields()
    return Built(ui, blocks)


@pytest.fixture
def build() -> Callable[..., Built]:
    return built_page
