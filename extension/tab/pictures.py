"""What the tab draws, as HTML and SVG that take their colours from the page. Every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Sequence

CSS = """
.cefr-bar{height:10px;border-radius:5px;background:rgba(128,128,128,.25);overflow:hidden;margin:6px 0}
.cefr-bar>div{height:100%;background:#2f7fd8}
.cefr-bar.busy>div{width:30%;animation:cefr-move 1.6s ease-in-out infinite alternate}
@keyframes cefr-move{from{margin-left:0}to{margin-left:70%}}
@media (prefers-reduced-motion: reduce){.cefr-bar.busy>div{animation:none;width:100%;opacity:.5}}
.cefr-table{border-collapse:collapse;width:100%}
.cefr-table,.cefr-table th,.cefr-table td{border:0!important}
.cefr-table th,.cefr-table td{border-bottom:1px solid rgba(128,128,128,.3)!important;padding:5px 9px;text-align:left;
 vertical-align:top;color:inherit}
.cefr-table td.number,.cefr-table th.number{text-align:right;font-variant-numeric:tabular-nums}
.cefr-table tr.flag td{background:rgba(214,120,30,.14)}
.cefr-note{padding:9px 13px;border-left:4px solid #2f7fd8;background:rgba(47,127,216,.1);border-radius:4px;
 white-space:pre-line;margin:4px 0}
.cefr-note.error{border-color:#c9402f;background:rgba(201,64,47,.12)}
.cefr-note.good{border-color:#2c9152;background:rgba(44,145,82,.12)}
.cefr-record{white-space:pre-wrap;font-family:monospace;font-size:.9em;padding:9px;margin:6px 0;
 border:1px solid rgba(128,128,128,.3);border-radius:4px}
.cefr-next{font-size:1.1em;margin:2px 0}
.cefr-histogram,.cefr-histogram td{padding:1px 8px;border:0!important;color:inherit}
.cefr-histogram div{height:12px;background:#2f7fd8;border-radius:2px}
.cefr-histogram tr.over div{background:#d6781e}
.cefr-why{opacity:.85}
#cefr-panes .form{gap:12px 16px;background:none;border:0;box-shadow:none;overflow:visible}
"""

BLUE, ORANGE = "#2f7fd8", "#d6781e"


def escape(text: object) -> str:
    return html.escape(str(text))


def note(text: str, kind: str = "") -> str:
    """A sentence in a box; `kind` is "", "good" or "error". Empty for no text."""
    return f'<div class="cefr-note {kind}" role="status">{escape(text)}</div>' if text else ""


def bar(share: float | None, text: str) -> str:
    """A progress bar, filled by `share` (0-1) or moving where that is not known."""
    if share is None:
        inner, kind = "<div></div>", " busy"
    else:
        inner, kind = f'<div style="width:{100 * min(max(share, 0), 1):.1f}%"></div>', ""
    return f'<div>{escape(text)}<div class="cefr-bar{kind}" role="progressbar">{inner}</div></div>'


def table(head: Sequence[str], rows: Sequence[Sequence[object]], flagged: Sequence[int] = ()) -> str:
    """A table; cells that are numbers stand on the right, and so do their heads. `flagged` are the rows to look at."""

    def written(value: object) -> str:
        return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else escape(value)

    def number(value: object) -> bool:
        return written(value).replace(",", "").replace(".", "").replace(" %", "").lstrip("-").isdigit()

    def cell(tag: str, value: object, right: bool) -> str:
        return f"<{tag}{' class=number' if right else ''}>{escape(written(value))}</{tag}>"

    right = [any(map(number, column)) for column in zip(*rows, strict=True)] or [False] * len(head)
    lines = ["<tr>" + "".join(cell("th", *each) for each in zip(head, right, strict=True)) + "</tr>"]
    for i, row in enumerate(rows):
        kind = " class=flag" if i in flagged else ""
        lines.append(f"<tr{kind}>" + "".join(cell("td", value, number(value)) for value in row) + "</tr>")
    return f'<table class="cefr-table">{"".join(lines)}</table>'


def records(texts: Sequence[str]) -> str:
    return "".join(f'<div class="cefr-record">{escape(t)}</div>' for t in texts)


def histogram(values: Sequence[int], limit: int, unit: str, over: str) -> str:
    """How many of `values` lie where; those above `limit` in another colour, counted under it as `over`."""
    if not values:
        return ""
    low, high = min(values), max(values)
    width = max(8, -(-(high - low + 1) // 12 // 8) * 8)
    first = low // width * width
    bins = [0] * ((high - first) // width + 1)
    for value in values:
        bins[(value - first) // width] += 1
    most = max(bins)
    lines = []
    for i, n in enumerate(bins):
        start = first + i * width
        kind = ' class="over"' if start + width - 1 > limit else ""
        lines.append(
            f"<tr{kind}><td>{start}-{start + width - 1} {escape(unit)}</td>"
            f'<td style="width:60%"><div style="width:{100 * n / most:.1f}%"></div></td><td>{n:,}</td></tr>'
        )
    above = sum(v > limit for v in values)
    return f'<table class="cefr-histogram">{"".join(lines)}</table><div>{escape(over)}: {above:,}</div>'


Points = Sequence[tuple[float, float]]


def plot(lines: Sequence[tuple[str, str, Points]], last: float, x_label: str) -> str:
    """A line chart of (label, colour, points) up to x = `last`, 640 by 240 units, as SVG."""
    points = [p for _, _, ps in lines for p in ps]
    if not points:
        return ""
    low, high = min(y for _, y in points), max(y for _, y in points)
    margin = (high - low) * 0.08 or 0.1
    low, high = low - margin, high + margin
    left, right, top, bottom = 46, 630, 24, 212
    last = max(last, *(x for x, _ in points), 1)

    def place(x: float, y: float) -> str:
        return f"{left + (right - left) * x / last:.1f},{bottom - (bottom - top) * (y - low) / (high - low):.1f}"

    parts = []
    for i in range(5):
        y = low + (high - low) * i / 4
        at = bottom - (bottom - top) * i / 4
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="currentColor" opacity=".15"/>'
        )
        parts.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{y:.2f}</text>')
    for tick in range(0, int(last) + 1, max(1, round(last / 5))):
        at = left + (right - left) * tick / last
        parts.append(f'<text x="{at:.1f}" y="{bottom + 15}" text-anchor="middle">{tick}</text>')
    parts.append(f'<text x="{right}" y="{bottom + 28}" text-anchor="end">{escape(x_label)}</text>')
    at = left
    for label, colour, ps in lines:
        if ps:
            path = " ".join(place(x, y) for x, y in ps)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            if len(ps) < 12:
                dots = (place(x, y).split(",") for x, y in ps)
                parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in dots]
        parts.append(f'<text x="{at}" y="13" fill="{colour}">● {escape(label)}</text>')
        at += 24 + 7 * len(label)
    return (
        '<svg viewBox="0 0 640 244" style="width:100%;max-width:760px;font-size:11px" fill="currentColor" role="img">'
        + "".join(parts)
        + "</svg>"
    )


def clock(seconds: float) -> str:
    """`75` as 1:15, `3700` as 1:01:40."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
