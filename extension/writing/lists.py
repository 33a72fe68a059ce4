"""The lists in which words are asked for: at most ten words each, as the model was trained."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ...exporter.records.prompt import MAX_WORDS, MIN_WORDS
from .words import key


def even_lists(words: Sequence[str]) -> list[list[str]]:
    """`words` in their order, in lists of at most MAX_WORDS words that are as equal in length as possible."""
    n = -(-len(words) // MAX_WORDS)
    sizes = [len(words) // n + (i < len(words) % n) for i in range(n)] if n else []
    starts = [sum(sizes[:i]) for i in range(n)]
    return [list(words[start : start + size]) for start, size in zip(starts, sizes, strict=True)]


def full_lists(words: Sequence[str], companions: Sequence[str], shuffle: Random | None) -> list[list[str]]:
    """`words` in lists: in their order, or shuffled. Lists below MIN_WORDS words are filled up with `companions`."""
    order = list(words)
    if shuffle is not None:
        shuffle.shuffle(order)
    lists = even_lists(order)
    for some in lists:
        if len(some) < MIN_WORDS:
            there = {key(word) for word in some}
            others = [word for word in companions if key(word) not in there]
            if shuffle is not None:
                shuffle.shuffle(others)
            some += others[: MIN_WORDS - len(some)]
    return lists
