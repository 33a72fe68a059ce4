"""The files that hold an adapter's weights, and the shapes in a safetensors file."""

from __future__ import annotations

from pathlib import Path

PICKLE = "adapter_model.bin"
SAFE = "adapter_model.safetensors"


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor in a safetensors file, by its name. Only the header is read.

    Empty where this Python lacks safetensors, as that of a portable build does.

    Raises:
        ValueError: it is no such file, or incomplete.
        OSError: it cannot be read.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        return {}
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"it is incomplete or no safetensors file ({error})") from None
