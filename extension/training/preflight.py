"""Everything that would make a run fail or useless, found before a model is touched."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.common.shell import PIP
from ...exporter.records.names import check_name
from ...exporter.records.prompt import Example, Record
from .settings import SETTINGS, TrainSettings

# Fewer than this do not even teach a model the form of an answer.
FEW_RECORDS = 50
# A larger share of records that do not fit means that the cutoff is wrong, not the records.
FEW_LONGER = 0.1

# Why a run cannot start, by a name that does not change with the words. A host's `training_off` is one of them.
PROBLEMS = {
    "no_model": "No model is loaded. Load a Transformers model first.",
    "cannot_train": "{name} runs in {loader}, and such a model (GGUF, ExLlama, a server) cannot be trained in the "
    "webui. Load the Transformers version of the same model: a folder with config.json and .safetensors files. "
    "Writing works with the model as it is.",
    "lora_applied": "The LoRA {adapters} is applied, and a training on top would depend on it. Take it off first.",
    "portable": "This Python has no torch, transformers and peft: it is a portable build, which cannot train. Install "
    "the full webui, or train elsewhere and use the merged model here as a GGUF.",
    "multi-user": "The webui runs for several users (--multi-user), so training is off, as the webui's own is.",
    "name_in_use": "The adapter {name} exists. Choose another name, or tick the box that replaces it.",
    "no_dataset": "No training file is chosen. Make one in the Data pane.",
    "few_records": "{records} records are too few: a model needs about {needed} to learn the form of an answer. "
    "Export more records.",
    "too_long": "{longer} of {records} records are longer than the cutoff of {cutoff} tokens and would be left out. "
    "Raise {setting} to {longest}.",
    "slow_tokenizer": "The tokenizer of this model is a slow one, which cannot tell which tokens belong to a word. Set "
    "{setting} to 1.",
    "needs_package": "{setting} {value} needs the package {package}, which is not installed. Install it, or choose "
    "another value: {pip} {package}",
}


def problem(code: str, /, **values: Any) -> Problem:
    """The problem called `code` in PROBLEMS."""
    return Problem(PROBLEMS[code], values)


def place_problems(training_off: str, state: Any, loras: Path, name: str, *, replace: bool) -> list[Problem]:
    """What is wrong with the model (a `ModelState`) and the place for the adapter."""
    problems: list[Problem] = []
    if training_off:
        problems.append(problem(training_off))
    elif state.kind == "none" and not state.name:  # one that was unloaded keeps its name and is loaded again
        problems.append(problem("no_model"))
    elif state.kind == "answers":
        problems.append(problem("cannot_train", name=state.name, loader=state.loader))
    elif state.adapters:
        problems.append(problem("lora_applied", adapters=", ".join(state.adapters)))
    try:
        check_name(name)
        if (loras / name).exists() and not replace:
            problems.append(problem("name_in_use", name=name))
    except InputError as error:
        problems += error.problems
    return problems


def data_problems(tokenizer: Any, records: Sequence[Record | Example], settings: TrainSettings) -> list[Problem]:
    """What is wrong with the records, for this tokenizer, and with what the settings need. Needs no model."""
    problems = package_problems(settings)
    if len(records) < FEW_RECORDS:
        problems.append(problem("few_records", records=len(records), needed=FEW_RECORDS))
    if settings.word_weight != 1 and not getattr(tokenizer, "is_fast", True):
        problems.append(problem("slow_tokenizer", setting=Option("word_weight")))
    sizes = lengths(tokenizer, records)
    longer = sum(size > settings.cutoff for size in sizes) if settings.cutoff else 0
    if longer > FEW_LONGER * len(sizes):
        values = {"longer": longer, "records": len(sizes), "cutoff": settings.cutoff, "longest": max(sizes)}
        problems.append(problem("too_long", setting=Option("cutoff"), **values))
    return problems


def package_problems(settings: TrainSettings) -> list[Problem]:
    """The packages that the settings need and that are not installed."""
    problems = []
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        package = setting.needs.get(value) if isinstance(value, str) else None
        if package and find_spec(package) is None:
            problems.append(problem("needs_package", setting=Option(name), value=value, package=package, pip=PIP))
    return problems


def lengths(tokenizer: Any, records: Sequence[Record | Example]) -> list[int]:
    """Tokens of each record, with its end mark."""
    if not records:
        return []
    return [len(ids) + 1 for ids in tokenizer([r.text for r in records])["input_ids"]]
