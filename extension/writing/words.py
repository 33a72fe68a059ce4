"""The words people ask for: typed, piped, in a list or in a table; and which of them can be asked for."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from ...exporter.common.encoding import detect_encoding, open_text
from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.pairs.tables import read_rows

_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")
MAX_LENGTH, MAX_PARTS = 60, 6  # characters; words of one entry ("keep an eye on sth" has five)
# What dictionaries put into an entry beside letters and digits.
_SIGNS = frozenset(" -'’./(),&!?+")


def split_words(text: str, source: object = Option("words")) -> list[str]:
    """`a, b, c`, also one a line, as words. Raises InputError when none of them can be asked for."""
    return entries(re.split(r"[,;\n]", text), source)


def read_words(source: str) -> list[str]:
    """The words of a file with one word a line, of a table with a word column, or of standard input (`-`).

    Raises:
        InputError: no such file, not a list of words, or no word in it that can be asked for.
    """
    if source == "-":
        return entries(sys.stdin, "standard input")
    path = Path(source)
    if path.suffix.lower() in _TABLES or path.is_dir():
        return entries((row.word for row in read_rows(path, needed=("word",))), source)
    if not path.is_file():
        raise InputError(
            "{file} does not exist. To give the words themselves, use {option} {file}.",
            file=source,
            option=Option("words"),
        )
    with open_text(path, detect_encoding(path)) as file:
        return entries(file, source)


def entries(lines: Iterable[str], source: object) -> list[str]:
    """Every entry that is not blank, in order, repetitions too: each becomes a row.

    Raises InputError unless at least one of them can be asked for.
    """
    words = [word for line in lines if (word := " ".join(unicodedata.normalize("NFC", line).split()))]
    if not words:
        raise InputError("There is no word in {source}. Give at least one.", source=source)
    if all(map(problem, words)):
        raise _not_a_word(words[0], source)
    return words


def check_words(lines: Iterable[str], source: object) -> list[str]:
    """The entries without repetitions, for where no row can say what is wrong with one.

    Raises InputError unless each of them can be asked for.
    """
    words = list({key(word): word for word in reversed(entries(lines, source))}.values())[::-1]
    if bad := next(filter(problem, words), ""):
        raise _not_a_word(bad, source)
    return words


def _not_a_word(word: str, source: object) -> InputError:
    return InputError(
        "{word} in {source} is not a word: {problem}. Give one word per line.",
        word=repr(word[:MAX_LENGTH]),
        source=source,
        problem=problem(word),
    )


def problem(word: str) -> Problem | None:
    """Why no sentence can be written with `word`; None where one can."""
    letters = [c for c in word if c.isalpha()]
    foreign = next((c for c in letters if not unicodedata.name(c, "").startswith("LATIN")), "")
    odd = next((c for c in word if not (c.isalnum() or c in _SIGNS or unicodedata.category(c) == "Mn")), "")
    parts = len(word.split())
    if len(word) > MAX_LENGTH:
        return Problem("it has {n} characters, and an entry has at most {most}", {"n": len(word), "most": MAX_LENGTH})
    if not letters:
        return Problem("it has no letters")
    if foreign:
        return Problem("{character} is not a Latin letter", {"character": repr(foreign)})
    if odd:
        invisible = Problem("it has an invisible character")
        return Problem("{character} belongs to no word", {"character": repr(odd)}) if odd.isprintable() else invisible
    if parts > MAX_PARTS:
        return Problem("it has {n} words, and an entry has at most {most}", {"n": parts, "most": MAX_PARTS})
    return None


def key(word: str) -> str:
    """The same for two entries that ask for the same word."""
    return " ".join(word.casefold().replace("’", "'").split())
