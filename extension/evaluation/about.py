"""What an evaluation was of: names, files, versions, and what the adapter's folder tells of its training."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...exporter.records.prompt import Record
from ..models.loading import META, Loaded
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
        versions={name: number for name in _LIBRARIES if (number := _version(name))},
        notes=tuple(notes),
    )


def same_records(card: Mapping[str, Any], records: Sequence[Record]) -> bool:
    """Whether `records` are those that an adapter's card says it was trained on; True where it says nothing."""
    data = card.get("data")
    said = data.get("fingerprint") if isinstance(data, dict) else None
    return said is None or said == fingerprint(records)


def _training(adapter: Path) -> TrainingRun:
    """Time and loss of the training, where its folder tells them."""
    told: dict[str, Any] = {}
    for file, keys in ((META, ("seconds", "steps")), ("training_log.json", ("train_loss",))):
        with suppress(OSError, ValueError, TypeError, AttributeError):
            card = json.loads((adapter / file).read_text(encoding="utf-8"))
            told |= {key: card[key] for key in keys if isinstance(card.get(key), (int, float))}
    return TrainingRun(**told)


def _short(name: str) -> str:
    return Path(name).expanduser().resolve().name if Path(name).expanduser().is_dir() else name


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
