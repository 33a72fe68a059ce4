"""CSV, TSV and Anki's "Notes in plain text": what separates the columns is found out."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from ..common.encoding import open_text
from ..common.errors import InputError
from .columns import Columns, Reading
from .header import Cells, Rows, with_header

_SEPARATORS = ",;\t|"
_LOOK = 40  # lines, for the separator
_SPELLED = re.compile(r"(?<!\s)\s+(?:[-–—=:|]|->|→)\s+|:\s+")  # apple - I eat an apple.
_MAX_LINES = 20  # of a cell
_OF_RULE = frozenset("-:| \t")  # |---|---| below the header of a Markdown table
_OF_NOTES = frozenset(["guid", "notetype", "deck", "tags"])
_ANKI = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":"}


@dataclass(frozen=True)
class Export:
    """What the `#` lines above Anki's notes say: `beside` are the columns that are not fields of a note."""

    lines: int
    separator: str
    names: tuple[str, ...]
    beside: dict[int, str]


def read_delimited(path: Path, encoding: str, reading: Reading) -> Iterator[Cells]:
    """The rows of a table whose columns are separated by a comma, semicolon, tab or bar."""
    with open_text(path, encoding) as file:
        head = list(islice((line for line in file if line.strip()), _LOOK))
    anki = anki_export(head)
    separator = anki.separator if anki else _separator(head, path.suffix.lower(), reading.columns)
    # In tab-separated tables a quotation mark is usually just a character: "Stop!" he said.
    raw = separator == "\t" and anki is None
    with open_text(path, encoding) as file:
        lines: Iterable[str] = islice(file, anki.lines, None) if anki else file
        quoting = csv.QUOTE_NONE if raw else csv.QUOTE_MINIMAL
        reader: Iterable[list[str]]
        if separator:
            reader = csv.reader(lines, delimiter=separator, quoting=quoting, skipinitialspace=not raw)
        else:
            reader = (_SPELLED.split(line.rstrip("\r\n"), maxsplit=1) for line in lines)
        rows = _checked(path, reader, raw, anki)
        if anki and anki.names:
            rows = chain([(0, anki.names)], rows)
        yield from _beside(rows, anki.beside, reading) if anki and anki.beside else with_header(rows, reading)


def _beside(rows: Rows, named: dict[int, str], reading: Reading) -> Iterator[Cells]:
    """The fields of notes, with the columns that Anki says are tags, deck and the like behind them."""
    kept: dict[int, list[str]] = {}

    def fields() -> Rows:
        for number, cells in rows:
            kept[number] = [cells[at] if at < len(cells) else "" for at in named]
            yield number, [cell for at, cell in enumerate(cells) if at not in named]

    for number, names, cells in with_header(fields(), reading):
        padding = [""] * (len(names) - len(cells))
        yield (
            number,
            (*names, *named.values()),
            [*cells[: len(names)], *padding, *kept.pop(number), *cells[len(names) :]],
        )


def anki_export(head: Sequence[str]) -> Export | None:
    """What the first lines of a file say if it is Anki's export of notes as text, else None."""
    said: dict[str, str] = {}
    for line in head:
        key, sign, value = line.lstrip("\ufeff").rstrip("\r\n").partition(":")
        if not (key.startswith("#") and sign):
            break
        said[key[1:].strip().lower()] = value
    if not said.keys() & {"separator", "html", "columns", "notetype", "deck", "notetype column", "deck column"}:
        return None
    sign = said.get("separator", "tab").strip().lower()
    separator = _ANKI.get(sign, sign[:1] or "\t")
    places = {int(at) - 1: key[:-7] for key, at in said.items() if key.endswith(" column") and at.strip().isdecimal()}
    if "columns" in said:
        names = tuple(next(csv.reader([said["columns"]], delimiter=separator), ()))
    elif set(places.values()) - _OF_NOTES:  # "#word column:6" of other programs
        names = tuple(places.get(at, f"column {at + 1}") for at in range(max(places) + 1))
    else:
        names = ()
    return Export(len(said), separator, names, {} if names else dict(sorted(places.items())))


def _checked(path: Path, reader: Iterable[list[str]], raw: bool, anki: Export | None) -> Rows:
    """The rows, numbered. Raises InputError where a quotation mark is left open."""
    numbers = enumerate(reader, 1 + (anki.lines if anki else 0))
    try:
        for number, cells in numbers:
            if raw:
                cells = [_unquoted(cell) for cell in cells]
            if any(cell.count("\n") > _MAX_LINES for cell in cells):
                raise InputError(
                    "{file}, row {row}: a cell is longer than twenty lines. "
                    "A quotation mark before it is opened and not closed; fix that row.",
                    file=path,
                    row=number,
                )
            if number == 1 and len(cells) <= 2 and cells and is_separator_line(cells[0]):
                continue
            if number < _LOOK and _is_rule("|".join(cells)):
                continue
            yield number, cells
    except csv.Error as error:
        raise InputError(
            "{file} cannot be read as a table: {error}. Close a quotation mark that is left open, or "
            "save the table again.",
            file=path,
            error=error,
        ) from None


def is_separator_line(line: str) -> bool:
    """`sep=;`, which tells Excel the separator of the columns."""
    return line.strip().strip('"').lower().startswith("sep=")


def _is_rule(line: str) -> bool:
    return "--" in line and _OF_RULE.issuperset(line)


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _separator(head: Sequence[str], suffix: str, columns: Columns) -> str:
    """What separates the columns: the sign with which most names of a header are known, else the most regular one.

    Empty where a word is followed by a dash or a colon and a sentence.
    """
    if suffix in (".tsv", ".tab"):
        return "\t"
    lines = head[1:] if head and is_separator_line(head[0]) else head

    def quality(separator: str) -> tuple[int, float, int]:
        rows = [next(csv.reader([line], delimiter=separator, skipinitialspace=True), []) for line in lines]
        known = max((columns.known(cells) for cells in rows[:5]), default=0)
        widths = Counter(map(len, rows))
        width, often = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        return known, often / len(rows) if width > 1 else 0.0, width

    spelled = sum(len(_SPELLED.split(line, maxsplit=1)) == 2 for line in lines)
    best = max(_SEPARATORS, key=quality)
    known, regular, _ = quality(best)
    return best if columns.given or known or regular > 0.5 or spelled < 0.8 * len(lines) else ""
