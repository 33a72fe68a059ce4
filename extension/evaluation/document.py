"""A report as blocks, and the blocks as Markdown and as one HTML page that needs no other file."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..training.plots import DPI


@dataclass(frozen=True)
class Heading:
    text: str
    depth: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class BulletList:
    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """`head` and rows of cells. In HTML, figures are aligned on the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A PNG of the report's `plots` folder."""

    name: str
    text: str


ReportBlock: TypeAlias = "Heading | Paragraph | BulletList | Table | Picture"

# Dark ink on white, so that it prints as it looks; a table wider than the paper is turned into smaller type.
_CSS = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.25rem;margin-top:2.2rem;border-bottom:1px solid #bbb}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.8rem 0}
th,td{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:break-word}
th{border-bottom:2px solid #666}thead{vertical-align:bottom}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td small{color:#555;display:block}
figure{margin:1rem 0}img{max-width:100%;height:auto}figcaption{font-size:.9rem;color:#444}
@media print{body{margin:0;max-width:none;font-size:10.5pt}table{font-size:8.5pt}.wide{overflow:visible}
 thead{display:table-header-group}tr,figure{break-inside:avoid}h2{break-after:avoid}}
"""
# As every language of reports writes it.
_NUMBER = re.compile(r"%?[-+−]?[\d.,]+(?:-[\d.,]+)?(?: (?:%|points|min|s|puan|dk|sn))?(?:\n.*)?|-", re.DOTALL)


PLOTS = "plots"  # their folder in that of a report
Pictures = dict[str, tuple[bytes, str]]  # file name -> PNG, and what it shows


def pages(title: str, blocks: Sequence[ReportBlock], pictures: Pictures, language: str) -> dict[str, bytes]:
    """The report in both formats, and its pictures, by their paths in its folder."""
    images = {name: image for name, (image, _) in pictures.items()}
    return {
        "report.md": markdown(title, blocks).encode(),
        "report.html": web_page(title, blocks, images, language).encode(),
        **{f"{PLOTS}/{name}": image for name, image in images.items()},
    }


def markdown(title: str, blocks: Sequence[ReportBlock]) -> str:
    """`blocks` as GitHub's Markdown. Pictures are links into `plots/`."""
    parts = [f"# {_plain(title)}"]
    for block in blocks:
        if isinstance(block, Heading):
            parts.append("#" * block.depth + " " + _plain(block.text))
        elif isinstance(block, Paragraph):
            parts.append(_plain(block.text))
        elif isinstance(block, BulletList):
            parts.append("\n".join(f"- {_plain(item)}" for item in block.items))
        elif isinstance(block, Table):
            rows = [block.head, ["---"] * len(block.head), *block.rows]
            parts.append("\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in rows))
        else:
            parts.append(f"![{_plain(block.text)}]({PLOTS}/{block.name})")
    return "\n\n".join(parts) + "\n"


def web_page(title: str, blocks: Sequence[ReportBlock], pictures: Mapping[str, bytes], language: str = "en") -> str:
    """`blocks`, written in `language`, as one page: style and pictures inside, no script, nothing fetched."""
    parts = [f"<h1>{html.escape(title)}</h1>"]
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"<h{block.depth}>{html.escape(block.text)}</h{block.depth}>")
        elif isinstance(block, Paragraph):
            parts.append(f"<p>{html.escape(block.text)}</p>")
        elif isinstance(block, BulletList):
            parts.append("<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in block.items) + "</ul>")
        elif isinstance(block, Table):
            parts.append(f'<div class="wide">{_table(block)}</div>')
        else:
            source = "data:image/png;base64," + base64.b64encode(pictures[block.name]).decode()
            text = html.escape(block.text)
            image = f'<img src="{source}" alt="{text}" style="width:{_inches(pictures[block.name])}in">'
            parts.append(f"<figure>{image}<figcaption>{text}</figcaption></figure>")
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_CSS}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _table(table: Table) -> str:
    """A column of nothing but figures is aligned on the right. A table without a head has no row for it."""
    columns = [[row[i] for row in table.rows] for i in range(len(table.head))]
    figures = [any(column) and all(not cell or _NUMBER.fullmatch(cell) for cell in column) for column in columns]
    kinds = [' class="number"' if some and any(table.head) else "" for some in figures]
    cells = zip(table.head, kinds, strict=True)
    head = "<thead><tr>" + "".join(f"<th{kind}>{html.escape(cell)}</th>" for cell, kind in cells) + "</tr></thead>"
    body = "".join("<tr>" + "".join(map(_data, row, kinds)) + "</tr>" for row in table.rows)
    return f"<table>{head if any(table.head) else ''}<tbody>{body}</tbody></table>"


def _inches(png: bytes) -> float:
    """The printed width of a picture, whose header has its width in dots."""
    return round(int.from_bytes(png[16:20], "big") / DPI, 2)


def _data(cell: str, kind: str) -> str:
    """A cell; what follows its first line is set small under it."""
    first, _, rest = cell.partition("\n")
    small = f"<small>{html.escape(rest)}</small>" if rest else ""
    return f"<td{kind}>{html.escape(first)}{small}</td>"


def _cell(cell: str) -> str:
    return _plain(cell.replace("\n", " · ")).replace("|", "\\|") or " "


def _plain(text: str) -> str:
    """Text escaped, so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_<>\[\]#])", r"\\\1", " ".join(text.split()))
