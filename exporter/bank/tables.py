"""Sentences of the bank as a table or as JSON."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ..common.errors import InputError
from ..common.files import Publication
from .bank import COLUMNS, BankSentence

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")


def save(rows: Sequence[BankSentence], path: Path, *, force: bool = False) -> None:
    """Write `rows` to `path`, as a table or as JSON by its suffix.

    Raises:
        InputError: another suffix.
        TargetError: `path` exists and `force` is not set, or it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            "{file}: the name must end in one of {suffixes}, which says the format.",
            file=path,
            suffixes=", ".join(SUFFIXES),
        )
    with Publication(force=force) as publication:
        _write(publication.file(path), suffix, rows)
    print(f"{len(rows):,} pairs -> {path}")


def _write(file: TextIO, suffix: str, rows: Sequence[BankSentence]) -> None:
    if suffix in (".json", ".jsonl"):
        lines = [row.json for row in rows]
        file.write("\n".join(lines) + "\n" if suffix == ".jsonl" else "[\n" + ",\n".join(lines) + "\n]\n")
        return
    cells = [COLUMNS, *([getattr(row, name) for name in COLUMNS] for row in rows)]
    if suffix == ".csv":
        csv.writer(file, lineterminator="\n").writerows(cells)
    else:  # no sentence has a tab, so no cell needs quotation marks
        file.write("".join("\t".join(row) + "\n" for row in cells))
