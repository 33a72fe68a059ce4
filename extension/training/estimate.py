"""Steps, time and memory of a run, measured on a few batches of it before it starts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...exporter.records.prompt import Example, Record
from ..models.loading import Loaded
from .data import encoded_records
from .limits import limits
from .lora import lora_layers
from .memory import fitted, try_step
from .optimizer import Optimizer
from .settings import TrainSettings


@dataclass(frozen=True)
class Estimate:
    """`seconds` for the training steps alone, `peak` in bytes of the whole process (on a GPU: of its memory).

    `settings` are those the run would have: with a micro-batch that fits into memory.
    """

    settings: TrainSettings
    records: int
    longer: int
    steps: int
    seconds: float
    peak: int
    trained: int
    parameters: int


def estimate(loaded: Loaded, records: Sequence[Record | Example], settings: TrainSettings) -> Estimate:
    """Try two of the longest records and a middling batch, forwards and backwards, and extrapolate from there.

    The model is left as it was. Raises InputError when no record is short enough.
    """
    encoded, longer = encoded_records(loaded.tokenizer, records, settings)
    settings, need = fitted(loaded, encoded, settings)
    encoded.sort(key=lambda e: len(e["input_ids"]))
    n = min(settings.at_once, len(encoded))
    middle = encoded[(len(encoded) - n) // 2 :][:n]
    tokens = sum(len(e["input_ids"]) for e in encoded)
    with limits(settings, Path()), lora_layers(loaded.model, settings) as model:
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        parameters = sum(p.numel() for p in loaded.model.parameters()) - trained
        optimizer = Optimizer(model, settings, 1)
        try_step(optimizer, middle[:1], loaded.tokenizer)  # warms up
        started = time.monotonic()
        try_step(optimizer, middle, loaded.tokenizer)
        seconds = time.monotonic() - started
    per_token = seconds / sum(len(e["input_ids"]) for e in middle)
    return Estimate(
        settings=settings,
        records=len(encoded),
        longer=longer,
        steps=settings.steps(len(encoded)),
        seconds=per_token * tokens * settings.epochs,
        peak=need.of(n),
        trained=trained,
        parameters=parameters,
    )
