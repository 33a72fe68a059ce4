"""The tab's chart: how the losses go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .markup import Markup, element, join

# Its size, and the edges of the area where the lines are drawn: there is room for the large letters of a phone.
_WIDTH, _HEIGHT = 640, 262
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 618, 16, 208
_DOTTED = 12  # lines of fewer points show them


@dataclass(frozen=True)
class Curve:
    """One curve of the chart, through points (x, y)."""

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


def line_chart(curves: Sequence[Curve], last: float, x_label: str, write: Callable[[str], str] = str) -> Markup:
    """`curves` up to x = `last`, as SVG with a legend below. Empty where no curve has a point.

    `write` is how the language writes a number that English writes as `1.25`.
    """
    points = [point for curve in curves for point in curve.points]
    if not points:
        return Markup()
    low, high = min(y for _, y in points), max(y for _, y in points)
    margin = (high - low) * 0.08 or 0.1
    scale = _Scale(max(last, *(x for x, _ in points), 1), low - margin, high + margin)
    parts = [*_axes(scale, x_label, write), *(part for curve in curves for part in _drawn(curve, scale))]
    named = " · ".join(f"{curve.label} {write(f'{curve.points[-1][1]:.2f}')}" for curve in curves if curve.points)
    made = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "class_": "cefr-chart", "fill": "currentColor", "role": "img"}
    dots = [element("span", element("span", "● ", style=f"color:{one.colour}"), f"{one.label} ") for one in curves]
    return join(element("svg", *parts, **made, aria_label=named), element("div", *dots))


def _axes(scale: _Scale, x_label: str, write: Callable[[str], str]) -> list[Markup]:
    parts = []
    for i in range(5):
        value = scale.low + (scale.high - scale.low) * i / 4
        at = scale.y(value)
        parts.append(element("line", x1=_LEFT, x2=_RIGHT, y1=at, y2=at, stroke="currentColor", opacity=".15"))
        parts.append(element("text", write(f"{value:.2f}"), x=_LEFT - 6, y=at + 4, text_anchor="end"))
    for tick in range(0, int(scale.last) + 1, max(1, round(scale.last / 5))):
        parts.append(element("text", tick, x=scale.x(tick), y=_BOTTOM + 24, text_anchor="middle"))
    return [*parts, element("text", x_label, x=_RIGHT, y=_BOTTOM + 48, text_anchor="end")]


def _drawn(curve: Curve, scale: _Scale) -> list[Markup]:
    if not curve.points:
        return []
    places = [(scale.x(x), scale.y(y)) for x, y in curve.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    drawn = [element("polyline", points=path, fill="none", stroke=curve.colour, stroke_width=2)]
    if len(places) < _DOTTED:
        drawn += [element("circle", cx=x, cy=y, r=3, fill=curve.colour) for x, y in places]
    return drawn
