"""A sheet while it is written: what is accepted so far, what is still wanted, and which candidate is taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from itertools import chain
from typing import Any

from ...exporter.pairs.wordlist import ListedWord
from .accepted import Accepted
from .checks import repeats, severity
from .judging import distance, judged
from .settings import WriteSettings
from .sheet import SheetRow
from .words import as_listed, why_no_word, word_id

# Of two accepted sentences the better one has the smaller sum of its distance to the level, the log-odds that it is
# not printable, and VARIETY times the share of its words that the sheet has already.
VARIETY = 1.5

Key = tuple[str, tuple[str, ...], str]


class Draft:
    """`rows` has the accepted rows of each word by its `key`, `best` the best rejected one, and `needs` says how many
    further sentences are asked of the model. `known` are sentences that a model may not repeat.
    """

    def __init__(self, words: Sequence[str | ListedWord], settings: WriteSettings, known: Set[str]) -> None:
        self.settings, self.known = settings, known
        self.words = [as_listed(word) for word in words]
        self._skipped = self._skip()
        self.asked = [word for word, skip in zip(self.words, self._skipped, strict=True) if skip is None]
        self.rows: dict[Key, list[SheetRow]] = {self.key(word): [] for word in self.asked}
        self.best: dict[Key, SheetRow] = {}
        self.needs = {self.key(word): settings.per_word for word in self.asked}
        self.accepted = Accepted(len(self.asked) * settings.per_word)

    def level(self, word: ListedWord | None) -> str:
        """The level at which `word` is asked for."""
        listed = word.level if word is not None and self.settings.levels_from_list else None
        return listed or self.settings.level

    def key(self, word: ListedWord) -> Key:
        """The same for two entries that ask for the same sentence."""
        return *word_id(word), self.level(word)

    def _skip(self) -> list[SheetRow | None]:
        """A row for each word that is not asked for: it is not a word, or it is in an earlier row."""
        first: dict[Key, int] = {}
        rows: list[SheetRow | None] = []
        for number, word in enumerate(self.words, 1):
            if wrong := why_no_word(word.text):
                rows.append(row_for(word, reasons=("not a word",), detail=wrong))
            elif (before := first.setdefault(self.key(word), number)) != number:
                rows.append(row_for(word, reasons=("repeated",), detail=str(before)))
            else:
                rows.append(None)
        return rows

    def judged(self, rows: Sequence[SheetRow], known: Set[str] = frozenset()) -> list[SheetRow]:
        """`rows` as `judged` has them, each at its own level."""
        by_level: dict[str, list[SheetRow]] = {}
        for row in rows:
            by_level.setdefault(self.level(row.listed), []).append(row)
        done = {of: iter(judged(some, of, known, self.settings.classroom)) for of, some in by_level.items()}
        return [next(done[self.level(row.listed)]) for row in rows]

    def left(self) -> list[ListedWord]:
        return [word for word in self.asked if self.needs[self.key(word)] > 0]

    def by_level(self, words: Iterable[ListedWord]) -> dict[str, list[ListedWord]]:
        levels: dict[str, list[ListedWord]] = {}
        for word in words:
            levels.setdefault(self.level(word), []).append(word)
        return levels

    def take(self, rows: Iterable[SheetRow]) -> None:
        """Keep the accepted ones of `rows`."""
        for row in rows:
            key = self.key(as_listed(row.listed or row.word))
            if row.accepted and row.sentence is not None and self.needs.get(key, 0) > 0:
                self.rows[key].append(row)
                self.needs[key] -= 1
                self.accepted.add(row.sentence)

    def choose(self, word: ListedWord, candidates: Iterable[SheetRow], attempt: int) -> list[SheetRow]:
        """The best accepted ones of `candidates`, as many as are needed; of the rejected ones the best is kept."""
        left, key = list(candidates), self.key(word)
        if before := self.best.pop(key, None):
            left.append(replace(before, tries=attempt))
        chosen: list[SheetRow] = []
        while left and self.needs[key] > 0:
            left = [
                replace(row, reasons=repeats(row.sentence or "", self.accepted)) if row.accepted else row
                for row in left
            ]
            best = min(left, key=self.cost)
            if not best.accepted or best.sentence is None:
                self.best[key] = best
                break
            left.remove(best)
            chosen.append(best)
            self.needs[key] -= 1
            self.accepted.add(best.sentence)
        self.rows[key] += chosen
        return chosen

    def cost(self, row: SheetRow) -> tuple[int, bool, float]:
        """The smaller, the better: the failed checks first, then doubt, then distance, log-odds and variety."""
        chance = min(max(row.printable or 0.5, 1e-6), 1 - 1e-6)
        cost = distance(row, self.level(row.listed)) + math.log(1 / chance - 1)
        return severity(row.reasons), row.doubtful, cost + VARIETY * self.accepted.repetition(row.sentence or "")

    def has_sentences(self) -> bool:
        return any(row.sentence for row in (*self.best.values(), *chain(*self.rows.values())))

    def result(self, *, by_model: bool) -> list[SheetRow]:
        """The rows, in the order of the words; what the model did not manage beside the bank is there, too."""
        rows: list[SheetRow] = []
        for word, skip in zip(self.words, self._skipped, strict=True):
            if skip is not None:
                rows.append(skip)
                continue
            key = self.key(word)
            rows += self.rows[key]
            if key in self.best and self.needs[key] > 0 and (by_model or not self.rows[key]):
                rows.append(self.best[key])
        return rows


def row_for(word: ListedWord, sentence: str | None = None, **more: Any) -> SheetRow:
    return SheetRow(word.text, sentence, listed=word, **more)
