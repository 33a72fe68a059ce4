"""The append-only log of a run, `run.jsonl` in the adapter folder: what tab, command line and plots read.

Each line is one JSON object with the time at which it was written. That of a `LogEntry` has `current_steps`; that of
an event has `event`: `start`, `resume`, `halved` or `end`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ...exporter.common.ordinary import content
from .settings import TrainSettings
from .source import RecipeSource

NAME = "run.jsonl"


@dataclass(frozen=True)
class LogEntry:
    """What is logged of a step of the optimizer, or of an evaluation (`eval_loss`); None for what it does not have.

    Losses are in nats a token, `seconds` those of the run until then. A step is `skipped` where its gradients were not
    finite: it has no loss and changed nothing.
    """

    current_steps: int
    total_steps: int | None = None
    epoch: float | None = None
    seconds: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    skipped: bool = False

    def to_json(self) -> dict[str, Any]:
        """The entry as its line has it, without the time."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> LogEntry:
        """What `to_json` made, or an entry of Training PRO's graph. Raises ValueError where it is anything else."""
        known = {f.name: line[f.name] for f in fields(cls) if f.name in line}
        if "current_steps" not in known or not all(isinstance(value, int | float) for value in known.values()):
            raise ValueError("not an entry of a log")
        return cls(**known)


@dataclass(frozen=True)
class Start:
    """A run begins, also after its batch was halved before it had a checkpoint."""

    settings: TrainSettings
    recipe: RecipeSource
    dataset: str
    model: str
    records: int
    eval_records: int


@dataclass(frozen=True)
class Resume:
    """It continues from the checkpoint of `step`."""

    step: int


@dataclass(frozen=True)
class Halved:
    """The batch did not fit into memory: so many records at a time from now on."""

    micro_batch: int


@dataclass(frozen=True)
class End:
    """How it ended: `finished`, `stopped` or `failed`, then with the reason where it is known."""

    state: str
    error: str = ""


LogLine = LogEntry | Start | Resume | Halved | End
OnLine = Callable[[LogLine], object]


@dataclass
class RunLog:
    """What a log says. `state` is `running` as long as there is no end; a killed run stays so."""

    started: bool = False
    entries: list[LogEntry] = field(default_factory=list)
    state: str = "running"
    error: str = ""

    @property
    def losses(self) -> list[LogEntry]:
        return [e for e in self.entries if e.loss is not None]

    def add(self, line: Mapping[str, Any]) -> None:
        """Read one line. Raises ValueError, TypeError or KeyError where it is damaged."""
        event = line.get("event")
        if event == "start":
            self.started, self.entries, self.state, self.error = True, [], "running", ""
        elif event == "resume":  # what came after the checkpoint is trained once more
            self.entries = [e for e in self.entries if e.current_steps <= line["step"]]
            self.state, self.error = "running", ""
        elif event == "end":
            self.state, self.error = str(line["state"]), str(line.get("error", ""))
        elif event is None:
            self.entries.append(LogEntry.from_json(line))


def append(folder: Path, line: LogLine) -> None:
    """Add one line to the log in `folder`, with the time in seconds since the epoch."""
    said = _json(line) | {"time": round(time.time(), 3)}
    with (folder / NAME).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(said, ensure_ascii=False) + "\n")


def _json(line: LogLine) -> dict[str, Any]:
    if isinstance(line, LogEntry):
        return line.to_json()
    said = {name: value for name, value in asdict(line).items() if value != ""}
    if isinstance(line, Start):
        said["recipe"] = line.recipe.to_json()
    return {"event": type(line).__name__.lower(), **said}


def read_log(folder: Path) -> RunLog | None:
    """The log in `folder`; None where there is none. A line that a kill cut off or that is damaged is left out."""
    try:
        text = content(folder / NAME).decode("utf-8", "replace")
    except OSError:
        return None
    log = RunLog()
    for line in text.split("\n"):
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            log.add(json.loads(line))
    return log if log.started else None
