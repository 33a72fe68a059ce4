"""Sentences of the bank for the words of a sheet."""

from __future__ import annotations

from collections.abc import Iterator

from ...exporter.bank.bank import Bank, BankSentence
from ...exporter.pairs.wordlist import ListedWord
from .accepted import plain
from .draft import Draft, row_for
from .sheet import SheetRow
from .words import as_listed


def take_from(bank: Bank, draft: Draft, *, beside: bool = False) -> None:
    """Take sentences from the bank; `beside` leaves the model as much to write as without it."""
    waiting = [(word, _offers(bank, word, draft)) for word in draft.asked]
    while waiting:  # where the checks reject a sentence, the next one is tried
        picked = [row for word, offers in waiting for row in _pick(word, offers, draft)]
        for row in draft.judged(picked):
            key = draft.key(as_listed(row.listed or row.word))
            if row.accepted:
                draft.rows[key].append(row)
                draft.needs[key] -= not beside
            else:
                draft.best.setdefault(key, row)
        waiting = [(word, offers) for word, offers in waiting if offers and _lacks(word, draft)]


def _lacks(word: ListedWord, draft: Draft) -> int:
    """How many sentences of the bank are still wanted for `word`."""
    return draft.settings.per_word - len(draft.rows[draft.key(word)])


def _offers(bank: Bank, word: ListedWord, draft: Draft) -> list[BankSentence]:
    """The bank's sentences for `word`, the best first; once each, though a user's own may be in the package too."""
    there = bank.find(word.entry, draft.level(word), draft.settings.seed)
    return [*{plain(row.sentence): row for row in reversed(there)}.values()][::-1]


def _pick(word: ListedWord, offers: list[BankSentence], draft: Draft) -> Iterator[SheetRow]:
    """Take out of `offers` as many as are wanted: of equally good ones those that vary the sheet.

    With a seed, the order in which it has put them decides, so that another seed makes another sheet.
    """
    offers[:] = [row for row in offers if not draft.accepted.has(row.sentence)]
    order = {(row.source, row.level): at for at, row in reversed([*enumerate(offers)])}
    for _ in range(min(_lacks(word, draft), len(offers))):
        vary = draft.settings.seed == 0
        cost = {
            row: (order[row.source, row.level], draft.accepted.repetition(row.sentence) if vary else 0.0)
            for row in offers
        }
        best = min(offers, key=cost.__getitem__)
        offers.remove(best)
        draft.accepted.add(best.sentence)
        yield row_for(word, best.spelled(word.entry), found=best)
