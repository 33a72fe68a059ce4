"""Words into records: no word twice in a record, every word exactly as often as it is due.

Each word's uses are spread over the whole run, and a record takes the words that are due first. Before the
rest could become impossible to deal without a repetition (the Gale-Ryser condition), a record takes the
words with the most uses left instead, which keeps every possible rest possible (Ryser 1957).
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence

from .mix import size_stream


def capacity(sizes: dict[int, int]) -> list[int]:
    """`capacity[k]`: how many places k words can take in the records, once each at most in a record.

    `sizes` maps a number of words to the number of records with it. The last entry is the number of all
    places.
    """
    return [sum(c * min(n, k) for n, c in sizes.items()) for k in range(max(sizes, default=0) + 1)]


def dealable(largest_first: Sequence[int], sizes: dict[int, int]) -> bool:
    """Whether words with these numbers of uses fit into the records (Gale 1957, Ryser 1957).

    `largest_first` holds at least as many numbers as the largest record has words, or all of them.
    """
    return _fits(largest_first, capacity(sizes))


def _fits(largest_first: Sequence[int], room: list[int]) -> bool:
    filled, last = 0, len(room) - 1
    for k, uses in enumerate(largest_first, 1):
        filled += uses
        if filled > room[k if k < last else last]:
            return False
    return True


def word_records(uses: Sequence[int], sizes: dict[int, int], generator: random.Random) -> Iterator[list[int]]:
    """Deal word w `uses[w]` times into records of `sizes`; yields lists of different word indices.

    `sum(uses)` equals the number of places, and `dealable` holds. A word that stands in every record is
    set aside first, so that it does not make the others look tight.
    """
    records = sum(sizes.values())
    always = [w for w, n in enumerate(uses) if records and n == records]
    left = [0 if n == records else n for n in uses]
    totals = list(left)
    draw = generator.random
    # (due, word): a use falls due at a random moment within its own stride of the run.
    queue = [(draw() / n, w) for w, n in enumerate(totals) if n]
    heapq.heapify(queue)
    to_come = {n - len(always): c for n, c in sizes.items()}
    tops = max(to_come, default=0) + 1
    bound = heapq.nlargest(tops, left)  # uses only fall, so an old list of the largest stays an upper bound
    room = capacity(to_come)  # of the records still to come; kept up by subtraction
    for size in size_stream(to_come, generator):
        for k in range(1, len(room)):
            room[k] -= size if size < k else k
        if not (free := _fits(bound, room)):
            bound = heapq.nlargest(tops, left)
            free = _fits(bound, room)
        if free:
            picked = [heapq.heappop(queue)[1] for _ in range(size)]
        else:
            fullest = heapq.nsmallest(size, queue, key=lambda entry: (-left[entry[1]], entry))
            picked = [w for _, w in fullest]
            gone = set(picked)
            queue = [entry for entry in queue if entry[1] not in gone]
            heapq.heapify(queue)
        for w in picked:
            left[w] -= 1
            if left[w]:
                heapq.heappush(queue, ((totals[w] - left[w] + draw()) / totals[w], w))
        yield [*always, *picked]
