"""HTML made of elements, so that every text in it is escaped in one place."""

from __future__ import annotations

import html
from collections.abc import Sequence


class Markup(str):
    """HTML that is ready to be shown. `element` escapes every other text."""


def join(*parts: object) -> Markup:
    """One piece of HTML: ready parts as they are, texts escaped."""
    return Markup("".join(part if isinstance(part, Markup) else html.escape(str(part)) for part in parts))


def element(name: str, *content: object, **attributes: object) -> Markup:
    """`<name attributes>content</name>`. An attribute that is None is left out.

    `class_` is written class, `aria_label` aria-label.
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    written = "".join(f' {key}="{html.escape(str(value))}"' for key, value in given.items())
    return Markup(f"<{name}{written}>{join(*content)}</{name}>")


def note(text: str, kind: str = "") -> Markup:
    """A sentence in a box; `kind` is "", "good" or "error". Empty for no text."""
    return element("div", text, class_=f"cefr-note {kind}".strip(), role="status") if text else Markup()


def bar(share: float | None, text: str) -> Markup:
    """A progress bar, filled by `share` (0-1), or moving where that is not known."""
    percent = None if share is None else 100 * min(max(share, 0), 1)
    inner = element("div", style=None if percent is None else f"width:{percent:.1f}%")
    said = {"aria_label": text, "aria_valuemin": 0, "aria_valuemax": 100, "aria_valuenow": percent and round(percent)}
    kind = "cefr-bar busy" if percent is None else "cefr-bar"
    return element("div", text, element("div", inner, class_=kind, role="progressbar", **said))


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], flagged: Sequence[int] = (), *, kind: str = ""
) -> Markup:
    """A table, which scrolls where it is wider than the page. `flagged` are the rows to look at.

    Cells that are numbers are aligned on the right, and so are their heads, unless `kind` is `figures` (a number may
    have its interval behind it), `prose` (long texts, whose line breaks are kept) or `sheet` (sentences, each a block
    of its own on a phone).
    """
    aligned = [[not kind and _is_number(value) for value in row] for row in rows]
    heads = [any(column) for column in zip(*aligned, strict=True)] or [False] * len(head)
    lines = [element("tr", *(_cell("th", *each) for each in zip(head, heads, strict=True)))]
    for i, (row, right) in enumerate(zip(rows, aligned, strict=True)):
        cells = (_cell("td", *each) for each in zip(row, right, strict=True))
        lines.append(element("tr", *cells, class_="flag" if i in flagged else None))
    made = element("table", *lines, class_=f"cefr-table {kind}".strip())
    return element("div", made, class_="cefr-scroll", tabindex=0)


def _cell(name: str, value: object, number: bool) -> Markup:
    return element(name, _written(value), class_="number" if number else None)


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_number(value: object) -> bool:
    return _written(value).replace(",", "").replace(".", "").replace(" %", "").lstrip("-").isdigit()


def records(texts: Sequence[str]) -> Markup:
    """Training records as they are in the file."""
    return join(*(element("div", text, class_="cefr-record") for text in texts))


def clock(seconds: float) -> str:
    """`75` as 1:15 min, `3700` as 1:01 h."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02} h" if hours else f"{minutes}:{rest:02} min"


def gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
