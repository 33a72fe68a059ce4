"""What all panes share: components with texts, lists that stay fresh, and events whose errors are said on the page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...exporter.common.errors import CefrError
from ..models.host import Host
from ..models.jobs import unexpected
from .browser import SCRIPT
from .gradio_compat import connect, root_page, tab_around
from .head import head
from .languages import ENGLISH, has, language_of, text
from .markup import join, note
from .setting_labels import say_all

_log = logging.getLogger("cefr_sentences")

# component -> its update, as gradio takes it from a handler
Updates = dict[Any, Any]


@dataclass(frozen=True)
class Event:
    """Something that happens on the page, and `handler(language, **inputs)`, which returns or yields `Updates`.

    An error goes into `message`, in the words of `pane`.
    """

    listener: Any
    handler: Callable[..., Any]
    inputs: Mapping[str, Any]
    outputs: Sequence[Any]
    message: Any
    pane: str


class Ui:
    """The tab while it is built, and what its handlers need afterwards.

    Events are collected and connected at the end, because each of them also refreshes the lists of all panes.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.events: list[Event] = []
        self._texts: list[tuple[Any, str, Callable[[str], Any]]] = []
        self.lists: dict[Any, Callable[[str], list[Any]]] = {}
        self._shown_with: dict[Any, Any] = {}
        self._kinds: dict[str, list[Any]] = {}
        self.head = gr.HTML(elem_id="cefr-head")
        self.around = tab_around(self.head)
        self.refresh = gr.Button(elem_id="cefr-refresh", elem_classes="cefr-unseen")

    # Components with texts

    def make(self, component: Callable[..., Any], key: str, *, prop: str = "label", **options: Any) -> Any:
        """A component whose `prop` is the text `key`, and whose small print is `key.info` where there is one.

        `choices` may be a function of the language. Its id on the page is made of the key, so that tests and style
        sheets find it.
        """
        words: dict[str, Callable[[str], Any]] = {prop: partial(text, key)}
        if has(f"{key}.info"):
            words["info"] = partial(text, f"{key}.info")
        if callable(options.get("choices")):
            words["choices"] = options.pop("choices")
        options.setdefault("elem_id", f"cefr-{key.replace('.', '-')}")
        return self.worded(component, words, **options)

    def worded(self, component: Callable[..., Any], words: Mapping[str, Callable[[str], Any]], **options: Any) -> Any:
        """A component whose properties `words` are in the reader's language: each is given the language."""
        made = component(**{prop: said(ENGLISH) for prop, said in words.items()}, **options)
        self._texts += [(made, prop, said) for prop, said in words.items()]
        return made

    def choice(
        self, key: str, choices: Callable[[str], list[Any]], kind: str = "", shown_with: Any = None, **options: Any
    ) -> Any:
        """A dropdown whose choices are brought up to date after every event.

        `kind` is what is chosen, so that `select` finds all dropdowns of it. `shown_with` is a row or group that is
        shown only while there is something to choose.
        """
        made = self.make(gr.Dropdown, key, choices=choices(ENGLISH), **{"value": None, **options})
        self.lists[made] = choices
        self._kinds.setdefault(kind, []).append(made)
        if shown_with is not None:
            self._shown_with[made] = shown_with
        return made

    def select(self, kind: str, value: str) -> Updates:
        """Choose `value`, which has just been made, in all panes."""
        return {component: gr.update(value=value) for component in self._kinds.get(kind, [])}

    # Events

    def on(self, event: Event) -> None:
        """Connect `event` when the page is finished."""
        self.events.append(event)

    def finish(self) -> None:
        """Connect everything. Call it once, when all panes are there."""
        for event in self.events:
            outputs = _unique([*event.outputs, event.message, *self.kept_fresh])
            connect(event.listener, self.guarded(event), [*event.inputs.values(), *self.lists], outputs)
        # What was done elsewhere, such as a model loaded in the Model tab, is seen on coming back.
        for back in [self.refresh.click, *([self.around.select] if self.around is not None else [])]:
            connect(back, self.refreshed, list(self.lists), self.kept_fresh)
        shown = [component for component, _, _ in self._texts]
        connect(root_page().load, self.opened, list(self.lists), _unique([*shown, *self.kept_fresh]))
        root_page().load(None, js=SCRIPT)

    @property
    def kept_fresh(self) -> list[Any]:
        """What is brought up to date after every event."""
        return [self.head, *self.lists, *self._shown_with.values()]

    def guarded(self, event: Event) -> Callable[..., Iterator[Updates]]:
        """The handler that gradio calls: it never raises, and leaves every list up to date."""
        count = len(event.inputs)

        def handler(request: gr.Request, *values: Any) -> Iterator[Updates]:
            language = _language(request)
            given, listed = dict(zip(event.inputs, values[:count], strict=True)), values[count:]
            try:
                yield from self._answers(event, language, given, listed)
            except CefrError as error:
                yield {event.message: self._refused(error, language, event.pane), **self._fresh(language, listed)}
            except (Exception, SystemExit, KeyboardInterrupt) as error:  # the last two would end the server
                _log.exception("A handler of the CEFR tab failed")
                yield {event.message: note(say_all([unexpected(error)], language, event.pane), "error")}

        return handler

    def _answers(
        self, event: Event, language: str, given: Mapping[str, Any], listed: Sequence[Any]
    ) -> Iterator[Updates]:
        """What the handler returns or yields; at the end the lists, with what it has chosen in them."""
        result = event.handler(language, **given)
        chosen: Updates = {}
        files: Updates = {}
        cleared: Updates = {event.message: ""}  # what an earlier event said; only once, it may be the status too
        for updates in result if isinstance(result, Iterator) else [result]:
            chosen |= {c: u for c, u in updates.items() if c in self.lists}
            files |= {c: u for c, u in updates.items() if isinstance(c, gr.DownloadButton)}
            now = {**cleared, **files, **{c: u for c, u in updates.items() if c not in self.lists}}
            cleared = {}
            if now:  # gradio takes an empty dictionary for a value
                yield now
        fresh = self._fresh(language, listed)
        for component, update in chosen.items():
            if update.get("value") in _values(fresh[component]["choices"]):  # it may be gone by now
                fresh[component] = {**fresh[component], **update}
        # gradio 4.37 forgets a file that a later yield leaves out.
        yield {**files, **fresh}

    def _refused(self, error: CefrError, language: str, pane: str) -> str:
        sentence = say_all(error.problems, language, pane)
        if self.host.desk.current is not None:
            gr.Warning(join(sentence))  # a job that this page follows writes over the message
        return note(sentence, "error")

    def refreshed(self, request: gr.Request, *values: Any) -> Updates:
        """Somebody has come back to the page: the head and the lists as things are now."""
        language = _language(request)
        try:
            return self._fresh(language, values)
        except Exception:
            _log.exception("The CEFR tab could not be brought up to date")
            return {self.head: note(text("head.failed", language), "error")}

    def opened(self, request: gr.Request, *values: Any) -> Updates:
        """A page has been opened: its texts in the reader's language, and its lists as things are now."""
        language = _language(request)
        try:
            updates = self._translated(language) if language != ENGLISH else {}
            for component, update in self._fresh(language, values).items():
                updates[component] = {**update, **updates[component]} if component in updates else update
            return updates
        except (Exception, SystemExit, KeyboardInterrupt):  # the page of the whole webui waits for this
            _log.exception("The CEFR tab could not be brought up to date")
            return {self.head: note(text("head.failed", language), "error")}

    def _translated(self, language: str) -> Updates:
        changes: dict[Any, dict[str, Any]] = {}
        for component, prop, said in self._texts:
            changes.setdefault(component, {})[prop] = said(language)
        return {component: gr.update(**change) for component, change in changes.items()}

    def _fresh(self, language: str, values: Sequence[Any]) -> Updates:
        """The lists of all panes and the head of the tab, as things are now."""
        updates: Updates = {self.head: head(self.host, language)}
        for (component, choices), value in zip(self.lists.items(), values, strict=True):
            now = choices(language)
            known = _values(now)
            keep = {} if value in known else {"value": known[0] if known else None}
            updates[component] = gr.update(choices=now, **keep)
            if component in self._shown_with:
                updates[self._shown_with[component]] = gr.update(visible=bool(now))
        return updates


def _values(choices: Iterable[Any]) -> list[Any]:
    """What is chosen with each of a dropdown's choices."""
    return [choice[1] if isinstance(choice, tuple) else choice for choice in choices]


def _unique(components: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(components))


def _language(request: gr.Request) -> str:
    try:
        return language_of(dict(request.headers).get("accept-language"))
    except Exception:  # no request, or one without headers, as API clients make them
        return ENGLISH
