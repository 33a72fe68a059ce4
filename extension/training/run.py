"""A run from its files to its folder: begun, stopped, resumed, ended, and written down on the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...exporter.common.errors import CefrError, InputError, Option
from ...exporter.common.files import target_error
from ...exporter.records.prompt import Example, Record
from ..models.limits import OutOfMemory
from ..models.loading import Loaded
from .artifacts import Outcome
from .checkpoint import RESUME, last_checkpoint, step_of
from .log import NAME as LOG
from .log import End, Halved, LogLine, OnLine, Resume, Start, append
from .memory import halved
from .plan import Plan, check_unchanged
from .processes import connected, first, world
from .steps import train


def carry_out(
    loaded: Loaded,
    plan: Plan,
    out: Path,
    *,
    resume: bool = False,
    report: OnLine = lambda line: None,
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

    def write(line: LogLine) -> None:
        append(out, line)
        report(line)

    try:
        with connected(loaded.model.device.type):
            if checkpoint is None:
                plan = plan.resolved(loaded, records)
                _begin(plan, out, records, held_out, write)
            while True:
                if checkpoint is not None:
                    _append(out, Resume(step_of(checkpoint)))
                try:
                    outcome = train(
                        loaded, plan, records, held_out, out, report=write, stop=stop, checkpoint=checkpoint
                    )
                    break
                except OutOfMemory:
                    if plan.settings.at_once == 1 or world() > 1:
                        raise
                    plan = replace(plan, settings=halved(plan.settings))
                    checkpoint = last_checkpoint(out)
                    plan.save(out, [*records, *held_out])
                    write(Halved(plan.settings.at_once))
                    if checkpoint is None:
                        _begin(plan, out, records, held_out, write)
    except BaseException as raised:
        error = target_error(out, raised) if isinstance(raised, OSError) else raised
        if first():
            with suppress(OSError):  # the disk may be full
                _failed(out, error)
        raise error from (raised.__cause__ if error is raised else raised)
    state = "failed" if outcome.failure else "stopped" if outcome.stopped else "finished"
    _append(out, End(state, str(outcome.failure or "")))
    if not outcome.stopped and first():
        shutil.rmtree(out / RESUME, ignore_errors=True)
    return outcome


def _append(out: Path, line: LogLine) -> None:
    """Into the log, by the first process of the run."""
    if first():
        append(out, line)


def _to_resume_from(out: Path, plan: Plan, records: Sequence[Record | Example]) -> Path:
    checkpoint = last_checkpoint(out)
    if checkpoint is None:
        message = "The run in {folder} ended before its first checkpoint. Train it from the start, with {option}."
        raise InputError(message, folder=out, option=Option("force"))
    check_unchanged(out, plan, records)
    return checkpoint


def _begin(
    plan: Plan,
    out: Path,
    records: Sequence[Record | Example],
    eval_records: Sequence[Record | Example],
    write: OnLine,
) -> None:
    if not first():
        return
    plan.save(out, [*records, *eval_records])
    dataset, recipe = plan.dataset.name, plan.recipe
    write(Start(plan.settings, recipe, dataset, plan.model, len(records), len(eval_records)))


def _failed(out: Path, error: BaseException) -> None:
    if last_checkpoint(out) is None:
        shutil.rmtree(out / RESUME, ignore_errors=True)
        if not any(p.name != LOG for p in out.iterdir()):
            (out / LOG).unlink(missing_ok=True)
            return
    append(out, End("failed", str(error) if isinstance(error, CefrError) else ""))
