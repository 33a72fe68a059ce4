"""The last pane: the adapter applied for everyone, proved, and Chat told to ask as the adapter was trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ...exporter.common.errors import Problem
from ..models.adapter import check_adapter
from ..models.host import adapter_names
from ..models.jobs import Job
from .gradio_compat import copyable
from .languages import number, text
from .markup import element, join, note
from .pane import NO_TORCH, Pane
from .ui import Updates


class ApplyPane(Pane):
    name = "apply"

    def build(self) -> None:
        if self.host.training_off == "portable":
            self.say_at_the_top(Problem(NO_TORCH))
        self.chat_fields = self.host.chat_fields()
        self.adapter = self.choice("adapter", lambda language: adapter_names(self.folders), "adapter")
        with gr.Row():
            self.apply_button = self.button("run", variant="primary")
            self.take_off_button = self.button("off")
        self.status = self.html("status")
        self.strict = self.make(gr.Checkbox, "strict", value=self.host.strict_chat, visible=bool(self.chat_fields))
        example = "/cefr A1: happy, book, friend"
        self.command = self.make(gr.Textbox, "chat", value=example, interactive=False, **copyable())

    def connect(self) -> None:
        outputs = [self.command, *(field.component for field in self.chat_fields.values())]
        chat = {name: field.component for name, field in self.chat_fields.items()}
        self.on(self.apply_button.click, self.apply, {"adapter": self.adapter, **chat}, outputs)
        self.on(self.take_off_button.click, self.take_off, {}, outputs)
        self.on(self.strict.input, self.switch_strict, {"strict": self.strict}, [])

    def apply(self, language: str, adapter: str | None, **chat: Any) -> Iterator[Updates]:
        folder = self.adapter_folder(adapter)
        if not self.host.state().adapters:
            self.host.chat_before = chat
        level = check_adapter(folder).level or "A1"
        yield {self.command: f"/cefr {level}: happy, book, friend"}
        yield from self._change(language, folder.name)

    def take_off(self, language: str) -> Iterator[Updates]:
        yield from self._change(language, None)

    def switch_strict(self, language: str, strict: Any) -> Updates:
        """Whether Chat keeps to the words of the level."""
        self.refuse_when_shared()
        self.host.strict_chat = bool(strict)
        return {}

    def _change(self, language: str, adapter: str | None) -> Iterator[Updates]:
        self.refuse_when_shared()
        job = self.desk.start(self.name, lambda job: self.host.apply(adapter))
        yield from self.follow(job, language)

    def ended(self, job: Job, language: str) -> Updates:
        done = job.result
        if done is None:
            return {self.status: note(text("apply.is_off", language)), **self._chat(None)}
        proof = text("apply.proof", language, layers=done.layers, difference=number(f"{done.difference:.2f}", language))
        said = join(
            note(text("apply.done", language, name=done.adapter), "good"),
            element("details", element("summary", text("apply.how", language)), element("p", proof)),
        )
        return {self.status: said, **self._chat(done.adapter)}

    def _chat(self, adapter: str | None) -> Updates:
        """What the host's own page needs to hear: the form of the prompt, and which LoRA is on.

        Without an adapter the form is what it was before one was applied.
        """
        updates: Updates = {}
        for name, field in self.chat_fields.items():
            if field.holds_adapter:
                updates[field.component] = gr.update(value=[adapter] if adapter else [])
            elif adapter:
                updates[field.component] = gr.update(value=field.value)
            elif name in self.host.chat_before:
                updates[field.component] = gr.update(value=self.host.chat_before[name])
        return updates
