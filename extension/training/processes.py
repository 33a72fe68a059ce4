"""The processes of one run: several under `torchrun`, else this one alone.

The first of them logs, evaluates, writes and decides; the others do what it decides.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any


def world() -> int:
    """How many processes share the run."""
    return int(os.environ.get("WORLD_SIZE") or 1)


def first() -> bool:
    """Whether this is the process that writes."""
    return _number() == 0


def share(batch: Sequence[int]) -> Sequence[int]:
    """The records of `batch` that this process takes; none where there are fewer records than processes."""
    return batch[_number() :: world()]


@contextmanager
def connected(device: str) -> Iterator[None]:
    """The processes of the run can talk to each other while the block lasts; they meet once, in the outermost block."""
    if world() == 1:
        yield
        return
    import torch.distributed

    if torch.distributed.is_initialized():
        yield
        return
    # The others wait for as long as the first one evaluates.
    torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=timedelta(days=1))
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


def agreed(*decisions: bool) -> tuple[bool, ...]:
    """What the first process decided, in all of them. All have to call it at the same step."""
    if world() == 1:
        return decisions
    import torch.distributed

    shared: list[tuple[bool, ...]] = [decisions]
    torch.distributed.broadcast_object_list(shared, src=0)
    return shared[0]


def add_up(tensors: Sequence[Any]) -> None:
    """Each of `tensors` becomes the sum over all processes, in place."""
    if world() == 1:
        return
    import torch.distributed

    flat = torch.cat([t.flatten() for t in tensors])
    torch.distributed.all_reduce(flat)
    for tensor, summed in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(summed.view_as(tensor))


def _number() -> int:
    return int(os.environ.get("RANK") or 0)
