"""A second, larger model that is asked of each accepted sentence whether it should be printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .sheet import SheetRow

if TYPE_CHECKING:
    from ..models.asking import Reply
    from ..models.server import Server

RUBRIC = """Would you print this sentence in a course book, as the example for the {what} at level {level}? \
Say no if it is odd, ungrammatical, untrue or makes no sense, or if the word has another meaning than usual.

{sentence}

Answer with one word, yes or no."""
SURE = 0.5  # probability of a yes

# The probability with which each of some questions is answered with yes; None where there is no answer.
Critic = Callable[[Sequence[str]], list[float | None]]


def criticised(rows: Sequence[SheetRow], levels: Sequence[str], critic: Critic) -> list[SheetRow]:
    """`rows`, each written for its level, of which the accepted ones are doubtful where the critic does not say yes."""
    asked = [question(row, level) for row, level in zip(rows, levels, strict=True) if row.accepted]
    answers = iter(critic(asked))
    return [_judged(row, next(answers)) if row.accepted else row for row in rows]


def question(row: SheetRow, level: str) -> str:
    what = f"{row.pos or 'word'} “{row.entry.headword}”"
    return RUBRIC.format(what=what, level=level, sentence=row.sentence)


def _judged(row: SheetRow, yes: float | None) -> SheetRow:
    return replace(row, printable=yes, doubtful=yes is None or yes < SURE)


def model_critic(model: Any, tokenizer: Any) -> Critic:
    """The critic that a Transformers model is, asked in its own chat template where it has one."""
    from ...exporter.records.prompt import Example, wrap
    from ..training.likelihood import record_losses

    chat = bool(getattr(tokenizer, "chat_template", None))

    def critic(questions: Sequence[str]) -> list[float | None]:
        asked = [Example(wrap(question), word) for question in questions for word in ("Yes", "No")]
        nats = [nats for nats, _ in record_losses(model, tokenizer, asked, "chat" if chat else "instruct")]
        return [1 / (1 + math.exp(min(50.0, yes - no))) for yes, no in zip(nats[::2], nats[1::2], strict=True)]

    return critic


def server_critic(server: Server) -> Critic:
    """The critic behind a server. One that tells no probabilities is sure of what it says."""

    def critic(questions: Sequence[str]) -> list[float | None]:
        return [_yes(reply) for reply in server.say(questions)]

    return critic


def _yes(reply: Reply) -> float | None:
    said = reply.text.strip().lower()
    sure = math.exp(min(0.0, *reply.fluency)) if reply.fluency else 1.0
    return sure if said.startswith("yes") else 1 - sure if said.startswith("no") else None
