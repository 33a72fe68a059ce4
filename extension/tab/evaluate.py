"""The Evaluate pane: the same model without and with an adapter, in figures and side by side, and the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ...exporter.common.errors import Problem
from ...exporter.records.formats import training_beside
from ...exporter.records.reading import read_records
from ..evaluation.about import about, remarks
from ..evaluation.compare import evaluate_lent
from ..evaluation.report import html_report
from ..evaluation.result import Evaluation
from ..evaluation.task import of_records, training_records
from ..models.adapter import check_adapter
from ..models.host import adapter_names
from ..models.jobs import Job
from . import paths
from .evaluate_view import shown
from .languages import text, voice
from .markup import join, note
from .numbers import whole
from .pane import NO_TORCH, Pane
from .setting_labels import say_in
from .ui import Updates

_PARTS = ("base", "adapter", "loss", "fluency", "figures")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, the file with its report, and what a reader has to know about the data."""

    evaluation: Evaluation
    report: str
    remarks: tuple[Problem, ...]


class EvaluatePane(Pane):
    name = "evaluate"
    jobs = ("evaluate",)
    when_stopped = "evaluate.stopped"

    def build(self) -> None:
        if self.host.training_off == "portable":
            self.say_at_the_top(Problem(NO_TORCH))
        with gr.Row():
            self.adapter = self.choice("adapter", lambda language: adapter_names(self.folders), "adapter")
            self.dataset = self.choice("dataset", self._evaluation_files, "evaluation")
            self.prompts = self.make(gr.Slider, "prompts", minimum=1, maximum=50, step=1, value=5)
        with gr.Row():
            self.evaluate_button = self.button("run", variant="primary")
            self.make_stop_button()
        self.status = self.html("status")
        with gr.Row(visible=False) as self.after:
            self.report = self.make(gr.DownloadButton, "report", size="sm")
        self.result = self.html("result")

    def connect(self) -> None:
        inputs = {"adapter": self.adapter, "dataset": self.dataset, "prompts": self.prompts}
        outputs = [self.result, self.report, self.after]
        self.on(self.evaluate_button.click, self.evaluate, inputs, outputs)
        self.rejoin(outputs)

    def _evaluation_files(self, language: str) -> list[str]:
        return paths.evaluation_files(self.folders.datasets)

    def evaluate(self, language: str, adapter: str | None, dataset: str | None, prompts: Any) -> Iterator[Updates]:
        self.refuse_when_shared()
        folder = self.adapter_folder(adapter)
        source = paths.dataset(self.folders.datasets, dataset, self._evaluation_files(language))
        training = training_beside(source)
        count = max(1, whole(prompts, "prompts"))
        task = of_records(read_records(source), count, training=training_records(training))
        parts = {part: text(f"evaluate.part_{part}", language) for part in _PARTS}

        def work(job: Job) -> Evaluated:
            def progress(part: str, done: int, total: int) -> None:
                job.progress(parts[part], done, total)

            remarked = remarks(check_adapter(folder), task, training)
            measured = evaluate_lent(lambda: self.host.lend(folder.name), task, progress)
            with self.host.lend(folder.name) as loaded:
                said = about(loaded, folder, source.name, training, task, remarked, voice(language))
                evaluation = replace(measured, about=said)
            return Evaluated(evaluation, report_file(evaluation, folder.name, language), tuple(remarked))

        job = self.desk.start("evaluate", work)
        yield {self.result: "", self.after: gr.update(visible=False)}
        yield from self.follow(job, language)

    def show(self, job: Job, language: str) -> Updates:
        if not job.result:
            return {}
        remarked = [note(say_in(self.name, remark, language)) for remark in job.result.remarks]
        result = join(*remarked, shown(job.result.evaluation, language))
        return {self.result: result, self.report: job.result.report, self.after: gr.update(visible=True)}


def report_file(evaluation: Evaluation, adapter: str, language: str) -> str:
    """The report in `language` as a file in a temporary folder."""
    path = paths.download_folder() / f"evaluation-{adapter}.html"
    path.write_text(html_report(evaluation, voice(language)), encoding="utf-8", newline="\n")
    return str(path)
