"""Word-sentence pairs: clean them, check each one, and say what is wrong with which row."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..common.errors import Problem
from ..language.entry import Entry
from ..language.levels import LEVELS, TRAINABLE, parse_level
from .columns import Columns, Reading
from .markup import without_markup, word_without_markup
from .sentence import BREAK, CONTROL, check_sentence, control_problem, without_translation
from .tables import TableRow, read_rows

STARTER = Path(__file__).parents[1] / "data" / "bank"

_QUOTES = str.maketrans("‘’‚‛ʼ´`“”„‟«»", "'''''''\"\"\"\"\"\"")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\ud800-\udfff]")
_MISREAD = re.compile(r"[ÂÃÄÅâ][^\x00-\x7f]{1,2}")
MAX_WORD = 60  # characters


@dataclass(frozen=True)
class Reject:
    """A row that fails a check, and why."""

    row: int
    word: str
    sentence: str
    reason: Problem


@dataclass
class RowCounts:
    """What became of the rows of a table: read = used + other_level + doubled + blank + rejected."""

    read: int = 0
    used: int = 0
    other_level: int = 0
    doubled: int = 0
    blank: int = 0
    rejected: int = 0
    kept_despite_a_failed_check: int = 0


@dataclass
class Cleaned:
    """How many cells were changed, by what was done.

    Quotation marks were made straight, letters of a wrong encoding repaired, markup, translations and invisible
    characters taken off, and words asked for without the notation of their list ("apple n." as apple).
    """

    smart_quotes: int = 0
    encoding: int = 0
    markup: int = 0
    translations: int = 0
    invisible: int = 0
    notation: int = 0

    @property
    def said(self) -> tuple[Problem, ...]:
        """What was done, for people."""
        said = (
            Problem("Typographic quotation marks were made straight in {n} cells.", {"n": f"{self.smart_quotes:,}"}),
            Problem("Markup (tags, cloze marks, sounds) was taken off {n} cells.", {"n": f"{self.markup:,}"}),
            Problem("Letters of a wrong encoding (â€™ for ’) were repaired in {n} cells.", {"n": f"{self.encoding:,}"}),
            Problem("A translation was cut off {n} sentences.", {"n": f"{self.translations:,}"}),
            Problem("Invisible characters were taken off {n} cells.", {"n": f"{self.invisible:,}"}),
            Problem("{n} pairs ask for the word without the list's notation.", {"n": f"{self.notation:,}"}),
        )
        return tuple(problem for problem in said if problem.values["n"] != "0")


@dataclass
class PairSet:
    """The usable pairs of one table. Sentences are stored once each: a sentence is its text.

    `pair_words[i]` and `pair_sentences[i]` index into `words` and `sentences`. `notes` say what of the table was not
    read, or was guessed.
    """

    level: str
    words: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    pair_words: array[int] = field(default_factory=lambda: array("l"))
    pair_sentences: array[int] = field(default_factory=lambda: array("l"))
    rejects: list[Reject] = field(default_factory=list)
    rows: RowCounts = field(default_factory=RowCounts)
    cleaned: Cleaned = field(default_factory=Cleaned)
    notes: list[Problem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.pair_words)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((self.words[w], self.sentences[s]) for w, s in zip(self.pair_words, self.pair_sentences, strict=True))


def load_pairs(
    path: Path,
    level: str,
    columns: Columns | None = None,
    *,
    keep: bool = False,
    sheet: str | None = None,
    progress: Callable[[int], object] | None = None,
) -> PairSet:
    """Read, clean and check the pairs of `level` in the table at `path`; `sheet` is the one of an Excel file.

    With `keep`, pairs that fail a check are used all the same (line breaks become spaces); they are still
    listed in `rejects`. Blank and doubled rows and rows of another level are only counted.

    Raises:
        InputError: the table cannot be read.
    """
    reading = Reading(columns or Columns(), sheet=sheet)
    # The bank's own sentences have been read by people, and no matcher knows better.
    loading = _Loading(PairSet(level, notes=reading.notes), keep, checks=path.parent != STARTER)
    for row in read_rows(path, reading=reading):
        loading.add(row)
        if progress is not None and loading.rows.read % 5000 == 0:
            progress(loading.rows.read)
    return loading.finished()


class _Loading:
    """A PairSet while it is filled."""

    def __init__(self, pairs: PairSet, keep: bool, *, checks: bool = True) -> None:
        self.pairs, self.rows, self.keep, self.checks = pairs, pairs.rows, keep, checks
        self._words: dict[str, int] = {}
        self._sentences: dict[str, int] = {}
        self._seen: set[int] = set()
        self._numbers = 0  # in the place of levels

    def add(self, row: TableRow) -> None:
        pairs, rows = self.pairs, self.rows
        rows.read += 1
        word = self._clean(row.word, word_without_markup)
        entry = Entry.parse(word, row.pos)
        whole = self._clean(row.sentence, lambda text: without_markup(text, entry))
        sentence = without_translation(whole) if self.checks else whole
        pairs.cleaned.translations += sentence != whole
        if not word or not sentence:
            rows.blank += 1
            return
        level = row.level.strip().upper()
        if level.isdecimal():  # of a lesson
            self._numbers += 1
            level = ""
        if level in LEVELS and level != pairs.level:
            rows.other_level += 1
            return
        unknown_level = _level_problem(level)
        reason = unknown_level or (check_pair(word, sentence, row.surplus, row.pos) if self.checks else None)
        if reason:
            pairs.rejects.append(Reject(row.number, word, " ".join((sentence, *row.surplus)), reason))
            if not self.keep or unknown_level:
                rows.rejected += 1
                return
            word, sentence = one_line(word), one_line(", ".join((sentence, *row.surplus)))
            entry = Entry.parse(word, row.pos)
        if self._is_new(asked := entry.headword or word, sentence):
            rows.used += 1
            pairs.cleaned.notation += asked != word
        else:
            rows.doubled += 1
        rows.kept_despite_a_failed_check += reason is not None

    def _is_new(self, word: str, sentence: str) -> bool:
        """Keep the pair, unless it is there already."""
        w = self._words.setdefault(word.casefold(), len(self._words))
        s = self._sentences.setdefault(sentence, len(self._sentences))
        if (w << 32 | s) in self._seen:
            return False
        self._seen.add(w << 32 | s)
        if w == len(self.pairs.words):
            self.pairs.words.append(word)
        self.pairs.pair_words.append(w)
        self.pairs.pair_sentences.append(s)
        return True

    def _clean(self, text: str, without: Callable[[str], str]) -> str:
        """`text` without markup and odd signs, and counted where it had any."""
        cleaned = self.pairs.cleaned
        decoded = text if text.isascii() else _MISREAD.sub(_decoded, text)
        cleaned.encoding += decoded != text
        text, plain = decoded, without(decoded)
        cleaned.markup += plain is not text and plain != text
        visible = plain if plain.isascii() else _INVISIBLE.sub("", plain)
        cleaned.invisible += visible != plain
        text, straightened = straight(visible)
        cleaned.smart_quotes += straightened
        return text

    def finished(self) -> PairSet:
        self.pairs.sentences = list(self._sentences)
        if self._numbers:
            said = "{n} rows have a number for a level, and were taken for pairs of {level}."
            self.pairs.notes.append(Problem(said, {"n": self._numbers, "level": self.pairs.level}))
        return self.pairs


def check_pair(word: str, sentence: str, surplus: Sequence[str] = (), pos: str = "") -> Problem | None:
    """What is wrong with a cleaned pair, in a few words; None when nothing is. `pos` is the word's part of speech."""
    if BREAK.search(word):
        return Problem("line break in the word")
    if control := CONTROL.search(word):
        return control_problem(control[0])
    if surplus and not BREAK.search(sentence):
        return Problem("more cells than columns: put a sentence with commas in quotation marks")
    if not any(c.isalpha() for c in word):
        return Problem("the word has no letters")
    if len(word) > MAX_WORD:
        return Problem("the word has {n} characters: are the columns swapped?", {"n": len(word)})
    return check_sentence(sentence, Entry.parse(word, pos))


def _decoded(match: re.Match[str]) -> str:
    """UTF-8 that was read as a code page of Windows, read again; as it is where it was none."""
    raw = b"".join(c.encode("cp1252" if c not in "\x81\x8d\x8f\x90\x9d" else "latin-1", "replace") for c in match[0])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return match[0]


def straight(text: str) -> tuple[str, bool]:
    """Straight quotation marks (and whether any were not), single spaces; line breaks are left for the check to see."""
    if text.isascii() and not text.startswith((" ", "\t")) and "  " not in text and "\t" not in text:
        return text.strip(), False
    cleaned = unicodedata.normalize("NFC", text)
    straight = cleaned.translate(_QUOTES)
    return re.sub(r"[^\S\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", straight).strip(), straight != cleaned


def one_line(text: str) -> str:
    """`text` as it may be in a record: line breaks and control characters are spaces."""
    return " ".join(CONTROL.sub(" ", BREAK.sub(" ", text)).split())


def _level_problem(level: str) -> Problem | None:
    return Problem("{level!r:.22} is not a CEFR level", {"level": level}) if level and level not in LEVELS else None


def starter_pairs(level: str) -> Path:
    """The file of starter pairs for `level`. Raises InputError when there is none."""
    return STARTER / f"{parse_level(level, TRAINABLE).lower()}.json"
