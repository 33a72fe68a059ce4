"""A full memory or disk, as a sentence for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...exporter.common.errors import ModelError, Option
from ...exporter.common.files import target_error
from .settings import TrainSettings


class OutOfMemory(ModelError):
    """The batch did not fit."""


@contextmanager
def limits(settings: TrainSettings, out: Path) -> Iterator[None]:
    """What a full memory or disk is to torch becomes a ModelError or a TargetError about `out`."""
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise _no_memory(settings) from error
    except (OSError, SafetensorError) as error:
        raise target_error(out, error) from error
    except RuntimeError as error:
        if "not enough memory" in str(error) or "can't allocate memory" in str(error):  # the CPU's
            raise _no_memory(settings) from error
        if "PytorchStreamWriter" in str(error):  # torch.save on a full disk
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
