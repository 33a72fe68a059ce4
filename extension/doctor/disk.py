"""Room on the disk and in memory, against what a run by our recipe needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from ...exporter.common.memory import free_disk, free_memory
from ...exporter.common.webui import Webui
from ..models.weights import read_header
from ..training.settings import TrainSettings
from .finding import Finding, listed, size
from .models import model_folders, read_json

# A trained number is kept in four bytes; Adam has two more of it, and a gradient is a fourth while it trains.
_NUMBER = 4
_ADAM = 2 * _NUMBER
# transformers.Trainer keeps two checkpoints to resume from; a third is written before the oldest goes.
_RESUMABLE = 3
_SMALL = 200_000_000  # bytes that any run and export may take beside


def settings() -> TrainSettings:
    """The recipe with the most copies of the adapter; all have the same rank and projections."""
    from ...exporter.language.levels import TRAINABLE
    from ..recipes import recipe

    try:
        return max((recipe(level).settings for level in TRAINABLE), key=lambda s: s.epochs)
    except ImportError:  # pyyaml, which look_at_packages misses
        return TrainSettings(level="A1")


def trained(config: dict[str, Any], run: TrainSettings) -> int | None:
    """How many numbers a LoRA by `run` trains in a model with this config.json; None when it does not say.

    A layer from n to m has r * (n + m) of them. The widths are those of Llama-like models.
    """
    try:
        width, layers, heads = (int(config[k]) for k in ("hidden_size", "num_hidden_layers", "num_attention_heads"))
        head = int(config.get("head_dim") or width // heads)
        keys = head * int(config.get("num_key_value_heads") or heads)
        inner = int(config.get("intermediate_size") or 4 * width)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    asked = head * heads
    ends = {
        "q": width + asked,
        "k": width + keys,
        "v": width + keys,
        "o": asked + width,
        "gate": width + inner,
        "up": width + inner,
        "down": inner + width,
    }
    return layers * run.rank * sum(ends[p] for p in run.projections)


def disk_need(numbers: int, run: TrainSettings) -> int:
    """Bytes that a run leaves or needs at its fullest: the adapter, its copies, and what it can be resumed from."""
    copies = 1 + int(run.epochs) * (run.save == "epoch")
    return numbers * (_NUMBER * copies + (_NUMBER + _ADAM) * _RESUMABLE) + _SMALL


def _models(webui: Webui) -> Iterator[tuple[str, int, int]]:
    """Name, parameters and trained numbers of every Transformers model whose files say so."""
    run = settings()
    for folder in model_folders(webui):
        try:
            numbers = trained(read_json(folder / "config.json"), run)
            parameters = sum(t.numbers for file in folder.glob("*.safetensors") for t in read_header(file))
        except (OSError, ValueError):  # what is wrong with it, models.look says
            continue
        if numbers and parameters:
            yield folder.name, parameters, numbers


def look_at_disk(webui: Webui) -> Iterator[Finding]:
    run = settings()
    place = next((p for p in (webui.loras, webui.user_data) if p.is_dir()), webui.root)
    free = free_disk(place)
    largest = max(_models(webui), key=lambda m: m[2], default=None)
    needed = disk_need(largest[2], run) if largest else _SMALL
    about = f"a run of rank {run.rank} on {largest[0]}" if largest else "an export and a run on a small model"
    if free < needed:
        yield Finding(
            "disk",
            "problem",
            f"{place} has {size(free)} free, and {about} takes up to {size(needed)}.",
            "It would stop when the disk is full; what it had saved before stays.",
            "Free some room, or move the folder to another disk with --lora-dir.",
        )
    else:
        yield Finding("disk", "ok", f"{place} has {size(free)} free; {about} takes up to {size(needed)}.")
    if not os.access(place, os.W_OK):
        yield Finding(
            "disk",
            "problem",
            f"{place} cannot be written by you.",
            "No adapter can be saved there.",
            "Change its permissions, or start the webui as the user it belongs to.",
        )


def look_at_memory(webui: Webui) -> Iterator[Finding]:
    free, of_gpu = _memory()
    if not free:
        yield Finding("memory", "note", "How much memory is free could not be found out.", "The tab measures it.")
        return
    place = "of the GPU's memory" if of_gpu else "of memory"
    each = 2 if of_gpu else 4  # bytes of a parameter: bfloat16 there, float32 here
    needs = {n: p * each + t * (2 * _NUMBER + _ADAM) for n, p, t in _models(webui)}
    large = {name: need for name, need in needs.items() if need > free}
    if large:
        yield Finding(
            "memory",
            "problem" if len(large) == len(needs) else "note",
            f"{size(free)} {place} are free. More is needed to train "
            + listed(f"{name} ({size(need)} at least)" for name, need in large.items())
            + ".",
            "Training stops for want of memory, or slows down beyond use.",
            "Close other programs or unload the model; otherwise take a smaller one.",
        )
    else:
        enough = f"; {max(needs.values()) / 1e9:,.1f} GB and the batches are the most that is needed" if needs else ""
        yield Finding("memory", "ok", f"{size(free)} {place} are free{enough}.")


def _memory() -> tuple[int, bool]:
    """Free memory in bytes, and whether it is that of a GPU. 0: not known."""
    torch: Any = sys.modules.get("torch")  # look_at_gpu has imported it where it can be
    try:
        if torch is not None and torch.cuda.is_available():
            return int(torch.cuda.mem_get_info()[0]), True
    except (RuntimeError, AttributeError):
        pass
    return free_memory() or 0, False
