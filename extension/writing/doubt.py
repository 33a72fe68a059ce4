"""Which of the sentences that pass the checks are not sure to be printable."""

from __future__ import annotations

import math
from dataclasses import replace

from .sheet import SheetRow

# Log-odds that a teacher prints what the checks accept, by its fluency (nats a token), and the probability from which
# it is not doubtful. Fitted by `bench.printable` to sentences of a small model, on the half of its rows for tuning; the
# intercept is 0.84 lower than for any sentence, because the most fluent of several is taken, whose figure flatters it.
INTERCEPT, SLOPE = 1.4, 2.08
# The same for the best of the bank's sentences that were tried with another word, by the nats that it gains by it, and
# by those by which it was more probable than the mean of these sentences before. Fitted by `bench.frames`,
# and then to what two readers printed of sentences for 98 other words, of which that fit had promised too much.
FRAME_INTERCEPT, GAIN, EASE = -0.33, 0.25, 0.09
SURE = 0.5


def weighed(row: SheetRow) -> SheetRow:
    """`row` with `printable`, and `doubtful` where that is small or not known; as it is where rejected or a bank's."""
    if row.found is not None or not row.accepted:
        return row
    chance = row.printable if row.fluency is None else printable(row.fluency)
    return replace(row, printable=chance, doubtful=chance is None or chance < SURE)


def printable(fluency: float) -> float:
    """The probability that a teacher prints a sentence of this mean log-probability by the model that wrote it."""
    return _chance(INTERCEPT + SLOPE * fluency)


def fits(gain: float, ease: float) -> float:
    """The probability that a teacher prints a bank's sentence with another word in it; both figures are in nats."""
    return _chance(FRAME_INTERCEPT + GAIN * gain + EASE * ease)


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(min(100.0, -log_odds)))
