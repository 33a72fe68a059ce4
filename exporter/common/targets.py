"""What a command refuses to write over: what is there, what is not an ordinary file, and what it reads itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from .errors import Option, TargetError


def refuse_existing(paths: Sequence[Path], *, force: bool) -> None:
    """Raises TargetError when one of `paths` exists and `force` is not set, or is a folder, a pipe or a device."""
    if folder := next((p for p in paths if p.is_dir()), None):
        raise TargetError(
            "{folder} is a folder, so no file of that name can be written. Choose another name.", folder=folder
        )
    if special := next((p for p in paths if p.exists() and not p.is_file()), None):
        raise TargetError(
            "{file} is a pipe or a device, which is not replaced by a file. Choose another name.", file=special
        )
    there = [p for p in paths if os.path.lexists(p)]  # a link that leads nowhere is somebody's, too
    if there and not force:
        names = ", ".join(p.name for p in there[:6]) + (" ..." if len(there) > 6 else "")
        raise TargetError(
            "{files} already there in {folder}. Choose another name, or replace with {force}.",
            files=names,
            folder=there[0].parent,
            force=Option("force"),
        )


def refuse_overwriting(outputs: Iterable[Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Raises TargetError when one of `outputs` is one of `inputs`, or a folder around it, or is there twice."""
    read = [Path(os.path.realpath(path)) for path in inputs if path is not None]
    written: set[Path] = set()
    for path in outputs:
        if path is None:
            continue
        place = Path(os.path.realpath(path))
        if any(place in (one, *one.parents) for one in read):
            raise TargetError("{file} would overwrite what the command reads. Choose another name.", file=path)
        if place in written:
            raise TargetError("{file} is to hold two different results. Choose another name for one.", file=path)
        written.add(place)
