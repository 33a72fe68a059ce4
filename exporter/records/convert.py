"""From one training file format into another, losslessly or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..common.errors import Problem
from ..common.files import Publication
from ..common.targets import refuse_overwriting
from .formats import Format, RecordWriter, format_of
from .reading import read_training, records_only


@dataclass(frozen=True)
class ConvertedRecords:
    """The new file, how many records are in it, and what had to be put right or left out to read them."""

    path: Path
    records: int
    notes: tuple[Problem, ...]


def convert_data(source: Path, to: Format, out: Path | None = None, *, force: bool = False) -> ConvertedRecords:
    """Write the records of `source` as `to`.

    Without `out` the file lies beside `source` under the name that the export would give it.

    Raises:
        InputError: `source` holds anything but records; nothing is written.
        TargetError: the new file exists, is `source`, or cannot be written.
    """
    read = read_training(source)
    records = records_only(source, read.records)
    target = out or _sibling(source, to)
    refuse_overwriting([target], [source])
    with Publication(force=force) as publication:
        writer = RecordWriter(publication.file(target), to)
        for record in records:
            writer.write(record)
        writer.close()
    return ConvertedRecords(target, len(records), read.notes)


def _sibling(source: Path, to: Format) -> Path:
    stem = source.stem.removesuffix("_eval")
    side = "train" if stem == source.stem else "eval"
    return to.path(source.parent, stem.removesuffix(format_of(source).tail), side)
