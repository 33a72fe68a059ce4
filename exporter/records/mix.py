"""The mix: how many words the records ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..common.errors import InputError, Option

MIX = Option("mix")
DEFAULT_MIX = "10:70,8-9:20,6-7:10"


@dataclass(frozen=True)
class Mix:
    """Shares of record sizes: `((10,), 70), ((8, 9), 20), ((6, 7), 10)` is 70 % of ten words, and so on."""

    bins: tuple[tuple[tuple[int, ...], int], ...]

    @classmethod
    def parse(cls, text: str) -> Mix:
        """Raises InputError unless `text` is like `10:70,8-9:20,6-7:10` with shares that sum to 100."""
        bins: list[tuple[tuple[int, ...], int]] = []
        for part in text.split(","):
            match = re.fullmatch(r"\s*(\d{1,3})(?:-(\d{1,3}))?\s*:\s*(\d{1,3})\s*", part)
            low = int(match[1]) if match else 0
            high = int(match[2] or match[1]) if match else 0
            if match is None or not 1 <= low <= high <= 100:
                raise InputError(
                    "{option} {text!r} cannot be read at {part!r}. "
                    "Write words:percent, as in 10:70,8-9:20,6-7:10 (1 to 100 words).",
                    option=MIX,
                    text=text,
                    part=part,
                )
            bins.append((tuple(range(low, high + 1)), int(match[3])))
        sizes = [n for ns, _ in bins for n in ns]
        if (total := sum(share for _, share in bins)) != 100:
            raise InputError(
                "The shares of {option} {text!r} sum to {total}, not to 100. Change one of them.",
                option=MIX,
                text=text,
                total=total,
            )
        if len(set(sizes)) != len(sizes):
            raise InputError(
                "{option} {text!r} names a number of words twice. Name each number once.", option=MIX, text=text
            )
        return cls(tuple(bins))

    def __str__(self) -> str:
        ranges = ["-".join(map(str, sorted({min(ns), max(ns)}))) for ns, _ in self.bins]
        return ",".join(f"{range_}:{share}" for range_, (_, share) in zip(ranges, self.bins, strict=True))

    @property
    def largest(self) -> int:
        return max(n for ns, share in self.bins if share for n in ns)

    def sizes(self, records: int) -> dict[int, int]:
        """How many records of each size make up `records`: by largest remainder, then evenly in each bin."""
        totals = largest_remainder(records, [share for _, share in self.bins])
        counts: dict[int, int] = {}
        for (ns, _), total in zip(self.bins, totals, strict=True):
            counts.update(zip(ns, largest_remainder(total, [1] * len(ns)), strict=True))
        return {n: c for n, c in counts.items() if c}


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in the proportion of `weights` that sum to `total` (Hamilton's method)."""
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    floors = [int(e) for e in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors
