"""Read the tables people have, row by row: JSON, JSON Lines, CSV, TSV, Parquet, Excel, `save_to_disk`.

Nothing is checked here: a row comes out unchanged, with the number under which its owner will find it
(spreadsheet row for tables, line for JSON Lines, position for JSON lists).
"""

from __future__ import annotations

import csv
import importlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..common.encoding import MAX_LINE, check_json_size, detect_encoding, open_text
from ..common.errors import InputError
from .columns import NAMES, Columns, plain

Cells = tuple[int, Sequence[str], Sequence[Any]]  # row number, column names, values


class TableRow(NamedTuple):
    """One row of a table, unchanged. `surplus` holds the cells beyond the last column."""

    number: int
    word: str
    sentence: str = ""
    level: str = ""
    surplus: tuple[str, ...] = ()
    pos: str = ""
    meaning: str = ""
    names: Sequence[str] = ()
    values: Sequence[Any] = ()
    word_at: int = 0

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """Every other cell of the row under the name of its column."""
        cells = enumerate(zip(self.names, map(_text, self.values), strict=False))
        return tuple(cell for at, cell in cells if at != self.word_at)


def read_rows(
    path: Path, columns: Columns | None = None, needed: Sequence[str] = ("word", "sentence")
) -> Iterator[TableRow]:
    """The rows of the table at `path`; a cell with a list of sentences makes a row for each.

    Raises:
        InputError: the file cannot be read as a table, or a needed column is missing.
    """
    columns = columns or Columns()
    header: Sequence[str] = ()
    word_at = sentence_at = level_at = pos_at = meaning_at = 0
    for number, names, values in _cells(path, columns):
        if names != header:
            # Only the first row must have every needed key; where a later one lacks it, the cell is blank.
            positions, absent = columns.find(names, () if header else needed), len(names)
            header = names
            word_at, sentence_at, level_at, pos_at, meaning_at = (positions.get(role, absent) for role in NAMES)
        have = min(len(values), len(names))
        surplus = tuple(t for t in map(_text, values[have:]) if t.strip()) if len(values) > have else ()
        word = values[word_at] if word_at < have else ""
        level = values[level_at] if level_at < have else ""
        pos = values[pos_at] if pos_at < have else ""
        meaning = values[meaning_at] if meaning_at < have else ""
        sentences = values[sentence_at] if sentence_at < have else ""
        if not isinstance(sentences, (list, tuple)):
            sentences = (sentences,)
        for sentence in sentences or ("",):
            for cell in (word, sentence, level):
                if isinstance(cell, (dict, list, tuple, bytes)):
                    raise InputError(
                        "{file}, row {row}: expected a text, found {cell!r:.60}. A row is a word with a sentence, "
                        "or with a list of sentences.",
                        file=path,
                        row=number,
                        cell=cell,
                    )
            yield TableRow(
                number,
                _text(word),
                _text(sentence),
                _text(level),
                surplus,
                _text(pos),
                _text(meaning),
                names,
                values,
                word_at,
            )


def _cells(path: Path, columns: Columns) -> Iterator[Cells]:
    try:
        if not path.exists():
            raise InputError("{file} does not exist. Check the spelling of the path.", file=path)
        if path.is_dir():
            return _saved_dataset(path)
        if path.stat().st_size == 0 and path.is_file():
            raise InputError("{file} is empty.", file=path)
        suffix = path.suffix.lower()
        if suffix == ".parquet":
            return _parquet(path)
        if suffix in (".xlsx", ".xlsm"):
            return _excel(path)
        return _text_table(path, suffix, columns)
    except OSError as error:
        raise InputError("{file} cannot be read: {error}.", file=path, error=error.strerror or error) from error


def _text_table(path: Path, suffix: str, columns: Columns) -> Iterator[Cells]:
    maybe_json = suffix in (".json", ".jsonl", ".ndjson")
    if suffix == ".json":
        check_json_size(path)
    encoding = detect_encoding(path, line_limit=suffix != ".json")
    if not maybe_json:
        with open_text(path, encoding) as file:
            maybe_json = file.read(4000).lstrip().startswith(("[{", "{", "[\n", "[\r", "[ "))
    if not maybe_json:
        return _delimited(path, suffix, encoding, columns)
    if suffix not in (".jsonl", ".ndjson") or _starts_with_bracket(path, encoding):
        check_json_size(path)
        with open_text(path, encoding) as file:
            text = file.read()
        try:
            return _json(path, json.loads(text))
        except RecursionError:
            raise InputError("{file} is nested too deeply to be a table of words and sentences.", file=path) from None
        except ValueError as error:
            if not isinstance(error, json.JSONDecodeError):  # a number of thousands of digits
                raise InputError("{file} cannot be read as JSON: {error}.", file=path, error=error) from None
            # Two JSON values one after the other: JSON Lines under the wrong name.
            if not (error.msg == "Extra data" and text.lstrip().startswith("{")):
                raise InputError(
                    "{file} is not valid JSON: {error} at line {line}, column {column}.",
                    file=path,
                    error=error.msg,
                    line=error.lineno,
                    column=error.colno,
                ) from None
    return _json_lines(path, encoding)


def _starts_with_bracket(path: Path, encoding: str) -> bool:
    with open_text(path, encoding) as file:
        return file.read(4000).lstrip().startswith("[")


def _json(path: Path, data: Any) -> Iterator[Cells]:
    if isinstance(data, dict):
        lists = [v for v in data.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        wrapped = [v for v in lists if any(plain(k) in NAMES["word"] for k in v[0])]
        if len(wrapped) == 1:
            return _objects(path, enumerate(wrapped[0], 1))
        if any(isinstance(v, str) and plain(k) in NAMES["word"] for k, v in data.items()) and any(
            plain(k) in NAMES["sentence"] for k in data
        ):
            return _objects(path, [(1, data)])
        return _by_word(path, data)
    if isinstance(data, list):
        if not data:
            raise InputError("{file} is an empty list.", file=path)
        return _objects(path, enumerate(data, 1))
    raise InputError(
        "{file} holds a single {type}, not a list of words and sentences.", file=path, type=type(data).__name__
    )


def _by_word(path: Path, data: Mapping[str, Any]) -> Iterator[Cells]:
    """`{word: [sentences]}`, `{word: sentence}` or `{word: {"sentences": [...], "level": ...}}`."""
    for number, (word, value) in enumerate(data.items(), 1):
        if isinstance(value, Mapping):
            yield from _objects(path, [(number, {"word": word, **value})])
        else:
            yield number, ("word", "sentence"), (word, value)


def _objects(path: Path, items: Iterable[tuple[int, Any]]) -> Iterator[Cells]:
    for number, item in items:
        if not isinstance(item, Mapping):
            raise InputError(
                "{file}, row {row}: expected an object with a word and a sentence, found {item}.",
                file=path,
                row=number,
                item=json.dumps(item, ensure_ascii=False)[:60],
            )
        yield number, tuple(item), tuple(item.values())


def _json_lines(path: Path, encoding: str) -> Iterator[Cells]:
    with open_text(path, encoding) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(
                    "{file}, line {line} is not valid JSON: {error}.", file=path, line=number, error=error
                ) from None
            yield from _objects(path, [(number, item)])


def _delimited(path: Path, suffix: str, encoding: str, columns: Columns) -> Iterator[Cells]:
    csv.field_size_limit(MAX_LINE)
    with open_text(path, encoding) as file:
        first = next((line for line in file if line.strip() and not _excel_hint(line)), "")
    tabs = suffix in (".tsv", ".tab") or _delimiter(first, columns) == "\t"
    with open_text(path, encoding) as file:
        header: tuple[str, ...] = ()
        # In tab-separated tables a quotation mark is usually just a character: "Stop!" he said.
        rows = (
            csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if tabs
            else csv.reader(file, delimiter=_delimiter(first, columns), skipinitialspace=True)
        )
        try:
            for number, cells in enumerate(rows, 1):
                if tabs:
                    cells = [_unquoted(cell) for cell in cells]
                if not header:
                    if any(c.strip() for c in cells) and not (len(cells) <= 2 and _excel_hint(cells[0])):
                        header = tuple(cells)
                        columns.find(header, ("word",))
                    continue
                if any(cell.count("\n") > 20 for cell in cells):
                    raise InputError(
                        "{file}, row {row}: a cell is longer than twenty lines. "
                        "A quotation mark before it is opened and not closed; fix that row.",
                        file=path,
                        row=number,
                    )
                yield number, header, cells
        except csv.Error as error:
            raise InputError(
                "{file} cannot be read as a table: {error}. Is a quotation mark left open?", file=path, error=error
            ) from None


def _excel_hint(line: str) -> bool:
    """`sep=;`, which tells Excel the separator of the columns."""
    return line.strip().strip('"').lower().startswith("sep=")


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _delimiter(header: str, columns: Columns) -> str:
    """The separator of the columns: the one with which most cells of the header are known column names."""

    def known(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=separator), [])
        wanted = {n for names in NAMES.values() for n in names} | {plain(n) for n in columns.given.values()}
        return sum(plain(c) in wanted for c in cells), len(cells)

    return max(",;\t|", key=known)


def _parquet(path: Path) -> Iterator[Cells]:
    parquet = _optional("pyarrow.parquet", "Parquet", "pyarrow")
    try:
        file = parquet.ParquetFile(path)
        names, number = tuple(file.schema_arrow.names), 0
        for batch in file.iter_batches(batch_size=10_000):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, names, values
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise InputError("{file} is not a readable Parquet file: {error}.", file=path, error=error) from None


def _excel(path: Path) -> Iterator[Cells]:
    openpyxl = _optional("openpyxl", "Excel", "openpyxl")
    header: tuple[str, ...] = ()
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong one
        rows = list(sheet.iter_rows(values_only=True))  # a sheet has at most a million rows
        book.close()
    except Exception as error:  # a broken archive raises whatever its parts raise
        raise InputError(
            "{file} is not a readable Excel file: {error}. Save it as CSV instead.", file=path, error=error
        ) from None
    for number, values in enumerate(rows, 1):
        if not header:
            if any(v is not None for v in values):
                while values and values[-1] is None:
                    values = values[:-1]
                header = tuple(_text(v) for v in values)
            continue
        yield number, header, values


def _saved_dataset(path: Path) -> Iterator[Cells]:
    if not any((path / name).exists() for name in ("dataset_dict.json", "dataset_info.json", "state.json")):
        raise InputError("{file} is a folder. Name one file in it, or a folder written by save_to_disk.", file=path)
    datasets = _optional("datasets", "A save_to_disk folder", "datasets")
    try:
        data = datasets.load_from_disk(str(path))
    except Exception as error:  # whatever datasets and arrow raise for a damaged folder
        raise InputError("{file} cannot be loaded as a saved dataset: {error}.", file=path, error=error) from None
    parts = data.values() if isinstance(data, Mapping) else [data]
    number = 0
    for part in parts:
        names = tuple(part.column_names)
        for item in part:
            number += 1
            yield number, names, tuple(item[n] for n in names)


def _optional(module: str, what: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            "{what} needs the package {package}, which is not installed: pip install {package}. "
            "Or save the table as CSV.",
            what=what,
            package=package,
        ) from None


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):  # None, or NaN of a data frame
        return ""
    return value if isinstance(value, str) else str(value)
