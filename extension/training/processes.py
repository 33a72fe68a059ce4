"""The processes of one run: several under `torchrun` or `accelerate launch`, else this one alone.

The first of them logs, evaluates, writes and decides; the others do what it decides.
"""

from __future__ import annotations

import os

from ...exporter.common.errors import InputError
from .settings import TrainSettings


def world() -> int:
    """How many processes share the run."""
    return int(os.environ.get("WORLD_SIZE") or 1)


def first() -> bool:
    """Whether this is the process that writes."""
    return int(os.environ.get("RANK") or 0) == 0


def agreed(*decisions: bool) -> tuple[bool, ...]:
    """What the first process decided, in all of them. All have to call it at the same step."""
    if world() == 1:
        return decisions
    import torch.distributed

    shared: list[tuple[bool, ...]] = [decisions]
    torch.distributed.broadcast_object_list(shared, src=0)
    return shared[0]


def shares(settings: TrainSettings) -> tuple[int, int]:
    """Records that each process takes at a time, and how many times for a step of the optimizer.

    Raises InputError when the batch cannot be shared out evenly.
    """
    n = world()
    at_once = min(settings.at_once, settings.batch // n)
    if at_once == 0 or settings.batch % (at_once * n):
        raise InputError(
            f"--batch {settings.batch} cannot be shared by {n} processes, {max(at_once, 1)} records at a time. Choose "
            f"a --batch that is a multiple of {n * max(at_once, 1)}."
        )
    return at_once, settings.batch // (at_once * n)
