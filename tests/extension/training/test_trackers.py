"""A run told to an experiment tracker, as transformers knows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.training.trackers import tracker

pytestmark = pytest.mark.slow

pytest.importorskip("transformers", reason="transformers is not installed")


def test_tensorboard_gets_the_numbers_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    with tracker(TrainSettings("A1", report_to="tensorboard"), tmp_path) as tell:
        tell({"event": "start"})
        for step in (1, 2):
            tell({"current_steps": step, "epoch": step / 2, "loss": 3.0 - step, "learning_rate": 1e-4})
        tell({"current_steps": 2, "epoch": 1.0, "eval_loss": 1.5})
    events = reader.EventAccumulator(str(next(tmp_path.rglob("events.out*")).parent))
    events.Reload()
    assert {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in ("train/loss", "eval/loss")} == {
        "train/loss": [(1, 2.0), (2, 1.0)],
        "eval/loss": [(2, 1.5)],
    }


def test_no_tracker_writes_nothing(tmp_path: Path) -> None:
    with tracker(TrainSettings("A1"), tmp_path) as tell:
        tell({"current_steps": 1, "loss": 1.0})
    assert list(tmp_path.iterdir()) == []
