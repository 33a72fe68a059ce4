"""A new model folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...exporter.common.errors import TargetError
from ...exporter.common.files import atomic_folder, target_error
from ..models.loading import META

BESIDE = 100_000_000  # bytes of the tokenizer, the configuration and the like, beside the weights


def write_meta(folder: Path, meta: dict[str, Any]) -> None:
    """What the folder is. It is also what lets --force replace it."""
    (folder / META).write_text(json.dumps(meta, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def new_model_folder(out: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends without an error.

    Raises:
        TargetError: `out` is there and may not be replaced, or cannot be written.
    """
    check_out(out, force=force)
    try:
        with atomic_folder(out) as part:
            yield part
    except OSError as error:
        raise target_error(out, error) from error


def check_out(out: Path, *, force: bool) -> None:
    """Raises TargetError unless `out` is free, empty, or, with `force`, a model folder that we made."""
    if not out.name or out.name == "..":
        raise TargetError(f"{out} is no name for a new folder. Choose another --out.")
    if not (out.exists() or out.is_symlink()) or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise TargetError(f"{out} already holds something. Choose another name, or replace it with --force.")
    try:
        made = json.loads((out / META).read_text(encoding="utf-8"))
        ours = isinstance(made, dict) and ("merged" in made or "converted" in made)
    except (OSError, ValueError):
        ours = False
    if out.is_symlink() or not ours:
        raise TargetError(f"{out} is no model that this program made, so --force does not replace it. Choose another.")
