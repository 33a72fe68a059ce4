"""Read the tables people have, row by row, whatever kind of file they are in.

Nothing is checked here: a row comes out unchanged, with the number under which its owner will find it
(spreadsheet row for tables, line for JSON Lines, position for JSON lists and notes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from ..common.encoding import check_json_size, detect_encoding, guessed, open_text
from ..common.errors import InputError
from ..common.ordinary import ordinary
from .anki import read_apkg
from .arrow import read_parquet, read_saved_dataset
from .columns import Columns, Places, Reading
from .delimited import read_delimited
from .excel import read_excel
from .header import LOOK, Cells, cell_text, in_english, looks_like_sentence, with_part, word_text
from .json_tables import read_json

# What is read by a program of its own, by the ending. Everything else is text, and JSON is known by how it begins.
KINDS: dict[str, Callable[[Path, Reading], Iterator[Cells]]] = {
    ".parquet": read_parquet,
    ".xlsx": read_excel,
    ".xlsm": read_excel,
    ".apkg": read_apkg,
}
# The packages that some of them need.
NEEDS = {".parquet": "pyarrow", ".xlsx": "openpyxl", ".xlsm": "openpyxl"}
_LINE = re.compile(r"\r?\n|\r|<br\s*/?>", re.IGNORECASE)
_JSON = (".json", ".jsonl", ".ndjson")
TABLES = (*KINDS, *_JSON, ".csv", ".tsv", ".tab")


class TableRow(NamedTuple):
    """One row of a table, unchanged. `surplus` holds the cells beyond the last column.

    `names` and `values` are the whole row, and the word is at `word_at`.
    """

    number: int
    word: str
    sentence: str = ""
    level: str = ""
    surplus: tuple[str, ...] = ()
    pos: str = ""
    meaning: str = ""
    names: Sequence[str] = ()
    values: Sequence[Any] = ()
    word_at: int | None = None

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """Every other cell of the row under the name of its column; a column without a name is called by its number."""
        cells = enumerate(self.names)
        have = len(self.values)
        return tuple(
            (name or f"column {at + 1}", cell_text(self.values[at]) if at < have else "")
            for at, name in cells
            if at != self.word_at
        )


def read_rows(
    path: Path,
    columns: Columns | None = None,
    needed: Sequence[str] = ("word", "sentence"),
    reading: Reading | None = None,
) -> Iterator[TableRow]:
    """The rows of the table at `path`; a row with several sentences makes one for each.

    Raises:
        InputError: the file cannot be read as a table, or a needed column is missing.
    """
    reading = reading or Reading(columns or Columns(), tuple(needed))
    header: Sequence[str] = ()
    places, first = Places(), True
    with ordinary(path) as file:
        cells = cells_of(file, reading)
        head = list(islice(cells, LOOK))
        for number, names, values in chain(head, cells):
            if first or names != header:
                # Only the first row must have every needed key; where a later one lacks it, the cell is blank.
                places = reading.columns.find(names, reading.needed if first else ())
                if first:
                    like = [row for _, others, row in head if others == names]
                    places = with_part(in_english(places, names, like, reading), names, like)
                header, first = names, False
            yield from _rows(path, number, names, values, places)


def _rows(path: Path, number: int, names: Sequence[str], values: Sequence[Any], places: Places) -> Iterator[TableRow]:
    have = min(len(values), len(names))
    surplus = tuple(t for t in map(cell_text, values[have:]) if t.strip()) if len(values) > have else ()

    def cell(at: int | None) -> Any:
        return values[at] if at is not None and at < have else ""

    word, level = cell(places.word), cell(places.level)
    sentences: list[Any] = []
    for at in places.sentences:
        given = cell(at)
        sentences += given if isinstance(given, (list, tuple)) else _lines(given)
    if len(sentences) > 1:
        sentences = [s for s in sentences if not isinstance(s, str) or s.strip()]
    pos, meaning = cell_text(cell(places.pos)), cell_text(cell(places.meaning))
    for sentence in sentences or ("",):
        for one in (word, sentence, level):
            if isinstance(one, (dict, list, tuple, bytes)):
                raise InputError(
                    "{file}, row {row}: expected a text, found {cell!r:.60}. A row is a word with a sentence, "
                    "or with a list of sentences.",
                    file=path,
                    row=number,
                    cell=one,
                )
        yield TableRow(
            number,
            word_text(word),
            cell_text(sentence),
            cell_text(level),
            surplus,
            pos,
            meaning,
            names,
            values,
            places.word,
        )


def _lines(cell: Any) -> list[Any]:
    """The sentences of a cell that has one a line; else the cell as it is."""
    pieces = [p for p in _LINE.split(cell) if p.strip()] if isinstance(cell, str) and _LINE.search(cell) else []
    return pieces if len(pieces) > 1 and all(map(looks_like_sentence, pieces)) else [cell]


def cells_of(path: Path, reading: Reading) -> Iterator[Cells]:
    """The rows of the ordinary file at `path` with the names of their columns. Raises InputError."""
    try:
        if path.is_dir():
            return read_saved_dataset(path, reading)
        if path.stat().st_size == 0:
            raise InputError("{file} is empty. Save it again with something in it.", file=path)
        suffix = path.suffix.lower()
        if suffix in KINDS:
            return KINDS[suffix](path, reading)
        if suffix == ".json":
            check_json_size(path)
        encoding = detect_encoding(path, line_limit=suffix != ".json")
        reading.notes.extend(guessed(encoding))
        if suffix in _JSON or looks_like_json(path, encoding):
            return read_json(path, encoding, reading)
        return read_delimited(path, encoding, reading)
    except OSError as error:
        raise InputError(
            "{file} cannot be read: {error}. Check its permissions, or use another copy of it.",
            file=path,
            error=error.strerror or error,
        ) from error


def looks_like_json(path: Path, encoding: str) -> bool:
    with open_text(path, encoding) as file:
        return file.read(4000).lstrip().startswith(('["', "[{", "{", "[\n", "[\r", "[ "))
