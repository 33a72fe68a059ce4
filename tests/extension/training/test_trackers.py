"""What an experiment tracker is told of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.extension.training.log import LogEntry, Resume
from cefr_sentences.extension.training.settings import TrainSettings

pytestmark = pytest.mark.model


class Tracker:
    """A callback in the place of TensorBoard's, which writes down what it is told."""

    def __init__(self, calls: list[tuple[Any, ...]]) -> None:
        self.calls = calls

    def on_train_begin(self, args: Any, state: Any, control: Any) -> None:
        self.calls.append(("begin", args.run_name, state.is_world_process_zero))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any]) -> None:
        self.calls.append((state.global_step, dict(logs)))

    def on_train_end(self, args: Any, state: Any, control: Any) -> None:
        self.calls.append(("end",))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """What the tracker is told."""
    from transformers.integrations import integration_utils

    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        integration_utils, "get_reporting_integration_callbacks", lambda names: [lambda: Tracker(calls)]
    )
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path))
    return calls


def test_a_tracker_gets_the_numbers_of_the_log(told: list[tuple[Any, ...]], tmp_path: Path) -> None:
    from cefr_sentences.extension.training.trackers import tracker

    out = tmp_path / "a1"
    with (
        pytest.raises(OSError, match="disk"),
        tracker(TrainSettings("A1", report_to="tensorboard"), out) as tell,
    ):
        tell(Resume(1))
        tell(LogEntry(1, 9, loss=2.0, learning_rate=1e-4))
        tell(LogEntry(2, skipped=True))
        tell(LogEntry(3, eval_loss=1.5))
        raise OSError("disk")
    numbers = [(1, {"loss": 2.0, "learning_rate": 1e-4}), (3, {"eval_loss": 1.5})]
    assert told == [("begin", "a1", True), *numbers, ("end",)]


@pytest.mark.parametrize(("report_to", "rank"), [("none", "0"), ("tensorboard", "1")])
def test_nobody_is_told(
    told: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report_to: str, rank: str
) -> None:
    """Without a tracker, and by the second of several processes."""
    from cefr_sentences.extension.training.trackers import tracker

    monkeypatch.setenv("RANK", rank)
    with tracker(TrainSettings("A1", report_to=report_to), tmp_path) as tell:
        tell(LogEntry(1, loss=2.0))
    assert told == []


def test_tensorboard_gets_the_numbers_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.training.trackers import tracker

    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    with tracker(TrainSettings("A1", report_to="tensorboard"), tmp_path) as tell:
        for step in (1, 2):
            tell(LogEntry(step, epoch=step / 2, loss=3.0 - step, learning_rate=1e-4))
        tell(LogEntry(2, epoch=1.0, eval_loss=1.5))
    events = reader.EventAccumulator(str(next(tmp_path.rglob("events.out*")).parent))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(1, 2.0), (2, 1.0)]
    assert [(e.step, e.value) for e in events.Scalars("eval/loss")] == [(2, 1.5)]
