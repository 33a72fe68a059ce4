"""What is in a file of weights, told from its header; and a pickle made into safetensors."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, TargetError
from ...exporter.common.files import atomic_path, target_error

_LONGEST_HEADER = 100_000_000  # bytes; what the format allows
PICKLE = "adapter_model.bin"
SAFE = "adapter_model.safetensors"


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)


def read_header(path: Path) -> list[Tensor]:
    """The tensors of a safetensors file. Only its header is read: 8 bytes with its length, then JSON.

    Raises:
        ValueError: it is no such file, or is shorter than its header says.
        OSError: it cannot be read.
    """
    whole = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(_LONGEST_HEADER, whole - 8):
            raise ValueError("it is no safetensors file, or only its beginning")
        try:
            header: Any = json.loads(file.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            tensors = [Tensor(name, tuple(map(int, entry["shape"]))) for name, entry in entries.items()]
            end = max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            raise ValueError("its header cannot be read") from None
    if 8 + length + end > whole:
        raise ValueError(f"it has {whole:,} bytes of {8 + length + end:,}, so its download or copy is incomplete")
    return tensors


def convert(folder: Path) -> Path:
    """Make `adapter_model.bin` of an adapter into `adapter_model.safetensors`; the pickle stays, as `.bin.old`.

    Of the pickle only tensors are loaded, so nothing in it can run.

    Raises:
        ModelError: there is no such file, it holds something else than weights, or torch is missing.
        TargetError: the folder cannot be written, or has one of the two files already.
    """
    source, target, kept = folder / PICKLE, folder / SAFE, folder / f"{PICKLE}.old"
    if not source.is_file():
        raise ModelError(f"{folder} has no {PICKLE}, so there is nothing to convert. Give the folder of an adapter.")
    if there := next((p for p in (target, kept) if p.exists() or p.is_symlink()), None):
        raise TargetError(f"{there} is there already, so nothing was converted. Move it away and repeat this.")
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as error:
        raise ModelError(
            f"Converting needs torch and safetensors, and {error.name} is not installed. Run it with the Python of the "
            "webui."
        ) from None
    weights = _load(torch, source)
    try:
        with atomic_path(target) as part:
            save_file({name: t.detach().cpu().clone().contiguous() for name, t in weights}, part, {"format": "pt"})
        source.replace(kept)
    except Exception as error:  # safetensors has its own for a full disk
        if source.is_file():
            target.unlink(missing_ok=True)
        raise target_error(target, error) from error
    return target


def _load(torch: Any, source: Path) -> Iterator[tuple[str, Any]]:
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # a pickle can fail in any way; with weights_only it cannot do anything
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
        raise ModelError(
            f"{source} holds more than weights, or is damaged, and was not loaded: {first}. A pickle can name any "
            "program to be run while it is loaded, and this one would have to be trusted with that. Get the adapter as "
            "safetensors from where it came."
        ) from None
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise ModelError(f"{source} is no table of weights. Get the adapter as safetensors from where it came.")
    return iter(loaded.items())
