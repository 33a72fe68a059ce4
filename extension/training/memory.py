"""How many records fit at a time, predicted from one and two of the longest before a run starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..models.loading import Loaded
from ..models.prompt_form import pad_id
from .data import Encoded, collate
from .limits import OutOfMemory, limits
from .lora import lora_layers
from .loss import summed_loss
from .precision import bf16_pays
from .settings import TrainSettings

# Adam keeps two numbers of four bytes for each trained parameter.
_ADAM_BYTES = 8
# What else a process and its allocator may take until the end of a run.
_MARGIN = 1.1


@dataclass(frozen=True)
class Need:
    """Bytes at the peak of a step of one record, for each further one, and for the optimizer's state."""

    one: int
    further: int
    optimizer: int

    def of(self, records: int) -> int:
        return self.one + (records - 1) * self.further + self.optimizer


def fitted(loaded: Loaded, encoded: Sequence[Encoded], settings: TrainSettings) -> tuple[TrainSettings, Need]:
    """`settings` with a micro-batch that fits into memory, and with checkpointing if nothing else helps.

    The batch of the optimizer stays, so the result is the same. The model is left as it was.
    """
    room = available(loaded.model)
    checkpointing = "on" if settings.checkpointing == "on" else "off"
    chosen = replace(settings, checkpointing=checkpointing)
    need = measured(loaded, encoded, chosen)
    while need is not None and need.of(chosen.at_once) * _MARGIN > room and chosen.at_once > 1:
        chosen = halved(chosen)
    if settings.checkpointing == "auto" and (need is None or need.of(1) * _MARGIN > room):
        chosen = replace(settings, checkpointing="on")
        need = measured(loaded, encoded, chosen)
        while need is not None and need.of(chosen.at_once) * _MARGIN > room and chosen.at_once > 1:
            chosen = halved(chosen)
    if need is None or need.of(1) > room:
        figures = "" if need is None else f": it takes {need.of(1) / 1e9:.1f} GB, and {room / 1e9:.1f} GB are there"
        raise OutOfMemory(
            f"There is not enough memory for one record at a time with rank {settings.rank}{figures}. Close other "
            "programs, or take a smaller model or rank."
        )
    return chosen, need


def halved(settings: TrainSettings) -> TrainSettings:
    """The same run with at most half as many records at a time."""
    half = settings.at_once // 2
    return replace(settings, micro_batch=max(n for n in range(1, half + 1) if settings.batch % n == 0))


def measured(loaded: Loaded, encoded: Sequence[Encoded], settings: TrainSettings) -> Need | None:
    """Try one and two of the longest records, forwards and backwards; None where not even one fits."""
    longest = sorted(encoded, key=lambda e: len(e["input_ids"]))[-2:]
    try:
        with limits(settings, Path()), lora_layers(loaded.model, settings) as model:
            peaks = []
            for n in range(1, len(longest) + 1):
                with _peak(model) as peak:
                    step(model, loaded.tokenizer, longest[-n:])
                peaks.append(peak[0])
            trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    except OutOfMemory:
        return None
    return Need(peaks[0], max(0, peaks[-1] - peaks[0]), trained * _ADAM_BYTES)


def step(model: Any, tokenizer: Any, batch: Sequence[Encoded]) -> None:
    """One batch forwards and backwards, without a step of the optimizer."""
    import torch

    inputs = {k: v.to(model.device) for k, v in collate(batch, pad_id(tokenizer)).items()}
    with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16_pays(model.device.type)):
        loss, _, tokens = summed_loss(model, inputs)
    (loss / tokens).backward()
    model.zero_grad(set_to_none=True)


def available(model: Any) -> int:
    """Bytes that this process may come to: on the model's GPU, or in memory."""
    import psutil  # accelerate brings it
    import torch

    if model.device.type == "cuda":
        free = torch.cuda.mem_get_info(model.device)[0]
        return free + torch.cuda.memory_reserved(model.device)
    used = psutil.Process().memory_info().rss
    return min([psutil.virtual_memory().available + used, *_container(used)])


def _container(used: int) -> list[int]:
    """What a container's limit leaves, where there is one (cgroup v2)."""
    try:
        limit, taken = (int(Path(f"/sys/fs/cgroup/memory.{n}").read_text()) for n in ("max", "current"))
    except (OSError, ValueError):  # none, or "max"
        return []
    return [max(0, limit - taken) + used]


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
