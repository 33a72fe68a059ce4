"""How many words each record asks for, and which words may meet the evaluation."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..common.errors import InputError
from ..pairs.checking import PairSet

MIN_EVAL_WORDS = 10


def rng(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose. Only its `.random()` may be used.

    That method and SHA-256 are the two sources that are the same in every Python version and on every
    machine; `shuffle` and `sample` have changed before.
    """
    return random.Random(int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big"))


def shuffle(items: list, generator: random.Random) -> None:
    """Fisher-Yates, in place, from `.random()` alone."""
    for i in range(len(items) - 1, 0, -1):
        j = int(generator.random() * (i + 1))
        items[i], items[j] = items[j], items[i]


@dataclass(frozen=True)
class Mix:
    """Shares of record sizes: `((10,), 70), ((8, 9), 20), ((6, 7), 10)` is 70 % of ten words, and so on."""

    bins: tuple[tuple[tuple[int, ...], int], ...]

    @classmethod
    def parse(cls, text: str) -> Mix:
        """Raises InputError unless `text` is like `10:70,8-9:20,6-7:10` with shares that sum to 100."""
        bins: list[tuple[tuple[int, ...], int]] = []
        for part in text.split(","):
            match = re.fullmatch(r"\s*(\d{1,3})(?:-(\d{1,3}))?\s*:\s*(\d{1,3})\s*", part)
            low = int(match[1]) if match else 0
            high = int(match[2] or match[1]) if match else 0
            if match is None or not 1 <= low <= high <= 100:
                raise InputError(
                    f"--mix {text!r} is not understood at {part!r}. "
                    "Write words:percent, as in 10:70,8-9:20,6-7:10 (1 to 100 words)."
                )
            bins.append((tuple(range(low, high + 1)), int(match[3])))
        sizes = [n for ns, _ in bins for n in ns]
        if (total := sum(share for _, share in bins)) != 100:
            raise InputError(f"The shares of --mix {text!r} sum to {total}, not to 100.")
        if len(set(sizes)) != len(sizes):
            raise InputError(f"--mix {text!r} names a number of words twice.")
        return cls(tuple(bins))

    def __str__(self) -> str:
        ranges = ["-".join(map(str, sorted({min(ns), max(ns)}))) for ns, _ in self.bins]
        return ",".join(f"{range_}:{share}" for range_, (_, share) in zip(ranges, self.bins, strict=True))

    @property
    def largest(self) -> int:
        return max(n for ns, share in self.bins if share for n in ns)

    def sizes(self, records: int) -> dict[int, int]:
        """How many records of each size make up `records`: by largest remainder, then evenly in each bin."""
        totals = largest_remainder(records, [share for _, share in self.bins])
        counts: dict[int, int] = {}
        for (ns, _), total in zip(self.bins, totals, strict=True):
            counts.update(zip(ns, largest_remainder(total, [1] * len(ns)), strict=True))
        return {n: c for n, c in counts.items() if c}


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in the proportion of `weights` that sum to `total` (Hamilton's method)."""
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    floors = [int(e) for e in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors


def size_stream(sizes: dict[int, int], generator: random.Random) -> Iterator[int]:
    """The sizes in random order, drawn from an urn: no list of all records is ever made."""
    left = dict(sizes)
    for remaining in range(sum(sizes.values()), 0, -1):
        ball = int(generator.random() * remaining)
        for n in left:
            if ball < left[n]:
                left[n] -= 1
                yield n
                break
            ball -= left[n]


def split_words(pairs: PairSet, share: float, seed: int, largest: int) -> tuple[set[int], set[int]]:
    """Word indices for training and for evaluation; words that share a sentence stay together.

    The evaluation gets `share` of the words, at least ten and at least enough for its largest record.

    Raises:
        InputError: too few words, or too many of them tied together by shared sentences.
    """
    groups = _groups(pairs)
    words = len(pairs.words)
    wanted = max(MIN_EVAL_WORDS, largest, round(share * words))
    if words < max(2 * MIN_EVAL_WORDS, 2 * largest):
        raise InputError(
            f"{words} usable words are too few to keep some apart for evaluation; it takes at least "
            f"{max(2 * MIN_EVAL_WORDS, 2 * largest)}. Add words, or export without evaluation: --eval 0."
        )
    shuffle(groups, rng(seed, "split"))
    chosen: set[int] = set()
    # Small groups first: a large knot of words that share sentences belongs to training.
    for group in sorted(groups, key=len):
        if len(chosen) >= wanted:
            break
        if len(chosen) + len(group) <= max(wanted, words // 2) and words - len(chosen) - len(group) >= largest:
            chosen.update(group)
    if len(chosen) < wanted:
        raise InputError(
            f"Only {len(chosen)} of {words} words can be kept apart for evaluation, and {wanted} are needed. Words "
            f"that share their sentences stay together, and training keeps at least {largest}. Use a smaller --eval, "
            "--split records, or --eval 0."
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
