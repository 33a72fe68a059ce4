"""A sheet: for each requested word a checked sentence, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...exporter.bank.bank import BANK, OWN, BankSentence
from ...exporter.common.errors import Problem
from ...exporter.language.entry import Entry
from ...exporter.pairs.wordlist import ListedWord
from .checks import BY_NAME
from .settings import BANK_MODES, EXERCISES, PAPERS

# Where a sentence is from: a user's own bank, the bank of this package, there for a similar word, a model.
CHANGED = "changed"
MODEL = "model"
SOURCES = (OWN, BANK, CHANGED, MODEL)
GAP = "_____"


def gapped(entry: Entry, sentence: str) -> str:
    """`sentence` with gaps for `entry`: one for a word that is written apart there."""
    for start, end in sorted(entry.spans(sentence), reverse=True):
        sentence = f"{sentence[:start]}{GAP}{sentence[end:]}"
    apart = "-" if " " in entry.headword else "[ -]"
    return re.sub(rf"{GAP}(?:{apart}?{GAP})+", GAP, sentence)


@dataclass(frozen=True)
class SheetRow:
    """A requested word and what became of it.

    `word` is as its owner listed it; where a table did, `listed` has its other columns, too. `reasons` are names from
    `checks.CHECKS`, none where the sentence is accepted. `score` and `level` are the judge's, `above` the words above
    the target; `fluency` is the mean log-probability by the writing model, None where that is not known. `tries` counts
    how often the model was asked; `found` is the row of the bank that the sentence is from, `frame` the sentence of the
    bank that it is with another word. A sentence that passes the checks can still be `doubtful`: not sure to be
    printable; one of a bank never is. `printable` is the probability that it is, by `doubt.py` or a critic;
    `guess` and `misfits` are those of `guess.py`. They are None and empty where no model was asked.
    """

    word: str
    sentence: str | None = None
    reasons: tuple[str, ...] = ()
    detail: Problem | str = field(default="", hash=False)
    score: float | None = None
    level: str = ""
    above: tuple[str, ...] = ()
    fluency: float | None = None
    tries: int = 0
    listed: ListedWord | None = None
    found: BankSentence | None = None
    doubtful: bool = False
    printable: float | None = None
    guess: float | None = None
    misfits: tuple[str, ...] = ()
    frame: str = ""

    def __post_init__(self) -> None:
        if unknown := [reason for reason in self.reasons if reason not in BY_NAME]:
            raise ValueError(f"There is no check {', '.join(unknown)}.")
        if not self.reasons and self.sentence is None:
            raise ValueError(f"A row without a sentence needs a reason: {self.word!r}.")

    @property
    def source(self) -> str:
        """One of SOURCES; empty without a sentence."""
        return self.found.source if self.found else CHANGED if self.frame else MODEL if self.sentence else ""

    @property
    def bank_level(self) -> str:
        """The level at which a bank has the sentence."""
        return self.found.level if self.found else ""

    @property
    def pos(self) -> str:
        """The part of speech as the list has it, else as the bank has it."""
        return self.listed_pos or (self.found.pos if self.found else "")

    @property
    def listed_pos(self) -> str:
        return (self.listed and self.listed.pos) or ""

    @property
    def meaning(self) -> str:
        """The meaning that the list has."""
        return (self.listed and self.listed.meaning) or ""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The other cells of the word's row, with the names of their columns."""
        return self.listed.columns if self.listed else ()

    @property
    def entry(self) -> Entry:
        """What was asked for. The part of speech of a bank's sentence is a person's word, not to be doubted."""
        entry = Entry.parse(self.word, self.listed_pos)
        return Entry.parse(entry.headword) if self.found else entry

    @property
    def gapped(self) -> str:
        """The sentence with gaps for the word; as it is where the word is not found in it."""
        return gapped(self.entry, self.sentence or "")

    @property
    def accepted(self) -> bool:
        return not self.reasons

    @property
    def skipped(self) -> bool:
        """Whether the model was not asked for this word."""
        return any(BY_NAME[reason].skips for reason in self.reasons)

    @property
    def rejected(self) -> bool:
        return not self.accepted and not self.skipped

    @property
    def used(self) -> bool:
        """Whether the sentence uses the word."""
        return self.sentence is not None and "unused" not in self.reasons

    @property
    def status(self) -> str:
        """As it is written to files: `ok` or `doubtful` (accepted), `flagged` (rejected) or `skipped`."""
        if self.accepted:
            return "doubtful" if self.doubtful else "ok"
        return "skipped" if self.skipped else "flagged"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The reasons, to be said in any language."""
        return tuple(Problem(BY_NAME[reason].reason, {"detail": self.detail}) for reason in self.reasons)

    @property
    def why(self) -> str:
        """The reasons in English; empty where there are none."""
        return "; ".join(map(str, self.problems))


@dataclass(frozen=True)
class Look:
    """What a worksheet looks like: gaps with a `box` of words or with `choices`, mixed by `seed`."""

    title: str = ""
    exercise: str = EXERCISES[0]
    seed: int = 0
    paper: str = PAPERS[0]


@dataclass(frozen=True)
class Sheet:
    """`rows` written for `level` by `adapter` (empty: the model as it is), with the `strict` vocabulary or without.

    `bank` is one of `settings.BANK_MODES`; `levels_from_list` as in `WriteSettings`.
    """

    rows: tuple[SheetRow, ...]
    level: str
    adapter: str = ""
    strict: bool = False
    look: Look = field(default=Look())
    bank: str = BANK_MODES[0]
    levels_from_list: bool = False

    def target(self, row: SheetRow) -> str:
        """The level at which the word of `row` was asked for."""
        return (self.levels_from_list and row.listed and row.listed.level) or self.level

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the words brought along, in order."""
        return tuple(dict.fromkeys(name for row in self.rows for name, _ in row.columns))


@dataclass(frozen=True)
class Counts:
    """How many words of a sheet there are of each kind; a word may have several rows.

    `first` were accepted at the model's first try; `sentences` are accepted: `own` of them a user's own, `from_bank`
    of them the bank's; `doubtful` of them are to be read first.
    """

    words: int
    accepted: int
    first: int
    rejected: int
    skipped: int
    sentences: int = 0
    own: int = 0
    from_bank: int = 0
    doubtful: int = 0

    @property
    def asked(self) -> int:
        return self.words - self.skipped


def count(rows: Sequence[SheetRow]) -> Counts:
    words: dict[object, list[SheetRow]] = {}
    for row in rows:
        if not row.skipped:
            words.setdefault((row.word, row.listed_pos), []).append(row)
    skipped = sum(row.skipped for row in rows)
    accepted = sum(any(row.accepted for row in some) for some in words.values())
    return Counts(
        words=len(words) + skipped,
        accepted=accepted,
        first=sum(any(row.accepted and row.tries == 1 for row in some) for some in words.values()),
        rejected=len(words) - accepted,
        skipped=skipped,
        sentences=sum(row.accepted for row in rows),
        own=sum(row.accepted and row.source == OWN for row in rows),
        from_bank=sum(row.accepted and row.source == BANK for row in rows),
        doubtful=sum(row.status == "doubtful" for row in rows),
    )


def reading_order(rows: Iterable[SheetRow]) -> list[SheetRow]:
    """The rows as a person should read them: doubtful, flagged, ok, skipped, each in their order."""
    return sorted(rows, key=lambda row: row.status)
