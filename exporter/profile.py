"""How hard is this sentence: a score on 1-6, a level, and why.

Features (`features.py`) and a fitted model (`judge.py`); no GPU and no language model. How it was fitted and how far
to trust it: `docs/judge.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .annotate import annotate
from .features import features, structure
from .judge import judge, letter_words
from .levels import LEVELS, above


@dataclass(frozen=True)
class Profile:
    """How hard a sentence is.

    `score` is the expected mean of human ratings, 1.0 (A1) to 6.0 (C2). It shrinks towards the middle, as
    least-squares estimates do, so compare it with `mean_score(level)`, not with the number of a level. `above` are
    the words above the target level (or above the sentence's own level, where no target was given). Text without an
    English word has the score NaN and an empty level.
    """

    score: float
    level: str
    above: tuple[str, ...]
    words: int
    clauses: int
    tenses: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.level and not (self.level in LEVELS and 1 <= self.score <= 6):
            raise ValueError(f"Not a score and a level: {self.score}, {self.level!r}.")

    @property
    def why(self) -> tuple[str, ...]:
        """What speaks for the level, a few words each."""
        if not self.level:
            return ("no English word",)
        reasons = [f"{self.words} words" if self.words > 1 else "1 word"]
        if self.clauses > 1:
            reasons.append(f"{self.clauses} clauses")
        if self.tenses:
            reasons.append(", ".join(self.tenses))
        if self.above:
            reasons.append("above the level: " + ", ".join(self.above))
        return tuple(reasons)


def profile(sentence: str, target: str | None = None) -> Profile:
    """The profile of one sentence. Never raises for any text; `target` is a level."""
    return profiles([sentence], target)[0]


def profiles(sentences: Sequence[str], target: str | None = None) -> list[Profile]:
    """The profiles of many sentences, much quicker than one at a time."""
    read = [annotate(sentence) for sentence in sentences]
    some = [tokens for tokens in read if any(t.word is not None for t in tokens)]
    model = judge()
    scores = iter(model.scores([features(t) for t in some], [letter_words(t) for t in some]).tolist() if some else [])
    found = []
    for tokens in read:
        words = [t for t in tokens if t.word is not None]
        if not words:
            found.append(Profile(math.nan, "", (), 0, 0, ()))
            continue
        score = next(scores)
        level = LEVELS[model.level(score) - 1]
        shape = structure(words)
        found.append(Profile(score, level, above(tokens, target or level), len(words), shape.clauses, shape.tenses))
    return found


def mean_score(level: str) -> float:
    """The mean score of human sentences of `level`: what a sentence written for that level is compared with."""
    return judge().means[level]
