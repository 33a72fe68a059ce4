"""A new model folder: room for it on the disk and in memory, and whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, TargetError
from ...exporter.common.files import target_error
from ..models.loading import META

# Tokenizer, configuration and the like.
_BESIDE = 100_000_000  # bytes


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
    part, before = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.before")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a kill
        part.mkdir(parents=True)
        yield part
        if out.is_dir():
            shutil.rmtree(before, ignore_errors=True)
            out.rename(before)
        try:
            part.rename(out)
        except OSError:
            if before.is_dir():
                before.rename(out)
            raise
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        raise target_error(out, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


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


def check_disk(out: Path, size: int) -> None:
    """Raises TargetError unless `size` bytes of weights find room where `out` will be."""
    place = next((p for p in out.absolute().parents if p.is_dir()), None)
    free = shutil.disk_usage(place).free if place else 0
    if free < size + _BESIDE:
        raise TargetError(
            f"{out} would take {gigabytes(size + _BESIDE)}, and {gigabytes(free)} are free on that disk. Free some, "
            "or choose another folder."
        )


def free_memory() -> int | None:
    """Bytes that can be had without pushing others out; None where it is not known."""
    try:
        import psutil  # accelerate brings it
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def check_memory(what: str, size: int) -> None:
    """Raises ModelError when `size` bytes are more than is free."""
    free = free_memory()
    if free is not None and free < size:
        raise ModelError(
            f"{what} needs {gigabytes(size)} of memory, and {gigabytes(free)} are free. Close other programs (a model "
            "that is loaded in the webui is one), or do it on a larger machine."
        )


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.2f} GB" if size < 1e10 else f"{size / 1e9:,.0f} GB"
