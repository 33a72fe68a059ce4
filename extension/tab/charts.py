"""The tab's two charts: how long the records are, and how the losses go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .markup import Markup, element, join

_BINS = 12  # at most about so many bars, each a multiple of 8 tokens wide
# The line chart: its size, and the edges of the area where the lines are drawn.
_WIDTH, _HEIGHT = 640, 244
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 630, 8, 208
_DOTTED = 12  # lines of fewer points show them


def histogram(values: Sequence[int], limit: int, unit: str, over: str) -> Markup:
    """How many of `values` lie where; those above `limit` in another colour, counted under it as `over`."""
    if not values:
        return Markup()
    low, high = min(values), max(values)
    width = max(8, -(-(high - low + 1) // _BINS // 8) * 8)
    first = low // width * width
    bins = [0] * ((high - first) // width + 1)
    for value in values:
        bins[(value - first) // width] += 1
    rows = []
    for i, count in enumerate(bins):
        start, end = first + i * width, first + (i + 1) * width - 1
        bar = element("div", style=f"width:{100 * count / max(bins):.1f}%")
        cells = [element("td", f"{start}-{end} {unit}"), element("td", bar), element("td", f"{count:,}")]
        rows.append(element("tr", *cells, class_="over" if end > limit else None))
    above = sum(value > limit for value in values)
    return join(element("table", *rows, class_="cefr-histogram"), element("div", f"{over}: {above:,}"))


@dataclass(frozen=True)
class Line:
    """A line of the chart, through points (x, y)."""

    label: str
    colour: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Scale:
    """Where a point is drawn: x from 0 to `last`, y from `low` to `high`."""

    last: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * value / self.last, 1)

    def y(self, value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - self.low) / (self.high - self.low), 1)


def line_chart(lines: Sequence[Line], last: float, x_label: str) -> Markup:
    """`lines` up to x = `last`, as SVG with a legend below. Empty where no line has a point."""
    points = [point for line in lines for point in line.points]
    if not points:
        return Markup()
    low, high = min(y for _, y in points), max(y for _, y in points)
    margin = (high - low) * 0.08 or 0.1
    scale = _Scale(max(last, *(x for x, _ in points), 1), low - margin, high + margin)
    parts = [*_axes(scale, x_label), *(part for line in lines for part in _drawn(line, scale))]
    named = " · ".join(f"{line.label} {line.points[-1][1]:.2f}" for line in lines if line.points)
    made = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "class_": "cefr-chart", "fill": "currentColor", "role": "img"}
    dots = [element("span", element("span", "● ", style=f"color:{line.colour}"), f"{line.label} ") for line in lines]
    return join(element("svg", *parts, **made, aria_label=named), element("div", *dots))


def _axes(scale: _Scale, x_label: str) -> list[Markup]:
    parts = []
    for i in range(5):
        value = scale.low + (scale.high - scale.low) * i / 4
        at = scale.y(value)
        parts.append(element("line", x1=_LEFT, x2=_RIGHT, y1=at, y2=at, stroke="currentColor", opacity=".15"))
        parts.append(element("text", f"{value:.2f}", x=_LEFT - 6, y=at + 4, text_anchor="end"))
    for tick in range(0, int(scale.last) + 1, max(1, round(scale.last / 5))):
        parts.append(element("text", tick, x=scale.x(tick), y=_BOTTOM + 16, text_anchor="middle"))
    return [*parts, element("text", x_label, x=_RIGHT, y=_BOTTOM + 34, text_anchor="end")]


def _drawn(line: Line, scale: _Scale) -> list[Markup]:
    if not line.points:
        return []
    places = [(scale.x(x), scale.y(y)) for x, y in line.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    drawn = [element("polyline", points=path, fill="none", stroke=line.colour, stroke_width=2)]
    if len(places) < _DOTTED:
        drawn += [element("circle", cx=x, cy=y, r=3, fill=line.colour) for x, y in places]
    return drawn
