"""Which of the sentences that pass the checks are not sure to be printable."""

from __future__ import annotations

import math
from dataclasses import replace

from .sheet import SheetRow

# Log-odds that a teacher prints what the checks accept, by its fluency (nats a token), and the probability from which
# it is not doubtful. Fitted by `bench.printable` to sentences of a small model, on the half of its rows for tuning; the
# intercept is 0.44 lower than for any sentence, because the most fluent of several is taken, whose figure flatters it.
INTERCEPT, SLOPE = 1.8, 2.08
# The same for the bank's sentence that gains most, of those tried, by another word in it, by the nats that it gains.
# Fitted by `bench.frames`.
FRAME_INTERCEPT, FRAME_SLOPE = 0.79, 0.36
SURE = 0.6


def weighed(row: SheetRow) -> SheetRow:
    """`row` with `printable`, and `doubtful` where that is small or not known; as it is where rejected or a bank's."""
    if row.found is not None or not row.accepted:
        return row
    chance = row.printable if row.fluency is None else printable(row.fluency)
    return replace(row, printable=chance, doubtful=chance is None or chance < SURE)


def printable(fluency: float) -> float:
    """The probability that a teacher prints a sentence of this mean log-probability by the model that wrote it."""
    return _chance(INTERCEPT + SLOPE * fluency)


def fits(change: float) -> float:
    """The probability that a teacher prints a bank's sentence whose log-probability another word changes by this."""
    return _chance(FRAME_INTERCEPT + FRAME_SLOPE * change)


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(min(100.0, -log_odds)))
