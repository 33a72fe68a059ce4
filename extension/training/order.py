"""The order of the records in an epoch."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence


class LengthOrder:
    """The order of the records in an epoch: batches of similar length, in an order made of seed and epoch alone.

    Nothing of it hangs on the state of a random generator, so a resumed run goes on with the same batches. The epoch
    is read off `step`, what the Trainer has done: accelerate 1.8 tells a sampler epoch 0 when it skips batches.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed = lengths, batch, seed
        self.step: Callable[[], int] = lambda: 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        epoch = self.step() // -(-len(self.lengths) // self.batch)
        order = random.Random(f"{self.seed}/{epoch}")
        indices = list(range(len(self.lengths)))
        order.shuffle(indices)
        window = 50 * self.batch
        batches = []
        for start in range(0, len(indices), window):
            near = sorted(indices[start : start + window], key=lambda i: self.lengths[i])
            batches += [near[i : i + self.batch] for i in range(0, len(near), self.batch)]
        short = [b for b in batches if len(b) < self.batch]  # the last one: it would shift all others
        full = [b for b in batches if len(b) == self.batch]
        order.shuffle(full)
        for batch in full + short:
            yield from batch
