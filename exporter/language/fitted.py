"""The judge that is shipped: models fitted to ratings (`docs/judge.md`), whose numbers are in judge.json.

Encyclopedias and everyday English are hard in different ways, so each has a model of its own, and a third number says
which of the two a sentence is more like. A model is half a linear regression on the features (`features.py`); the other
half is boosted trees on the same for encyclopedias, and a weight for each word and pair of words for everyday English.
For encyclopedias groups of one to three letters have weights too, which tell how hard unlisted words look.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .annotate import Token
from .features import features

if TYPE_CHECKING:
    from .judge import AnnotatedSentence

PATH = Path(__file__).parents[1] / "data" / "judge" / "judge.json"
_CHUNK = 256  # sentences whose way through all trees fits a processor's cache


def letter_groups(word: str) -> set[str]:
    """The groups of one to three letters in `word`, with a space for its ends."""
    text = f" {word} "
    return {text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)}


def word_pairs(words: Sequence[str]) -> list[str]:
    """The words of a sentence, and each with the one after it."""
    return [*words, *map(" ".join, pairwise(words))]


@dataclass(frozen=True)
class Regression:
    """One of the two models.

    `centre`, `scale`, `linear` belong to the features in their order. A node of a tree has a feature, a limit, and
    where to go when the feature is at most the limit, and when it is above; a leaf leads to itself and has a value.
    """

    centre: list[float]
    scale: list[float]
    linear: list[float]
    intercept: float
    roots: list[int]
    depth: int
    feature: list[int]
    limit: list[float]
    below: list[int]
    above: list[int]
    value: list[float]
    letters: dict[str, float]
    pairs: dict[str, float]

    def __post_init__(self) -> None:
        if not len(self.centre) == len(self.scale) == len(self.linear):
            raise ValueError("The linear model's numbers do not belong to the same features.")

    def predict(self, rows: Any, words: Sequence[Sequence[str]]) -> Any:
        """Scores as a numpy array: one for each row of features, with that sentence's words in lower case."""
        import numpy as np

        parts = [self._regress(rows[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK)]
        spelled = [self._spelled(some) / max(1, len(some)) ** 0.5 for some in words]
        return np.clip(np.concatenate(parts) + np.asarray(spelled), 1.0, 6.0)

    def _regress(self, rows: Any) -> Any:
        """What the two regressions make of rows of features, without the words."""
        import numpy as np

        a = self._arrays
        linear = self.intercept + ((rows - a["centre"]) / a["scale"]) @ a["linear"]
        if not self.roots:
            return linear / 2
        node = np.broadcast_to(a["roots"], (len(rows), len(self.roots)))
        index = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            node = np.where(rows[index, a["feature"][node]] <= a["limit"][node], a["below"][node], a["above"][node])
        return (linear + a["value"][node].sum(axis=1)) / 2

    def _spelled(self, words: Sequence[str]) -> float:
        letters = sum(map(self._word, words)) if self.letters else 0.0
        return letters + sum([self.pairs.get(pair, 0.0) for pair in word_pairs(words)] if self.pairs else [])

    @cached_property
    def _arrays(self) -> dict[str, Any]:
        import numpy as np

        names = ("centre", "scale", "linear", "roots", "feature", "limit", "below", "above", "value")
        return {name: np.asarray(getattr(self, name)) for name in names}

    @cached_property
    def _word(self) -> Any:
        weights = self.letters

        @lru_cache(maxsize=100_000)
        def weigh(word: str) -> float:
            return sum(weights.get(group, 0.0) for group in letter_groups(word))

        return weigh


@dataclass(frozen=True)
class FittedJudge:
    """A judge, by the numbers of fitted models, as `bench/fit_judge.py` writes them.

    `like` are weights of the features, and `like_intercept` one more: the logistic function of their sum is how much
    the everyday model counts, from 0 to 1. `everyday_cuts` are the everyday model's own scores for `cuts`.
    """

    name: ClassVar[str] = "fitted"
    sources: ClassVar[tuple[str, ...]] = (
        "CEFR-SP (Arase, Uchida and Kajiwara, EMNLP 2022; CC BY-SA 3.0)",
        "CEFR-J Wordlist, CEFR-J Grammar Profile and Octanove Vocabulary Profile",
        "sentences of cefr-sentences (CC0)",
    )

    encyclopedia: Regression
    everyday: Regression
    like: list[float]
    like_intercept: float
    everyday_cuts: list[float]
    cuts: list[float]
    means: dict[str, float]

    def __post_init__(self) -> None:
        for cuts in (self.cuts, self.everyday_cuts):
            if len(cuts) != 5 or sorted(cuts) != cuts:
                raise ValueError(f"The cut points must be five ascending numbers: {cuts}.")

    def scores(self, sentences: Sequence[AnnotatedSentence]) -> list[float]:
        return self.predict(*numbers_of(sentences)).tolist()

    def predict(self, rows: Any, words: Sequence[Sequence[str]]) -> Any:
        """Scores as a numpy array: one for each row of features, with that sentence's words in lower case."""
        import numpy as np

        if len(rows) == 0:
            return np.zeros(0)
        x = np.asarray(rows, dtype=np.float64)
        return self.blend(x, self.encyclopedia.predict(x, words), self.everyday.predict(x, words))

    def blend(self, rows: Any, encyclopedia: Any, everyday: Any) -> Any:
        """The scores of both models as one; the everyday model's on the other's scale."""
        import numpy as np

        share = self.everyday_share(rows)
        scaled = np.interp(everyday, [1.0, *self.everyday_cuts, 6.0], [1.0, *self.cuts, 6.0])
        return share * scaled + (1 - share) * encyclopedia

    def everyday_share(self, rows: Any) -> Any:
        """How much the everyday model counts for each row of features, from 0 to 1."""
        import numpy as np

        return 1 / (1 + np.exp(-np.clip(rows @ np.asarray(self.like) + self.like_intercept, -50, 50)))


def numbers_of(sentences: Sequence[AnnotatedSentence]) -> tuple[list[list[float]], list[list[str]]]:
    """The features of each sentence, and its words."""
    rows = [features(reading.tokens, reading.structure, reading.items) for reading in sentences]
    return rows, [letter_words(reading.tokens) for reading in sentences]


def letter_words(tokens: list[Token]) -> list[str]:
    """The words whose letters count: numbers do not."""
    return [t.lower for t in tokens if t.word is not None and t.kind != "number"]


def fitted_judge() -> FittedJudge:
    """The model in PATH."""
    return judge_of(json.loads(PATH.read_text(encoding="utf-8"))["model"])


def judge_of(numbers: dict[str, Any]) -> FittedJudge:
    """The judge of these numbers, those of its models included."""
    parts = {name: Regression(**numbers[name]) for name in ("encyclopedia", "everyday")}
    return FittedJudge(**{**numbers, **parts})
