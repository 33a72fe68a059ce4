"""How hard is this sentence: a score on 1-6, a level, and why.

A judge (`judge.py`) gives the score; no GPU and no language model. How the shipped one was fitted and how far to trust
it: `docs/judge.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .grammar import GrammarItem
from .judge import AnnotatedSentence, Judge, level_of
from .judges import find_judge
from .levels import LEVELS, WordLevel, above, hardest_words

_REASONS = 3  # as many items of grammar and hard words are named


@dataclass(frozen=True)
class Profile:
    """How hard a sentence is.

    `score` is the expected mean of human ratings, 1.0 (A1) to 6.0 (C2). It shrinks towards the middle, as
    least-squares estimates do, so compare it with `mean_score(level)`, not with the number of a level. `above` are
    the words above the target level, or without a target above the sentence's own level. `grammar` are the items of
    the CEFR-J Grammar Profile that were found, `hardest` the hardest words, the hardest first in both. Text without an
    English word has the score NaN and an empty level.
    """

    score: float
    level: str
    above: tuple[str, ...]
    words: int
    grammar: tuple[GrammarItem, ...] = ()
    hardest: tuple[WordLevel, ...] = ()

    def __post_init__(self) -> None:
        if self.level and not (self.level in LEVELS and 1 <= self.score <= 6):
            raise ValueError(f"Not a score and a level: {self.score}, {self.level!r}.")

    @property
    def why(self) -> tuple[str, ...]:
        """What speaks for the level, a few words each.

        Of the grammar the hardest three, and nothing more than a level below the hardest: what decides.
        """
        if not self.level:
            return ("no English word",)
        reasons = [f"{self.words} words" if self.words > 1 else "1 word"]
        deciding = [item for item in self.grammar if item.level_number >= self.grammar[0].level_number - 1][:_REASONS]
        if deciding:
            reasons.append(", ".join(map(str, deciding)))
        if self.hardest:
            reasons.append("hardest words: " + ", ".join(map(str, self.hardest)))
        return tuple(reasons)


def profile(sentence: str, target: str | None = None, judge: Judge | None = None, asked: Sequence[str] = ()) -> Profile:
    """The profile of one sentence, by the default judge unless one is given. `target` is a level. Accepts any text.

    `asked` are words of the sentence that were asked for, as written there: they count as known at the target level,
    because no sentence can do without them.
    """
    return profiles([sentence], target, judge, [asked])[0]


def profiles(
    sentences: Sequence[str],
    target: str | None = None,
    judge: Judge | None = None,
    asked: Sequence[Sequence[str]] = (),
) -> list[Profile]:
    """The profiles of many sentences, much quicker than one at a time. `asked` belongs to them one by one."""
    judge = judge or find_judge()
    read = [AnnotatedSentence.of(sentence) for sentence in sentences]
    if target and asked:
        read = [reading.with_known(words, target) for reading, words in zip(read, asked, strict=True)]
    scores = iter(judge.scores([reading for reading in read if reading.words]))
    return [_profile(reading, next(scores), target, judge) if reading.words else _NO_WORD for reading in read]


_NO_WORD = Profile(math.nan, "", (), 0)


def _profile(reading: AnnotatedSentence, score: float, target: str | None, judge: Judge) -> Profile:
    level = level_of(score, judge)
    too_hard = above(reading.tokens, target or level)
    hardest = hardest_words(reading.tokens, max(_REASONS, len(too_hard)))
    return Profile(score, level, too_hard, len(reading.words), reading.items, hardest)


def mean_score(level: str, judge: Judge | None = None) -> float:
    """The mean score of human sentences of `level`: what a sentence written for that level is compared with."""
    return (judge or find_judge()).means[level]
