"""Deal the pairs into records so that every sentence is used equally often, to within one.

Drawing at random (`random.sample` for each record) uses some sentences five times and others never. Here
the number of uses is decided first, and only the order is random: `plan` says how often each pair is used,
`deal` makes the records. Memory depends on the number of pairs, not on the number of records.
"""

from __future__ import annotations

import heapq
import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from ..common.errors import InputError
from ..pairs.checking import PairSet
from .deck import capacity, dealable, word_records
from .mix import rng, shuffle


@dataclass(frozen=True)
class Plan:
    """One side (train or eval) before dealing.

    `pairs_of[i]` are the pair indices of the word `words[i]`; `quotas[pair]` is how often a pair is used;
    `sizes` says how many records there are of each number of words. `over` names the words that own too
    large a share of the sentences; `spread` is the least and the most often any sentence is used.
    """

    pairs: PairSet
    words: list[int]
    pairs_of: list[list[int]]
    quotas: array[int]
    sizes: dict[int, int]
    over: tuple[str, ...]
    spread: tuple[int, int]

    @property
    def records(self) -> int:
        return sum(self.sizes.values())


def plan(pairs: PairSet, words: set[int], sizes: dict[int, int], seed: int, side: str) -> Plan:
    """Decide how often each sentence of `words` is used in records of `sizes`.

    Raises:
        InputError: fewer words than the largest record needs.
    """
    chosen = sorted(words)
    largest = max(sizes, default=0)
    if len(chosen) < largest:
        raise InputError(
            f"A record of this mix needs {largest} different words and there are {len(chosen)} usable ones. "
            f"Add words, or choose a smaller mix, for example --mix {max(1, len(chosen))}:100."
        )
    position = {w: i for i, w in enumerate(chosen)}
    pairs_of: list[list[int]] = [[] for _ in chosen]
    listed: dict[int, list[int]] = {}
    for pair, (w, s) in enumerate(zip(pairs.pair_words, pairs.pair_sentences, strict=True)):
        if w in position:
            pairs_of[position[w]].append(pair)
            listed.setdefault(s, []).append(pair)
    shared = [ps for ps in listed.values() if len(ps) > 1]
    word_of = {p: position[pairs.pair_words[p]] for ps in shared for p in ps}
    extra = rng(seed, f"{side}/extra")
    over: list[int] = []
    quotas = _taking_turns(len(pairs), pairs_of, list(listed.values()), shared, sizes, extra)
    if quotas is None:
        firsts = _first_owners(pairs_of, shared, word_of)
        owned = [[p for p in ps if p not in word_of or p in firsts] for ps in pairs_of]
        quotas, over = _quotas(len(pairs), owned, sizes, extra)
    counts = [sum(quotas[p] for p in ps) for ps in listed.values()]
    return Plan(
        pairs=pairs,
        words=chosen,
        pairs_of=pairs_of,
        quotas=quotas,
        sizes=sizes,
        over=tuple(pairs.words[chosen[i]] for i in over),
        spread=(min(counts, default=0), max(counts, default=0)),
    )


def deal(side: Plan, seed: int, name: str) -> Iterator[list[tuple[str, str]]]:
    """The records of `side`, each a list of (word, sentence). The same seed and name give the same records."""
    pairs, generator = side.pairs, rng(seed, f"{name}/deal")
    uses = [_uses(ps, side.quotas, generator) for ps in side.pairs_of]
    waiting: dict[int, int] = {}  # a pair of that word which was put off
    totals = [sum(side.quotas[p] for p in ps) for ps in side.pairs_of]
    for record in word_records(totals, side.sizes, rng(seed, f"{name}/words")):
        shuffle(record, generator)
        taken: set[int] = set()
        lines = []
        for w in record:
            pair = waiting.pop(w) if w in waiting else next(uses[w])
            # Listed under two words, a sentence still should not stand twice in one record, if it can wait.
            if pairs.pair_sentences[pair] in taken and (other := next(uses[w], None)) is not None:
                waiting[w], pair = pair, other
            taken.add(pairs.pair_sentences[pair])
            lines.append((pairs.words[side.words[w]], pairs.sentences[pairs.pair_sentences[pair]]))
        yield lines


def _uses(pairs: list[int], quotas: array[int], generator: random.Random) -> Iterator[int]:
    """The pairs of one word in the order of their use: in rounds, each round in an order of its own."""
    for done in range(max((quotas[p] for p in pairs), default=0)):
        round_ = [p for p in pairs if quotas[p] > done]
        shuffle(round_, generator)
        yield from round_


def _first_owners(pairs_of: list[list[int]], shared: list[list[int]], word_of: dict[int, int]) -> set[int]:
    """For each sentence listed under several words, the pair that counts as its own for now: the one of
    the word with the fewest sentences."""
    load = [len(ps) for ps in pairs_of]
    for ps in shared:
        for p in ps:
            load[word_of[p]] -= 1
    firsts = set()
    for ps in shared:
        first = min(ps, key=lambda p: (load[word_of[p]], p))
        load[word_of[first]] += 1
        firsts.add(first)
    return firsts


def _quotas(
    pairs: int, owned: list[list[int]], sizes: dict[int, int], generator: random.Random
) -> tuple[array[int], list[int]]:
    """How often each pair is used, and the words that own too large a share.

    In proportion to its sentences a word may come to more uses than there are records, or a few words
    together to more than the records have room for. `capacity[k]` is how often k words can stand in
    records at all. The words that hit it first get exactly that; the others share what is left, and so on:
    the lexicographically optimal base of a polymatroid (Fujishige, Math. Oper. Res. 5(2), 1980).
    """
    room = capacity(sizes)
    total = room[-1]
    order = sorted(range(len(owned)), key=lambda w: (-len(owned[w]), w))
    sums = [0]
    for w in order:
        sums.append(sums[-1] + len(owned[w]))
    quotas = array("l", bytes(array("l").itemsize * pairs))
    over: list[int] = []
    start = 0
    while start < len(order) and sums[-1] > sums[start]:
        ends = [k for k in range(start + 1, min(len(room), len(order))) if sums[k] > sums[start]]
        filled = room[min(start, len(room) - 1)]
        end, ratio = len(order), (total - filled) / (sums[-1] - sums[start])
        for k in ends:
            if (share := (room[k] - filled) / (sums[k] - sums[start])) < ratio * (1 - 1e-12):
                end, ratio = k, share
        block = order[start:end]
        if end < len(order):
            over += block
        uses = room[min(end, len(room) - 1)] - filled
        _share_out(quotas, [p for w in block for p in owned[w]], uses, generator)
        start = end
    _level(quotas, owned, sizes)
    return quotas, over


def _share_out(quotas: array[int], pairs: list[int], uses: int, generator: random.Random) -> None:
    """`uses` equally over `pairs`; who gets one more is drawn."""
    base, extra = divmod(uses, len(pairs))
    drawn = list(pairs)
    shuffle(drawn, generator)
    for i, p in enumerate(drawn):
        quotas[p] = base + (i < extra)


def _level(quotas: array[int], owned: list[list[int]], sizes: dict[int, int]) -> None:
    """Move single uses from the fullest word to the emptiest until the records can hold them all.

    Only needed when a handful of words fill every record and chance gave one of them a use too many. It
    ends: every move makes the words more equal, and equal words fit.
    """
    totals = [sum(quotas[p] for p in ps) for ps in owned]
    k = max(sizes, default=1)
    while not dealable(heapq.nlargest(k, totals), sizes):
        fullest = max(range(len(totals)), key=lambda w: (totals[w], w))
        give = max(owned[fullest], key=lambda p: (quotas[p], p))
        # The sentence used least, so that the move does not make one stand out.
        takers = [(min(quotas[p] for p in owned[w]), totals[w], w) for w in range(len(owned)) if owned[w]]
        taker = min(t for t in takers if t[1] < totals[fullest] - 1)[2]
        take = min(owned[taker], key=lambda p: (quotas[p], p))
        quotas[give] -= 1
        quotas[take] += 1
        totals[fullest] -= 1
        totals[taker] += 1


def _taking_turns(
    pairs: int,
    pairs_of: list[list[int]],
    sentences: list[list[int]],
    shared: list[list[int]],
    sizes: dict[int, int],
    generator: random.Random,
) -> array[int] | None:
    """All sentences equally often, where the words of a shared sentence take turns, the emptier word first.

    None where nothing is shared, or where the records have no room for that.
    """
    if not shared:
        return None
    base, extra = divmod(capacity(sizes)[-1], len(sentences))
    quotas = array("l", bytes(array("l").itemsize * pairs))
    totals = [0] * len(pairs_of)
    home = {p: w for w, ps in enumerate(pairs_of) for p in ps}

    def give(ps: list[int], uses: int) -> None:
        for _ in range(uses if len(ps) > 1 else 1):
            p = min(ps, key=lambda p: (totals[home[p]], p))
            amount = 1 if len(ps) > 1 else uses
            quotas[p] += amount
            totals[home[p]] += amount

    for ps in sentences:
        if len(ps) == 1:
            give(ps, base)
    for ps in shared:
        give(ps, base)
    drawn = list(sentences)
    shuffle(drawn, generator)
    # One more to the sentences whose words have the most room; the shuffle decides among equals.
    drawn.sort(key=lambda ps: min(totals[home[p]] for p in ps))
    for ps in _spread_over_words(drawn, home)[:extra]:
        give(ps, 1)
    return quotas if dealable(heapq.nlargest(max(sizes), totals), sizes) else None


def _spread_over_words(sentences: list[list[int]], home: dict[int, int]) -> list[list[int]]:
    """`sentences` in rounds: nobody's second one before everybody's first."""
    turn: dict[int, int] = {}
    keyed = []
    for i, ps in enumerate(sentences):
        owner = min(home[p] for p in ps)
        turn[owner] = turn.get(owner, -1) + 1
        keyed.append((turn[owner], i))
    return [sentences[i] for _, i in sorted(keyed)]
