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
from ..language.sentences import count_sentences
from .columns import Columns
from .tables import read_rows

STARTER = Path(__file__).parents[1] / "data" / "starter"

_QUOTES = str.maketrans("‘’‚‛ʼ´`“”„‟«»", "'''''''\"\"\"\"\"\"")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\ud800-\udfff]")
_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


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
class PairSet:
    """The usable pairs of one table. Sentences are stored once each: a sentence is its text.

    `pair_words[i]` and `pair_sentences[i]` index into `words` and `sentences`. `smart_quotes` counts the cells whose
    typographic quotation marks were made straight.
    """

    level: str
    words: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    pair_words: array[int] = field(default_factory=lambda: array("l"))
    pair_sentences: array[int] = field(default_factory=lambda: array("l"))
    rejects: list[Reject] = field(default_factory=list)
    rows: RowCounts = field(default_factory=RowCounts)
    smart_quotes: int = 0

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
    progress: Callable[[int], object] | None = None,
) -> PairSet:
    """Read, clean and check the pairs of `level` in the table at `path`.

    With `keep`, pairs that fail a check are used all the same (line breaks become spaces); they are still
    listed in `rejects`. Blank and doubled rows and rows of another level are only counted.

    Raises:
        InputError: the table cannot be read.
    """
    pairs, rows = PairSet(level), RowCounts()
    pairs.rows = rows
    word_ids: dict[str, int] = {}
    sentence_ids: dict[str, int] = {}
    seen: set[int] = set()
    for row in read_rows(path, columns):
        rows.read += 1
        if progress is not None and rows.read % 5000 == 0:
            progress(rows.read)
        (word, straightened), (sentence, also) = _clean(row.word), _clean(row.sentence)
        pairs.smart_quotes += straightened + also
        if not word or not sentence:
            rows.blank += 1
            continue
        row_level = row.level.strip().upper()
        if row_level in LEVELS and row_level != level:
            rows.other_level += 1
            continue
        unknown_level = _level_problem(row_level)
        reason = unknown_level or check_pair(word, sentence, row.surplus)
        if reason:
            pairs.rejects.append(Reject(row.number, word, " ".join((sentence, *row.surplus)), reason))
            if not keep or unknown_level:
                rows.rejected += 1
                continue
            word = _BREAK.sub(" ", word)
            sentence = _BREAK.sub(" ", ", ".join((sentence, *row.surplus)))
        w = word_ids.setdefault(word.casefold(), len(word_ids))
        s = sentence_ids.setdefault(sentence, len(sentence_ids))
        if (w << 32 | s) in seen:
            rows.doubled += 1
            continue
        seen.add(w << 32 | s)
        if w == len(pairs.words):
            pairs.words.append(word)
        pairs.pair_words.append(w)
        pairs.pair_sentences.append(s)
        rows.used += 1
        rows.kept_despite_a_failed_check += reason is not None
    pairs.sentences = list(sentence_ids)
    return pairs


def check_pair(word: str, sentence: str, surplus: Sequence[str] = ()) -> Problem | None:
    """What is wrong with a cleaned pair, in a few words; None when nothing is."""
    if _BREAK.search(word):
        return Problem("line break in the word")
    if _BREAK.search(sentence):
        return Problem("line break in the sentence")
    if surplus:
        return Problem("more cells than columns: put a sentence with commas in quotation marks")
    if not any(c.isalpha() for c in word):
        return Problem("the word has no letters")
    if len(word) > 60:
        return Problem("the word has {n} characters: are the columns swapped?", {"n": len(word)})
    if (n := count_sentences(sentence)) > 1:
        return Problem("{n} sentences instead of one", {"n": n})
    if not Entry.parse(word).uses(sentence):
        return Problem("the word does not occur in the sentence")
    return None


def _clean(text: str) -> tuple[str, bool]:
    """Straight quotation marks (and whether any were not), no invisible characters, single spaces.

    Line breaks are left for the check to see.
    """
    if text.isascii() and not text.startswith((" ", "\t")) and "  " not in text and "\t" not in text:
        return text.strip(), False
    cleaned = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    straight = cleaned.translate(_QUOTES)
    return re.sub(r"[^\S\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", straight).strip(), straight != cleaned


def _level_problem(level: str) -> Problem | None:
    return Problem("{level!r:.22} is not a CEFR level", {"level": level}) if level and level not in LEVELS else None


def starter_pairs(level: str) -> Path:
    """The file of starter pairs for `level`. Raises InputError when there is none."""
    return STARTER / f"{parse_level(level, TRAINABLE).lower()}.json"
