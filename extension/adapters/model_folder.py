"""A new model folder: whole or not at all, and never in place of something else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...exporter.common.errors import CefrError, Option, TargetError
from ...exporter.common.files import atomic_folder, bring_back, replaced, target_error
from ...exporter.common.lock import only_one
from ...exporter.common.memory import check_disk
from ..models.metadata import read_metadata

# Tokenizer, configuration and the like.
_BESIDES = 100_000_000  # bytes


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
        replaceable = not out.is_symlink() and read_metadata(out).of_a_model
    except CefrError:
        replaceable = False
    if not replaceable:
        raise TargetError(
            "{out} is not a model that this program made, so {option} does not replace it. Choose another name.",
            out=out,
            option=Option("force"),
        )


def check_space(out: Path, size: int) -> None:
    """Raises TargetError unless `size` bytes of weights, and the files with them, fit on the disk of `out`."""
    check_disk(out, size + _BESIDES)
