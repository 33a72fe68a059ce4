"""What a pane is: components made in `build`, events connected in `connect`, and jobs that it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError, Problem
from ..models.host import adapter_folder
from ..models.jobs import Desk, Job
from .gradio_compat import root_page
from .languages import number, text
from .markup import Markup, bar, clock, note
from .setting_labels import say_all, say_in
from .ui import Event, Ui, Updates

# How often a followed job is looked at, in seconds.
_PACE = 1.0
SHARED = "Writing files and changing the model are off, because the webui runs for several users (--multi-user)."
NO_TORCH = (
    "This is a portable build without torch, which cannot use an adapter: evaluate and apply it in the full webui. The "
    "Write pane writes without one."
)


class Pane:
    """One pane of the tab. Its texts have keys that begin with `name`."""

    name = ""
    # The kinds of the jobs that it starts.
    jobs: tuple[str, ...] = ()
    # Made by each pane at its place on the page; errors and progress are shown there.
    status: Any
    # Shown while a job of the pane runs, where the pane has made one.
    stop_button: Any = None
    # What is said of a job that has been stopped.
    when_stopped = "job.stopped"

    def __init__(self, ui: Ui, tab: Any = None) -> None:
        self.ui, self.host, self.folders = ui, ui.host, ui.host.folders
        self.tab = tab
        self.build()
        if self.stop_button is not None:
            self.on(self.stop_button.click, self.stop, {}, [])
        self.connect()

    def build(self) -> None:
        """Make the components."""
        raise NotImplementedError

    def connect(self) -> None:
        """Connect the events."""
        raise NotImplementedError

    # Components

    def make(self, component: Callable[..., Any], key: str, **options: Any) -> Any:
        return self.ui.make(component, f"{self.name}.{key}", **options)

    def button(self, key: str, **options: Any) -> Any:
        return self.make(gr.Button, key, prop="value", **options)

    def choice(self, key: str, choices: Callable[[str], list[Any]], kind: str = "", **options: Any) -> Any:
        return self.ui.choice(f"{self.name}.{key}", choices, kind, **options)

    def make_stop_button(self) -> None:
        id_ = f"cefr-{self.name}-stop"
        self.stop_button = self.ui.make(gr.Button, "job.stop", prop="value", variant="stop", visible=False, elem_id=id_)

    def html(self, part: str) -> Any:
        """An empty place for what the pane shows."""
        return gr.HTML(elem_id=f"cefr-{self.name}-{part}")

    # Events

    def on(
        self,
        listener: Any,
        handler: Callable[..., Any],
        inputs: Mapping[str, Any],
        outputs: Sequence[Any],
        message: Any = None,
    ) -> None:
        """Call `handler(language, **inputs)` on an event, each input by its name; errors go into `message`."""
        place = self.status if message is None else message
        stop = [] if self.stop_button is None else [self.stop_button]
        self.ui.on(Event(listener, handler, inputs, [*outputs, *stop], place, self.name))

    def say_at_the_top(self, why: Problem) -> None:
        """Why the pane cannot be used here."""
        self.ui.worded(gr.Markdown, {"value": partial(say_in, self.name, why)})

    def refuse_when_shared(self) -> None:
        """Raises InputError where several users share the webui: one of them must not change it for the others."""
        if self.host.training_off == "multi-user":
            raise InputError(SHARED)

    def adapter_folder(self, name: Any) -> Path:
        """The folder of the adapter that is chosen. Raises CefrError."""
        if self.host.training_off == "portable":
            raise InputError(NO_TORCH)
        if not name:
            raise InputError("No adapter is chosen. Train one in the Train pane.")
        return adapter_folder(self.folders, str(name))

    # Jobs

    def show(self, job: Job, language: str) -> Updates:
        """What the pane shows of a job, while it runs and afterwards."""
        return {}

    def ended(self, job: Job, language: str) -> Updates:
        """What the pane says of a job that has ended without an error."""
        return {}

    def follow(self, job: Job, language: str) -> Iterator[Updates]:
        """What `show` makes of the job until it has ended, then what `ended` says. The job runs without a page, too."""
        before: Updates = {}
        while job.running:
            now = {**self.show(job, language), self.status: job_bar(job, language), **self._stop(visible=True)}
            if now != before:  # what has not changed need not be drawn again
                yield now
            before = now
            job.wait(_PACE)
        error = note(say_all(job.problems, language, self.name), "error")
        yield {self.status: error, **self.show(job, language), **self._stop(visible=False)}
        if job.stopped:
            yield {self.status: note(text(self.when_stopped, language))}
        elif not job.problems:
            yield self.ended(job, language)

    def stop(self, language: str) -> Updates:
        """Ask the job of this pane to end."""
        job = self.desk.current
        if job is None or job.kind not in self.jobs:
            return self._stop(visible=False)
        job.stop()
        return {self.status: job_bar(job, language)}

    def _stop(self, *, visible: bool) -> Updates:
        return {} if self.stop_button is None else {self.stop_button: gr.update(visible=visible)}

    def idle(self, language: str) -> Updates:
        """What the pane says when it is opened and has done nothing yet."""
        return {self.status: ""}

    @property
    def desk(self) -> Desk:
        """Where the jobs of this pane are done."""
        return self.host.desk

    def rejoin(self, outputs: Sequence[Any]) -> None:
        """When a page or the pane opens, show the last job of this pane, and follow it while it runs.

        Not where several users share the webui: what one of them writes is not for the others to see.
        """

        def opened(language: str) -> Iterator[Updates]:
            job = self.desk.last(self.name)
            if job is None or self.host.training_off == "multi-user":
                yield self.idle(language)
            else:
                yield from self.follow(job, language)

        places = [place for place in (self.tab, self.ui.around) if place is not None]
        for listener in (root_page().load, *(place.select for place in places)):
            self.on(listener, opened, {}, outputs)


def job_bar(job: Job, language: str) -> Markup:
    """The progress of a running job with the time that is left."""
    if job.stopping.is_set():
        return bar(None, text("job.stopping", language))
    now = job.what or text("job.busy", language)
    if job.total:
        now += " " + number(f"{job.done:,}/{job.total:,}", language)
    if (left := job.seconds_left) is not None:
        now += " · " + text("job.left", language, left=clock(left))
    return bar(job.done / job.total if job.total and job.done else None, now)
