"""Keep whole words apart for evaluation."""

from __future__ import annotations

from ..common.errors import InputError, Option
from ..pairs.checking import PairSet
from .dealing import rng, shuffle

MIN_EVAL_WORDS = 10
EVAL = Option("eval_share")


def split_words(pairs: PairSet, share: float, seed: int, largest: int) -> tuple[set[int], set[int]]:
    """Word indices for training and for evaluation; words that share a sentence stay on one side.

    The evaluation gets `share` of the words, at least ten and at least enough for its largest record.

    Raises:
        InputError: too few words, or too many of them connected by shared sentences.
    """
    words = len(pairs.words)
    wanted = max(MIN_EVAL_WORDS, largest, round(share * words))
    if words < (needed := 2 * max(MIN_EVAL_WORDS, largest)):
        raise InputError(
            "{words} usable words are too few to keep some apart for evaluation, which takes at least {needed}. "
            "Add words, or export without evaluation: {option} 0.",
            words=words,
            needed=needed,
            option=EVAL,
        )
    groups = _groups(pairs)
    shuffle(groups, rng(seed, "split"))
    chosen: set[int] = set()
    # Small groups first: a large cluster of words that share sentences belongs to training.
    for group in sorted(groups, key=len):
        if len(chosen) >= wanted:
            break
        size = len(chosen) + len(group)
        if size <= max(wanted, words // 2) and words - size >= largest:
            chosen.update(group)
    if len(chosen) < wanted:
        raise InputError(
            "Only {found} of {words} words can be kept apart for evaluation, and {wanted} are needed. Words that "
            "share their sentences stay together, and training keeps at least {largest}. Use a smaller {option}, "
            "{split} records, or {option} 0.",
            found=len(chosen),
            words=words,
            wanted=wanted,
            largest=largest,
            option=EVAL,
            split=Option("split"),
        )
    return set(range(words)) - chosen, chosen


def _groups(pairs: PairSet) -> list[list[int]]:
    """Words that share a sentence, directly or through others, as lists."""
    parent = list(range(len(pairs.words)))

    def root(w: int) -> int:
        while parent[w] != w:
            parent[w] = w = parent[parent[w]]
        return w

    owner: dict[int, int] = {}
    for w, s in zip(pairs.pair_words, pairs.pair_sentences, strict=True):
        other = owner.setdefault(s, w)
        if other != w:
            parent[root(w)] = root(other)
    groups: dict[int, list[int]] = {}
    for w in range(len(pairs.words)):
        groups.setdefault(root(w), []).append(w)
    return list(groups.values())
