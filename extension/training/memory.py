"""How many records fit at a time, predicted from one and two of the longest before a run starts."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError
from ..models.capacity import available
from ..models.limits import OutOfMemory
from ..models.loading import Loaded
from ..models.prompt_form import pad_id
from .data import Encoded, collate
from .limits import limits
from .lora import lora_layers
from .optimizer import Optimizer
from .settings import TrainSettings

# Adam keeps two numbers of four bytes for each trained parameter.
_ADAM_BYTES = 8
# What else a process and its allocator may take until the end of a run; a computer's memory is not ours alone.
_MARGIN, _MARGIN_ON_CPU = 1.1, 2.0


@dataclass(frozen=True)
class Need:
    """Bytes at the peak of a step of one record, for each further one, and for the optimizer's state."""

    one: int
    further: int
    optimizer: int

    def of(self, records: int) -> int:
        return self.one + (records - 1) * self.further + self.optimizer


def fitted(loaded: Loaded, encoded: Sequence[Encoded], settings: TrainSettings) -> tuple[TrainSettings, Need]:
    """`settings` with as many records at a time as fit into memory, and with checkpointing if nothing else helps.

    The batch of the optimizer stays, so the result is the same. The model is left as it was.

    Raises:
        OutOfMemory: not even one record fits.
        ModelError: the gradients of a step on this device are not finite.
    """
    room = available(loaded.model)
    margin = _MARGIN_ON_CPU if loaded.model.device.type == "cpu" else _MARGIN
    ways = {"auto": ("off", "on")}.get(settings.checkpointing, (settings.checkpointing,))
    need, tried = None, settings
    for checkpointing in ways:
        tried = replace(settings, checkpointing=checkpointing)
        need = measured(loaded, encoded, tried)
        for records in _sizes(settings):
            if need is not None and need.of(records) * margin <= room:
                return replace(tried, micro_batch=records), need
    if need is None:
        raise _too_little(settings)
    if need.of(1) <= room:  # without the margin
        return replace(tried, micro_batch=1), need
    raise OutOfMemory(
        "There is not enough memory for one record at a time with rank {rank}: it takes {needed} GB, and {free} GB are "
        "free. Close other programs, or use a smaller model or rank.",
        rank=settings.rank,
        needed=f"{need.of(1) / 1e9:.1f}",
        free=f"{room / 1e9:.1f}",
    )


def try_out(loaded: Loaded, encoded: Sequence[Encoded], settings: TrainSettings) -> None:
    """Steps as the run will take them, where the settings are given. Raises what `fitted` raises."""
    if measured(loaded, encoded, settings) is None:
        raise _too_little(settings)


def _too_little(settings: TrainSettings) -> OutOfMemory:
    return OutOfMemory(
        "There is not enough memory for one record at a time with rank {rank}. Close other programs, or use a "
        "smaller model or rank.",
        rank=settings.rank,
    )


def _sizes(settings: TrainSettings) -> list[int]:
    """How many records at a time make up the batch evenly, the most first."""
    return [n for n in range(settings.at_once, 0, -1) if settings.batch % n == 0]


def halved(settings: TrainSettings) -> TrainSettings:
    """The same run with at most half as many records at a time."""
    return replace(settings, micro_batch=next(n for n in _sizes(settings) if n <= settings.at_once // 2))


def measured(loaded: Loaded, encoded: Sequence[Encoded], settings: TrainSettings) -> Need | None:
    """Try one and two of the longest records, and the longest beside the shortest, forwards and backwards.

    None where not even one fits. Raises ModelError when a gradient is not finite: the run could not survive it.
    """
    ordered = sorted(encoded, key=lambda e: len(e["input_ids"]))
    try:
        with limits(settings, Path()), lora_layers(loaded.model, settings) as model:
            optimizer = Optimizer(model, settings, 1)
            peaks = []
            for records in (ordered[-1:], ordered[-2:]):
                with _peak(model) as peak:
                    try_step(optimizer, records, loaded.tokenizer)
                peaks.append(peak[0])
            if len(ordered) > 2:  # the batch with the most padding
                try_step(optimizer, [ordered[0], ordered[-1]], loaded.tokenizer)
            trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    except OutOfMemory:
        return None
    return Need(peaks[0], max(0, peaks[-1] - peaks[0]), trained * _ADAM_BYTES)


def try_step(optimizer: Optimizer, records: Sequence[Encoded], tokenizer: Any) -> None:
    """`records` forwards and backwards, without a step. Raises ModelError when a gradient is not finite."""
    norm = optimizer.gradients([collate(records, pad_id(tokenizer))])
    if not math.isfinite(norm):
        model = optimizer.model.get_base_model()
        raise ModelError(
            "A trial step on this device gave gradients that are not finite (attention {attention}, {dtype}), so a run "
            "would spoil its adapter. Load the model with another attention implementation (eager is the plainest), "
            "and check that the model answers sensibly.",
            attention=getattr(model.config, "_attn_implementation", None) or "unknown",
            dtype=optimizer.precision.dtype,
        )


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
    import psutil

    process, done = psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            found[0] = max(found[0], process.memory_info().rss)

    found[0] = process.memory_info().rss
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
