"""Krippendorff's alpha: how far several raters agree beyond chance; ratings may be missing.

Krippendorff, Computing Krippendorff's Alpha-Reliability (University of Pennsylvania, 2011). Not the `krippendorff`
library: it is under the GPL and needs Python 3.11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations

SCALES = ("nominal", "ordinal", "interval")


def alpha(units: Iterable[Sequence[float | None]], metric: str) -> float | None:
    """Alpha of the ratings of each unit (None: not rated), with differences counted by `metric`, one of SCALES.

    1 is agreement throughout, 0 what chance would give. None where no unit has two ratings, or all ratings are the
    same, so that there is nothing to agree about.
    """
    coincidences: dict[tuple[float, float], float] = {}
    for unit in units:
        values = [value for value in unit if value is not None]
        for pair in permutations(values, 2):
            coincidences[pair] = coincidences.get(pair, 0.0) + 1 / (len(values) - 1)
    totals: dict[float, float] = {}
    for (value, _), count in coincidences.items():
        totals[value] = totals.get(value, 0.0) + count
    if len(totals) < 2:
        return None
    n = sum(totals.values())
    difference = _difference(metric, totals)
    observed = sum(count * difference(one, two) for (one, two), count in coincidences.items())
    expected = sum(totals[one] * totals[two] * difference(one, two) for one in totals for two in totals) / (n - 1)
    return 1 - observed / expected


def _difference(metric: str, totals: dict[float, float]) -> Callable[[float, float], float]:
    """The squared difference of two values; of ranks, it counts the ratings that lie between them."""
    if metric == "nominal":
        return lambda one, two: float(one != two)
    if metric == "interval":
        return lambda one, two: (one - two) ** 2
    if metric != "ordinal":
        raise ValueError(f"No such metric: {metric!r}. Choose from {', '.join(SCALES)}.")

    def ordinal(one: float, two: float) -> float:
        low, high = min(one, two), max(one, two)
        between = sum(count for value, count in totals.items() if low <= value <= high)
        return (between - (totals[low] + totals[high]) / 2) ** 2 if low != high else 0.0

    return ordinal
