"""A report's folder, which appears whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, Option, TargetError
from ...exporter.common.files import atomic_folder, target_error
from .result import Evaluation

DATA = "evaluation.json"
_OURS = frozenset({"report.md", "report.html", DATA, "comparison.json", "plots"})


def check_folder(out: Path, *, force: bool) -> None:
    """Raises TargetError when `out` holds anything but a report and `force` is not set, or cannot be a folder."""
    try:
        if out.exists() and not out.is_dir():
            raise TargetError("{file} is a file. Choose another folder with {out}.", file=out, out=Option("out"))
        others = sorted(p.name for p in out.iterdir() if p.name not in _OURS) if out.exists() else []
        has_report = out.exists() and any((out / name).is_file() for name in (DATA, "comparison.json"))
        if out.exists() and any(out.iterdir()) and (others or not has_report) and not force:
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
    """Write `files` (paths inside the folder, and bytes) as the folder `out`, in place of the report it may hold.

    With `force`, other files in it stay. Raises TargetError as `check_folder` does, or when it cannot be written;
    `out` is then as it was.
    """
    check_folder(out, force=force)
    out = out.resolve()
    try:
        with atomic_folder(out) as part:
            for name, data in files.items():
                path = part / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            for other in out.iterdir() if out.exists() else ():
                if other.name not in _OURS:
                    copy = shutil.copytree if other.is_dir() else shutil.copy2
                    copy(other, part / other.name)
    except OSError as error:
        raise target_error(out, error) from error


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation.json at `path`, or in the folder `path`. Raises InputError when it is anything else."""
    path = path / DATA if path.is_dir() else path
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
