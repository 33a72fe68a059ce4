"""What all panes share: texts in the reader's language, guarded handlers, lists that stay fresh, jobs to follow."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from ...exporter.common.errors import CefrError
from ..models.host import Host, adapter_names
from ..models.jobs import Desk, Job
from . import paths
from .gradio_compat import connect, root_page
from .pictures import bar, clock, escape, note
from .texts import TEXTS, language_of, text

_log = logging.getLogger("cefr_sentences")

# component -> its update, as gradio takes it from a handler
Updates = dict[Any, Any]
# How often a followed job is looked at, in seconds.
_PACE = 1.0


class Ui:
    """The tab while it is built, and what its handlers need afterwards.

    Handlers are collected and connected at the end, because each of them also refreshes the lists of all panes.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self._texts: list[tuple[Any, str, str]] = []
        self._lists: list[tuple[Any, Callable[[str], list[Any]]]] = []
        self._kinds: dict[str, list[Any]] = {}
        self._events: list[tuple[Any, Callable[..., Any], Sequence[Any], Sequence[Any], Any]] = []
        self.head = gr.HTML(elem_id="cefr-head")

    # Components with texts

    def make(self, kind: Callable[..., Any], key: str, *, prop: str = "label", **options: Any) -> Any:
        """A component whose `prop` is the text `key`, and whose small print is `key.info` where there is one.

        Its id on the page is made of the key, so that tests and style sheets find it.
        """
        if f"{key}.info" in TEXTS:
            options["info"] = text(f"{key}.info")
        options.setdefault("elem_id", f"cefr-{key.replace('.', '-')}")
        component = kind(**{prop: text(key)}, **options)
        self._texts.append((component, prop, key))
        return component

    def button(self, key: str, **options: Any) -> Any:
        return self.make(gr.Button, key, prop="value", **options)

    def choice(self, key: str, choices: Callable[[str], list[Any]], kind: str = "", **options: Any) -> Any:
        """A dropdown whose choices are asked for anew after everything that happens.

        `kind` is what is chosen, so that `select` finds all dropdowns of it.
        """
        component = self.make(gr.Dropdown, key, choices=choices("en"), **{"value": None, **options})
        self._lists.append((component, choices))
        self._kinds.setdefault(kind, []).append(component)
        return component

    def select(self, kind: str, value: str) -> Updates:
        """Choose `value`, which has just been made, in all panes."""
        return {component: gr.update(value=value) for component in self._kinds.get(kind, [])}

    # Events

    def on(
        self, listener: Any, fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any], message: Any
    ) -> None:
        """Call `fn(language, *values)` on an event. It returns or yields `Updates`; an error goes into `message`."""
        self._events.append((listener, fn, inputs, outputs, message))

    def finish(self) -> None:
        """Connect everything. Call it once, when all panes are there."""
        page = root_page()
        lists = [component for component, _ in self._lists]
        for listener, fn, inputs, outputs, message in self._events:
            handler = self._guarded(fn, len(inputs), message)
            connect(listener, handler, [*inputs, *lists], list(dict.fromkeys([*outputs, message, self.head, *lists])))
        shown = list(dict.fromkeys(c for c, _, _ in self._texts))
        connect(page.load, self._opened, lists, list(dict.fromkeys([*shown, self.head, *lists])))

    def _guarded(self, fn: Callable[..., Any], count: int, message: Any) -> Callable[..., Any]:
        lists = [component for component, _ in self._lists]

        def handler(request: gr.Request, *values: Any) -> Iterator[Updates]:
            language = _language(request)
            try:
                result = fn(language, *values[:count])
                chosen: Updates = {}
                files: Updates = {}
                cleared: Updates = {message: ""}  # what an earlier event said; only once, it may be the status too
                for updates in result if isinstance(result, Iterator) else [result]:
                    chosen |= {c: u for c, u in updates.items() if c in lists}
                    files |= {c: u for c, u in updates.items() if isinstance(c, gr.DownloadButton)}
                    now = {**cleared, **files, **{c: u for c, u in updates.items() if c not in lists}}
                    cleared = {}
                    if now:  # gradio takes an empty dictionary for a value
                        yield now
                fresh = self._fresh(language, values[count:])
                # gradio 4.37 forgets a file that a later yield leaves out.
                yield {**files, **fresh, **{c: {**fresh[c], **u} for c, u in chosen.items()}}
            except CefrError as error:
                said = plain(str(error))
                if self.host.desk.current is not None:
                    gr.Warning(escape(said))  # a job that this page follows writes over the message
                yield {message: note(said, "error"), **self._fresh(language, values[count:])}
            except Exception as error:
                _log.exception("A handler of the CEFR Sentences tab failed")
                said = f"Unexpected problem: {type(error).__name__}: {error}. Its place is in the console's log."
                yield {message: note(said, "error")}

        return handler

    def _opened(self, request: gr.Request, *values: Any) -> Updates:
        language = _language(request)
        updates: dict[Any, dict[str, Any]] = {}
        try:
            if language != "en":
                for component, prop, key in self._texts:
                    changes = updates.setdefault(component, {})
                    changes[prop] = text(key, language)
                    if f"{key}.info" in TEXTS:
                        changes["info"] = text(f"{key}.info", language)
            fresh = self._fresh(language, values)
        except Exception:  # the page of the whole webui waits for this
            _log.exception("The CEFR Sentences tab could not be brought up to date")
            return {self.head: note("The tab could not be brought up to date; see the console's log.", "error")}
        merged: Updates = {c: gr.update(**changes) for c, changes in updates.items()}
        for component, update in fresh.items():
            merged[component] = {**update, **updates[component]} if component in updates else update
        return merged

    def _fresh(self, language: str, values: Sequence[Any]) -> Updates:
        """The lists of all panes and the head of the tab, as things are now."""
        updates: Updates = {self.head: self._head(language)}
        for (component, choices), value in zip(self._lists, values, strict=True):
            now = choices(language)
            known = [c[1] if isinstance(c, tuple) else c for c in now]
            keep = {} if value in known else {"value": known[0] if known else None}
            updates[component] = gr.update(choices=now, **keep)
        return updates

    # The head

    def _head(self, language: str) -> str:
        state, folders = self.host.state(), self.host.folders
        adapters = adapter_names(folders)
        if not paths.training_files(folders.datasets) and not adapters:
            hint = "next.data"
        elif self.host.training_off or state.kind == "answers":
            hint = "next.words"
        elif state.kind == "none" and not state.name:
            hint = "next.model"
        elif not adapters:
            hint = "next.train"
        elif state.adapters:
            hint = "next.chat"
        elif self.host.desk.last("evaluate") is None:
            hint = "next.evaluate"
        else:
            hint = "next.write"
        model = f"{state.name} ({state.loader})" if state.kind != "none" else text("head.no_model", language)
        lora = ", ".join(state.adapters) or text("head.none", language)
        facts = f"{text('head.model', language)}: {model} · {text('head.lora', language)}: {lora}"
        if (job := self.host.desk.current) is not None:
            facts += f" · {text('head.running', language)}: {text(f'pane.{job.kind}', language)}"
        first = f"<b>{text('head.next', language)}:</b> {escape(text(hint, language))}"
        return f"<div class='cefr-next'>{first}</div><div class='cefr-why'>{escape(facts)}</div>"

    # Jobs

    def follow(self, job: Job, language: str, show: Callable[[Job], Updates], status: Any) -> Iterator[Updates]:
        """What `show` makes of the job, again and again until it has ended. The job does not need us to go on."""
        before: Updates = {}
        while job.running:
            now = {**show(job), status: job_bar(job, language)}
            if now != before:  # what has not changed need not be drawn again
                yield now
            before = now
            job.wait(_PACE)
        ended = note(plain(job.error), "error") if job.error else ""
        yield {status: ended, **show(job)}

    def rejoin(
        self,
        desk: Desk,
        kind: str,
        show: Callable[[Job, str], Updates],
        status: Any,
        outputs: Sequence[Any],
        ended: Callable[[Job, str], Updates] = lambda job, language: {},
    ) -> None:
        """When a page opens, show the last job of `kind`, follow it while it runs, and say how it `ended`.

        Not where several users share the webui: what one of them writes is no business of the others.
        """

        def opened(language: str) -> Iterator[Updates]:
            job = desk.last(kind)
            if job is not None and self.host.training_off != "multi-user":
                yield from self.follow(job, language, lambda j: show(j, language), status)
                yield ended(job, language)

        self.on(root_page().load, opened, [], [*outputs, status], status)


def job_bar(job: Job, language: str) -> str:
    """The progress of a running job with the time it still takes."""
    if job.stopping.is_set():
        return bar(None, text("job.stopping", language))
    said = job.what or text("job.busy", language)
    if job.total:
        said += f" {job.done:,}/{job.total:,}"
    if (left := job.seconds_left) is not None:
        said += " · " + text("job.left", language, left=clock(left))
    return bar(job.done / job.total if job.total and job.done else None, said)


def plain(message: str) -> str:
    """A message of the engines in the words of the tab: no dashes of options, and a box for --force."""
    message = message.replace("replace with --force", "tick the box that replaces it")
    return re.sub(r"(?<![\w-])--(?=[a-z])", "", message)


def _language(request: gr.Request | None) -> str:
    try:
        return language_of(dict(request.headers).get("accept-language")) if request is not None else "en"
    except Exception:  # a request without headers, as tests and API clients make them
        return "en"
