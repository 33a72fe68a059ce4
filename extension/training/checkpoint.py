"""What a resumed run needs, in a folder that is whole or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, first_line
from ...exporter.common.files import atomic_folder

# Beside the adapter: the plan, and checkpoints with the optimizer's state. Gone when the run has finished.
RESUME = ".resume"
_STATE, _LAST = "state.pt", "trainer_state.json"
_KEPT = 2  # a kill while one is written leaves the other


def save_state(work: Path, step: int, state: dict[str, Any]) -> None:
    """Write `state` to `work/checkpoint-STEP`; of the older ones the newest stays."""
    import torch

    with atomic_folder(work / f"checkpoint-{step}") as part:
        torch.save(state, part / _STATE)
        (part / _LAST).write_text(json.dumps({"global_step": step}) + "\n", encoding="utf-8")
    for old in sorted(work.glob("checkpoint-*"), key=step_of)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_state(folder: Path) -> dict[str, Any]:
    """The state in `folder`. Only tensors and plain values are read, so nothing in it can run. Raises InputError."""
    import torch

    try:
        return torch.load(folder / _STATE, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch fail in many ways
        raise InputError(
            "{file} is damaged: {cause}. Delete the folder it is in, to resume from the checkpoint before.",
            file=folder / _STATE,
            cause=first_line(error),
        ) from None


def last_checkpoint(out: Path) -> Path | None:
    """The newest complete checkpoint of an unfinished run in `out`."""
    return max((p for p in out.glob(f"{RESUME}/checkpoint-*") if (p / _LAST).is_file()), key=step_of, default=None)


def step_of(folder: Path) -> int:
    """The step that the name of a folder ends in; 0 where it ends in none."""
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0
