"""Parquet files and folders written by save_to_disk, both read with pyarrow.

Foreign Arrow data are validated before a value is read: offsets beyond the end of a buffer would end the process.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..common.errors import InputError, Problem
from ..common.ordinary import content, only_a_file
from .columns import Reading
from .header import Cells
from .optional import optional

_ROWS = 10_000  # of a batch
_MARKS = ("dataset_dict.json", "dataset_info.json", "state.json")


def read_parquet(path: Path, reading: Reading) -> Iterator[Cells]:
    parquet = optional("pyarrow.parquet", "Parquet", "pyarrow")
    try:
        file = parquet.ParquetFile(path)
        names = tuple(file.schema_arrow.names)
        wanted = _wanted(names, reading)
        batches = file.iter_batches(batch_size=_ROWS, columns=wanted)
        yield from _cells(batches, reading)
    except InputError:
        raise
    except Exception as error:  # ArrowInvalid, OSError, and what a damaged file leads to
        raise InputError(
            "{file} is not a readable Parquet file: {error}. Save the table again, or as CSV.",
            file=path,
            error=_first_line(error),
        ) from None


def read_saved_dataset(path: Path, reading: Reading) -> Iterator[Cells]:
    if not any((path / name).exists() for name in _MARKS):
        raise InputError("{file} is a folder. Name one file in it, or a folder written by save_to_disk.", file=path)
    pyarrow = optional("pyarrow", "A save_to_disk folder", "pyarrow")
    try:
        yield from _cells(_stored(pyarrow, path, reading), reading)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            "{file} cannot be loaded as a saved dataset: {error}. Save it again, or as CSV.",
            file=path,
            error=_first_line(error),
        ) from None


def _stored(pyarrow: Any, path: Path, reading: Reading) -> Iterator[Any]:
    """The batches of all parts of the dataset, in order. Files outside the folder are not opened."""
    if (path / "dataset_dict.json").is_file():
        splits = json.loads((path / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
        folders = [path / Path(str(split)).name for split in splits]
    else:
        folders = [path]
    for folder in folders:
        state = json.loads(content(folder / "state.json"))
        for part in state["_data_files"]:
            # Not mapped into memory: a file that shrinks meanwhile would end the process.
            with pyarrow.OSFile(str(only_a_file(folder / Path(str(part["filename"])).name))) as source:
                stream = pyarrow.ipc.open_stream(source)
                wanted = _wanted(stream.schema.names, reading)
                for batch in stream:
                    yield batch if wanted is None else batch.select(wanted)


def _wanted(names: Sequence[str], reading: Reading) -> list[str] | None:
    """The columns to read: for pairs, those that mean something; None for all.

    A word list brings all its columns along.
    """
    places = reading.columns.find(names, reading.needed)
    if "sentence" not in reading.needed:
        return None
    used = {places.word, *places.sentences, places.level, places.pos, places.meaning}
    return [name for at, name in enumerate(names) if at in used]


def _cells(batches: Iterable[Any], reading: Reading) -> Iterator[Cells]:
    number, unreadable = 0, 0
    for batch in batches:
        batch.validate(full=True)
        columns = []
        for column in batch.columns:
            values, failed = _values(column)
            columns.append(values)
            unreadable += failed
        names = tuple(batch.schema.names)
        for values in zip(*columns, strict=True):
            number += 1
            yield number, names, values
    if unreadable:
        reading.notes.append(
            Problem("{n} cells hold a date or time that cannot be shown, and were left blank.", {"n": unreadable})
        )


def _values(column: Any) -> tuple[list[Any], int]:
    """The values of a column, and how many have none in Python: dates out of range, unknown time zones."""
    try:
        return column.to_pylist(), 0
    except Exception:
        values = []
        for value in column:
            try:
                values.append(value.as_py())
            except Exception:
                values.append(None)
        return values, sum(value is None for value in values) - column.null_count


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
