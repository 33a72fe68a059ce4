"""An adapter's pickle made into safetensors, without running anything that is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, TargetError, first_line
from ...exporter.common.files import atomic_path, target_error
from ..models.weights import PICKLE, SAFE


def unpickle(folder: Path) -> Path:
    """Make `adapter_model.bin` of an adapter into `adapter_model.safetensors`; the pickle is kept, as `.bin.old`.

    Only tensors are loaded from the pickle, so nothing in it can run.

    Raises:
        ModelError: there is no such file, it holds something other than weights, or torch is missing.
        TargetError: the folder cannot be written, or has one of the two files already.
    """
    source, target, kept = folder / PICKLE, folder / SAFE, folder / f"{PICKLE}.old"
    if not source.is_file():
        raise ModelError(
            "{folder} has no {file}, so there is nothing to convert. Give the folder of an adapter.",
            folder=folder,
            file=PICKLE,
        )
    if existing := next((p for p in (target, kept) if p.exists() or p.is_symlink()), None):
        raise TargetError(
            "{file} is there already, so nothing was converted. Move it away and repeat this.", file=existing
        )
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as error:
        raise ModelError(
            "Converting needs torch and safetensors, and {package} is not installed. Run it with the webui's Python.",
            package=error.name,
        ) from None
    weights = _load(torch, source)
    try:
        with atomic_path(target) as part:
            plain = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in weights.items()}
            save_file(plain, part, {"format": "pt"})
        source.replace(kept)
    except Exception as error:  # safetensors has an error of its own for a full disk
        if source.is_file():
            target.unlink(missing_ok=True)
        raise target_error(target, error) from error
    return target


def _load(torch: Any, source: Path) -> dict[str, Any]:
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # a pickle can fail in any way; with weights_only it cannot do anything
        raise ModelError(
            "{file} holds more than weights, or is damaged, and was not loaded: {cause}. A pickle can name any program "
            "to be run while it is loaded, so this one would have to be trusted. Get the adapter as safetensors from "
            "where it came.",
            file=source,
            cause=first_line(error),
        ) from None
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise ModelError(
            "{file} is not a table of weights. Get the adapter as safetensors from where it came.", file=source
        )
    return loaded
