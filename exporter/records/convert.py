"""Between the four training file formats, losslessly or not at all."""

from __future__ import annotations

from pathlib import Path

from ..common.errors import InputError
from ..common.files import Publication
from .formats import Format, RecordWriter, format_of, numbered_records


def convert_data(source: Path, to: Format, out: Path | None = None, *, force: bool = False) -> tuple[Path, int]:
    """Write the records of `source` as `to`; returns the new file and the number of records.

    Without `out` the file stands beside `source` under the name the exporter would give it.

    Raises:
        InputError: `source` holds anything but records of ours; nothing is written.
        TargetError: the new file exists or cannot be written.
    """
    records = list(numbered_records(source))
    target = out or _sibling(source, to)
    if target.resolve() == source.resolve():
        raise InputError(f"{source} is the source itself. Choose another format, or a name with --out.")
    with Publication(force=force) as publication:
        writer = RecordWriter(publication.file(target), to)
        for _, record in records:
            writer.write(record)
        writer.close()
    return target, len(records)


def _sibling(source: Path, to: Format) -> Path:
    stem, side = source.stem, "train"
    if stem.endswith("_eval"):
        stem, side = stem.removesuffix("_eval"), "eval"
    stem = stem.removesuffix(format_of(source).suffix.rsplit(".", 1)[0])
    return to.path(source.parent, stem, side)
