"""A report's folder: its files are replaced one by one, each whole, and nothing else in it is touched."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, Option, TargetError
from ...exporter.common.files import Publication, target_error
from .document import PLOTS
from .plots import PICTURES
from .result import Evaluation

DATA, COMPARED = "evaluation.json", "comparison.json"
OURS = ("report.md", "report.html", *(f"{PLOTS}/{name}" for name in PICTURES), DATA, COMPARED)


def check_folder(out: Path, *, force: bool) -> None:
    """Raises TargetError when `out` holds anything but a report and `force` is not set, or cannot be a folder."""
    try:
        if out.exists() and not out.is_dir():
            raise TargetError("{file} is a file. Choose another folder with {out}.", file=out, out=Option("out"))
        # What is hidden may be left of a process that was killed.
        things = {p.name for p in out.iterdir() if not p.name.startswith(".")} if out.exists() else set()
        others = sorted(things.difference(name.partition("/")[0] for name in OURS))
        if (others or (things and not things & {DATA, COMPARED})) and not force:
            raise TargetError(
                "{folder} holds other things ({things}). Choose another folder with {out}, or write beside them with "
                "{force}.",
                folder=out,
                things=", ".join(others[:5]) or "no report",
                out=Option("out"),
                force=Option("force"),
            )
        nearest = next(p for p in (out, *out.absolute().parents) if p.exists())
        if not os.access(nearest, os.W_OK):  # to be said before an evaluation of minutes
            raise PermissionError(errno.EACCES, "")
        if not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")
    except OSError as error:
        raise target_error(out, error) from error


def publish(out: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Write `files` (paths inside the folder, and bytes) into the folder `out`, in place of the report it may hold.

    With `force`, other files in it stay. Raises TargetError as `check_folder` does, or when it cannot be written;
    `out` is then as it was.
    """
    check_folder(out, force=force)
    out = out.resolve()
    with Publication(force=True, key=out / DATA) as publication:
        for name in (one for one in OURS if one not in files):
            publication.remove(out / name)
        for name in sorted(files, key=OURS.index):  # the data last
            publication.file(out / name, "wb").write(files[name])


def data_of(path: Path) -> Path:
    """The evaluation.json that `path`, a report's folder or that file itself, means."""
    return path / DATA if path.is_dir() else path


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation.json at `path`, or in the folder `path`. Raises InputError when it is anything else."""
    path = data_of(path)
    if not path.is_file():
        raise InputError("{file} does not exist. `cefr-sentences evaluate ... --out DIR` writes it.", file=path)
    try:
        return Evaluation.from_json(read_object(path))
    except ValueError as error:
        raise InputError(
            "{file} is not an evaluation.json of `cefr-sentences evaluate` ({cause}). Give the one in a report's "
            "folder.",
            file=path,
            cause=error,
        ) from None
