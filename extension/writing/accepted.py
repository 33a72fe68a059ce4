"""The sentences of a sheet that are accepted so far, and what a further one may not repeat of them."""

from __future__ import annotations

import math
from collections import Counter

from ...exporter.language.forms import tokens
from ...exporter.language.similarity import SimilarSentences

# Rows that may begin with the same two words: a tenth of the sheet, and three in any sheet.
OPENINGS, FEW = 0.1, 3


def plain(sentence: str) -> str:
    """The words of `sentence` in small letters, the same for two sentences that differ in punctuation only."""
    return " ".join(tokens(sentence))


class Accepted:
    """The accepted sentences of a sheet of `rows` rows."""

    def __init__(self, rows: int) -> None:
        self.limit = max(FEW, math.ceil(OPENINGS * rows))
        self._count = 0
        self._words: Counter[str] = Counter()
        self._firsts: Counter[str] = Counter()
        self._plain: set[str] = set()
        self._openings: Counter[str] = Counter()
        self._similar = SimilarSentences()

    def add(self, sentence: str) -> None:
        text = plain(sentence)
        words = frozenset(text.split())
        self._plain.add(text)
        self._openings[_opening(text)] += 1
        self._firsts[text.partition(" ")[0]] += 1
        self._words.update(words)
        self._count += 1
        self._similar.add(words)

    def has(self, sentence: str) -> bool:
        return plain(sentence) in self._plain

    def has_similar(self, sentence: str) -> bool:
        """Whether one of them is nearly the same as `sentence`, but not the same."""
        text = plain(sentence)
        return text not in self._plain and self._similar.has_similar(frozenset(text.split()))

    def has_enough_openings(self, sentence: str) -> bool:
        """Whether as many rows as the sheet may have begin with the two words with which `sentence` begins."""
        text = plain(sentence)
        return text not in self._plain and self._openings[_opening(text)] >= self.limit

    def repetition(self, sentence: str) -> float:
        """How much of `sentence` the sheet has already, 0 to 1: half its opening word, half its other words."""
        words = plain(sentence).split()
        if not self._count or not words:
            return 0.0
        shares = [self._words[word] / self._count for word in set(words)]
        return (self._firsts[words[0]] / self._count + sum(shares) / len(shares)) / 2


def _opening(text: str) -> str:
    return " ".join(text.split()[:2])
