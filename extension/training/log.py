"""The append-only log of a run, `run.jsonl` in the adapter folder: what tab, command line and plots read.

Each line is one JSON object. Entries of the training have `current_steps`; events have `event`: `start` (with the
settings), `resume` (with the step it goes on from) and `end` (with `state`: finished, stopped or failed).
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...exporter.common.ordinary import content

NAME = "run.jsonl"
_NUMBERS = ("current_steps", "total_steps", "epoch", "seconds", "loss", "eval_loss", "learning_rate", "grad_norm")


@dataclass
class RunLog:
    """What a log says. `state` is `running` as long as there is no end; a killed run stays so."""

    start: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    state: str = "running"
    error: str = ""

    @property
    def losses(self) -> list[dict[str, Any]]:
        return [e for e in self.entries if "loss" in e]

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        return [e for e in self.entries if "eval_loss" in e]

    def add(self, entry: dict[str, Any]) -> None:
        event = entry.get("event")
        if event == "start":
            self.start, self.entries, self.state, self.error = entry, [], "running", ""
        elif event == "resume":  # what came after the checkpoint is trained once more
            self.entries = [e for e in self.entries if e["current_steps"] <= entry["step"]]
            self.state, self.error = "running", ""
        elif event == "end":
            self.state, self.error = str(entry["state"]), str(entry.get("error", ""))
        elif "current_steps" in entry and all(isinstance(entry.get(name, 0), int | float) for name in _NUMBERS):
            self.entries.append(entry)


def append(folder: Path, entry: dict[str, Any]) -> None:
    """Add one line to the log in `folder`, with the time in seconds since the epoch."""
    with (folder / NAME).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({**entry, "time": round(time.time(), 3)}, ensure_ascii=False) + "\n")


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
    return log if log.start else None
