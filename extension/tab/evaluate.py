"""The Evaluate pane: the same model without and with an adapter, in figures and side by side, and the report."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ...exporter.records.formats import read_records, training_beside
from ..evaluation.about import about
from ..evaluation.compare import evaluate
from ..evaluation.metric import Metric
from ..evaluation.metrics import METRICS
from ..evaluation.report import html_report
from ..evaluation.result import Evaluation, Figure
from ..evaluation.task import of_records, read_training
from ..models.host import adapter_folder, adapter_names
from ..models.jobs import Job
from . import paths
from .data import whole
from .pictures import escape, table
from .texts import TEXTS, text
from .ui import Ui, Updates

# System -> the text that names its column.
_COLUMNS = {"base": "base", "adapter": "with", "retrieval": "retrieval", "own": "own"}


def build(ui: Ui) -> None:
    folders = ui.host.folders
    with gr.Row():
        adapter = ui.choice("evaluate.adapter", lambda language: adapter_names(folders), "adapter")
        dataset = ui.choice("evaluate.dataset", lambda language: paths.evaluation_files(folders.datasets), "evaluation")
        prompts = ui.make(gr.Slider, "evaluate.prompts", minimum=1, maximum=50, step=1, value=5)
    run = ui.button("evaluate.run", variant="primary")
    status = gr.HTML(elem_id="cefr-evaluate-status")
    with gr.Row(visible=False) as after:
        report = ui.make(gr.DownloadButton, "evaluate.report")
    shown = gr.HTML(elem_id="cefr-evaluate-result")

    def show(job: Job, language: str) -> Updates:
        if not job.result:
            return {}
        return {
            shown: _shown(job.result["found"], language),
            report: job.result["report"],
            after: gr.update(visible=True),
        }

    def begin(language: str, name: str | None, file: str | None, number: Any) -> Iterator[Updates]:
        if ui.host.training_off == "multi-user":
            raise InputError(text("off", language))
        adapter_path = adapter_folder(folders, str(name or ""))
        chosen = adapter_path.name
        source = paths.dataset(folders.datasets, file, paths.evaluation_files(folders.datasets))
        training = training_beside(source)
        asked = max(1, whole(number, "prompts"))
        task = of_records(read_records(source), asked, training=read_training(training))
        names = {part: text(f"evaluate.part_{part}", language) for part in ("base", "adapter", "fluency")}

        def work(job: Job) -> Any:
            with ui.host.lend(chosen) as loaded:
                evaluation = evaluate(
                    loaded.model,
                    loaded.tokenizer,
                    task,
                    lambda part, done, total: job.progress(names[part], done, total),
                    prompt_form=loaded.prompt_form,
                )
                said = about(loaded, adapter_path, source.name, training, task)
            evaluation = replace(evaluation, about=said)
            return {"found": evaluation, "report": _page(evaluation, chosen)}

        job = ui.host.desk.start("evaluate", work)
        yield {shown: "", after: gr.update(visible=False)}
        yield from ui.follow(job, language, lambda j: show(j, language), status)

    ui.on(run.click, begin, [adapter, dataset, prompts], [status, shown, report, after], status)
    ui.rejoin(ui.host.desk, "evaluate", show, status, [shown, report, after])


def _page(evaluation: Evaluation, adapter: str) -> str:
    """The report as a file in a folder of the system for such files."""
    path = Path(tempfile.mkdtemp(prefix="cefr-")) / f"evaluation-{adapter}.html"
    path.write_text(html_report(evaluation), encoding="utf-8", newline="\n")
    return str(path)


def _shown(evaluation: Evaluation, language: str) -> str:
    base, adapted, asked = evaluation.base.model, evaluation.subject.model, evaluation.asked
    assert base is not None
    assert adapted is not None
    systems = [system for name in _COLUMNS if (system := evaluation.system(name)) is not None]
    named = ("measure", *(_COLUMNS[system.name] for system in systems), "human")
    head = [text(f"evaluate.{name}", language) for name in named]
    body = []
    for metric in METRICS.values():
        figures = [system.figure(metric.key) for system in systems]
        if any(figure.value is not None for figure in figures):
            cells = [_figure(metric, figure) for figure in figures]
            body.append([metric_name(metric, language), *cells, metric.reference(asked.level)])
    said = text("evaluate.note", language, records=base.records, lists=base.lists)
    # Figures with and without an interval stand under each other.
    figures_table = table(head, body).replace(" class=number", "")
    parts = [figures_table, f"<p>{escape(said)}</p><h4>{escape(text('evaluate.answers', language))}</h4>"]
    rows = [
        [", ".join(words), one.strip(), two.strip()]
        for words, one, two in zip(asked.lists, base.answers, adapted.answers, strict=True)
    ]
    heads = [text(key, language) for key in ("data.words", "evaluate.base", "evaluate.with")]
    return "".join(parts) + table(heads, rows).replace("<td>", '<td style="white-space:pre-wrap;width:40%">')


def metric_name(metric: Metric, language: str) -> str:
    """The name of a metric; its own, where the tab has no text for it."""
    key = f"measure.{metric.key}"
    return text(key, language) if key in TEXTS else metric.label


def _figure(metric: Metric, figure: Figure) -> str:
    said = metric.write(figure.value)
    if figure.low is not None and figure.high is not None:
        said += f" ({metric.write_interval(figure.low, figure.high, ' – ')})"
    return said
