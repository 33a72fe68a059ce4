"""The same model with the adapter off and on, on records it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ...exporter.forms import uses
from ...exporter.prompt import Record, parse_answer
from ..training.loss import response_loss
from ..writing.generate import generate


@dataclass(frozen=True)
class Scores:
    """How a model answers. `loss` in nats an answer token over `records`; the rest over `lists` prompts,
    answered greedily. A list is well formed when it is n of n numbered lines and nothing else."""

    loss: float
    records: int
    lists: int
    well_formed: int
    words: int
    words_used: int

    @property
    def perplexity(self) -> float:
        return math.exp(self.loss)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "perplexity": self.perplexity}


def score(
    model: Any,
    tokenizer: Any,
    records: Sequence[Record],
    prompts: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[Scores, list[str]]:
    """Scores of `model` as it stands, and its answers to the first `prompts` of `records`."""
    asked = records[:prompts]
    # A few at a time, so that the progress is seen to move.
    answers = generate(
        model, tokenizer, [r.instruction for r in asked], [len(r.words) for r in asked], batch=8, progress=progress
    )
    well_formed = used = 0
    for record, answer in zip(asked, answers, strict=True):
        parsed = parse_answer(answer, len(record.words))
        well_formed += parsed.well_formed
        used += sum(s is not None and uses(w, s) for w, s in zip(record.words, parsed.sentences, strict=True))
    scores = Scores(
        loss=response_loss(model, tokenizer, records),
        records=len(records),
        lists=len(asked),
        well_formed=well_formed,
        words=sum(len(r.words) for r in asked),
        words_used=used,
    )
    return scores, answers


def compare(
    model: Any,
    tokenizer: Any,
    records: Sequence[Record],
    prompts: int,
    progress: Callable[[str, int, int], object] = lambda side, done, total: None,
) -> dict[str, Any]:
    """`base` and, where `model` carries an adapter, `adapter`: scores and answers of each.

    `progress` is called with which of them it is, how many answers are there, and of how many.
    """
    found: dict[str, Any] = {}
    adapted = hasattr(model, "disable_adapter")
    for name, state in (
        ("base", model.disable_adapter() if adapted else nullcontext()),
        ("adapter", nullcontext()),
    ):
        if name == "adapter" and not adapted:
            break
        with state:
            scores, answers = score(model, tokenizer, records, prompts, partial(progress, name))
        found[name] = {**scores.as_dict(), "answers": answers}
    return found


def table(found: dict[str, Any]) -> str:
    """The comparison for people."""
    names = list(found)
    first = found[names[0]]
    rows = [
        ("response loss (nats a token)", [f"{found[n]['loss']:.3f}" for n in names]),
        ("perplexity", [f"{found[n]['perplexity']:.2f}" for n in names]),
        ("well-formed lists", [f"{found[n]['well_formed']} of {found[n]['lists']}" for n in names]),
        ("words used", [f"{found[n]['words_used']} of {found[n]['words']}" for n in names]),
    ]
    head = f"{'':<30}" + "".join(f"{n:>16}" for n in names)
    body = ["".join([f"{label:<30}", *(f"{cell:>16}" for cell in cells)]) for label, cells in rows]
    note = f"Loss over {first['records']} records; lists and words over {first['lists']} prompts, greedy decoding."
    return "\n".join([head, *body, note])
