"""torch's errors of a full memory and of a GPU that has failed, as sentences for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...exporter.common.errors import CefrError, ModelError, first_line

_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")
_BROKEN = ("CUDA error", "HIP error", "CUBLAS_STATUS", "cuDNN error", "CUDNN_STATUS")


class OutOfMemory(ModelError):
    """The work did not fit."""


@contextmanager
def device_limits() -> Iterator[None]:
    """Out of memory becomes OutOfMemory; a GPU that fails, or is lost, a ModelError. Also a decorator."""
    try:
        yield
    except CefrError:
        raise
    except (RuntimeError, MemoryError) as error:
        said = str(error)
        kind = type(error).__name__  # torch before 2.8 has no AcceleratorError
        if kind in ("MemoryError", "OutOfMemoryError") or any(text in said for text in _NO_MEMORY):
            raise OutOfMemory(
                "There is not enough memory for this model and what was asked of it. Close other programs, ask for "
                "less at once, or use a smaller model."
            ) from error
        if kind == "AcceleratorError" or said.startswith(_BROKEN):
            raise ModelError(
                "The GPU has failed ({cause}), and this process cannot use it any more. Start the webui or the command "
                "again. A training continues from its last checkpoint.",
                cause=first_line(error),
            ) from error
        raise
