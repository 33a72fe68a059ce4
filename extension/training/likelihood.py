"""How probable a model finds texts, a text at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...exporter.records.prompt import Example, Record
from ..models.capacity import tokens_at_once
from ..models.prompt_form import pad_id
from .data import IGNORED, collate, encode
from .loss import token_losses


def record_losses(
    model: Any,
    tokenizer: Any,
    records: Sequence[Record | Example],
    prompt_form: str = "instruct",
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[tuple[float, int]]:
    """The summed loss on the answer of each record in nats, and its number of tokens.

    `progress` is called before each batch: an error raised in it ends the work.
    """
    return _losses(model, tokenizer, encode(tokenizer, records, form=prompt_form), progress)


def sentence_losses(
    model: Any,
    tokenizer: Any,
    sentences: Sequence[str],
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[tuple[float, int]]:
    """The summed loss of each sentence in nats, and its number of tokens, each as a line of its own.

    It follows a line end and, where the tokenizer has one, its beginning-of-text token: a model needs something to
    continue, and so the first word counts too.
    """
    before = list(tokenizer("\n")["input_ids"])
    while before and before[-1] == tokenizer.eos_token_id:
        before.pop()
    encoded = []
    for sentence in sentences:
        ids = list(tokenizer(sentence, add_special_tokens=False)["input_ids"])
        n = len(before)
        encoded.append(
            {"input_ids": before + ids, "labels": [IGNORED] * n + ids, "weights": [0.0] * n + [1.0] * len(ids)}
        )
    return _losses(model, tokenizer, encoded, progress)


def _losses(
    model: Any,
    tokenizer: Any,
    encoded: Sequence[dict[str, list[Any]]],
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[tuple[float, int]]:
    import torch

    most = tokens_at_once(model)
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]["input_ids"]))
    results = [(0.0, 0)] * len(encoded)
    start = 0
    while start < len(order):
        progress(start, len(order))
        end = start + 1
        while end < len(order) and (end + 1 - start) * len(encoded[order[end]]["input_ids"]) <= most:
            end += 1
        rows = order[start:end]
        start = end
        batch = collate([encoded[i] for i in rows], pad_id(tokenizer)).to(model.device)
        losses = token_losses(model, batch)
        summed = torch.zeros(len(rows), device=losses.device).index_add_(0, batch.records, losses)
        counted = torch.bincount(batch.records, minlength=len(rows))
        for i, nats, tokens in zip(rows, summed.tolist(), counted.tolist(), strict=True):
            results[i] = (nats, tokens)
    progress(len(order), len(order))
    return results
