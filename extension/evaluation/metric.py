"""What a metric is, and what it is computed from. The metrics themselves are in `metrics.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...exporter.common.errors import Problem
from ...exporter.language.judge import Judge
from ...exporter.language.profile import mean_score
from .bootstrap import Parts
from .result import Asked, Row

SHARE, NUMBER = "share", "number"
HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Sample:
    """The sentences of one system, as metrics see them: rows in the lists in which the words were asked for.

    `losses` are the summed loss in nats and the number of tokens of each record, and `well_formed` says of each
    answer whether it is a list as asked for; both are empty for whatever is not a model. `judge` is the default unless
    given.
    """

    level: str
    lists: tuple[tuple[Row, ...], ...]
    losses: Sequence[tuple[float, int]] = ()
    well_formed: Sequence[bool] = ()
    judge: Judge | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for rows in self.lists for row in rows)

    @property
    def target(self) -> float:
        """The mean score of human sentences of the level."""
        return mean_score(self.level, self.judge)

    @cached_property
    def sentences(self) -> list[str]:
        """The first sentence of each word: a word asked for twice may well get the same sentence twice."""
        first: dict[str, str] = {}
        for row in self.rows:
            if row.sentence is not None:
                first.setdefault(row.word.casefold(), row.sentence)
        return list(first.values())

    def ratio(self, pair: Callable[[Row], tuple[float, float] | None]) -> Parts:
        """A ratio of sums over rows: what `pair` adds to the numerator and the denominator, None for nothing."""
        lists = [[added for row in rows if (added := pair(row)) is not None] for rows in self.lists]
        return Parts([sum(top for top, _ in some) for some in lists], [sum(of for _, of in some) for some in lists])

    def mean(self, value: Callable[[Row], float | None], shape: Callable[[float], float] | None = None) -> Parts:
        """The mean of `value` over the sentences for which it is not None; `shape` is applied to the mean."""

        def pair(row: Row) -> tuple[float, float] | None:
            number = value(row) if row.sentence is not None else None
            return None if number is None else (number, 1)

        parts = self.ratio(pair)
        return Parts(parts.top, parts.of, shape)


@dataclass(frozen=True)
class Human:
    """What human sentences of a level have: the figure as text (empty where nobody counted), and whose they are."""

    figure: Callable[[str], str]
    source: Callable[[str], Problem]


@dataclass(frozen=True)
class Histogram:
    """A plot of how a metric is spread over sentences. `marked` is where the vertical line is drawn."""

    name: str
    value: Callable[[Row], float | None]
    axis: str
    edges: Sequence[float]
    caption: str  # with a place for {level}
    marked: Callable[[Asked], float] | None = None


@dataclass(frozen=True)
class Metric:
    """One thing that is measured of sentences: how, what it is called and means, and where it is shown.

    `measure` returns `Parts` for a ratio of sums over the lists, which has a 95 % interval by bootstrap; a number for
    what only a whole sample has; and None where the metric does not apply. A SHARE is written in per cent, a NUMBER
    with `digits`. `better` is HIGHER, LOWER, or empty.

    Every metric with a value is a row of the command's table, of the report and of the tab (`measure.KEY` in the tab's
    languages, or else the label). `bars` draws it among the report's shares, `level_bars` in the plot across
    levels, `histogram` by itself; `across` makes it a row of the comparison across levels.
    """

    key: str
    label: str
    measure: Callable[[Sample], Parts | float | None]
    definition: str | Problem
    unit: str = NUMBER
    digits: int = 1
    better: str = ""
    human: Human | None = None
    bars: bool = False
    level_bars: bool = False
    histogram: Histogram | None = None
    across: bool = True

    def __post_init__(self) -> None:
        if self.unit not in (SHARE, NUMBER) or self.better not in (HIGHER, LOWER, ""):
            raise ValueError(f"No such unit or direction: {self.unit!r}, {self.better!r}.")

    def write(self, value: float | None) -> str:
        """`value` for people; a dash where there is none."""
        if value is None or math.isnan(value):
            return "-"
        return f"{100 * value:.1f} %" if self.unit == SHARE else f"{value:,.{self.digits}f}"

    def write_ends(self, low: float, high: float) -> tuple[str, str]:
        """The ends of an interval, without a per cent sign."""
        by, digits = (100, 1) if self.unit == SHARE else (1, self.digits)
        return f"{by * low:,.{digits}f}", f"{by * high:,.{digits}f}"

    def reference(self, level: str) -> str:
        """The human figure of `level` as text; empty where there is none."""
        return self.human.figure(level) if self.human is not None else ""
