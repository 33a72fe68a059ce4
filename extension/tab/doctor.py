"""Below the panes, in a webui only: what the doctor finds there, and Training PRO adapted while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr

from ...patches.runtime import install, loaded_extension, remove
from ..doctor.examine import examine
from ..doctor.finding import Finding
from ..models.jobs import Desk, Job
from .languages import text
from .markup import Markup, element, join, note
from .pane import Pane
from .setting_labels import say_in
from .ui import Updates

TRAINING_PRO = "Training_PRO"
_SHOWN = ("problem", "note")  # in this order; what is well is only counted


class DoctorPane(Pane):
    name = "doctor"
    jobs = ("doctor",)

    @property
    def desk(self) -> Desk:
        return self.host.files_desk  # it needs no model

    def build(self) -> None:
        with self.make(gr.Accordion, "title", open=False):
            with gr.Row():
                self.examine_button = self.button("run")
                self.make_stop_button()
            self.status = self.html("status")
            self.result = self.html("found")
            self.adapted = self.make(gr.Checkbox, "adapt", value=False)

    def connect(self) -> None:
        self.on(self.examine_button.click, self.examine, {}, [self.result])
        self.on(self.adapted.input, self.adapt_training_pro, {"wanted": self.adapted}, [self.adapted])

    def examine(self, language: str) -> Iterator[Updates]:
        self.refuse_when_shared()
        job = self.desk.start(self.name, lambda job: examine(self.folders, progress=partial(_progress, job)))
        yield {self.result: ""}
        yield from self.follow(job, language)

    def show(self, job: Job, language: str) -> Updates:
        return {self.result: _findings(job.result, language)} if job.result else {}

    def adapt_training_pro(self, language: str, wanted: Any) -> Updates:
        """Training PRO's own names for transformers and gradio, in its module alone."""
        self.refuse_when_shared()
        module = loaded_extension(TRAINING_PRO)
        if module is None:
            return {self.adapted: False, self.status: note(text("doctor.no_training_pro", language))}
        if not wanted:
            remove(module)
            return {self.status: note(text("doctor.not_adapted", language))}
        names = ", ".join(install(module))
        return {self.status: note(text("doctor.adapted", language, names=names), "good")}


def _progress(job: Job, check: str, done: int, total: int) -> None:
    job.progress("", done, total)  # the names of the checks are for commands


def _findings(findings: Sequence[Finding], language: str) -> Markup:
    """A card for each problem with its next step, then for each note; a healthy webui is one line."""
    listed = [finding for status in _SHOWN for finding in findings if finding.status == status]
    healthy = not any(finding.status == "problem" for finding in findings)
    count = sum(finding.status == "ok" for finding in findings)
    cards = [_card(finding, language) for finding in listed]
    cards.insert(0 if healthy else len(cards), note(text("doctor.well", language, n=count), "good" if healthy else ""))
    return join(*cards)


def _card(finding: Finding, language: str) -> Markup:
    means, following = (say_in("doctor", part, language) for part in (finding.means, finding.next))
    step = element("p", element("b", text("doctor.next", language)), " ", following) if following else Markup()
    return element(
        "div",
        element("b", say_in("doctor", finding.found, language)),
        element("p", means) if means else Markup(),
        step,
        class_=f"cefr-note {'error' if finding.status == 'problem' else ''}".strip(),
    )
