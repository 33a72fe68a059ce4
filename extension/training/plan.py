"""A run from its files to its folder: begun, stopped, resumed, ended, and written down on the way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...exporter.errors import CefrError, InputError
from ...exporter.formats import read_records
from ...exporter.prompt import Record
from ..host.standalone import Loaded
from .artifacts import Outcome, fingerprint
from .log import NAME as LOG
from .log import append, read_log
from .run import train
from .settings import TrainSettings
from .trainer import Report

# What a resumed run needs: the plan, and the Trainer's own checkpoints. Gone when the run has finished.
RESUME = ".resume"


@dataclass(frozen=True)
class Plan:
    """All that decides a run besides the model's weights. `model` is the name of the base."""

    settings: TrainSettings
    dataset: Path
    eval: Path | None
    model: str

    def records(self) -> tuple[list[Record], list[Record]]:
        """The records to train on and to evaluate on. Raises InputError; also when one has another level."""
        sides = []
        for path in (self.dataset, self.eval):
            records = read_records(path) if path is not None else []
            check_levels(path, records, self.settings.level)
            sides.append(records)
        return sides[0], sides[1]

    def save(self, out: Path, records: list[Record]) -> None:
        (out / RESUME).mkdir(exist_ok=True)
        data = {
            "settings": asdict(self.settings),
            "dataset": str(self.dataset.resolve()),
            "eval": str(self.eval.resolve()) if self.eval else None,
            "model": self.model,
            "fingerprint": fingerprint(records),
        }
        (out / RESUME / "plan.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def load(out: Path) -> Plan:
        """The plan of the unfinished run in `out`. Raises InputError where there is none."""
        return _read(out)[0]


def _read(out: Path) -> tuple[Plan, str]:
    try:
        data = json.loads((out / RESUME / "plan.json").read_text(encoding="utf-8"))
        settings = TrainSettings(**{**data["settings"], "projections": tuple(data["settings"]["projections"])})
        plan = Plan(settings, Path(data["dataset"]), Path(data["eval"]) if data["eval"] else None, data["model"])
        return plan, data["fingerprint"]
    except FileNotFoundError:
        raise InputError(f"{out} holds no unfinished run, so there is nothing to resume.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"The unfinished run in {out} cannot be read ({error}). Train anew with --force.") from None


def last_checkpoint(out: Path) -> Path | None:
    """The newest complete checkpoint of an unfinished run in `out`.

    The Trainer writes its state last; a kill in the middle of a checkpoint leaves one without.
    """
    found = []
    for state in (out / RESUME).glob("checkpoint-*/trainer_state.json"):
        try:
            found.append((json.loads(state.read_text(encoding="utf-8"))["global_step"], state.parent))
        except (OSError, ValueError, KeyError):
            continue
    return max(found)[1] if found else None


def elsewhere(out: Path) -> bool:
    """Whether another process on this machine is at the run in `out`."""
    try:
        pid = int((out / RESUME / "pid").read_text())
        import psutil  # accelerate brings it
    except (OSError, ValueError, ImportError):
        return False
    return pid != os.getpid() and psutil.pid_exists(pid)


def check_levels(path: Path | None, records: list[Record], level: str) -> None:
    """Raises InputError when a record of `path` is of another level than `level`."""
    for number, record in enumerate(records, 1):
        if record.level != level:
            raise InputError(
                f"{path}, record {number} is of level {record.level}, not {level}. Use --level {record.level}."
            )


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
    `resume` it goes on from the newest checkpoint.

    Raises:
        InputError: the data do not fit the plan, or to resume: they have changed, or there is no checkpoint.
        ModelError, TargetError: as `train` does. A folder that holds nothing of use is left empty.
    """
    records, eval_records = plan.records()
    checkpoint = None
    if resume and elsewhere(out):
        raise InputError(f"Another process is at the run in {out}. Stop it there first.")
    if resume:
        _, before = _read(out)
        checkpoint = last_checkpoint(out)
        if checkpoint is None:
            raise InputError(f"The run in {out} ended before its first checkpoint. Train anew with --force.")
        if fingerprint([*records, *eval_records]) != before:
            raise InputError(f"{plan.dataset} or its evaluation file has changed since the run began. Train anew.")
        append(out, {"event": "resume", "step": int(checkpoint.name.rpartition("-")[2])})
    else:
        plan.save(out, [*records, *eval_records])
        append(
            out,
            {
                "event": "start",
                "settings": asdict(plan.settings),
                "dataset": plan.dataset.name,
                "model": plan.model,
                "records": len(records),
                "eval_records": len(eval_records),
            },
        )

    (out / RESUME / "pid").write_text(str(os.getpid()))

    def write(entry: dict[str, Any]) -> None:
        append(out, entry)
        report(entry)

    try:
        outcome = train(
            loaded,
            records,
            eval_records,
            plan.settings,
            out,
            dataset=plan.dataset.name,
            report=write,
            stop=stop,
            work=out / RESUME,
            checkpoint=checkpoint,
            earlier=log.entries if checkpoint and (log := read_log(out)) else [],
        )
    except BaseException as error:
        if last_checkpoint(out) is None:
            shutil.rmtree(out / RESUME, ignore_errors=True)
            if not any(p.name != LOG for p in out.iterdir()):
                (out / LOG).unlink(missing_ok=True)
                raise
        append(out, {"event": "end", "state": "failed", "error": str(error) if isinstance(error, CefrError) else ""})
        raise
    append(out, {"event": "end", "state": "stopped" if outcome.stopped else "finished"})
    if not outcome.stopped:
        shutil.rmtree(out / RESUME, ignore_errors=True)
    return outcome
