"""The files that hold weights: what is in them, and whether they are whole, without loading any."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, Problem

PICKLE = "adapter_model.bin"
SAFE = "adapter_model.safetensors"

_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
_INDEX = "model.safetensors.index.json"


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor in a safetensors file, by its name. Only the header is read.

    Raises:
        ValueError: it is no such file, or incomplete; its argument is a `Problem`.
        OSError: it cannot be read.
    """
    if not path.is_file():  # a pipe would never end
        raise ValueError(Problem("it is no ordinary file"))
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        if _POINTER.startswith(first) and first:
            raise ValueError(Problem("it is a pointer of Git LFS, not the weights; fetch them with: git lfs pull"))
        length = int.from_bytes(first, "little")
        if len(first) < 8 or length > min(size, _LONGEST_HEADER):
            raise ValueError(_incomplete(size, None))
        header = file.read(length)
    try:
        entries = {n: (tuple(e["shape"]), *e["data_offsets"]) for n, e in _object(header) if n != "__metadata__"}
        whole = 8 + length + max((int(end) for _, _, end in entries.values()), default=0)
        if any(prod(shape) < 0 or not 0 <= begin <= end for shape, begin, end in entries.values()):
            raise ValueError
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise ValueError(_incomplete(size, None)) from None
    if size != whole:
        raise ValueError(_incomplete(size, whole))
    return {name: shape for name, (shape, _, _) in entries.items()}


def check_weights(folder: Path) -> None:
    """Raises ModelError when a safetensors file in `folder`, or one that its index names, is missing or not whole."""
    try:
        names = set(map(str, json.loads((folder / _INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    except FileNotFoundError:
        names = set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_whole(folder / _INDEX, error) from None
    for path in sorted({*(folder / name for name in names), *folder.glob("*.safetensors")}):
        if not path.exists():
            raise _not_whole(path, Problem("it is missing"))
        check_file(path)


def check_file(path: Path) -> None:
    """Raises ModelError when the safetensors file `path` is not whole."""
    try:
        shapes(path)
    except (OSError, ValueError) as error:
        raise _not_whole(path, error.args[0] if isinstance(error, ValueError) else error.strerror) from None


def _not_whole(path: Path, cause: object) -> ModelError:
    return ModelError("{file} cannot be used: {cause}. Download or copy it again.", file=path, cause=cause)


def _incomplete(size: int, whole: int | None) -> Problem:
    if size == 0:
        return Problem("it is empty")
    if whole is None:
        return Problem("it is incomplete or no safetensors file")
    said = "{missing} of its {whole} bytes are missing" if whole > size else "it has {more} bytes too many"
    return Problem(said, {"missing": f"{whole - size:,}", "whole": f"{whole:,}", "more": f"{size - whole:,}"})


def _object(header: bytes) -> list[tuple[str, Any]]:
    data = json.loads(header)
    if not isinstance(data, dict):
        raise TypeError
    return list(data.items())
