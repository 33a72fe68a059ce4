"""A full memory or disk, as a sentence for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...exporter.common.errors import CefrError, Option
from ...exporter.common.files import target_error
from ..models.limits import OutOfMemory, device_limits
from .settings import TrainSettings

# torch.save, at the write and when it closes the file; the tokenizers' writer
_DISK_FULL = ("PytorchStreamWriter", "unexpected pos", "iostream error", "os error 28", "No space left on device")


@contextmanager
def limits(settings: TrainSettings, out: Path) -> Iterator[None]:
    """torch's errors of a full memory or disk, or of a GPU that has failed, become a ModelError, or a TargetError about
    `out`."""
    from safetensors import SafetensorError

    try:
        with device_limits():
            yield
    except OutOfMemory as error:
        raise OutOfMemory(
            "There is not enough memory for {records} records at a time with rank {rank}. Set {option} to {half} (the "
            "result is the same), or close other programs.",
            records=settings.at_once,
            rank=settings.rank,
            option=Option("micro_batch"),
            half=max(1, settings.at_once // 2),
        ) from error
    except CefrError:
        raise
    except Exception as error:
        if isinstance(error, (OSError, SafetensorError)):
            raise target_error(out, error) from error
        if any(text in str(error) for text in _DISK_FULL):
            raise target_error(out, OSError(errno.ENOSPC, "")) from error
        raise
