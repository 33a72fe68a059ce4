"""Below the panes, in a webui only: what the doctor finds there, and Training PRO adapted while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ...patches.runtime import install, loaded_extension, remove
from ..doctor.examine import examine
from ..models.jobs import Job
from .pictures import note, table
from .texts import text
from .ui import Ui, Updates

TRAINING_PRO = "Training_PRO"


def build(ui: Ui) -> None:
    folders = ui.host.folders
    with ui.make(gr.Accordion, "doctor.title", open=False):
        look = ui.button("doctor.run")
        status = gr.HTML(elem_id="cefr-doctor-status")
        found = gr.HTML(elem_id="cefr-doctor-found")
        adapt = ui.make(gr.Checkbox, "doctor.adapt", value=False)

    def show(job: Job, language: str) -> Updates:
        return {found: _table(job.result, language)} if job.result else {}

    def begin(language: str) -> Iterator[Updates]:
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        job = ui.host.files_desk.start("doctor", lambda job: examine(folders))
        yield {found: ""}
        yield from ui.follow(job, language, lambda j: show(j, language), status)

    def switch(language: str, wanted: Any) -> Updates:
        """Training PRO's own names for transformers and gradio, in its module alone."""
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        module = loaded_extension(TRAINING_PRO)
        if module is None:
            return {adapt: False, status: note(text("doctor.no_training_pro", language))}
        if not wanted:
            remove(module)
            return {status: note(text("doctor.not_adapted", language))}
        names = ", ".join(install(module))
        return {status: note(text("doctor.adapted", language, names=names), "good")}

    ui.on(look.click, begin, [], [status, found], status)
    ui.on(adapt.input, switch, [adapt], [adapt, status], status)


def _table(findings: Any, language: str) -> str:
    """Problems first; what is well is only counted."""
    order = {"problem": 0, "note": 1}
    rows = sorted((f for f in findings if f.status in order), key=lambda f: order[f.status])
    head = [text(f"doctor.{k}", language) for k in ("status", "check", "found", "means", "next")]
    body = [[text(f"doctor.{f.status}", language), f.check, f.found, f.means, f.next] for f in rows]
    well = text("doctor.well", language, n=sum(f.status == "ok" for f in findings))
    return (table(head, body, [i for i, f in enumerate(rows) if f.status == "problem"]) if rows else "") + note(well)
