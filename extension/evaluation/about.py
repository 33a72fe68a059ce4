"""What an evaluation was of: names, files, versions, and what the adapter's folder tells of its training."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import InputError
from ...exporter.common.versions import installed
from ...exporter.records.prompt import Record
from ..models.adapter import Card, check_adapter
from ..models.loading import Loaded
from ..training.artifacts import fingerprint
from ..training.preflight import lengths
from .plots import available
from .result import About, TrainingRun
from .task import Task

_LIBRARIES = ("cefr-sentences", "torch", "transformers", "peft", "lemminflect", "numpy")


def about(
    loaded: Loaded, adapter: Path | None, source: str, training: Path | None, task: Task, notes: Sequence[str] = ()
) -> About:
    """What is said of the evaluation of `loaded`. `source` is where the words come from, `-` for standard input."""
    records = [*task.records, *(task.training or ())]
    if not available():
        notes = [*notes, "matplotlib is not installed, so there are no plots."]
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
        notes=tuple(notes),
    )


def same_records(card: Card, records: Sequence[Record]) -> bool:
    """Whether `records` are those that an adapter's card says it was trained on; True where it says nothing."""
    return card.data.fingerprint in ("", fingerprint(records))


def _training(adapter: Path) -> TrainingRun:
    """Time and loss of the training, where its folder tells them."""
    card = check_adapter(adapter)
    try:
        log = checked(TrainingRun, read_object(adapter / "training_log.json"))
    except (InputError, ValueError):
        log = TrainingRun()
    return TrainingRun(card.seconds, card.steps, log.train_loss)


def _short(name: str) -> str:
    return Path(name).expanduser().resolve().name if Path(name).expanduser().is_dir() else name
