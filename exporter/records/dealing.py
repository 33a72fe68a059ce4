"""Deal pairs into records: no word twice in a record, and every sentence used equally often, to within one.

Drawing at random (`random.sample` for each record) uses some sentences five times and others never. Here the number
of uses is fixed first (`plan`), and only the order is random (`deal`). Memory depends on the number of pairs, not on
the number of records.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..common.errors import InputError, Option
from ..pairs.checking import PairSet


@dataclass(frozen=True)
class Side:
    """One side of an export (training or evaluation) before dealing.

    `pairs_of[i]` are the pair indices of the word `words[i]`; `uses[pair]` is how often a pair is used; `sizes` maps
    a number of words to the number of records with it. `over` names the words that own too many sentences to use
    them as often as the others; `spread` is the fewest and the most uses of a sentence.
    """

    pairs: PairSet
    words: list[int]
    pairs_of: list[list[int]]
    uses: array[int]
    sizes: dict[int, int]
    over: tuple[str, ...]
    spread: tuple[int, int]

    @property
    def records(self) -> int:
        return sum(self.sizes.values())


def plan(pairs: PairSet, words: set[int], sizes: dict[int, int], seed: int, name: str) -> Side:
    """Decide how often each sentence of `words` is used in records of `sizes`.

    Raises:
        InputError: fewer words than the largest record needs.
    """
    chosen, largest = sorted(words), max(sizes, default=0)
    if len(chosen) < largest:
        raise InputError(
            "A record of this mix needs {needed} different words and there are {words} usable ones. "
            "Add words, or choose a smaller mix, for example {option} {smaller}:100.",
            option=Option("mix"),
            needed=largest,
            words=len(chosen),
            smaller=max(1, len(chosen)),
        )
    position = {w: i for i, w in enumerate(chosen)}
    pairs_of: list[list[int]] = [[] for _ in chosen]
    word_of = array("l", [-1]) * len(pairs)
    listed: dict[int, list[int]] = {}  # the pairs of each sentence
    for pair, (w, s) in enumerate(zip(pairs.pair_words, pairs.pair_sentences, strict=True)):
        if w in position:
            word_of[pair] = position[w]
            pairs_of[position[w]].append(pair)
            listed.setdefault(s, []).append(pair)
    by_size = sorted(range(len(chosen)), key=lambda w: (-len(pairs_of[w]), w))
    sentences = [ps for w in by_size for p in pairs_of[w] if (ps := listed[pairs.pair_sentences[p]])[0] == p]
    # Sentences of several words come last in each round: they then take the word with the fewest uses.
    sentences.sort(key=lambda ps: len(ps) > 1)
    uses = _share_out(sentences, word_of, sizes, rng(seed, f"{name}/extra"))
    counts = [sum(uses[p] for p in ps) for ps in sentences]
    most = max(counts, default=0)
    over = {word_of[p] for ps, n in zip(sentences, counts, strict=True) if n < most - 1 for p in ps}
    return Side(
        pairs=pairs,
        words=chosen,
        pairs_of=pairs_of,
        uses=uses,
        sizes=sizes,
        over=tuple(pairs.words[chosen[w]] for w in by_size if w in over),
        spread=(min(counts, default=0), most),
    )


def _share_out(
    sentences: list[list[int]], word_of: array[int], sizes: dict[int, int], generator: random.Random
) -> array[int]:
    """Uses of each pair: in rounds, one for each sentence, until every place of every record is filled.

    No word gets more than its part: the places divided by the size of the largest record, the remainder going to
    single words. Such uses can always be dealt without a word twice in a record, because for every k the records
    have room for k parts of k different words (the condition of Gale, Pacific J. Math. 7, 1957).
    """
    uses = array("l", [0]) * len(word_of)
    totals = dict.fromkeys(word_of, 0)
    places = sum(n * c for n, c in sizes.items())
    limit, spare = divmod(places, max(sizes, default=1))
    while places:
        if len(sentences) > places:  # the last round: chance decides which sentences get one more use
            shuffle(sentences, generator)
        with_room = []
        for pairs_of_sentence in sentences:
            pair = min(pairs_of_sentence, key=lambda p: totals[word_of[p]])
            word = word_of[pair]
            if totals[word] > limit or (totals[word] == limit and not spare):
                continue
            spare -= totals[word] == limit
            totals[word] += 1
            uses[pair] += 1
            with_room.append(pairs_of_sentence)
            places -= 1
            if not places:
                break
        sentences = with_room
    return uses


def deal(side: Side, seed: int, name: str) -> Iterator[list[tuple[str, str]]]:
    """The records of `side`, each a list of (word, sentence). The same seed and name give the same records."""
    pairs, generator = side.pairs, rng(seed, f"{name}/deal")
    stacks = [_in_rounds(ps, side.uses, generator) for ps in side.pairs_of]
    put_off: dict[int, int] = {}
    totals = [sum(side.uses[p] for p in ps) for ps in side.pairs_of]
    for record in word_records(totals, side.sizes, rng(seed, f"{name}/words")):
        shuffle(record, generator)
        taken: set[int] = set()
        lines = []
        for w in record:
            pair = put_off.pop(w) if w in put_off else next(stacks[w])
            # A sentence listed under two words should not be twice in one record, if one of them can wait.
            if pairs.pair_sentences[pair] in taken and (other := next(stacks[w], None)) is not None:
                put_off[w], pair = pair, other
            taken.add(pairs.pair_sentences[pair])
            lines.append((pairs.words[side.words[w]], pairs.sentences[pairs.pair_sentences[pair]]))
        yield lines


def _in_rounds(pairs: list[int], uses: array[int], generator: random.Random) -> Iterator[int]:
    """The pairs of one word, each as often as it is used: in rounds, each shuffled for itself."""
    for done in range(max((uses[p] for p in pairs), default=0)):
        round_ = [p for p in pairs if uses[p] > done]
        shuffle(round_, generator)
        yield from round_


def word_records(uses: Sequence[int], sizes: dict[int, int], generator: random.Random) -> Iterator[list[int]]:
    """Deal word w `uses[w]` times into records of `sizes`; yields lists of different word indices.

    Each word's uses are spread over the whole run, and a record takes the words that are due first. Where that might
    leave a rest that cannot be dealt without a repetition, it takes the words with the most uses left, which
    keeps every rest possible (Ryser 1957).
    """
    left, draw = list(uses), generator.random
    # (due, word): a use falls due at a random moment within its own stride of the run.
    queue = [(draw() / n, w) for w, n in enumerate(uses) if n]
    heapq.heapify(queue)
    places, largest, most = sum(uses), max(sizes, default=0), max(uses, default=0)
    for size in size_stream(sizes, generator):
        places -= size
        if most * largest > places:
            most = max(left)  # uses only fall, so the old maximum was an upper bound
        if most * largest > places:
            heapq.heapify(by_uses := [(-left[w], due, w) for due, w in queue])
            picked = [heapq.heappop(by_uses)[2] for _ in range(size)]
            queue = [(due, w) for _, due, w in by_uses]
            heapq.heapify(queue)
        else:
            picked = [heapq.heappop(queue)[1] for _ in range(size)]
        for w in picked:
            left[w] -= 1
            if left[w]:
                heapq.heappush(queue, ((uses[w] - left[w] + draw()) / uses[w], w))
        yield picked


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


def rng(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose. Only its `.random()` may be used.

    That method and SHA-256 are the same in every Python version and on every machine; `shuffle` and `sample` have
    changed before.
    """
    return random.Random(int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big"))


def shuffle(items: list, generator: random.Random) -> None:
    """Fisher-Yates, in place, from `.random()` alone."""
    for i in range(len(items) - 1, 0, -1):
        j = int(generator.random() * (i + 1))
        items[i], items[j] = items[j], items[i]
