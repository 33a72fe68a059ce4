"""Word lists: one reader for whoever asks for sentences, grades or counts words."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..common.encoding import detect_encoding, open_text
from ..common.errors import InputError, Option, Problem
from ..language.levels import LEVELS
from .columns import Columns
from .tables import read_rows

_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")


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


@dataclass(frozen=True)
class WordList:
    """The entries of a list in their order, repetitions too.

    `other_level` counts the entries that `at` left out; `notes` say what else was not read, or was guessed.
    """

    words: tuple[ListedWord, ...]
    other_level: int = 0
    notes: tuple[Problem, ...] = ()

    def at(self, level: str) -> WordList:
        """The entries of `level` and those of no level."""
        kept = tuple(word for word in self.words if word.level in (None, level))
        return replace(self, words=kept, other_level=self.other_level + len(self.words) - len(kept))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns that the entries bring along, in order."""
        return tuple(dict.fromkeys(name for word in self.words for name, _ in word.columns))


def read_word_list(source: str | Path, columns: Columns | None = None, sheet: str | None = None) -> WordList:
    """The entries of a file with one word a line, of a table with a word column, or of standard input (`-`).

    `sheet` names the one of an Excel file. Whether an entry can be asked for is not decided here.

    Raises:
        InputError: no such file, or no list of words.
    """
    if str(source) == "-":
        return _whole(map(_of_line, sys.stdin), "standard input")
    path = Path(source)
    if path.suffix.lower() in _TABLES or path.is_dir():
        rows = read_rows(path, columns, needed=("word",))
        return _whole(
            (
                ListedWord(
                    one_line(row.word), _level(row.level), row.pos or None, row.meaning or None, columns=row.others
                )
                for row in rows
            ),
            source,
        )
    if not path.is_file():
        raise InputError(
            "{file} does not exist. To give the words themselves, use {option} {file}.",
            file=source,
            option=Option("words"),
        )
    with open_text(path, detect_encoding(path)) as file:
        return _whole(map(_of_line, file), source)


def listed(lines: Sequence[str], source: object = Option("words")) -> WordList:
    """The entries of `lines`, as somebody typed them. Raises InputError when there is none."""
    return _whole(map(_of_line, lines), source)


def one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _of_line(line: str) -> ListedWord:
    return ListedWord(one_line(line))


def _level(text: str) -> str | None:
    level = text.strip().upper()
    return level if level in LEVELS else None


def _whole(words: Iterable[ListedWord], source: object) -> WordList:
    kept = tuple(word for word in words if word.text)
    if not kept:
        raise InputError("There is no word in {source}. Give at least one.", source=source)
    return WordList(kept)
