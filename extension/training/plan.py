"""A run from its files to its folder: begun, stopped, resumed, ended, and written down on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import CefrError, InputError, Option, Problem
from ...exporter.common.files import target_error
from ...exporter.records.prompt import Example, Record
from ...exporter.records.reading import TrainingFile, read_training
from ..models.limits import OutOfMemory
from ..models.loading import Loaded
from .artifacts import Outcome, fingerprint
from .checkpoint import last_checkpoint as newest
from .checkpoint import step_of
from .log import NAME as LOG
from .log import append, read_log
from .memory import fitted, halved, try_out
from .processes import connected, first, world
from .run import encoded_records, train
from .settings import TrainSettings
from .watch import Report

# What a resumed run needs: the plan, and checkpoints with the optimizer's state. Gone when the run has finished.
RESUME = ".resume"


@dataclass(frozen=True)
class Plan:
    """All that decides a run besides the model's weights. `model` is the name of the base; `recipe` the name of
    the recipe that the settings come from, and what it says."""

    settings: TrainSettings
    dataset: Path
    eval: Path | None
    model: str
    recipe: dict[str, Any] = field(default_factory=dict)

    def records(
        self, note: Callable[[Problem], object] = lambda problem: None
    ) -> tuple[list[Record | Example], list[Record | Example]]:
        """The records to train on and to evaluate on; `note` is called with what had to be put right to read them.

        Raises InputError; also when one has another level.
        """
        sides = []
        for path in (self.dataset, self.eval):
            read = read_training(path) if path is not None else TrainingFile(())
            check_levels(path, read.records, self.settings.level)
            for problem in read.notes:
                note(problem)
            sides.append(list(read.records))
        return sides[0], sides[1]

    def save(self, out: Path, records: Sequence[Record | Example]) -> None:
        (out / RESUME).mkdir(exist_ok=True)
        held_out = str(self.eval.resolve()) if self.eval else None
        dataset = str(self.dataset.resolve())
        saved = _Saved(self.settings, dataset, self.model, fingerprint(records), held_out, self.recipe)
        (out / RESUME / "plan.json").write_text(json.dumps(asdict(saved), indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def load(out: Path) -> Plan:
        """The plan of the unfinished run in `out`. Raises InputError where there is none."""
        saved = _read(out)
        held_out = Path(saved.eval) if saved.eval else None
        return Plan(saved.settings, Path(saved.dataset), held_out, saved.model, dict(saved.recipe))

    def resolved(self, loaded: Loaded, records: Sequence[Record | Example]) -> Plan:
        """The plan for these data, this model and this memory, with what its settings come to under `recipe`."""
        chosen = self.settings.for_model(loaded.model.config)
        encoded, _ = encoded_records(loaded.tokenizer, records, chosen)
        if world() > 1:  # each has its own memory; what fits has to be said with --micro-batch
            checkpointing = "on" if chosen.checkpointing == "on" else "off"
            settings, memory = replace(chosen, checkpointing=checkpointing), None
            try_out(loaded, encoded, settings)
        else:
            settings, need = fitted(loaded, encoded, chosen)
            memory = need.of(settings.at_once)
        steps = settings.steps(len(encoded))
        came_to = {
            "learning_rate": settings.learning_rate,
            "longest_record": max(len(e["input_ids"]) for e in encoded),
            "records_at_a_time": settings.at_once,
            "accumulation": settings.accumulation,
            "checkpointing": settings.checkpointing,
            "steps": steps,
            "warmup_steps": settings.warmup_steps(steps),
            "evaluation_every": settings.evaluation_steps(steps),
            "memory_bytes": memory,
        }
        return replace(self, settings=settings, recipe={**self.recipe, "resolved": came_to})


@dataclass(frozen=True)
class _Saved:
    """A plan as its file has it, and the fingerprint of its records."""

    settings: TrainSettings
    dataset: str
    model: str
    fingerprint: str
    eval: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)


def _read(out: Path) -> _Saved:
    path = out / RESUME / "plan.json"
    if not path.is_file():
        raise InputError("{folder} holds no unfinished run, so there is nothing to resume.", folder=out)
    try:
        return checked(_Saved, read_object(path))
    except (InputError, ValueError) as error:
        message = "The unfinished run in {folder} cannot be read ({error}). Train it from the start, with {option}."
        raise InputError(message, folder=out, error=error, option=Option("force")) from None


def last_checkpoint(out: Path) -> Path | None:
    """The newest complete checkpoint of an unfinished run in `out`."""
    return newest(out / RESUME)


def check_levels(path: Path | None, records: Sequence[Record | Example], level: str) -> None:
    """Raises InputError when a record of `path` is of another level than `level`. Other people's have none."""
    for number, record in enumerate(records, 1):
        if record.level not in (level, ""):
            message = "{file}, record {number} is of level {found}, not {level}. Choose {found} as {option}."
            values = {"number": number, "found": record.level, "level": level, "option": Option("level")}
            raise InputError(message, file=path, **values)


def carry_out(
    loaded: Loaded,
    plan: Plan,
    out: Path,
    *,
    resume: bool = False,
    report: Report = lambda entry: None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train by `plan` into the prepared folder `out`, with a log in it.

    When `stop` says so the run ends after its step, keeps the adapter as it is and can be resumed. With
    `resume` it continues from the newest checkpoint. A batch that does not fit into memory is halved, and the run
    continues from its newest checkpoint, or starts again, with the same batch of the optimizer.

    Raises:
        InputError: the data do not fit the plan, or to resume: they have changed, or there is no checkpoint.
        ModelError, TargetError: as `train` does. A folder that holds nothing of use is left empty.
    """
    records, held_out = plan.records()
    checkpoint = _to_resume_from(out, plan, [*records, *held_out]) if resume else None

    def write(entry: dict[str, Any]) -> None:
        append(out, entry)
        report(entry)

    try:
        with connected(loaded.model.device.type):
            if checkpoint is None:
                plan = plan.resolved(loaded, records)
                _begin(plan, out, records, held_out, write)
            while True:
                try:
                    outcome = _train(loaded, plan, out, records, held_out, checkpoint, report=write, stop=stop)
                    break
                except OutOfMemory:
                    if plan.settings.at_once == 1 or world() > 1:
                        raise
                    plan = replace(plan, settings=halved(plan.settings))
                    checkpoint = last_checkpoint(out)
                    plan.save(out, [*records, *held_out])
                    write({"event": "halved", "micro_batch": plan.settings.at_once})
                    if checkpoint is None:
                        _begin(plan, out, records, held_out, write)
    except BaseException as raised:
        error = target_error(out, raised) if isinstance(raised, OSError) else raised
        if first():
            with suppress(OSError):  # the disk may be full
                _failed(out, error)
        raise error from (raised.__cause__ if error is raised else raised)
    ended = {"state": "failed", "error": str(outcome.failure)} if outcome.failure else {"state": "finished"}
    append_first(out, {"event": "end", **({"state": "stopped"} if outcome.stopped else ended)})
    if not outcome.stopped and first():
        shutil.rmtree(out / RESUME, ignore_errors=True)
    return outcome


def _train(
    loaded: Loaded,
    plan: Plan,
    out: Path,
    records: Sequence[Record | Example],
    held_out: Sequence[Record | Example],
    checkpoint: Path | None,
    *,
    report: Report,
    stop: Callable[[], bool],
) -> Outcome:
    """The run from the beginning or from `checkpoint`, to its end."""
    if checkpoint is not None:
        append_first(out, {"event": "resume", "step": step_of(checkpoint)})
    return train(
        loaded,
        records,
        held_out,
        plan.settings,
        out,
        dataset=plan.dataset.name,
        report=report,
        stop=stop,
        work=out / RESUME,
        checkpoint=checkpoint,
        earlier=log.entries if checkpoint and (log := read_log(out)) else [],
        recipe=plan.recipe,
    )


def append_first(out: Path, entry: dict[str, Any]) -> None:
    """Into the log, by the first process of the run."""
    if first():
        append(out, entry)


def _to_resume_from(out: Path, plan: Plan, records: Sequence[Record | Example]) -> Path:
    checkpoint = last_checkpoint(out)
    if checkpoint is None:
        message = "The run in {folder} ended before its first checkpoint. Train it from the start, with {option}."
        raise InputError(message, folder=out, option=Option("force"))
    if fingerprint(records) != _read(out).fingerprint:
        message = "{file} or its evaluation file has changed since the run began. Train from the start."
        raise InputError(message, file=plan.dataset)
    return checkpoint


def _begin(
    plan: Plan,
    out: Path,
    records: Sequence[Record | Example],
    eval_records: Sequence[Record | Example],
    write: Report,
) -> None:
    if not first():
        return
    plan.save(out, [*records, *eval_records])
    write(
        {
            "event": "start",
            "settings": asdict(plan.settings),
            "recipe": plan.recipe,
            "dataset": plan.dataset.name,
            "model": plan.model,
            "records": len(records),
            "eval_records": len(eval_records),
        }
    )


def _failed(out: Path, error: BaseException) -> None:
    if last_checkpoint(out) is None:
        shutil.rmtree(out / RESUME, ignore_errors=True)
        if not any(p.name != LOG for p in out.iterdir()):
            (out / LOG).unlink(missing_ok=True)
            return
    append(out, {"event": "end", "state": "failed", "error": str(error) if isinstance(error, CefrError) else ""})
