"""The sentences of a sheet that are accepted so far, and what a further one may not repeat of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Set

from ...exporter.language.forms import tokens

SIMILAR = 0.8  # shared words of two sentences, as a share of all their words (Jaccard)
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
        # word -> sentences among whose rarest words it is: two similar sentences share at least one of those.
        self._rare: defaultdict[str, list[frozenset[str]]] = defaultdict(list)

    def add(self, sentence: str) -> None:
        text = plain(sentence)
        words = frozenset(text.split())
        self._plain.add(text)
        self._openings[_opening(text)] += 1
        self._firsts[text.partition(" ")[0]] += 1
        self._words.update(words)
        self._count += 1
        for word in _rarest(words):
            self._rare[word].append(words)

    def has(self, sentence: str) -> bool:
        return plain(sentence) in self._plain

    def has_similar(self, sentence: str) -> bool:
        """Whether one of them shares SIMILAR of its words with `sentence`, without being the same."""
        text = plain(sentence)
        words = frozenset(text.split())
        nearby = (other for word in _rarest(words) for other in self._rare[word])
        return text not in self._plain and any(len(words & other) >= SIMILAR * len(words | other) for other in nearby)

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


def _rarest(words: Set[str]) -> list[str]:
    """The words of which two sets this similar share at least one (prefix filter); long words are rare words."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return ordered[: len(ordered) - math.ceil(SIMILAR * len(ordered) - 1e-9) + 1]
