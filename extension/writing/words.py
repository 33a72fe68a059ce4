"""The words people ask for: typed, piped, in a list or in a table; and which of them can be asked for."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from ...exporter.common.encoding import detect_encoding, open_text
from ...exporter.common.errors import InputError
from ...exporter.pairs.tables import read_rows

_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")
MAX_LENGTH, MAX_PARTS = 60, 6  # characters; words of one entry ("keep an eye on sth" has five)
# What dictionaries put into an entry beside letters and digits.
_SIGNS = frozenset(" -'’./(),&!?+")


def split_words(text: str, source: str = "--words") -> list[str]:
    """`a, b, c`, also one a line, as words. Raises InputError when there is none that can be asked for."""
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
        raise InputError(f"{source} does not exist. To give the words themselves, use --words {source}.")
    with open_text(path, detect_encoding(path)) as file:
        return entries(file, source)


def entries(lines: Iterable[str], source: str) -> list[str]:
    """Every entry that is not blank, in order, repetitions too: each becomes a row.

    Raises InputError unless at least one of them can be asked for.
    """
    words = [word for line in lines if (word := " ".join(unicodedata.normalize("NFC", line).split()))]
    if not words:
        raise InputError(f"There is no word in {source}.")
    if all(map(problem, words)):
        raise InputError(_no_word(words[0], source))
    return words


def check_words(lines: Iterable[str], source: str) -> list[str]:
    """The entries without repetitions, for where there are no rows to say what is wrong with one.

    Raises InputError unless each of them can be asked for.
    """
    words = list({key(word): word for word in reversed(entries(lines, source))}.values())[::-1]
    if bad := next(filter(problem, words), ""):
        raise InputError(_no_word(bad, source))
    return words


def _no_word(word: str, source: str) -> str:
    return f"{word[:MAX_LENGTH]!r} in {source} is not a word: {problem(word)}. Give one word a line."


def problem(word: str) -> str:
    """Why nobody can write a sentence with `word`, in a few words; empty where somebody can."""
    if len(word) > MAX_LENGTH:
        return f"it has {len(word)} characters"
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return "it has no letters"
    if other := next((c for c in letters if not unicodedata.name(c, "").startswith("LATIN")), ""):
        return f"{other!r} is not a Latin letter"
    if odd := next((c for c in word if not (c.isalnum() or c in _SIGNS or unicodedata.category(c) == "Mn")), ""):
        return f"{odd!r} belongs to no word" if odd.isprintable() else "it holds an invisible character"
    if len(word.split()) > MAX_PARTS:
        return f"it has {len(word.split())} words, and an entry has at most {MAX_PARTS}"
    return ""


def key(word: str) -> str:
    """What two entries share that ask for the same word."""
    return " ".join(word.casefold().replace("’", "'").split())
