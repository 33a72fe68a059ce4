"""How certain a figure is: percentile bootstrap over the lists that were asked for.

The sentences of one list are written together and so not independent of each other: whole lists are resampled
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

DRAWS = 2000
LEVEL = 0.95
_CELLS = 2_000_000  # indices held at a time


@dataclass(frozen=True)
class Parts:
    """A figure as a ratio of sums: what each list adds to its numerator and to its denominator.

    `shape` is applied to the ratio: `math.exp` makes a perplexity of a loss.
    """

    top: Sequence[float]
    of: Sequence[float]
    shape: Callable[[float], float] | None = None

    def __post_init__(self) -> None:
        if len(self.top) != len(self.of):
            raise ValueError(f"{len(self.top)} numerators, {len(self.of)} denominators.")

    @property
    def value(self) -> float:
        """NaN where there is nothing to divide by."""
        return self._shaped(sum(self.top), sum(self.of))

    def _shaped(self, top: float, of: float) -> float:
        if not of:
            return math.nan
        return self.shape(top / of) if self.shape else top / of


def interval(parts: Parts, seed: int, other: Parts | None = None) -> tuple[float, float] | None:
    """The 95 % interval of the figure; with `other`, of the difference, over the same lists drawn for both.

    None where fewer than two lists add anything to a denominator: nothing can be said then.
    """
    import numpy as np

    both = [parts] if other is None else [parts, other]
    if any(sum(of > 0 for of in p.of) < 2 for p in both):
        return None
    n = len(parts.top)
    drawn = np.random.default_rng(seed)
    step = max(1, _CELLS // n)
    values: list[Any] = []
    for start in range(0, DRAWS, step):
        at = drawn.integers(0, n, (min(step, DRAWS - start), n))
        ratios = [_ratios(p, at) for p in both]
        values.append(ratios[0] if other is None else ratios[0] - ratios[1])
    resampled = np.concatenate(values)
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled):
        return None
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def exact_interval(parts: Parts) -> tuple[float, float] | None:
    """The 95 % interval of a share that is 0 or 1, where every sample is the same; None for any other.

    Clopper and Pearson, Biometrika 26 (1934): of n cases without a failure, a share of (5 % / 2)^(1/n) may be all that
    succeeds in the long run. Cases are taken as independent.
    """
    top, of = sum(parts.top), sum(parts.of)
    bound = ((1 - LEVEL) / 2) ** (1 / of) if of else 0.0
    if of and top == of:
        return bound, 1.0
    return (0.0, 1 - bound) if of and top == 0 else None


def _ratios(parts: Parts, at: Any) -> Any:
    import numpy as np

    top, of = np.asarray(parts.top, dtype=float), np.asarray(parts.of, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = top[at].sum(axis=1) / of[at].sum(axis=1)
    return ratios if parts.shape is None else np.array([parts.shape(r) for r in ratios.tolist()])
