"""The entries of a run as TensorBoard reads them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError
from ...exporter.common.files import target_error

FOLDER = "tensorboard"
_NAMES = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/grad_norm",
    "eval_loss": "eval/loss",
}


class Board:
    """Writes what `add` is given into event files in `folder`. After a `resume` event, later steps are written anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer = _writer(folder)

    def add(self, entry: dict[str, Any]) -> None:
        """One entry of the log, as it goes into run.jsonl. Raises TargetError: the folder cannot be written."""
        try:
            if entry.get("event") == "resume":
                self._writer.close()
                self._writer = _writer(self.folder, purge_step=entry["step"] + 1)
            step = entry.get("current_steps")
            for key, tag in _NAMES.items():
                if step is not None and key in entry:
                    self._writer.add_scalar(tag, entry[key], step, walltime=entry.get("time"))
            if step is not None and "eval_loss" in entry and entry["eval_loss"] < math.log(1e30):
                self._writer.add_scalar("eval/perplexity", math.exp(entry["eval_loss"]), step, entry.get("time"))
            if "eval_loss" in entry or "event" in entry:  # now and then, so that a page beside the run sees it
                self._writer.flush()
        except OSError as error:
            raise target_error(self.folder, error) from error

    def close(self) -> None:
        self._writer.close()


def board(out: Path) -> Board:
    """A board in `out/tensorboard`; look at it with `tensorboard --logdir`.

    Raises:
        ModelError: tensorboard is not installed.
        TargetError: the folder cannot be written.
    """
    return Board(out / FOLDER)


def check_tensorboard() -> None:
    """Raises ModelError when there can be no board: for before a run. Imports torch."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: F401
    except ImportError:
        raise ModelError(
            "TensorBoard's files need the package tensorboard, which is not installed: pip install tensorboard. "
            "Without it, run.jsonl and the plots say the same."
        ) from None


def _writer(folder: Path, purge_step: int | None = None) -> Any:
    check_tensorboard()
    from torch.utils.tensorboard import SummaryWriter

    try:
        return SummaryWriter(str(folder), purge_step=purge_step)
    except OSError as error:
        raise target_error(folder, error) from error
