"""Words into the lists that are asked for: at most ten words each, as the model was trained; alone when it failed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ...exporter.records.prompt import MAX_WORDS, MIN_WORDS
from .words import key


def chunks(words: Sequence[str]) -> list[list[str]]:
    """`words` in lists as equal as possible, of at most ten words."""
    n = -(-len(words) // MAX_WORDS)
    sizes = [len(words) // n + (i < len(words) % n) for i in range(n)] if n else []
    starts = [sum(sizes[:i]) for i in range(n)]
    return [list(words[s : s + size]) for s, size in zip(starts, sizes, strict=True)]


def deal(words: Sequence[str], sheet: Sequence[str], draw: Random | None) -> list[list[str]]:
    """`words` in lists: in their order, or mixed by `draw`. Short lists are filled up with other words of `sheet`."""
    order = list(words)
    if draw is not None:
        draw.shuffle(order)
    lists = chunks(order)
    for some in lists:
        if len(some) < MIN_WORDS:
            there = {key(word) for word in some}
            others = [word for word in sheet if key(word) not in there]
            if draw is not None:
                draw.shuffle(others)
            some += others[: MIN_WORDS - len(some)]
    return lists


def alone(words: Sequence[str]) -> list[list[str]]:
    """Each word in a list of its own, for what failed: the first word of a list is the one that is missed least."""
    return [[word] for word in words]
