"""What a pane is: components made in `build`, events connected in `connect`, and jobs that it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ..models.host import adapter_folder
from ..models.jobs import Desk, Job
from .gradio_compat import root_page
from .labels import say_all
from .languages import text
from .markup import Markup, bar, clock, note
from .ui import Event, Ui, Updates

# How often a followed job is looked at, in seconds.
_PACE = 1.0
SHARED = "Writing files and changing the model are off, because the webui runs for several users (--multi-user)."


class Pane:
    """One pane of the tab. Its texts have keys that begin with `name`."""

    name = ""
    # Made by each pane at its place on the page; errors and progress are shown there.
    status: Any

    def __init__(self, ui: Ui) -> None:
        self.ui, self.host, self.folders = ui, ui.host, ui.host.folders
        self.build()
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
        self.ui.on(Event(listener, handler, inputs, outputs, place, self.name))

    def refuse_when_shared(self) -> None:
        """Raises InputError where several users share the webui: one of them must not change it for the others."""
        if self.host.training_off == "multi-user":
            raise InputError(SHARED)

    def adapter_folder(self, name: Any) -> Path:
        """The folder of the adapter that is chosen. Raises CefrError."""
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
            now = {**self.show(job, language), self.status: job_bar(job, language)}
            if now != before:  # what has not changed need not be drawn again
                yield now
            before = now
            job.wait(_PACE)
        error = note(say_all(job.problems, language, self.name), "error")
        yield {self.status: error, **self.show(job, language)}
        if not job.problems:
            yield self.ended(job, language)

    @property
    def desk(self) -> Desk:
        """Where the jobs of this pane are done."""
        return self.host.desk

    def rejoin(self, outputs: Sequence[Any]) -> None:
        """When a page opens, show the last job of this pane, and follow it while it runs.

        Not where several users share the webui: what one of them writes is not for the others to see.
        """

        def opened(language: str) -> Iterator[Updates]:
            job = self.desk.last(self.name)
            if job is not None and self.host.training_off != "multi-user":
                yield from self.follow(job, language)

        self.on(root_page().load, opened, {}, outputs)


def job_bar(job: Job, language: str) -> Markup:
    """The progress of a running job with the time that is left."""
    if job.stopping.is_set():
        return bar(None, text("job.stopping", language))
    now = job.what or text("job.busy", language)
    if job.total:
        now += f" {job.done:,}/{job.total:,}"
    if (left := job.seconds_left) is not None:
        now += " · " + text("job.left", language, left=clock(left))
    return bar(job.done / job.total if job.total and job.done else None, now)
