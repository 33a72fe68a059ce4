"""The bank: example sentences by word. A level's file is in `data/bank/`; a user's own pairs come before it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from random import Random

from ..language.entry import Entry, keys_of
from ..language.levels import TRAINABLE, level_number
from ..language.lexicon import coarse_part, lemmas
from ..language.notation import headword
from ..pairs.checking import starter_pairs
from .headwords import other_spellings, respell, word_key

OWN, BANK = "own", "bank"
COLUMNS = ("word", "pos", "sentence", "level")


@dataclass(frozen=True)
class BankSentence:
    """A sentence for `word` as the part of speech `pos` (as a word list names it; empty: not known) at `level`.

    `source` is OWN or BANK.
    """

    word: str
    pos: str
    sentence: str
    level: str
    source: str = BANK

    @property
    def json(self) -> str:
        """As one line of a file, without the source."""
        return json.dumps({name: getattr(self, name) for name in COLUMNS}, ensure_ascii=False)

    def spelled(self, entry: Entry) -> str:
        """The sentence with its word as `entry` spells it: "Two colours" for *colour*, where the bank has *color*."""
        return respell(self.sentence, self.word, entry.headword, self.pos)


@lru_cache(maxsize=len(TRAINABLE))
def bank_rows(level: str) -> tuple[BankSentence, ...]:
    """The bank's sentences for `level`, by word and part of speech; read once."""
    rows = json.loads(starter_pairs(level).read_text(encoding="utf-8"))
    return tuple(BankSentence(row["word"], row["pos"], row["sentence"], row["level"]) for row in rows)


class Bank:
    """Sentences by word: those that come with the package, and `own` ones, which are preferred."""

    def __init__(self, own: Iterable[BankSentence] = (), levels: Sequence[str] = TRAINABLE) -> None:
        self._by_key: dict[str, list[BankSentence]] = {}
        for row in (*own, *(row for level in levels for row in bank_rows(level))):
            self._by_key.setdefault(word_key(row.word), []).append(row)

    def __iter__(self) -> Iterator[BankSentence]:
        return (row for rows in self._by_key.values() for row in rows)

    def of(self, entry: Entry) -> list[BankSentence]:
        """The sentences for `entry`, or for the word of which it is another spelling or a form.

        Where it names a part of speech, only those with that one or without any.
        """
        written = dict.fromkeys([entry.text, entry.headword, *map(headword, entry.alternatives)])
        keys = [*map(word_key, written)]
        rows = self._under(keys)
        if exact := {row.source for row in rows if row.word in written}:  # Polish is not polish, but Apple is apple
            rows = [
                row for row in rows if row.word in written or (row.source not in exact and entry.uses(row.sentence))
            ]
        elif entry.text != entry.text.lower():  # nor is a turkey Turkey
            rows = [row for row in rows if entry.uses(row.sentence)]
        rows += [
            row
            for key in keys
            for other, part in sorted(other_spellings().get(key, ()), key=str)
            for row in self._under([other])
            if coarse_part(row.pos) in (part, None)
        ]
        if not rows:
            rows = [row for row in self._under(_roots(entry.headword)) if entry.uses(row.sentence)]
        return [row for row in dict.fromkeys(rows) if not entry.parts or coarse_part(row.pos) in (*entry.parts, None)]

    def _under(self, keys: Iterable[str]) -> list[BankSentence]:
        return [row for key in keys for row in self._by_key.get(key, ())]

    def find(self, entry: Entry, level: str, seed: int = 0) -> list[BankSentence]:
        """The sentences for `entry`, the best for `level` first; those for other words with a phrase that has none.

        The same for a form like *went*, where its verb's sentences do not have it. A user's own come before the bank's,
        those of `level` before those of the levels below, the nearest first, and those of the levels above last. The
        seed decides the order of those that are equally good.
        """
        rows = self.of(entry)
        if not rows and _is_phrase_or_form(entry.headword):
            rows = [replace(row, word=entry.headword, pos="") for row in self.containing(entry)]
        Random(f"{seed} {entry.headword}").shuffle(rows)
        asked = level_number(level)

        def order(row: BankSentence) -> tuple[bool, bool, int]:
            above = level_number(row.level) - asked
            return above > 0, row.source != OWN, abs(above)

        return sorted(rows, key=order)

    def containing(self, entry: Entry) -> list[BankSentence]:
        """The sentences for other words that use `entry`."""
        found = set(self.of(entry))
        near = dict.fromkeys(row for key in sorted(entry.keys) for row in self._by_form.get(key, ()))
        return [row for row in near if row not in found and entry.uses(row.sentence)]

    @cached_property
    def _by_form(self) -> dict[str, list[BankSentence]]:
        """The sentences by all words in them; made when it is first needed, in half a second."""
        index: dict[str, list[BankSentence]] = {}
        for row in self:
            for key in keys_of(row.sentence):
                index.setdefault(key, []).append(row)
        return index


def _is_phrase_or_form(word: str) -> bool:
    """Whether no sentence is written for `word` as such, but many have it: "in front of", *went*."""
    found = lemmas(word.lower())
    return " " in word or (bool(found) and not any(word.lower() in some for some in found.values()))


def _roots(word: str) -> list[str]:
    """The keys of the words of which `word` is a form, or which are written as one word."""
    key = word_key(word)
    return sorted({key.replace(" ", ""), *(lemma for some in lemmas(key).values() for lemma in some)})
