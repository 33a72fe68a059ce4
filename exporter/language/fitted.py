"""The judge that is shipped: a model fitted to human ratings (`docs/judge.md`), whose numbers are in judge.json.

The score is the mean of a linear and a boosted-tree regression on the features (`features.py`), plus what the letters
of the words add: a weight for each group of one to three letters, which tells how hard unlisted words look.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .annotate import Token
from .features import features

if TYPE_CHECKING:
    from .judge import Reading

PATH = Path(__file__).parents[1] / "data" / "judge" / "judge.json"
_CHUNK = 256  # sentences whose way through all trees fits a processor's cache


def letter_groups(word: str) -> set[str]:
    """The groups of one to three letters in `word`, with a space for its ends."""
    text = f" {word} "
    return {text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)}


@dataclass(frozen=True)
class FittedJudge:
    """A judge, by the numbers of a fitted model, as `bench/fit_judge.py` writes them.

    `centre`, `scale`, `linear` belong to the features in their order. A node of a tree has a feature, a limit, and
    where to go when the feature is at most the limit, and when it is above; a leaf leads to itself and has a value.
    """

    name: ClassVar[str] = "fitted"
    sources: ClassVar[tuple[str, ...]] = (
        "CEFR-SP (Arase, Uchida and Kajiwara, EMNLP 2022; CC BY-SA 3.0)",
        "CEFR-J Wordlist and Octanove Vocabulary Profile",
        "sentences of cefr-sentences (CC0)",
    )

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
    cuts: list[float]
    means: dict[str, float]

    def __post_init__(self) -> None:
        if len(self.cuts) != 5 or sorted(self.cuts) != self.cuts:
            raise ValueError(f"The cut points must be five ascending numbers: {self.cuts}.")
        if not len(self.centre) == len(self.scale) == len(self.linear):
            raise ValueError("The linear model's numbers do not belong to the same features.")

    def scores(self, sentences: Sequence[Reading]) -> list[float]:
        rows = [features(sentence.tokens, sentence.structure) for sentence in sentences]
        return self.predict(rows, [letter_words(sentence.tokens) for sentence in sentences]).tolist()

    def predict(self, rows: Sequence[Sequence[float]], words: Sequence[Sequence[str]]) -> Any:
        """Scores as a numpy array: one for each row of features, with that sentence's words in lower case."""
        import numpy as np

        if len(rows) == 0:
            return np.zeros(0)
        parts = [
            self._regress(np.asarray(rows[at : at + _CHUNK], dtype=np.float64)) for at in range(0, len(rows), _CHUNK)
        ]
        letters = [sum(map(self._word, some)) / max(1, len(some)) ** 0.5 for some in words]
        return np.clip(np.concatenate(parts) + np.asarray(letters), 1.0, 6.0)

    def _regress(self, rows: Any) -> Any:
        """What the two regressions make of rows of features, without the letters."""
        import numpy as np

        a = self._arrays
        linear = self.intercept + ((rows - a["centre"]) / a["scale"]) @ a["linear"]
        node = np.broadcast_to(a["roots"], (len(rows), len(self.roots)))
        index = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            node = np.where(rows[index, a["feature"][node]] <= a["limit"][node], a["below"][node], a["above"][node])
        return (linear + a["value"][node].sum(axis=1)) / 2

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


def letter_words(tokens: list[Token]) -> list[str]:
    """The words whose letters count: numbers do not."""
    return [t.lower for t in tokens if t.word is not None and t.kind != "number"]


def fitted_judge() -> FittedJudge:
    """The model in PATH."""
    shipped = json.loads(PATH.read_text(encoding="utf-8"))
    return FittedJudge(**shipped["model"])
