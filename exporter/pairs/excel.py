"""Excel workbooks. Sheets that are named like levels are read together, each at its level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from ..common.errors import InputError, Option, Problem
from .columns import Reading, level_in, listed
from .header import LOOK, Cells, Rows, with_header
from .optional import optional

MAX_ROWS = 1_048_576  # of a sheet, says Excel; a damaged file may claim any number
SHEET = Option("sheet")


def read_excel(path: Path, reading: Reading) -> Iterator[Cells]:
    openpyxl = optional("openpyxl", "Excel", "openpyxl")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # a broken archive raises whatever its parts raise
        raise _unreadable(path, error) from None
    with closing(book):
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        chosen = _chosen(path, sheets, reading)
        if left := [title for title in sheets if title not in chosen]:
            reading.notes.append(
                Problem(
                    "Of {file} only {read} was read. Choose another sheet with {option}: {sheets}.",
                    {"file": path.name, "read": listed(list(chosen)), "option": SHEET, "sheets": listed(left)},
                )
            )
        for title, level in chosen.items():
            for number, names, values in with_header(_rows(path, sheets[title]), reading):
                if level is None:
                    yield number, names, values
                    continue
                # The level goes behind the last name, where a cell of this row may lie.
                filled = (*values[: len(names)], *[None] * (len(names) - len(values)), level, *values[len(names) :])
                yield number, (*names, "level"), filled


def _chosen(path: Path, sheets: dict[str, Any], reading: Reading) -> dict[str, str | None]:
    """The titles of the sheets to read, with the level that a title names. Raises InputError."""
    if reading.sheet is not None:
        wanted = reading.sheet.strip().casefold()
        title = next((title for title in sheets if title.strip().casefold() == wanted), None)
        if title is None and wanted.isdecimal() and 1 <= int(wanted) <= len(sheets):
            title = list(sheets)[int(wanted) - 1]
        if title is None:
            raise InputError(
                "{file} has no sheet {sheet!r}. Name one of these with {option}: {sheets}.",
                file=path,
                sheet=reading.sheet,
                option=SHEET,
                sheets=listed(list(sheets)),
            )
        return {title: None}
    if not sheets:
        raise InputError("{file} has no sheet with cells. Put the table into one, or save it as CSV.", file=path)
    levels: dict[str, str | None] = {title: level for title in sheets if (level := level_in(title))}
    shown = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"]
    tables = [title for title in shown if _has_header(path, sheets[title], reading)]
    return levels or {next(iter([*tables, *shown]), next(iter(sheets))): None}


def _has_header(path: Path, sheet: Any, reading: Reading) -> bool:
    """Whether one of the first rows names two columns that mean something; a cover has none."""
    return any(reading.columns.known(cells) > 1 for _, cells in islice(_rows(path, sheet), LOOK))


def _rows(path: Path, sheet: Any) -> Rows:
    """The rows of `sheet` that are not empty, numbered as Excel shows them."""
    sheet.reset_dimensions()  # some programs write a wrong one
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > MAX_ROWS:
                raise InputError(
                    "{file} has a row with a number above {most}, which no sheet has: it is damaged. Save it as CSV "
                    "instead.",
                    file=path,
                    most=f"{MAX_ROWS:,}",
                )
            if any(value is not None for value in values):
                yield number, _trimmed(values)
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None


def _trimmed(values: Sequence[Any]) -> Sequence[Any]:
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    return values[:end]


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError("{file} is not a readable Excel file: {error}. Save it as CSV instead.", file=path, error=error)
