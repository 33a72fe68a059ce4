"""The order of the records in an epoch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise


def batches(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """The records of one epoch, as indices into `lengths`, in batches of `size` records of similar length.

    Made of seed and epoch alone, so a resumed run continues with the same batches, and independent of how many records
    are computed at a time. The short batch, if any, is the last: elsewhere it would shift all others.
    """
    order = random.Random(f"{seed}/{epoch}")
    indices = list(range(len(lengths)))
    order.shuffle(indices)
    window = 50 * size
    made = []
    for start in range(0, len(indices), window):
        near = sorted(indices[start : start + window], key=lambda i: lengths[i])
        made += [near[i : i + size] for i in range(0, len(near), size)]
    full = [b for b in made if len(b) == size]
    order.shuffle(full)
    return full + [b for b in made if len(b) < size]


def pieces(batch: Sequence[int], lengths: Sequence[int], at_once: int) -> list[list[int]]:
    """`batch` in pieces of at most `at_once` records, of similar length for little padding and of nearly equal size."""
    ordered = sorted(batch, key=lambda i: lengths[i])
    n = -(-len(ordered) // at_once)
    bounds = [round(k * len(ordered) / n) for k in range(n + 1)] if n else [0]
    return [ordered[a:b] for a, b in pairwise(bounds)]
