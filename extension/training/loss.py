"""The loss on the labelled tokens of a batch, with the output head applied to those tokens alone.

Logits are by far the largest tensor of a training step: 64 records of 250 tokens over a vocabulary of 128,256 would be
8 GB in float32. So only the hidden states from which a labelled token is predicted go through the head, a piece at a
time, and the gradient of each piece is taken before the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...exporter.common.errors import ModelError
from ..models.prompt_form import pad_id
from .data import Batch, collate, encode, fitting

# Logits that exist at a time, in numbers: 512 MB in float32.
LOGITS = 1 << 27


def token_losses(model: Any, batch: Batch) -> Any:
    """Cross entropy in nats of each labelled token of `batch`, shape (labelled tokens,), float32, without gradients."""
    import torch

    with torch.no_grad():
        states = _States(model, batch)
        return torch.cat([_cross_entropy(states.logits(piece), batch.targets[piece]) for piece in states.pieces()])


def backward(model: Any, batch: Batch, scale: Any = 1.0) -> Any:
    """Add the gradients of `scale` times the weighted sum of the token losses to those that are there.

    Returns the sum of the losses without their weights, in nats, as a tensor: it says how well the model does, and
    compares with other losses.
    """
    import torch

    states = _States(model, batch)
    of_hidden = torch.empty_like(states.hidden)
    total = torch.zeros((), device=states.hidden.device)
    for piece in states.pieces():
        leaf = states.hidden.detach()[piece].requires_grad_()
        losses = _cross_entropy(states.logits(leaf), batch.targets[piece])
        ((losses * batch.weights[piece]).sum() * scale).backward()
        of_hidden[piece] = leaf.grad
        total += losses.detach().sum()
    states.hidden.backward(of_hidden)
    return total


class _States:
    """The hidden states of `model` from which the labelled tokens of `batch` are predicted: (labelled tokens, width).

    What a model does to its logits (Gemma caps them, Granite and Cohere scale them) is part of its own `forward`. So
    that is asked for the logits, while the layers answer with the hidden states that they have computed before.
    """

    def __init__(self, model: Any, batch: Batch) -> None:
        import torch

        self.causal = model.get_base_model() if hasattr(model, "get_base_model") else model
        decoder = self.causal.get_decoder()  # OPT asks a part of its base model
        self.layers = getattr(self.causal, self.causal.base_model_prefix) if decoder is self.causal else decoder
        # All ones: it hides nothing, and lets every version of transformers choose the fast causal kernel.
        seen = torch.ones_like(batch.input_ids)
        self._outputs = self.layers(input_ids=batch.input_ids, attention_mask=seen, use_cache=False)
        self.hidden = self._outputs.last_hidden_state.flatten(0, 1).index_select(0, batch.before)

    def pieces(self) -> Iterator[slice]:
        """Runs of labelled tokens whose logits are at most LOGITS numbers."""
        size = max(1, LOGITS // self.causal.get_output_embeddings().weight.shape[0])
        for start in range(0, len(self.hidden), size):
            yield slice(start, start + size)

    def logits(self, which: Any) -> Any:
        """The logits of hidden states, given as such or as a slice of all: (tokens, vocabulary)."""
        hidden = self.hidden[which] if isinstance(which, slice) else which
        with _answering(self.layers, type(self._outputs)(last_hidden_state=hidden[None])) as asked:
            ids = hidden.new_zeros((1, len(hidden)), dtype=int)
            logits = self.causal(input_ids=ids, use_cache=False).logits[0]
        if not asked:
            raise ModelError(
                "{model} cannot be trained here: its output head cannot be told from its layers. Choose another model.",
                model=type(self.causal).__name__,
            )
        return logits


@contextmanager
def _answering(module: Any, output: Any) -> Iterator[list[Any]]:
    """`module` computes nothing and answers with `output`; the list has an entry for each time it was asked."""
    own = vars(module)  # without torch's __setattr__, where an error could end this half-way
    before = own.get("forward")  # accelerate puts one there
    asked: list[Any] = []

    def answer(*args: Any, **kwargs: Any) -> Any:
        asked.append(output)
        return output

    own["forward"] = answer
    try:
        yield asked
    finally:
        if before is None:
            del own["forward"]
        else:
            own["forward"] = before


def _cross_entropy(logits: Any, targets: Any) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")


def response_loss(
    model: Any,
    tokenizer: Any,
    records: Sequence[Any],
    batch: int = 8,
    cutoff: int = 0,
    form: str = "instruct",
) -> float:
    """Mean loss per answer token over `records` of at most `cutoff` tokens, in nats; e to it is the perplexity."""
    encoded, _ = fitting(encode(tokenizer, records, form=form), cutoff)
    encoded.sort(key=lambda e: len(e["input_ids"]))
    total, tokens = 0.0, 0
    for start in range(0, len(encoded), batch):
        losses = token_losses(model, collate(encoded[start : start + batch], pad_id(tokenizer)).to(model.device))
        total += float(losses.sum())
        tokens += len(losses)
    return total / tokens if tokens else float("nan")
