"""The head of the tab: the next step, and which model and LoRA are in use."""

from __future__ import annotations

from ..models.host import Host, adapter_names
from . import paths
from .languages import text
from .markup import Markup, element, join


def head(host: Host, language: str) -> Markup:
    state = host.state()
    model = f"{state.name} ({state.loader})" if state.kind != "none" else text("head.no_model", language)
    facts = {"head.model": model, "head.lora": ", ".join(state.adapters) or text("head.none", language)}
    if (job := host.desk.current) is not None:
        facts["head.running"] = text(f"pane.{job.kind}", language)
    listed = " · ".join(f"{text(key, language)}: {value}" for key, value in facts.items())
    first = element("b", f"{text('head.next', language)}:")
    return join(
        element("div", first, " ", text(f"next.{_next_step(host)}", language), class_="cefr-next"),
        element("div", listed, class_="cefr-why"),
    )


def _next_step(host: Host) -> str:
    state, adapters = host.state(), adapter_names(host.folders)
    if host.training_off == "portable":
        return "portable"
    if not paths.trainable(host.folders.datasets) and not adapters:
        return "data"
    if host.training_off or state.kind == "answers":
        return "words"
    if state.kind == "none" and not state.name:
        return "model"
    if not adapters:
        return "train"
    if state.adapters:
        return "chat"
    evaluated = host.desk.last("evaluate")
    return "write" if evaluated is not None and not evaluated.stopped else "evaluate"
