"""`python -m bench.unseen A1 200`: words of a level that do not occur in what the demo trains on, in any form.

Nouns, verbs, adjectives and adverbs of the shipped lists, drawn with a fixed seed, one per line.
"""

from __future__ import annotations

import random
import sys

from cefr_sentences.exporter.language.forms import forms, tokens
from cefr_sentences.exporter.language.levels import LEVELS, word_level
from cefr_sentences.exporter.language.lexicon import lexicon
from cefr_sentences.extension.demo import sample

PARTS = frozenset(["NOUN", "VERB", "ADJ", "ADV"])


def unseen(level: str, n: int, seed: int = 1) -> list[str]:
    """`n` such words, or all there are."""
    lists = lexicon()
    seen = {token for row in sample(level) for token in tokens(f"{row.word} {row.sentence}")}
    candidates = sorted(
        word
        for word, parts in lists.levels.items()
        if min(rank for rank, _ in parts.values()) == LEVELS.index(level) + 1  # as listed, not by its lemma
        and word.isalpha()
        and word.islower()
        and len(word) > 2
        and not PARTS.isdisjoint(parts)
        and word not in lists.capitalised
    )
    found = [w for w in candidates if word_level(w).level == level and forms(w).isdisjoint(seen)]
    random.Random(seed).shuffle(found)
    return found[:n]


if __name__ == "__main__":
    print("\n".join(unseen(sys.argv[1], int(sys.argv[2]))))
