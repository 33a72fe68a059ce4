"""What an evaluation was of: names, files, versions, and what the adapter's folder tells of its training."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from ...exporter.common.errors import Problem
from ...exporter.common.versions import installed
from ..models.adapter import check_adapter
from ..models.loading import Loaded
from ..models.metadata import Metadata
from ..training.artifacts import final_loss, fingerprint
from ..training.preflight import lengths
from .plots import available
from .result import About, TrainingRun
from .task import Task
from .voice import ENGLISH, Voice

_LIBRARIES = ("cefr-sentences", "torch", "transformers", "peft", "lemminflect", "numpy")


def about(
    loaded: Loaded,
    adapter: Path | None,
    source: str,
    training: Path | None,
    task: Task,
    notes: Sequence[Problem] = (),
    say: Voice = ENGLISH,
) -> About:
    """What is said of the evaluation of `loaded`. `source` is where the words come from, `-` for standard input."""
    records = [*task.records, *(task.training or ())]
    if not available():
        notes = [*notes, Problem("matplotlib is not installed, so there are no plots.")]
    return About(
        model=_short(loaded.name),
        adapter=adapter.resolve().name if adapter is not None else None,
        dataset="standard input" if source == "-" else Path(source).name,
        training=training.name if training is not None else None,
        fingerprint=fingerprint(task.records) if task.records else None,
        longest=max(lengths(loaded.tokenizer, records), default=None),
        run=_training(adapter) if adapter is not None else TrainingRun(),
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        versions={name: number for name in _LIBRARIES if (number := installed(name))},
        notes=tuple(map(say, notes)),
    )


def remarks(trained: Metadata, task: Task, training: Path | None) -> list[Problem]:
    """What a reader of the figures has to know about the data. `trained` is empty without an adapter."""
    said, level = trained.data.fingerprint, trained.level
    found = []
    if training is None or task.training is None:
        found.append(Problem("No training file was found, so there is no count of copies."))
    elif said not in ("", fingerprint(task.training)):
        found.append(
            Problem("{file} is not what the adapter was trained on: its records differ.", {"file": training.name})
        )
    if task.records and said == fingerprint(task.records):
        found.append(
            Problem(
                "The adapter was trained on these very records, so the figures say nothing about new words. Evaluate "
                "it on the evaluation file of its export."
            )
        )
    if level not in ("", task.level):
        values = {"trained": level, "asked": task.level}
        found.append(Problem("The adapter was trained for {trained}; the words are asked for at {asked}.", values))
    return found


def _training(adapter: Path) -> TrainingRun:
    """Time and loss of the training, where its folder tells them."""
    trained = check_adapter(adapter)
    return TrainingRun(trained.seconds, trained.steps, final_loss(adapter))


def _short(name: str) -> str:
    return Path(name).expanduser().resolve().name if Path(name).expanduser().is_dir() else name
