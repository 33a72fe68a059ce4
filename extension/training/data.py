"""Records into token ids, and token ids into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.language.forms import spans
from ...exporter.records.prompt import Example, Record
from ..models.prompt_form import closing, prompts_ids

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
            answer.append(tokenizer.eos_token_id)
            weights.append(1.0)
        labels = ([IGNORED] * len(prompt) if loss_on == "answer" else prompt) + answer
        labels[0] = IGNORED  # nothing stands before it that could tell it
        found.append({"input_ids": prompt + answer, "labels": labels, "weights": [1.0] * len(prompt) + weights})
    return found


def _word_characters(record: Record | Example) -> set[int]:
    """The characters of the answer that belong to a requested word in its own sentence."""
    found: set[int] = set()
    at = 0
    for number, (word, sentence) in enumerate(zip(record.words, record.sentences, strict=True), 1):
        at += len(f"{number}. ")
        for start, end in spans(word, sentence):
            found.update(range(at + start, at + end))
        at += len(sentence) + 1
    return found


def fitting(encoded: Sequence[Encoded], cutoff: int) -> tuple[list[Encoded], int]:
    """Those of at most `cutoff` tokens (0: all), and how many are longer. No record is ever cut."""
    kept = [e for e in encoded if not cutoff or len(e["input_ids"]) <= cutoff]
    return kept, len(encoded) - len(kept)


def collate(batch: Sequence[Encoded], pad_id: int) -> dict[str, Any]:
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
