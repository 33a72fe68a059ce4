"""The loss on the labelled tokens of a batch, with the output head applied to the columns that have any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..models.prompt_form import pad_id
from .data import IGNORED, collate, encode, fitting


def token_losses(model: Any, batch: dict[str, Any]) -> tuple[Any, Any]:
    """Cross entropy in nats of each labelled token of `batch`, and where they stand: a mask of shape (records, kept).

    The kept columns are the last ones of the batch. The head of a small model is a fifth of it, and most of a prompt's
    logits would be thrown away: `logits_to_keep` leaves them uncomputed.
    """
    import torch

    labels = batch["labels"]
    columns = (labels != IGNORED).any(0).nonzero()
    keep = labels.shape[1] - int(columns[0]) + 1 if len(columns) else 1
    inputs = {key: value for key, value in batch.items() if key not in ("labels", "weights")}
    logits = model(**inputs, logits_to_keep=keep, use_cache=False).logits[:, :-1]
    targets = labels[:, labels.shape[1] - logits.shape[1] :]
    chosen = targets != IGNORED
    return torch.nn.functional.cross_entropy(logits[chosen].float(), targets[chosen], reduction="none"), chosen


def summed_loss(model: Any, batch: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Over the labelled tokens of `batch`: the sum of their losses by weight, without the weights, and their number.

    The first is what a training makes smaller; the second says how well it does, and compares with other losses.
    """
    losses, chosen = token_losses(model, batch)
    weights = batch["weights"]
    weighted = losses * weights[:, weights.shape[1] - chosen.shape[1] :][chosen]
    return weighted.sum(), losses.detach().sum(), chosen.sum()


def response_loss(
    model: Any,
    tokenizer: Any,
    records: Sequence[Any],
    batch: int = 8,
    cutoff: int = 0,
    form: str = "instruct",
) -> float:
    """Mean loss per answer token over `records` of at most `cutoff` tokens, in nats; e to it is the perplexity."""
    import torch

    encoded, _ = fitting(encode(tokenizer, records, form=form), cutoff)
    encoded.sort(key=lambda e: len(e["input_ids"]))
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(encoded), batch):
            inputs = collate(encoded[start : start + batch], pad_id(tokenizer))
            _, loss, n = summed_loss(model, {k: v.to(model.device) for k, v in inputs.items()})
            total += float(loss)
            tokens += int(n)
    return total / tokens if tokens else float("nan")
