"""The words people ask for: typed, piped, in a list or in a table."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from ...exporter.errors import InputError
from ...exporter.tables import read_rows
from ...exporter.textfile import detect_encoding, open_text

_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")


def split_words(text: str, source: str = "--words") -> list[str]:
    """`a, b, c`, also one a line, as words. Raises InputError when there is none."""
    return check_words(re.split(r"[,;\n]", text), source)


def read_words(source: str) -> list[str]:
    """The words of a file with one word a line, of a table with a word column, or of standard input (`-`).

    Raises:
        InputError: no such file, not a list of words, or no word in it.
    """
    if source == "-":
        return check_words(sys.stdin, "standard input")
    path = Path(source)
    if path.suffix.lower() in _TABLES or path.is_dir():
        return check_words((row.word for row in read_rows(path, needed=("word",))), source)
    if not path.is_file():
        raise InputError(f"{source} does not exist. To give the words themselves, use --words {source}.")
    with open_text(path, detect_encoding(path)) as file:
        return check_words(file, source)


def check_words(lines: Iterable[str], source: str) -> list[str]:
    """Words without blanks and repetitions, in their order."""
    words = list(dict.fromkeys(" ".join(line.split()) for line in lines))
    words = [word for word in words if word]
    if not words:
        raise InputError(f"There is no word in {source}.")
    for word in words:
        if len(word) > 60 or not any(c.isalpha() for c in word):
            raise InputError(f"{word[:60]!r} in {source} is not a word. Give one word a line.")
    return words
