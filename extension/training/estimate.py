"""Steps, time and memory of a run, measured on two batches of it before it starts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.errors import InputError
from ...exporter.prompt import Record
from ..host.standalone import Loaded
from .data import collate, encode_all, pad_id
from .limits import limits
from .lora import lora_layers
from .loss import summed_loss
from .precision import bf16_pays
from .settings import TrainSettings

# Adam keeps two numbers of four bytes for each trained parameter.
_ADAM_BYTES = 8


@dataclass(frozen=True)
class Estimate:
    """`seconds` for the training steps alone, `peak` in bytes of the whole process (on a GPU: of its memory)."""

    records: int
    longer: int
    steps: int
    seconds: float
    peak: int
    trained: int
    parameters: int


def estimate(loaded: Loaded, records: Sequence[Record], settings: TrainSettings) -> Estimate:
    """Try a batch of middling and one of the longest records, forwards and backwards, and count on from there.

    The model is left as it was. Raises InputError when no record is short enough.
    """
    encoded, longer = encode_all(loaded.tokenizer, records, settings.cutoff, settings.word_weight)
    if not encoded:
        raise InputError(f"All {longer} records are longer than the cutoff of {settings.cutoff} tokens. Raise it.")
    encoded.sort(key=lambda e: len(e["input_ids"]))
    n = min(settings.at_once, len(encoded))
    middle = encoded[(len(encoded) - n) // 2 :][:n]
    tokens = sum(len(e["input_ids"]) for e in encoded)
    with limits(settings, Path()), lora_layers(loaded.model, settings) as model, _peak(model) as peak:
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        parameters = sum(p.numel() for p in loaded.model.parameters()) - trained
        _try(model, loaded.tokenizer, encoded[-n:])  # the longest, which also warms up
        started = time.monotonic()
        _try(model, loaded.tokenizer, middle)
        seconds = time.monotonic() - started
    per_token = seconds / sum(len(e["input_ids"]) for e in middle)
    return Estimate(
        records=len(encoded),
        longer=longer,
        steps=settings.steps(len(encoded)),
        seconds=per_token * tokens * settings.epochs,
        peak=peak[0] + trained * _ADAM_BYTES,
        trained=trained,
        parameters=parameters,
    )


def _try(model: Any, tokenizer: Any, batch: Sequence[dict[str, list[Any]]]) -> None:
    import torch

    inputs = {k: v.to(model.device) for k, v in collate(batch, pad_id(tokenizer)).items()}
    with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16_pays(model.device.type)):
        loss, tokens = summed_loss(model, inputs)
    (loss / tokens).backward()
    model.zero_grad(set_to_none=True)


@contextmanager
def _peak(model: Any) -> Iterator[list[int]]:
    """The most memory in bytes while the block runs: the GPU's, or the process's, looked at every 20 ms."""
    import torch

    found = [0]
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(model.device)
        yield found
        found[0] = torch.cuda.max_memory_allocated(model.device)
        return
    import psutil  # accelerate brings it

    process, done = psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            found[0] = max(found[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
