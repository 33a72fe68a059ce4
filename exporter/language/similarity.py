"""Whether a sentence is nearly the same as one of many others, by the words that they share."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Set

SIMILAR = 0.8  # from this Jaccard similarity (shared words over all words) on, two sentences are nearly the same


class SimilarSentences:
    """Sentences as sets of words, and a quick search for one that is nearly the same as another.

    Of two sets this similar, each has one of the other's rarest words among its own rarest (prefix filtering:
    Chaudhuri, Ganti and Kaushik, ICDE 2006), so only sets that share one are compared. Any order of the words will
    do, as long as it is the same for all; long words are taken for rare ones.
    """

    def __init__(self) -> None:
        self._by_word: defaultdict[str, list[Set[str]]] = defaultdict(list)

    def add(self, words: Set[str]) -> None:
        for word in _rarest(words):
            self._by_word[word].append(words)

    def has_similar(self, words: Set[str]) -> bool:
        """Whether a sentence of these words is nearly the same as one that was added; never for no words at all."""
        candidates = (other for word in _rarest(words) for other in self._by_word.get(word, ()))
        return any(len(words & other) >= SIMILAR * len(words | other) - 1e-9 for other in candidates)


def _rarest(words: Set[str]) -> list[str]:
    """As many of the rarest words as two similar sets cannot both lack."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return ordered[: len(ordered) - math.ceil(SIMILAR * len(ordered) - 1e-9) + 1]
