"""The Evaluate pane: the same model without and with an adapter, in figures and side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ...exporter.errors import InputError
from ...exporter.formats import read_records
from ..evaluation.compare import compare
from ..host.base import adapter_folder, adapter_names
from ..jobs import Job
from . import paths
from .data import whole
from .pictures import escape, table
from .texts import text
from .ui import Ui, Updates

_ROWS = (
    ("loss", lambda s: f"{s['loss']:.3f}"),
    ("perplexity", lambda s: f"{s['perplexity']:.2f}"),
    ("lists", lambda s: f"{s['well_formed']} / {s['lists']}"),
    ("words", lambda s: f"{s['words_used']} / {s['words']}"),
)


def build(ui: Ui) -> None:
    folders = ui.host.folders
    with gr.Row():
        adapter = ui.choice("evaluate.adapter", lambda language: adapter_names(folders), "adapter")
        dataset = ui.choice("evaluate.dataset", lambda language: paths.evaluation_files(folders.datasets), "evaluation")
        prompts = ui.make(gr.Slider, "evaluate.prompts", minimum=1, maximum=50, step=1, value=5)
    run = ui.button("evaluate.run", variant="primary")
    status = gr.HTML(elem_id="cefr-evaluate-status")
    shown = gr.HTML(elem_id="cefr-evaluate-result")

    def show(job: Job, language: str) -> Updates:
        return {shown: _shown(job.result, language)} if job.result else {}

    def begin(language: str, name: str | None, file: str | None, number: Any) -> Iterator[Updates]:
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        chosen = adapter_folder(folders, str(name or "")).name
        records = read_records(paths.dataset(folders.datasets, file, paths.evaluation_files(folders.datasets)))
        asked = min(max(1, whole(number, "prompts")), len(records))
        names = {side: text(f"evaluate.part_{side}", language) for side in ("base", "adapter")}

        def work(job: Job) -> Any:
            with ui.host.lend(chosen) as loaded:
                found = compare(
                    loaded.model,
                    loaded.tokenizer,
                    records,
                    asked,
                    progress=lambda side, done, total: job.progress(names[side], done, total),
                )
            return {"found": found, "prompts": [list(r.words) for r in records[:asked]]}

        job = ui.host.desk.start("evaluate", work)
        yield {shown: ""}
        yield from ui.follow(job, language, lambda j: show(j, language), status)

    ui.on(run.click, begin, [adapter, dataset, prompts], [status, shown], status)
    ui.rejoin(ui.host.desk, "evaluate", show, status, [shown])


def _shown(result: dict[str, Any], language: str) -> str:
    found = result["found"]
    base, adapted = found["base"], found["adapter"]
    head = [text(f"evaluate.{k}", language) for k in ("measure", "base", "with")]
    body = [[text(f"evaluate.{key}", language), form(base), form(adapted)] for key, form in _ROWS]
    said = text("evaluate.note", language, records=base["records"], lists=base["lists"])
    parts = [table(head, body), f"<p>{escape(said)}</p><h4>{escape(text('evaluate.answers', language))}</h4>"]
    rows = [
        [", ".join(words), one.strip(), two.strip()]
        for words, one, two in zip(result["prompts"], base["answers"], adapted["answers"], strict=True)
    ]
    side_by_side = table([text("data.words", language), *head[1:]], rows)
    return "".join(parts) + side_by_side.replace("<td>", '<td style="white-space:pre-wrap;width:40%">')
