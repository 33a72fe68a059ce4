"""Records into token ids, and token ids into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.forms import spans
from ...exporter.prompt import Record, wrap

IGNORED = -100  # torch's cross entropy leaves such labels out


def prompt_ids(tokenizer: Any, instruction: str) -> list[int]:
    """What the model reads before it answers: the same ids in training, evaluation and use.

    The tokenizer adds its beginning mark if it has one; an end mark that it would add is taken off again.
    """
    ids = list(tokenizer(wrap(instruction))["input_ids"])
    while ids and ids[-1] == tokenizer.eos_token_id:
        ids.pop()
    return ids


def encode(tokenizer: Any, record: Record, word_weight: float = 1.0) -> dict[str, list[Any]]:
    """`input_ids`, `labels` and `weights` of one record; only the answer and one end mark are labelled.

    The tokens of each requested word, where its own sentence has them, weigh `word_weight`, the others 1.
    """
    prompt = prompt_ids(tokenizer, record.instruction)
    encoded = tokenizer(record.output, add_special_tokens=False, return_offsets_mapping=word_weight != 1)
    answer = [*encoded["input_ids"], tokenizer.eos_token_id]
    weights = [1.0] * len(answer)
    if word_weight != 1:
        heavy = _word_characters(record)
        for i, (start, end) in enumerate(encoded["offset_mapping"]):
            if any(c in heavy for c in range(start, end)):
                weights[i] = word_weight
    return {
        "input_ids": prompt + answer,
        "labels": [IGNORED] * len(prompt) + answer,
        "weights": [0.0] * len(prompt) + weights,
    }


def _word_characters(record: Record) -> set[int]:
    """The characters of the answer that belong to a requested word in its own sentence."""
    found: set[int] = set()
    at = 0
    for number, (word, sentence) in enumerate(zip(record.words, record.sentences, strict=True), 1):
        at += len(f"{number}. ")
        for start, end in spans(word, sentence):
            found.update(range(at + start, at + end))
        at += len(sentence) + 1
    return found


def encode_all(
    tokenizer: Any, records: Sequence[Record], cutoff: int, word_weight: float = 1.0
) -> tuple[list[dict[str, list[Any]]], int]:
    """The encoded records of at most `cutoff` tokens, and how many were longer. No record is ever cut."""
    encoded = [encode(tokenizer, record, word_weight) for record in records]
    kept = [e for e in encoded if len(e["input_ids"]) <= cutoff]
    return kept, len(encoded) - len(kept)


def collate(batch: Sequence[dict[str, list[Any]]], pad_id: int) -> dict[str, Any]:
    """A batch as tensors of shape (records, longest record).

    Padded on the left, so that all answers end in the last column and the output head is needed for the
    last columns only. Padding is masked and never labelled; positions count from the first real token.
    """
    import torch

    longest = max(len(e["input_ids"]) for e in batch)

    def padded(key: str, value: float) -> torch.Tensor:
        return torch.tensor([[value] * (longest - len(e[key])) + e[key] for e in batch])

    mask = torch.tensor([[0] * (longest - len(e["input_ids"])) + [1] * len(e["input_ids"]) for e in batch])
    return {
        "input_ids": padded("input_ids", pad_id),
        "labels": padded("labels", IGNORED),
        "weights": padded("weights", 0.0),
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
    }


def pad_id(tokenizer: Any) -> int:
    """Any id will do, since padding is masked and never labelled; the tokenizer's own where it has one."""
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
