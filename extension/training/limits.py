"""A full memory or disk, as a sentence for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...exporter.common.errors import CefrError, ModelError, Option
from ...exporter.common.files import target_error
from .settings import TrainSettings

_NO_MEMORY = ("not enough memory", "can't allocate memory")  # the CPU's
# torch.save, at the write and when it closes the file; the tokenizers' writer
_DISK_FULL = ("PytorchStreamWriter", "unexpected pos", "iostream error", "os error 28", "No space left on device")


class OutOfMemory(ModelError):
    """The batch did not fit."""


@contextmanager
def limits(settings: TrainSettings, out: Path) -> Iterator[None]:
    """What a full memory or disk is to torch becomes a ModelError or a TargetError about `out`."""
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except CefrError:
        raise
    except Exception as error:
        said = str(error)
        if isinstance(error, torch.cuda.OutOfMemoryError) or any(text in said for text in _NO_MEMORY):
            raise _no_memory(settings) from error
        if isinstance(error, (OSError, SafetensorError)):
            raise target_error(out, error) from error
        if any(text in said for text in _DISK_FULL):
            raise target_error(out, OSError(errno.ENOSPC, "")) from error
        raise


def _no_memory(settings: TrainSettings) -> OutOfMemory:
    return OutOfMemory(
        "There is not enough memory for {records} records at a time with rank {rank}. Set {option} to {half} (the "
        "result is the same), or close other programs.",
        records=settings.at_once,
        rank=settings.rank,
        option=Option("micro_batch"),
        half=max(1, settings.at_once // 2),
    )
