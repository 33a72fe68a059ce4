"""How hard is this sentence: a score on 1-6, a level, and why.

Features (`features.py`) and a fitted model (`judge.py`); no GPU and no language model. How it was fitted and how far
to trust it: `docs/judge.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .annotate import Token, annotate
from .features import features
from .judge import Judge, judge, letter_words
from .levels import LEVELS, above
from .verbs import Structure, structure


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
    words = [[t for t in tokens if t.word is not None] for tokens in read]
    shapes = [structure(some) for some in words]
    model = judge()
    rows = [(tokens, shape) for tokens, some, shape in zip(read, words, shapes, strict=True) if some]
    found = model.scores([features(*row) for row in rows], [letter_words(tokens) for tokens, _ in rows])
    scores = iter(found.tolist())
    return [
        _profile(next(scores), target, tokens, len(some), shape, model) if some else _NOTHING
        for tokens, some, shape in zip(read, words, shapes, strict=True)
    ]


_NOTHING = Profile(math.nan, "", (), 0, 0, ())


def _profile(score: float, target: str | None, tokens: list[Token], n: int, shape: Structure, model: Judge) -> Profile:
    level = LEVELS[model.level(score) - 1]
    return Profile(score, level, above(tokens, target or level), n, shape.clauses, shape.tenses)


def mean_score(level: str) -> float:
    """The mean score of human sentences of `level`: what a sentence written for that level is compared with."""
    return judge().means[level]
