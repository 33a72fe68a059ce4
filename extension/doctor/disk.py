"""Space on the disk and in memory, against what a run by our recipes needs."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ...exporter.common.memory import free_disk, free_memory, gigabytes
from ...exporter.common.webui import Webui
from ..models.weights import shapes
from ..training.projections import ALL, PROJECTIONS
from ..training.settings import TrainSettings
from .finding import Finding, listed, note, ok, problem
from .models import model_folders

# A trained number takes four bytes; Adam keeps two more numbers for it, and its gradient is a fourth in training.
_NUMBER = 4
_ADAM = 2 * _NUMBER
# Training keeps two checkpoints to resume from; a third is written before the oldest is deleted.
_RESUMABLE = 3
_NO_LAYER = re.compile("embed|lm_head|wte|wpe")
_SMALL = 200_000_000  # bytes that any run and export may take besides


def settings() -> TrainSettings:
    """The recipe with the most copies of the adapter; all have the same rank and projections."""
    from ...exporter.language.levels import TRAINABLE
    from ..recipes import recipe

    try:
        return max((recipe(level).settings for level in TRAINABLE), key=lambda s: s.epochs)
    except ImportError:  # pyyaml, which the check of the packages reports
        return TrainSettings(level="A1")


def trained(weights: Mapping[str, tuple[int, ...]], run: TrainSettings) -> int:
    """How many numbers a LoRA by `run` trains in a model with `weights` (name -> shape).

    A layer with a matrix of n x m numbers has r * (n + m) of them. With all projections, what is neither an
    embedding nor the head counts as a layer.
    """
    every = ALL in run.projections
    endings = (".weight",) if every else tuple(f".{PROJECTIONS[p]}.weight" for p in run.projections)
    return run.rank * sum(
        sum(shape)
        for name, shape in weights.items()
        if len(shape) == 2 and name.endswith(endings) and not (every and _NO_LAYER.search(name))
    )


def disk_need(numbers: int, run: TrainSettings) -> int:
    """Bytes that a run leaves, or needs at its fullest: the adapter, its copies, and the checkpoints to resume from."""
    copies = 1 + int(run.epochs) * (run.save == "epoch")
    return numbers * (_NUMBER * copies + (_NUMBER + _ADAM) * _RESUMABLE) + _SMALL


def _models(webui: Webui, run: TrainSettings) -> Iterator[tuple[str, int, int]]:
    """Name, parameters and trained numbers of every Transformers model that tells."""
    for folder in model_folders(webui):
        try:
            weights = {name: s for file in folder.glob("*.safetensors") for name, s in shapes(file).items()}
        except (OSError, ValueError):  # what is wrong with it, the check of the models reports
            continue
        if numbers := trained(weights, run):
            yield folder.name, sum(map(math.prod, weights.values())), numbers


def look_at_disk(webui: Webui) -> Iterator[Finding]:
    run = settings()
    place = next((p for p in (webui.loras, webui.user_data) if p.is_dir()), webui.root)
    free = free_disk(place)
    model, _, numbers = max(_models(webui, run), key=lambda m: m[2], default=("", 0, 0))
    needed = disk_need(numbers, run)
    values = {"place": place, "free": gigabytes(free), "needed": gigabytes(needed), "rank": run.rank, "model": model}
    if free < needed:
        yield problem(
            "{place} has {free} free, and a run of rank {rank} on {model} takes up to {needed}."
            if model
            else "{place} has {free} free, and an export and a run on a small model take up to {needed}.",
            "It would stop when the disk is full; what it saved before that is kept.",
            "Free some space, or move the folder to another disk with --lora-dir.",
            values,
        )
    else:
        yield ok(
            "{place} has {free} free; a run of rank {rank} on {model} takes up to {needed}."
            if model
            else "{place} has {free} free; an export and a run on a small model take up to {needed}.",
            values,
        )
    if not os.access(place, os.W_OK):
        yield problem(
            "You may not write to {place}.",
            "No adapter can be saved there.",
            "Change its permissions, or start the webui as the user it belongs to.",
            {"place": place},
        )


def look_at_memory(webui: Webui) -> Iterator[Finding]:
    free, of_gpu = _memory()
    if not free:
        yield note("How much memory is free could not be determined.", "The tab measures it.")
        return
    each = 2 if of_gpu else 4  # bytes of a parameter: bfloat16 there, float32 here
    needs = {name: p * each + n * (2 * _NUMBER + _ADAM) for name, p, n in _models(webui, settings())}
    large = [f"{name} ({gigabytes(need)})" for name, need in needs.items() if need > free]
    if large:
        say = problem if len(large) == len(needs) else note
        yield say(
            "{free} of the GPU's memory are free. Training needs more for: {models}."
            if of_gpu
            else "{free} of memory are free. Training needs more for: {models}.",
            "Training stops for lack of memory, or becomes too slow to be of use.",
            "Close other programs or unload the model; otherwise use a smaller one.",
            {"free": gigabytes(free), "models": listed(large)},
        )
    else:
        yield ok(
            "{free} of the GPU's memory are free; the models that are here need up to {most} and the batches."
            if of_gpu
            else "{free} of memory are free; the models that are here need up to {most} and the batches.",
            {"free": gigabytes(free), "most": gigabytes(max(needs.values(), default=0))},
        )


def _memory() -> tuple[int, bool]:
    """Free memory in bytes, and whether it is that of a GPU. 0: not known."""
    torch: Any = sys.modules.get("torch")  # the check of the GPU has imported it where it can be
    try:
        if torch is not None and torch.cuda.is_available():
            return int(torch.cuda.mem_get_info()[0]), True
    except (RuntimeError, AttributeError):
        pass
    return free_memory() or 0, False
