"""The last pane: the adapter applied for everyone, proved, and Chat told to ask as the adapter was trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ..models.host import adapter_folder, adapter_names
from ..models.loading import check_adapter
from .gradio_compat import copyable
from .pictures import note
from .texts import text
from .ui import Ui, Updates


def build(ui: Ui) -> None:
    folders = ui.host.folders
    fields = ui.host.chat_fields()
    adapter = ui.choice("apply.adapter", lambda language: adapter_names(folders), "adapter")
    with gr.Row():
        run = ui.button("apply.run", variant="primary")
        off = ui.button("apply.off")
    status = gr.HTML(elem_id="cefr-apply-status")
    strict = ui.make(gr.Checkbox, "apply.strict", value=ui.host.strict_chat, visible=bool(fields))
    command = ui.make(gr.Textbox, "apply.chat", value="/cefr A1: happy, book, friend", interactive=False, **copyable())

    def change(language: str, chosen: str | None) -> Iterator[Updates]:
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        job = ui.host.desk.start("apply", lambda job: ui.host.apply(chosen))
        yield from ui.follow(job, language, lambda j: {}, status)
        if job.error:
            return
        if job.result is None:
            yield {status: note(text("apply.is_off", language)), **_chat(fields, None)}
            return
        done = job.result
        values = {"name": done.adapter, "layers": done.layers, "difference": f"{done.difference:.2f}"}
        yield {status: note(text("apply.done", language, **values), "good"), **_chat(fields, done.adapter)}

    def begin(language: str, chosen: str | None) -> Iterator[Updates]:
        folder = adapter_folder(folders, str(chosen or ""))
        level = check_adapter(folder).get("level", "A1")
        yield {command: f"/cefr {level}: happy, book, friend"}
        yield from change(language, folder.name)

    def take_off(language: str) -> Iterator[Updates]:
        yield from change(language, None)

    def hold(language: str, held: bool) -> Updates:
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        ui.host.strict_chat = bool(held)
        return {}

    ui.on(strict.input, hold, [strict], [status], status)
    outputs = [status, command, *(component for component, _ in fields.values())]
    ui.on(run.click, begin, [adapter], outputs, status)
    ui.on(off.click, take_off, [], outputs, status)


def _chat(fields: dict[str, tuple[Any, Any]], adapter: str | None) -> Updates:
    """What the host's own page needs to hear: the form of the prompt, and which LoRA is on."""
    updates: Updates = {}
    for name, (component, value) in fields.items():
        if name == "lora_menu":
            updates[component] = gr.update(value=[adapter] if adapter else [])
        elif adapter:
            updates[component] = gr.update(value=value)
    return updates
