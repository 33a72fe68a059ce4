"""What needs no model: the words that training has never asked for, and the sentences of the bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

from ...exporter.bank.bank import Bank
from ...exporter.language.entry import Entry, keys_of
from ...exporter.records.prompt import Record

# How well training knows a requested word: it occurs in no record; only in sentences for other words; a record asked
# for it.
UNSEEN, INSIDE, ASKED = "unseen", "inside", "asked"


class Shelf:
    """The sentences of training records, to be found by the words in them."""

    def __init__(self, records: Iterable[Record]) -> None:
        records = list(records)
        self.sentences = list(dict.fromkeys(sentence for record in records for sentence in record.sentences))
        self.words = frozenset(word.casefold() for record in records for word in record.words)
        self._holders: dict[str, list[int]] = {}
        for at, sentence in enumerate(self.sentences):
            for key in keys_of(sentence):
                self._holders.setdefault(key, []).append(at)

    def with_word(self, word: str) -> list[int]:
        """The places of the sentences that use `word` in any form."""
        entry = Entry.parse(word)
        places = {at for key in entry.keys for at in self._holders.get(key, ())}
        return sorted(at for at in places if entry.uses(self.sentences[at]))

    def group(self, word: str) -> str:
        """How well training knows `word`: UNSEEN, INSIDE or ASKED."""
        if word.casefold() in self.words:
            return ASKED
        return INSIDE if self.with_word(word) else UNSEEN


def retrieve(bank: Bank, lists: Sequence[Sequence[str]], level: str, seed: int) -> list[list[str | None]]:
    """The bank's answers to `lists` of words: for each a sentence, the next one where it is asked for again."""
    left: dict[str, Iterator[str]] = {}

    def take(word: str) -> str | None:
        if word not in left:
            entry = Entry.parse(word)
            left[word] = cycle(row.spelled(entry) for row in bank.find(entry, level, seed))
        return next(left[word], None)

    return [[take(word) for word in words] for words in lists]
