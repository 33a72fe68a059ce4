"""What every way of asking a model has in common: the question, how the answer is chosen, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...exporter.common.errors import Problem
from ...exporter.records.prompt import INSTRUCTION_HEAD, ListPrompt

# Called with how many answers there are so far, and of how many.
OnAnswer = Callable[[int, int], object]

# An A1 to C1 sentence with its number takes 8 to 35 tokens; a model that needs more is not answering.
TOKENS_PER_WORD, TOKENS_BESIDE = 48, 32
# A model that has not learned to stop continues with a heading; the webui stops there too.
HEADING = "\n" + INSTRUCTION_HEAD[:4]


@dataclass(frozen=True)
class Sampling:
    """How answers are chosen: greedily (temperature 0), or sampled with this temperature and seed.

    `temperature` is one number for all prompts of a call, or one for each.
    """

    temperature: float | tuple[float, ...] = 0.0
    seed: int = 0

    def temperatures(self, prompts: int) -> list[float]:
        """One temperature for each of `prompts` prompts."""
        if isinstance(self.temperature, tuple):
            if len(self.temperature) != prompts:
                raise ValueError(f"{len(self.temperature)} temperatures for {prompts} prompts.")
            return list(self.temperature)
        return [self.temperature] * prompts


GREEDY = Sampling()


@dataclass(frozen=True)
class Reply:
    """What a model wrote in answer to a list prompt.

    `fluency` is the mean log-probability of each line of `text` (nats per token, by the model that wrote it, whatever
    the temperature); empty where a server does not tell it. `cut`: a server says that its limit of tokens cut it off.
    `problem` is why there is no answer.
    """

    text: str = ""
    fluency: tuple[float, ...] = ()
    cut: bool = False
    problem: Problem | None = None


class Ask(Protocol):
    """Answers list prompts, in order: `Server.ask`, or `generate` with its model and tokenizer filled in."""

    def __call__(self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: OnAnswer) -> list[Reply]: ...


def answer_tokens(words: int) -> int:
    """How many tokens an answer for `words` words may take."""
    return TOKENS_PER_WORD * words + TOKENS_BESIDE


def no_progress(done: int, total: int) -> None:
    """For callers that do not show progress."""
