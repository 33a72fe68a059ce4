"""Records into token ids, and token ids into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def encode(tokenizer: Any, record: Record) -> dict[str, list[int]]:
    """`input_ids` and `labels` of one record; only the answer and one end mark are labelled."""
    prompt = prompt_ids(tokenizer, record.instruction)
    answer = [*tokenizer(record.output, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    return {"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer}


def encode_all(tokenizer: Any, records: Sequence[Record], cutoff: int) -> tuple[list[dict[str, list[int]]], int]:
    """The encoded records of at most `cutoff` tokens, and how many were longer. No record is ever cut."""
    encoded = [encode(tokenizer, record) for record in records]
    kept = [e for e in encoded if len(e["input_ids"]) <= cutoff]
    return kept, len(encoded) - len(kept)


def collate(batch: Sequence[dict[str, list[int]]], pad_id: int) -> dict[str, Any]:
    """A batch as tensors of shape (records, longest record).

    Padded on the left, so that all answers end in the last column and the output head is needed for the
    last columns only. Padding is masked and never labelled; positions count from the first real token.
    """
    import torch

    longest = max(len(e["input_ids"]) for e in batch)

    def padded(key: str, value: int) -> torch.Tensor:
        return torch.tensor([[value] * (longest - len(e[key])) + e[key] for e in batch])

    mask = torch.tensor([[0] * (longest - len(e["input_ids"])) + [1] * len(e["input_ids"]) for e in batch])
    return {
        "input_ids": padded("input_ids", pad_id),
        "labels": padded("labels", IGNORED),
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
    }


def pad_id(tokenizer: Any) -> int:
    """Any id will do, since padding is masked and never labelled; the tokenizer's own where it has one."""
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
