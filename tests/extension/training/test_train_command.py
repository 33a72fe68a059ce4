"""What `cefr-sentences train` says while a run lasts and at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.extension.training.artifacts import Outcome
from cefr_sentences.extension.training.command import describe, print_line
from cefr_sentences.extension.training.log import Halved, LogEntry, LogLine, Start
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.training.source import RecipeSource, Resolved

RESOLVED = Resolved(
    learning_rate=5e-4,
    longest_record=250,
    records_at_a_time=4,
    accumulation=2,
    checkpointing="on",
    steps=21,
    warmup_steps=2,
    evaluation_every=4,
    memory_bytes=1_500_000_000,
)
STARTED = "Recipe fast/A1\n  changed: projections q, v, dora yes\n  for these data: 21"
RECIPE = RecipeSource("fast/A1", None, {"projections": ["q", "v"], "dora": True}, RESOLVED)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (Start(TrainSettings("A1"), RECIPE, "d.txt", "m", 60, 6), STARTED),
        (Halved(2), "Now 2 records at a time"),
        (LogEntry(5, epoch=0.5, eval_loss=1.2345), "epoch 0.50  evaluation loss 1.234"),
        (LogEntry(1, 9, loss=1.5), "step 1/9  loss 1.500"),
        (LogEntry(1, 9, skipped=True), "step 1/9  skipped"),
    ],
)
def test_a_line_of_the_log(line: LogLine, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_line(line)
    assert said in capsys.readouterr().err


def outcome(**changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "settings": TrainSettings("A1", cutoff=99),
        "base": "m",
        "base_class": "C",
        "dataset": "d.txt",
        "records": 60,
        "longer": 0,
        "longest": 90,
        "steps": 9,
        "planned": 9,
        "early": False,
        "kept": 9,
        "train_loss": 1.5,
        "seconds": 3.0,
        "log": [],
        "recipe": RecipeSource(),
    }
    return Outcome(**{**values, **changes})


def test_the_end_of_a_run() -> None:
    evaluations = [LogEntry(step, eval_loss=loss) for step, loss in ((0, 2.0), (4, 1.0), (9, 1.1))]
    assert describe(outcome(), Path("out")) == (
        "Trained on 60 records in 9 steps and 3 s; training loss 1.500.\nThe adapter is in out"
    )
    said = describe(outcome(longer=3, kept=4, log=[LogEntry(1, skipped=True), *evaluations]), Path("out"))
    for part in ("3 records were left out", "1 steps were skipped", "2.000 before, 1.000 after", "step 4, the best"):
        assert part in said
    assert "train --resume out" in describe(outcome(planned=20), Path("out"))
    assert "(stopped; 20 were planned)" in describe(outcome(planned=20), Path("out"))
    assert "ended before its 20 steps" in describe(outcome(planned=20, early=True), Path("out"))
