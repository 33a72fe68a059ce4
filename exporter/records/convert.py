"""From one training file format into another, losslessly or not at all."""

from __future__ import annotations

from pathlib import Path

from ..common.errors import InputError
from ..common.files import Publication
from .formats import Format, RecordWriter, format_of, read_records


def convert_data(source: Path, to: Format, out: Path | None = None, *, force: bool = False) -> tuple[Path, int]:
    """Write the records of `source` as `to`; returns the new file and the number of records.

    Without `out` the file lies beside `source` under the name that the export would give it.

    Raises:
        InputError: `source` holds anything but exported records; nothing is written.
        TargetError: the new file exists or cannot be written.
    """
    records = read_records(source)
    target = out or _sibling(source, to)
    if target.resolve() == source.resolve():
        raise InputError("{file} is the source itself. Choose another format, or a name with --out.", file=source)
    with Publication(force=force) as publication:
        writer = RecordWriter(publication.file(target), to)
        for record in records:
            writer.write(record)
        writer.close()
    return target, len(records)


def _sibling(source: Path, to: Format) -> Path:
    stem = source.stem.removesuffix("_eval")
    side = "train" if stem == source.stem else "eval"
    return to.path(source.parent, stem.removesuffix(format_of(source).tail), side)
