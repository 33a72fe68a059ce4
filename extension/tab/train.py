"""The Train pane: a recipe, all problems and an estimate beforehand, the run as it goes, stop and resume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import CefrError, InputError, Problem
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.records.formats import eval_beside, read_examples
from ..models.jobs import Job
from ..recipes import KINDS, recipe
from ..training.artifacts import new_folder
from ..training.estimate import estimate
from ..training.log import RunLog, read_log
from ..training.plan import RESUME, Plan, carry_out, check_levels, elsewhere, last_checkpoint
from ..training.preflight import PROBLEMS, data_problems, place_problems, problem
from . import paths
from .gradio_compat import root_page
from .pictures import BLUE, ORANGE, clock, escape, gigabytes, note, plot
from .recipe_fields import FIELDS, build_fields, filled, kind_of, kinds, settings_of, worded
from .texts import text
from .ui import Ui, Updates


def build(ui: Ui) -> None:
    folders = ui.host.folders
    first = recipe("A1")
    with gr.Row():
        dataset = ui.choice("train.dataset", lambda language: paths.training_files(folders.datasets), "dataset")
        name = ui.make(gr.Textbox, "train.name", value="cefr-a1", max_lines=1)
        level = ui.make(gr.Radio, "train.level", choices=list(TRAINABLE), value="A1")
        kind = ui.choice("train.kind", kinds, value=KINDS[0])
        replace = ui.make(gr.Checkbox, "train.replace", value=False)
    with ui.make(gr.Accordion, "train.settings", open=False):
        fields = build_fields(ui, first)
    with gr.Row():
        check = ui.button("train.estimate")
        start = ui.button("train.start", variant="primary")
        stop = ui.button("train.stop", variant="stop")
    status = gr.HTML(elem_id="cefr-train-status")
    picture = gr.HTML(elem_id="cefr-train-picture")
    with gr.Row():
        unfinished = ui.choice("train.unfinished", lambda language: unfinished_runs(folders.loras))
        resume = ui.button("train.resume")

    inputs = [dataset, name, level, replace, kind, *fields.values()]

    def show(job: Job, language: str) -> Updates:
        return {picture: _picture(job, language)}

    def recipes(language: str, chosen: str, of: str) -> Updates:
        found = recipe(str(chosen), kind_of(of))
        return {**filled(fields, found, language), name: f"cefr-{found.settings.level.lower()}"}

    def from_card(language: str, chosen: str | None, of: str) -> Updates:
        """A training file knows its level; its recipe is taken."""
        if not chosen:
            return {}
        card = paths.dataset(folders.datasets, chosen, paths.training_files(folders.datasets)).with_suffix(".meta.json")
        try:
            at = parse_level(json.loads(card.read_text(encoding="utf-8"))["level"], TRAINABLE)
        except (OSError, ValueError, KeyError, CefrError):
            return {}
        return {level: at, **recipes(language, at, of)}

    def look(language: str, *values: Any) -> Iterator[Updates]:
        plan, _ = _plan(ui, language, values)

        def work(job: Job) -> str:
            job.progress(text("train.estimating", language), 0, 0)
            with ui.host.lend() as loaded:
                found = estimate(loaded, plan.records()[0], plan.settings)
                return _ready(found, loaded.tokenizer, language)

        job = ui.host.desk.start("estimate", work)
        yield {picture: ""}
        yield from ui.follow(job, language, lambda j: {}, status)
        if job.result:
            yield {status: note(job.result, "good")}

    def begin(language: str, *values: Any) -> Iterator[Updates]:
        plan, out = _plan(ui, language, values)
        yield from run(language, plan, out, resume=False, replace=bool(values[3]))

    def go_on(language: str, chosen: str | None) -> Iterator[Updates]:
        if chosen not in unfinished_runs(folders.loras):
            raise InputError(text("train.nothing", language))
        out = paths.inside(folders.loras, str(chosen))
        plan = Plan.load(out)
        if found := place_problems(ui.host.training_off, ui.host.state(), folders.loras, out.name, replace=True):
            raise InputError(_list([_said(p, language) for p in found], language))
        if ui.host.state().name != plan.model:
            raise InputError(f"The run {out.name} was begun with {plan.model}. Load that model to go on with it.")
        yield from run(language, plan, out, resume=True, replace=False)

    def run(language: str, plan: Plan, out: Path, *, resume: bool, replace: bool) -> Iterator[Updates]:
        def work(job: Job) -> Any:
            job.parts["folder"] = out
            job.progress(text("train.loading", language), 0, 0)
            steps = text("train.steps", language)

            def report(entry: dict[str, Any]) -> None:
                if "loss" in entry:
                    job.progress(steps, entry["current_steps"], entry["total_steps"])

            with ui.host.lend() as loaded:
                if resume:
                    return carry_out(loaded, plan, out, resume=True, report=report, stop=job.stopping.is_set)
                with new_folder(out, force=replace):
                    return carry_out(loaded, plan, out, report=report, stop=job.stopping.is_set)

        job = ui.host.desk.start("train", work)
        yield from ui.follow(job, language, lambda j: show(j, language), status)
        yield ended(job, language)

    def ended(job: Job, language: str) -> Updates:
        if not job.result:
            return {}
        name = job.parts["folder"].name
        return {status: note(_ended(job.result, name, language), "good"), **ui.select("adapter", name)}

    def halt(language: str) -> Updates:
        job = ui.host.desk.current
        if job is None or job.kind != "train":
            return {status: note(text("train.nothing", language))}
        job.stop()
        return {}

    def reasons(language: str, chosen: str, of: str) -> Updates:
        """When a page opens, the reasons in its language; the values are the page's own."""
        if language == "en":
            return {}
        found = recipe(str(chosen), kind_of(of))
        return worded(fields, found, language)

    def interrupted(language: str) -> Updates:
        """When a page opens and no run of ours is known, one that a kill or a crash has ended is shown."""
        if ui.host.desk.last("train") is not None:
            return {}
        for name in unfinished_runs(folders.loras):
            if (log := read_log(folders.loras / name)) is not None and log.state == "running" and log.losses:
                said = text("train.interrupted", language, name=name, step=log.losses[-1]["current_steps"])
                return {status: note(said), picture: drawn(log, language)}
        return {}

    for listener in (level.input, kind.input):
        ui.on(listener, recipes, [level, kind], [name, *fields.values()], status)
    ui.on(dataset.change, from_card, [dataset, kind], [level, name, *fields.values()], status)
    ui.on(check.click, look, inputs, [status, picture], status)
    ui.on(start.click, begin, inputs, [status, picture], status)
    ui.on(resume.click, go_on, [unfinished], [status, picture], status)
    ui.on(stop.click, halt, [], [status], status)
    ui.on(root_page().load, reasons, [level, kind], list(fields.values()), status)
    ui.on(root_page().load, interrupted, [], [picture], status)
    ui.rejoin(ui.host.desk, "train", show, status, [picture], ended)


def _plan(ui: Ui, language: str, values: tuple[Any, ...]) -> tuple[Plan, Path]:
    """What the fields say. Raises InputError with everything that is wrong with them, and with the place."""
    folders = ui.host.folders
    chosen, name, level, replace, kind, *given = values
    state = ui.host.state()
    found = place_problems(ui.host.training_off, state, folders.loras, str(name or ""), replace=bool(replace))
    wrong = [_said(p, language) for p in found]
    settings, said, data, records = None, {}, None, []
    try:
        settings, said = settings_of(str(level), kind_of(kind), dict(zip(FIELDS, given, strict=True)))
    except InputError as error:
        wrong.append(str(error))
    try:
        if not chosen:
            wrong.append(_said(problem("no_dataset"), language))
        else:
            data = paths.dataset(folders.datasets, chosen, paths.training_files(folders.datasets))
            records = read_examples(data)
            check_levels(data, records, str(level))
    except InputError as error:
        wrong.append(str(error))
    if settings and records and state.kind == "trainable" and not ui.host.training_off:
        wrong += [_said(p, language) for p in data_problems(ui.host.tokenizer(), records, settings)]
    if wrong or settings is None or data is None:
        raise InputError(_list(wrong, language))
    return Plan(settings, data, eval_beside(data), state.name, said), paths.inside(folders.loras, str(name))


def _said(problem: Problem, language: str) -> str:
    names = [name for name, message in PROBLEMS.items() if message == problem.message]
    return text(f"problem.{names[0]}", language, **problem.values) if names else str(problem)


def _list(wrong: list[str], language: str) -> str:
    return "\n".join([text("train.problems", language), *(f"• {line}" for w in wrong for line in w.split("\n"))])


def unfinished_runs(loras: Path) -> list[str]:
    """Adapter folders with a run that can be resumed: it has a checkpoint, and no other process is at it."""
    found = [p.parent.parent for p in loras.glob(f"*/{RESUME}/plan.json")] if loras.is_dir() else []
    return sorted(p.name for p in found if last_checkpoint(p) is not None and not elsewhere(p))


def _ready(found: Any, tokenizer: Any, language: str) -> str:
    values = {
        "records": f"{found.records:,}",
        "steps": f"{found.steps:,}",
        "time": clock(found.seconds),
        "memory": gigabytes(found.peak),
        "trained": f"{found.trained / 1e6:.1f}",
        "parameters": f"{found.parameters / 1e6:,.0f}",
        "at_once": found.settings.at_once,
        "accumulation": found.settings.accumulation,
    }
    lines = [text("train.ready", language, **values)]
    if found.longer:
        lines.append(text("train.longer", language, longer=f"{found.longer:,}"))
    adds_bos = tokenizer("x")["input_ids"][0] == tokenizer.bos_token_id and tokenizer.bos_token_id is not None
    bos = tokenizer.bos_token if adds_bos else text("train.no_bos", language)
    lines.append(text("train.marks", language, bos=bos, eos=tokenizer.eos_token))
    return "\n".join(lines)


def _ended(outcome: Any, name: str, language: str) -> str:
    losses = outcome.eval_losses
    if outcome.stopped:
        said = text("train.stopped", language, name=name, step=outcome.steps, total=outcome.planned)
    elif losses:
        said = text("train.done", language, name=name, before=f"{losses[0]:.3f}", after=f"{outcome.kept_loss:.3f}")
    else:
        said = text("train.done_plain", language, name=name)
    return f"{said}\n{text('train.longer', language, longer=f'{outcome.longer:,}')}" if outcome.longer else said


def _picture(job: Job, language: str) -> str:
    """Losses, learning rate and memory of the run, from its log alone."""
    folder = job.parts.get("folder")
    log = read_log(folder) if folder is not None else None
    if log is None or not log.entries:
        return ""
    return drawn(log, language, memory() if job.running else None)


def drawn(log: RunLog, language: str, size: int | None = None) -> str:
    total = next((e["total_steps"] for e in log.losses), 1)
    curves = plot(
        [
            (text("train.loss", language), BLUE, [(e["current_steps"], e["loss"]) for e in log.losses]),
            (
                text("train.eval_loss", language),
                ORANGE,
                [(e["current_steps"], e["eval_loss"]) for e in log.evaluations],
            ),
        ],
        total,
        text("train.steps", language),
    )
    if not log.losses:
        return curves
    last = log.losses[-1]
    facts = [
        text("train.step", language, step=last["current_steps"], total=total),
        f"{text('train.loss', language)} {last['loss']:.3f}",
    ]
    if log.evaluations:
        facts.append(f"{text('train.eval_loss', language)} {log.evaluations[-1]['eval_loss']:.3f}")
    facts.append(f"{text('train.rate', language)} {last['learning_rate']:.2e}")
    if size is not None:
        facts.append(f"{text('train.memory', language)} {gigabytes(size)}")
    return f"{curves}<div>{escape(' · '.join(facts))}</div>"


def memory() -> int:
    """Bytes that this process holds: on the GPU where there is one, else in memory."""
    import psutil
    import torch

    return torch.cuda.memory_allocated() if torch.cuda.is_available() else psutil.Process().memory_info().rss
