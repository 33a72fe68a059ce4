"""The append-only log: what a stopped, resumed, failed or killed run looks like afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.extension.training.log import NAME, End, Halved, LogEntry, LogLine, Resume, Start, append, read_log
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.training.source import RecipeSource

BEGUN = Start(TrainSettings("A1"), RecipeSource(), "d.txt", "m", 9, 1)


def step(n: int, loss: float = 1.0) -> LogEntry:
    return LogEntry(n, 9, n / 9, loss=loss)


def test_no_log(tmp_path: Path) -> None:
    assert read_log(tmp_path) is None
    (tmp_path / NAME).write_text("not json\n", encoding="utf-8")
    assert read_log(tmp_path) is None


def test_a_resumed_run_forgets_what_it_does_again(tmp_path: Path) -> None:
    for line in (BEGUN, step(1), step(2, 5.0), step(3), End("stopped")):
        append(tmp_path, line)
    log = read_log(tmp_path)
    assert log is not None
    assert log.state == "stopped"
    append(tmp_path, Resume(1))
    append(tmp_path, step(2, 0.5))
    log = read_log(tmp_path)
    assert log is not None
    assert log.losses == [step(1), step(2, 0.5)]
    assert log.state == "running"


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    append(tmp_path, BEGUN)
    append(tmp_path, LogEntry(0, eval_loss=2.0))
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write('{"current_steps": 1, "lo')
    log = read_log(tmp_path)
    assert log is not None
    assert (log.losses, log.entries) == ([], [LogEntry(0, eval_loss=2.0)])


def test_a_failure_keeps_its_reason(tmp_path: Path) -> None:
    append(tmp_path, BEGUN)
    append(tmp_path, End("failed", "no memory"))
    log = read_log(tmp_path)
    assert log is not None
    assert (log.state, log.error) == ("failed", "no memory")


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (
            LogEntry(1, 9, 0.1, 2.5, 3.0, None, 1e-4, 0.5),
            "current_steps total_steps epoch seconds loss learning_rate grad_norm",
        ),
        (LogEntry(2, learning_rate=1e-4, grad_norm=0.5, skipped=True), "current_steps learning_rate grad_norm skipped"),
        (LogEntry(0, epoch=0.0, eval_loss=2.0), "current_steps epoch eval_loss"),
        (BEGUN, "event settings recipe dataset model records eval_records"),
        (Resume(4), "event step"),
        (Halved(2), "event micro_batch"),
        (End("finished"), "event state"),
    ],
)
def test_the_keys_of_a_line(tmp_path: Path, line: LogLine, keys: str) -> None:
    """Older versions wrote and read the same."""
    append(tmp_path, line)
    said: dict[str, Any] = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    assert list(said) == [*keys.split(), "time"]
    assert said.get("event", type(line).__name__.lower()) == type(line).__name__.lower()
