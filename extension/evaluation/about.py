"""What an evaluation was of: names, files, versions, and what the adapter's folder tells of its training."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...exporter.common.errors import Problem
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


def remarks(card: Mapping[str, Any], task: Task, training: Path | None) -> list[Problem]:
    """What a reader of the figures has to know about the data. `card` is the adapter's, empty where it has none."""
    said, level = _trained_on(card), card.get("level")
    found = []
    if training is None or task.training is None:
        found.append(Problem("No training file was found, so there is no retrieval baseline and no count of copies."))
    elif said not in (None, fingerprint(task.training)):
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
    if level not in (None, task.level):
        values = {"trained": level, "asked": task.level}
        found.append(Problem("The adapter was trained for {trained}; the words are asked for at {asked}.", values))
    return found


def _trained_on(card: Mapping[str, Any]) -> str | None:
    """The fingerprint of the records that an adapter was trained on, where its card tells it."""
    data = card.get("data")
    return data.get("fingerprint") if isinstance(data, dict) else None


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
