"""Records into token ids, and token ids into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...exporter.common.errors import InputError
from ...exporter.language.entry import Entry
from ...exporter.records.prompt import Example, Record
from ..models.prompt_form import closing, end_id, prompts_ids
from .settings import TrainSettings

IGNORED = -100  # torch's cross entropy leaves such labels out

# `input_ids`, `labels` and `weights` of a record, all of one length.
Encoded = dict[str, list[Any]]


def encode(
    tokenizer: Any,
    records: Sequence[Record | Example],
    *,
    word_weight: float = 1.0,
    form: str = "instruct",
    loss_on: str = "answer",
) -> list[Encoded]:
    """Each record with one end mark; the answer and the mark are labelled, with `loss_on` "all" the prompt too.

    The tokens of each requested word, where its own sentence has them, weigh `word_weight`, the others 1.
    """
    if not records:  # which some tokenizers do not take
        return []
    weigh = word_weight != 1
    prompts = prompts_ids(tokenizer, records, form)
    ends = [closing(tokenizer, record, form) for record in records]
    texts = [record.output + end for record, end in zip(records, ends, strict=True)]
    answers = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=weigh)
    found = []
    for i, record in enumerate(records):
        prompt, answer = prompts[i], list(answers["input_ids"][i])
        weights = [1.0] * len(answer)
        if weigh and record.words:
            heavy = _word_characters(record)
            weights = [
                word_weight if any(c in heavy for c in range(*span)) else 1.0 for span in answers["offset_mapping"][i]
            ]
        if not ends[i]:
            answer.append(end_id(tokenizer))
            weights.append(1.0)
        labels = ([IGNORED] * len(prompt) if loss_on == "answer" else prompt) + answer
        labels[0] = IGNORED  # nothing before it could tell it
        found.append({"input_ids": prompt + answer, "labels": labels, "weights": [1.0] * len(prompt) + weights})
    return found


def _word_characters(record: Record | Example) -> set[int]:
    """The characters of the answer that belong to a requested word in its own sentence."""
    found: set[int] = set()
    at = 0
    for number, (word, sentence) in enumerate(zip(record.words, record.sentences, strict=True), 1):
        at += len(f"{number}. ")
        for start, end in Entry.parse(word).spans(sentence):
            found.update(range(at + start, at + end))
        at += len(sentence) + 1
    return found


def fitting(encoded: Sequence[Encoded], cutoff: int) -> tuple[list[Encoded], int]:
    """Those of at most `cutoff` tokens (0: all), and how many are longer. No record is ever cut."""
    kept = [e for e in encoded if not cutoff or len(e["input_ids"]) <= cutoff]
    return kept, len(encoded) - len(kept)


def encoded_records(
    tokenizer: Any, records: Sequence[Record | Example], settings: TrainSettings
) -> tuple[list[Encoded], int]:
    """The records that fit the cutoff as token ids, and how many do not. Raises InputError when none does."""
    everything = encode(
        tokenizer,
        records,
        word_weight=settings.word_weight,
        form=settings.form,
        loss_on=settings.loss_on,
    )
    encoded, longer = fitting(everything, settings.cutoff)
    if not encoded:
        raise InputError(
            "All {records} records are longer than the cutoff of {cutoff} tokens. Raise the cutoff.",
            records=longer,
            cutoff=settings.cutoff,
        )
    return encoded, longer


@dataclass(frozen=True)
class Batch:
    """Records as tensors, padded on the right.

    A causal model cannot see what is to the right of a token, so padding there changes nothing for the real tokens and
    needs no mask. (Padding on the left does, and the backward pass of cuDNN's attention returns NaN for the rows that
    such a mask empties.)

    `input_ids` has the shape (records, longest record). The other three have one entry for each labelled token:
    `before` is the position in front of it, from which it is predicted, counted through all rows; `targets` its id;
    `weights` how much it counts.
    """

    input_ids: Any
    before: Any
    targets: Any
    weights: Any

    def to(self, device: Any) -> Batch:
        """The same on `device`."""
        moved = (t.to(device, non_blocking=True) for t in (self.input_ids, self.before, self.targets, self.weights))
        return Batch(*moved)

    @property
    def records(self) -> Any:
        """The row of each labelled token."""
        return self.before // self.input_ids.shape[1]


def collate(batch: Sequence[Encoded], pad_id: int) -> Batch:
    """`batch` as tensors."""
    import numpy as np
    import torch

    longest = max(len(e["input_ids"]) for e in batch)
    ids = np.full((len(batch), longest), pad_id, dtype=np.int64)
    before, targets, weights = [], [], []
    for row, record in enumerate(batch):
        ids[row, : len(record["input_ids"])] = record["input_ids"]
        labels = np.asarray(record["labels"], dtype=np.int64)
        labelled = np.flatnonzero(labels != IGNORED)
        before.append(labelled + (row * longest - 1))
        targets.append(labels[labelled])
        weights.append(np.asarray(record["weights"], dtype=np.float32)[labelled])
    return Batch(*(torch.from_numpy(a) for a in (ids, *map(np.concatenate, (before, targets, weights)))))


def labelled_tokens(encoded: Sequence[Encoded]) -> int:
    """How many tokens of these records are learned."""
    return sum(label != IGNORED for e in encoded for label in e["labels"])
