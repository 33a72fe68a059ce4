"""Word lists: one reader for whoever asks for sentences, grades or counts words."""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..common.encoding import detect_encoding, guessed, open_text
from ..common.errors import STDIN, InputError, Option, Problem
from ..common.ordinary import ordinary
from ..language.entry import Entry
from ..language.levels import LEVELS
from .columns import Columns, Places, Reading, level_in, listed
from .delimited import anki_export, is_separator_line
from .header import columns_by_content, word_text
from .lines import is_english, most, read_lines, unnumbered
from .markup import word_without_markup
from .tables import TABLES, TableRow, looks_like_json, read_rows

_LOOK = 40  # lines
_LEAST = 3  # pairs that tell which side is English
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class ListedWord:
    """One entry of a word list.

    `text` is the entry as its owner wrote it, on one line: it is what a sheet gives back. `level` is one of `LEVELS`,
    `pos` and `meaning` are the owner's own words; None where the list does not say. `columns` are all other cells of
    its row, in order, each with the name of its column; those of level, part of speech and meaning are among them.
    """

    text: str
    level: str | None = None
    pos: str | None = None
    meaning: str | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @cached_property
    def entry(self) -> Entry:
        """What the text asks for, with what its row says about the part of speech."""
        return Entry.parse(self.text, self.pos or "")


@dataclass(frozen=True)
class WordList:
    """The entries of a list in their order, repetitions too.

    `other_level` counts the entries that `at` left out; `notes` say what else was not read, or was guessed.
    """

    words: tuple[ListedWord, ...]
    other_level: int = 0
    notes: tuple[Problem, ...] = ()

    def at(self, *levels: str) -> WordList:
        """The entries of `levels` and those of no level."""
        kept = tuple(word for word in self.words if word.level in (None, *levels))
        return replace(self, words=kept, other_level=self.other_level + len(self.words) - len(kept))

    def counts(self, default: str) -> str:
        """How many entries there are of each level, in words; those of no level count for `default`."""
        levels = Counter(word.level or default for word in self.words)
        return ", ".join(f"{level} {levels[level]:,}" for level in LEVELS if levels[level])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns that the entries bring along, in order."""
        return tuple(dict.fromkeys(name for word in self.words for name, _ in word.columns))


def read_word_list(source: str | Path, columns: Columns | None = None, sheet: str | None = None) -> WordList:
    """The entries of a text with a word a line, of a table or deck with words, or of standard input (`-`).

    `sheet` names the one of an Excel file. Whether an entry can be asked for is not decided here.

    Raises:
        InputError: no such file, or no list of words.
    """
    if source == "":
        raise InputError("The name of the file with the words is empty. Give its path, or - for standard input.")
    path, reading = Path(source), Reading(columns or Columns(), ("word",), sheet)
    if path == STDIN and not hasattr(sys.stdin, "buffer"):  # a stream of text in its place
        return _of_lines(sys.stdin.read().splitlines(), path)
    with ordinary(path) as file:
        if file.is_dir() or file.suffix.lower() in TABLES:
            return _of_rows(file, reading, path)
        encoding = detect_encoding(file)
        with open_text(file, encoding) as text:
            lines = text.read().splitlines()
        if _is_table(lines, reading) or looks_like_json(file, encoding):
            return _of_rows(file, reading, path)
        return _of_lines(lines, path, notes=guessed(encoding))


def typed_words(text: str, source: object = Option("words")) -> WordList:
    """The entries of `a, b, c`, also one per line, as somebody typed them. Raises InputError when there is none."""
    return _of_lines(text.splitlines(), source, typed=True)


def _is_table(lines: Sequence[str], reading: Reading) -> bool:
    """Whether a text without the ending of a table is one all the same."""
    head = [line for line in lines if line.strip()][:_LOOK]
    if not head or reading.columns.given or anki_export(head) or is_separator_line(head[0]):
        return bool(head)
    for sign in "\t|;,":
        rows = [next(csv.reader([line], delimiter=sign, skipinitialspace=True), []) for line in head]
        width = max(map(len, rows))
        if width < 2:
            continue
        if reading.columns.known(rows[0]) > 1:
            return True
        regular = [row for row in rows if len(row) == width]
        if len(regular) < 0.8 * len(rows) or len(rows) < 2:
            continue
        places = columns_by_content(regular)
        if sign in "\t|" or places.level is not None or places.pos is not None or _translated(regular, places):
            return True
    return False


def _translated(rows: Sequence[Sequence[str]], places: Places) -> bool:
    """Whether one column is English and the other is not: "apple,elma"."""
    if places.word is None or places.meaning is None:
        return False
    words, meanings = ([row[at] for row in rows] for at in (places.word, places.meaning))
    return most(is_english, words) and not most(is_english, meanings, 0.3)


def _of_rows(path: Path, reading: Reading, source: object) -> WordList:
    rows = list(read_rows(path, reading=reading))
    notes, levels = reading.notes, [row.level.strip() for row in rows]
    if odd := [level for level in levels if level and _level(level) is None]:
        values = {"n": len(odd), "levels": listed(odd)}
        notes.append(Problem("{n} entries have a level that is not in the CEFR: {levels}.", values))
    if several := [level for level in levels if level.upper() != (_level(level) or level.upper())]:
        values = {"n": len(several), "levels": listed(several)}
        notes.append(Problem("{n} entries name more than one level, of which the first was taken: {levels}.", values))
    if beyond := sum(len(row.surplus) for row in rows):
        notes.append(Problem("{n} cells beyond the last column were left out.", {"n": beyond}))
    words = list(map(_of_row, rows))
    if blank := sum(not word.text and any(text for _, text in word.columns) for word in words):
        notes.append(Problem("{n} rows without a word were left out.", {"n": blank}))
    return _whole(words, source, notes, given="word" in reading.columns.given)


def _of_row(row: TableRow) -> ListedWord:
    level, pos, meaning = _level(row.level), row.pos.strip() or None, row.meaning.strip() or None
    word = ListedWord(entry_text(row.word), level, pos, meaning, row.others)
    return _with_entry_level(word)


def _of_lines(lines: Sequence[str], source: object, *, typed: bool = False, notes: Sequence[Problem] = ()) -> WordList:
    read = read_lines([word_without_markup(line) for line in lines], typed=typed)
    notes = [*notes]
    if read.titles:
        values = {"n": len(read.titles), "titles": listed(read.titles)}
        notes.append(Problem("Taken for titles, not for words ({n}): {titles}.", values))
    if read.examples:
        values = {"n": len(read.examples), "examples": listed(read.examples)}
        notes.append(Problem("Taken for examples, not for words ({n}): {examples}.", values))
    words = []
    for line in read.entries:
        given = (("level", line.level), ("pos", line.pos), ("meaning", line.meaning))
        more = ((f"column {i}", text) for i, text in enumerate(line.more, 5))
        columns = (*((name, text) for name, text in given if text), *more)
        words.append(
            _with_entry_level(ListedWord(word_text(one_line(line.text)), line.level, line.pos, line.meaning, columns))
        )
    return _whole(words, source, notes)


def _with_entry_level(word: ListedWord) -> ListedWord:
    """`word` with the level that its own notation says, where nothing else does: "abandon v. B2"."""
    return word if word.level or not word.entry.level else replace(word, level=word.entry.level)


def entry_text(cell: str) -> str:
    """The entry in a cell of a table: without markup, number and line breaks."""
    return one_line(unnumbered(word_without_markup(cell).strip()))


def one_line(text: str) -> str:
    """`text` with single spaces, without line breaks and control characters."""
    return " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", text)).split())


def _level(text: str) -> str | None:
    """The level of a cell; the first where there are several: "A1/A2"."""
    return next((level for part in text.replace("/", " ").replace("-", " ").split() if (level := level_in(part))), None)


def _whole(words: Sequence[ListedWord], source: object, notes: Sequence[Problem], *, given: bool = False) -> WordList:
    kept = tuple(word for word in words if word.text)
    if not kept:
        raise InputError("There is no word in {source}. Give at least one.", source=source)
    if not given and _foreign_first(kept):
        kept = tuple(map(_swapped, kept))
        said = "The English words are in the column of meanings; they were taken for the words: {words}."
        notes = [*notes, Problem(said, {"words": listed([word.text for word in kept])})]
    return WordList(kept, notes=tuple(notes))


def _foreign_first(words: Sequence[ListedWord]) -> bool:
    """Whether nearly all meanings are English and hardly any of the words: "elma - apple"."""
    pairs = [(word.text, word.meaning) for word in words if word.meaning]
    if len(pairs) < max(_LEAST, 0.8 * len(words)):
        return False
    return most(is_english, [meaning for _, meaning in pairs], 0.9) and not most(is_english, [w for w, _ in pairs], 0.2)


def _swapped(word: ListedWord) -> ListedWord:
    if not word.meaning:
        return word
    columns = tuple((name, word.text if text == word.meaning else text) for name, text in word.columns)
    return _with_entry_level(ListedWord(entry_text(word.meaning), word.level, word.pos, word.text, columns))
