"""The Train pane: a recipe, all problems and an estimate beforehand, the run as it goes, stop and resume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import CefrError, InputError
from ...exporter.common.files import is_text
from ...exporter.common.lock import busy
from ...exporter.language.levels import TRAINABLE
from ...exporter.records.formats import eval_beside
from ...exporter.records.reading import read_training
from ...exporter.records.summary import level_of
from ..models.jobs import Job
from ..recipes import KINDS, recipe
from ..training.artifacts import Outcome, run_folder
from ..training.checkpoint import RESUME, last_checkpoint
from ..training.estimate import estimate
from ..training.log import LogEntry, LogLine, read_log
from ..training.plan import Plan, check_levels
from ..training.preflight import data_problems, place_problems, problem
from ..training.run import carry_out
from ..training.source import RecipeSource
from . import paths
from .gradio_compat import root_page
from .languages import text
from .markup import note
from .pane import Pane
from .recipe_fields import build_fields, filled, kind_of, kinds, settings_of, worded
from .setting_labels import say_in
from .train_view import drawn, ended, memory, ready
from .ui import Updates


@dataclass(frozen=True)
class TrainFields:
    """What the fields above the recipe's hold, as the page sends it."""

    dataset: Any
    name: Any
    level: Any
    kind: Any
    replace: Any


@dataclass(frozen=True)
class Estimated:
    """An estimate in words, and the seconds of a run by kind of recipe, as far as they are known."""

    words: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Trained:
    """What a run came to, and what the reader of its file had to put right, in words."""

    outcome: Outcome
    notes: Sequence[str]


class TrainPane(Pane):
    """`shown` of a training is its folder."""

    name = "train"
    jobs = ("train", "estimate")

    def build(self) -> None:
        if self.host.training_off:
            self.say_at_the_top(problem(self.host.training_off))
        with gr.Row():
            dataset = self.choice("dataset", self._training_files, "dataset")
            name = self.make(gr.Textbox, "name", value="cefr-a1", max_lines=1)
        kind = self.make(gr.Radio, "kind", choices=kinds, value=KINDS[0])
        with self.make(gr.Accordion, "settings", open=False):
            with gr.Row():
                level = self.make(gr.Radio, "level", choices=list(TRAINABLE), value="A1")
                replace = self.make(gr.Checkbox, "replace", value=False)
            self.settings = build_fields(self.ui, recipe("A1"))
        self.fields = TrainFields(dataset, name, level, kind, replace)
        with gr.Row():
            self.estimate_button = self.button("estimate")
            self.start_button = self.button("start", variant="primary")
            self.make_stop_button()
        self.status = self.html("status")
        self.picture = self.html("picture")
        with gr.Row(visible=False) as row:
            self.unfinished = self.choice("unfinished", self._unfinished, shown_with=row)
            self.resume_button = self.button("resume")

    def connect(self) -> None:
        fields, settings = self.fields, list(self.settings.values())
        everything = {**vars(fields), **self.settings}
        chosen = {"level": fields.level, "kind": fields.kind}
        for listener in (fields.level.input, fields.kind.input):
            self.on(listener, self.fill, chosen, [fields.name, *settings])
        of_file = {"dataset": fields.dataset, "kind": fields.kind}
        self.on(fields.dataset.change, self.fill_for_file, of_file, [fields.level, fields.name, fields.kind, *settings])
        self.on(self.estimate_button.click, self.estimate, everything, [self.picture, fields.kind])
        self.on(self.start_button.click, self.start, everything, [self.picture])
        self.on(self.resume_button.click, self.resume, {"name": self.unfinished}, [self.picture])
        self.on(root_page().load, self.say_reasons, chosen, settings)
        self.rejoin([self.picture])

    def _training_files(self, language: str) -> list[str]:
        return paths.training_files(self.folders.datasets)

    def _unfinished(self, language: str) -> list[str]:
        return unfinished_runs(self.folders.loras)

    # The recipe

    def fill(self, language: str, level: Any, kind: Any) -> Updates:
        """The fields with the values of the chosen recipe."""
        chosen = recipe(str(level), kind_of(kind))
        return {**filled(self.settings, chosen, language), self.fields.name: self._free_name(chosen.settings.level)}

    def _free_name(self, level: str) -> str:
        """A name that no adapter has."""
        name = f"cefr-{level.lower()}"
        others = (f"{name}-{n}" for n in count(2))
        return next(one for one in chain([name], others) if not (self.folders.loras / one).exists())

    def fill_for_file(self, language: str, dataset: str | None, kind: Any) -> Updates:
        """A training file knows its level, and with it the recipe."""
        if not dataset:
            return {}
        file = paths.dataset(self.folders.datasets, dataset, self._training_files(language))
        level = level_of(file)
        if level is None:
            return {}
        timeless = gr.update(choices=kinds(language))  # what was estimated was another file
        return {self.fields.level: level, self.fields.kind: timeless, **self.fill(language, level, kind)}

    def say_reasons(self, language: str, level: Any, kind: Any) -> Updates:
        """When a page opens, the settings and their reasons in its language; the values are the page's own."""
        if language == "en":
            return {}
        return worded(self.settings, recipe(str(level), kind_of(kind)), language)

    # The run

    def estimate(self, language: str, **given: Any) -> Iterator[Updates]:
        plan, _ = self._plan(language, given)

        chosen, records = kind_of(given["kind"]), plan.records()[0]

        def work(job: Job) -> Estimated:
            with self.host.lend() as loaded:
                job.progress(text("train.estimating", language), 0, 0)
                made = estimate(loaded, records, plan.settings)
                seconds = {chosen: made.seconds}
                for kind in KINDS:
                    job.progress(text("train.estimating", language), 0, 0)
                    if kind != chosen:
                        with suppress(CefrError):  # it may not fit here
                            other = recipe(plan.settings.level, kind).settings
                            seconds[kind] = estimate(loaded, records, other).seconds
                return Estimated(ready(made, loaded.tokenizer, language), seconds)

        job = self.desk.start("estimate", work)
        yield {self.picture: ""}
        yield from self.follow(job, language)

    def start(self, language: str, **given: Any) -> Iterator[Updates]:
        plan, out = self._plan(language, given)
        yield from self._run(language, plan, out, resume=False, replace=bool(given["replace"]))

    def resume(self, language: str, name: str | None) -> Iterator[Updates]:
        if name not in unfinished_runs(self.folders.loras):
            raise InputError("No unfinished run is chosen.")
        out = paths.inside(self.folders.loras, str(name))
        plan, state = Plan.load(out), self.host.state()
        if wrong := place_problems(self.host.training_off, state, self.folders.loras, out.name, replace=True):
            raise InputError(*wrong)
        if state.name != plan.model:
            message = "The run {name} was started with {model}. Load that model to resume it."
            raise InputError(message, name=out.name, model=plan.model)
        yield from self._run(language, plan, out, resume=True, replace=False)

    def idle(self, language: str) -> Updates:
        """This process has trained nothing yet: a run that a kill or a crash has ended, if there is one."""
        for name in unfinished_runs(self.folders.loras):
            log = read_log(self.folders.loras / name)
            if log is not None and log.state == "running" and log.losses:
                message = text("train.interrupted", language, name=name, step=log.losses[-1].current_steps)
                return {self.status: note(message), self.picture: drawn(log, language)}
        return {self.status: ""}

    def _plan(self, language: str, given: dict[str, Any]) -> tuple[Plan, Path]:
        """What the fields say. Raises InputError with everything that is wrong with them, and with the place."""
        fields = TrainFields(**{key: value for key, value in given.items() if key not in self.settings})
        name, state = str(fields.name or ""), self.host.state()
        replace = bool(fields.replace)
        wrong = place_problems(self.host.training_off, state, self.folders.loras, name, replace=replace)
        settings, source, data, records = None, RecipeSource(), None, []
        try:
            values = {key: given[key] for key in self.settings}
            settings, source = settings_of(str(fields.level), kind_of(fields.kind), values)
        except InputError as error:
            wrong += error.problems
        try:
            data = self._data(fields.dataset)
            records = read_training(data).records
            check_levels(data, records, str(fields.level))
        except InputError as error:
            wrong += error.problems
        if settings and records and state.kind == "trainable" and not self.host.training_off:
            wrong += data_problems(self.host.tokenizer(), records, settings)
        if wrong or settings is None or data is None:
            raise InputError(*wrong)
        return Plan(settings, data, eval_beside(data), state.name, source), paths.inside(self.folders.loras, name)

    def _data(self, dataset: Any) -> Path:
        if not dataset:
            raise InputError(problem("no_dataset"))
        return paths.dataset(self.folders.datasets, dataset, paths.training_files(self.folders.datasets))

    def _run(self, language: str, plan: Plan, out: Path, *, resume: bool, replace: bool) -> Iterator[Updates]:
        def work(job: Job) -> Trained:
            job.shown = out
            job.progress(text("train.loading", language), 0, 0)
            steps = text("train.steps", language)

            def report(line: LogLine) -> None:
                if isinstance(line, LogEntry) and line.loss is not None:
                    job.progress(steps, line.current_steps, line.total_steps or 0)

            with self.host.lend() as loaded, run_folder(out, resume=resume, force=replace):
                outcome = carry_out(loaded, plan, out, resume=resume, report=report, stop=job.stopping.is_set)
            notes = [say_in(self.name, remark, language) for remark in read_training(plan.dataset).notes]
            return Trained(outcome, notes)

        yield from self.follow(self.desk.start("train", work, ends_itself=True), language)

    def show(self, job: Job, language: str) -> Updates:
        """Losses, learning rate and memory of the run, from its log alone."""
        if job.kind != "train":
            return {}
        log = read_log(job.shown) if job.shown is not None else None
        if log is None or not log.entries:
            return {self.picture: ""}
        return {self.picture: drawn(log, language, memory() if job.running else None)}

    def ended(self, job: Job, language: str) -> Updates:
        done = job.result
        if isinstance(done, Estimated):
            choices = kinds(language, done.seconds)
            return {self.status: note(done.words, "good"), self.fields.kind: gr.update(choices=choices)}
        if not isinstance(done, Trained):
            return {}
        name, kind = job.shown.name, "error" if done.outcome.failure else "good"
        told = "\n".join([ended(done.outcome, name, language), *done.notes])
        return {self.status: note(told, kind), **self.ui.select("adapter", name)}


def unfinished_runs(loras: Path) -> list[str]:
    """Adapter folders with a run that can be resumed: it has a checkpoint, and no other process is at it."""
    runs = [path.parent.parent for path in loras.glob(f"*/{RESUME}/plan.json")] if loras.is_dir() else []
    return sorted(run.name for run in runs if is_text(run.name) and last_checkpoint(run) is not None and not busy(run))
