"""A new model folder: whole or not at all, and never in place of something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, Option, TargetError
from ...exporter.common.files import atomic_folder, bring_back, replaced, target_error
from ...exporter.common.lock import only_one
from ...exporter.common.memory import check_disk
from ..models.adapter import META

# Tokenizer, configuration and the like.
_BESIDES = 100_000_000  # bytes


def write_meta(folder: Path, meta: dict[str, Any]) -> None:
    """Write what the folder is, which is also what lets --force replace it."""
    (folder / META).write_text(json.dumps(meta, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def new_model_folder(out: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends without an error.

    Raises:
        TargetError: `out` exists and may not be replaced, or cannot be written.
    """
    check_out(out, force=force)
    try:
        with atomic_folder(out) as part:
            yield part
    except OSError as error:
        raise target_error(out, error) from error


def check_out(out: Path, *, force: bool) -> None:
    """Raises TargetError unless `out` is free, empty, or, with `force`, a model folder that this program made."""
    if not out.name or out.name == "..":
        raise TargetError(
            "{out} cannot be the name of a new folder. Choose another {option}.", out=out, option=Option("out")
        )
    if replaced(out).is_dir():
        with only_one(out):
            bring_back(out)
    if not (out.exists() or out.is_symlink()) or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise TargetError(
            "{out} already holds something. Choose another name, or replace it with {option}.",
            out=out,
            option=Option("force"),
        )
    try:
        made = read_object(out / META)
        replaceable = not out.is_symlink() and ("merged" in made or "converted" in made)
    except InputError:
        replaceable = False
    if not replaceable:
        raise TargetError(
            "{out} is no model that this program made, so {option} does not replace it. Choose another name.",
            out=out,
            option=Option("force"),
        )


def check_space(out: Path, size: int) -> None:
    """Raises TargetError unless `size` bytes of weights, and the files with them, fit on the disk of `out`."""
    check_disk(out, size + _BESIDES)
