"""All that would make a run fail or useless, found before a model is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError
from ...exporter.records.export import check_name
from ...exporter.records.prompt import Example, Record
from .settings import TrainSettings

# Fewer than this do not even teach a model the form of an answer.
FEW_RECORDS = 50
# A larger share of records that do not fit means that the cutoff is wrong, not the records.
FEW_LONGER = 0.1

PROBLEMS = {
    "no_model": "No model is loaded. Load a Transformers model first.",
    "cannot_train": "{name} runs in {loader}, and such a model (GGUF, ExLlama, a server) cannot be trained by anybody. "
    "Load the Transformers version of the same model: a folder with config.json and .safetensors files. "
    "Writing works with the model as it is.",
    "lora_applied": "The LoRA {adapters} is applied, and a training on top would depend on it. Take it off first.",
    "portable": "This Python has no torch, transformers and peft: it is a portable build, which cannot train. Install "
    "the full webui, or train elsewhere and copy the adapter into the loras folder.",
    "multi-user": "The webui runs for several users (--multi-user), so training is off, as the webui's own is.",
    "bad_name": "{reason}",
    "name_in_use": "The adapter {name} exists. Choose another name, or tick the box that replaces it.",
    "no_dataset": "No training file is chosen. Make one in the Data pane.",
    "few_records": "{records} records are too few: a model learns the form of an answer from about {needed} on. "
    "Export more records.",
    "too_long": "{longer} of {records} records are longer than the cutoff of {cutoff} tokens and would be left out. "
    "Raise the cutoff to {longest}.",
    "slow_tokenizer": "The tokenizer of this model is a slow one, which cannot tell which tokens belong to a word. Set "
    "the weight of the words to 1.",
}


@dataclass(frozen=True)
class Problem:
    """Something that stops a run. `code` is a key of PROBLEMS, whose text `values` fill."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return PROBLEMS[self.code].format(**self.values)


def place_problems(training_off: str, state: Any, loras: Path, name: str, *, replace: bool) -> list[Problem]:
    """What is wrong with the model (a `ModelState`) and the place for the adapter."""
    found: list[Problem] = []
    if training_off:
        found.append(Problem(training_off))
    elif state.kind == "none" and not state.name:  # one that was put away keeps its name and is loaded again
        found.append(Problem("no_model"))
    elif state.kind == "answers":
        found.append(Problem("cannot_train", {"name": state.name, "loader": state.loader}))
    elif state.adapters:
        found.append(Problem("lora_applied", {"adapters": ", ".join(state.adapters)}))
    try:
        check_name(name)
        if (loras / name).exists() and not replace:
            found.append(Problem("name_in_use", {"name": name}))
    except InputError as error:
        found.append(Problem("bad_name", {"reason": str(error)}))
    return found


def data_problems(tokenizer: Any, records: Sequence[Record | Example], settings: TrainSettings) -> list[Problem]:
    """What is wrong with the records, for this tokenizer. Needs no model."""
    found = []
    if len(records) < FEW_RECORDS:
        found.append(Problem("few_records", {"records": len(records), "needed": FEW_RECORDS}))
    if settings.word_weight != 1 and not getattr(tokenizer, "is_fast", True):
        found.append(Problem("slow_tokenizer"))
    sizes = lengths(tokenizer, records)
    longer = sum(size > settings.cutoff for size in sizes) if settings.cutoff else 0
    if longer > FEW_LONGER * len(sizes):
        values = {"longer": longer, "records": len(sizes), "cutoff": settings.cutoff, "longest": max(sizes)}
        found.append(Problem("too_long", values))
    return found


def lengths(tokenizer: Any, records: Sequence[Record | Example]) -> list[int]:
    """Tokens of each record, with its end mark."""
    if not records:
        return []
    return [len(ids) + 1 for ids in tokenizer([r.text for r in records])["input_ids"]]
