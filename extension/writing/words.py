"""The words people ask for: what is asked for in the prompt, and which of them can be asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.language.entry import Entry
from ...exporter.pairs.columns import Columns
from ...exporter.pairs.wordlist import ListedWord, listed, read_word_list

MAX_LENGTH, MAX_PARTS = 60, 6  # characters; words of one entry ("keep an eye on sth" has five)
# What dictionaries put into an entry beside letters and digits.
_SIGNS = frozenset(" -'’./(),&!?+")


@dataclass(frozen=True)
class Wanted:
    """An entry of a list that sentences are asked for: as it was listed, and as it is understood."""

    listed: ListedWord
    entry: Entry

    @classmethod
    def of(cls, word: str | ListedWord) -> Wanted:
        given = ListedWord(word) if isinstance(word, str) else word
        return cls(given, Entry.parse(given.text, given.pos or ""))

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """The same for two entries that ask for the same: the same word as the same part of speech."""
        return key(self.entry.headword), self.entry.parts


def split_words(text: str, source: object = Option("words")) -> list[ListedWord]:
    """`a, b, c`, also one a line, as words. Raises InputError when none of them can be asked for."""
    return entries(re.split(r"[,;\n]", text), source)


def entries(lines: Iterable[str], source: object) -> list[ListedWord]:
    """Every entry that is not blank, in order, repetitions too: each becomes a row.

    Raises InputError unless at least one of them can be asked for.
    """
    return askable(listed([*lines], source).words, source)


def read_words(source: str, columns: Columns | None = None) -> list[ListedWord]:
    """The entries of a file, a table or standard input (`-`), as `read_word_list` reads them.

    Raises InputError: it cannot be read, or none of them can be asked for.
    """
    name = "standard input" if source == "-" else source
    return askable(read_word_list(source, columns).words, name)


def askable(words: Sequence[ListedWord], source: object) -> list[ListedWord]:
    """`words`. Raises InputError unless at least one of them can be asked for."""
    if words and all(problem(word.text) for word in words):
        raise _not_a_word(words[0].text, source)
    return [*words]


def check_words(lines: Iterable[str], source: object) -> list[str]:
    """The headwords without repetitions, for where no row can say what is wrong with one.

    Raises InputError unless each of them can be asked for.
    """
    words = list({Wanted.of(word).key: word.text for word in reversed(entries(lines, source))}.values())[::-1]
    if bad := next(filter(problem, words), ""):
        raise _not_a_word(bad, source)
    return [Entry.parse(word).headword for word in words]


def _not_a_word(word: str, source: object) -> InputError:
    return InputError(
        "{word} in {source} is not a word: {problem}. Give one word per line.",
        word=repr(word[:MAX_LENGTH]),
        source=source,
        problem=problem(word),
    )


def problem(text: str) -> Problem | None:
    """Why no sentence can be written with the entry `text`; None where one can."""
    if len(text) > MAX_LENGTH:
        return Problem("it has {n} characters, and an entry has at most {most}", {"n": len(text), "most": MAX_LENGTH})
    word = Entry.parse(text).headword
    letters = [c for c in word if c.isalpha()]
    foreign = next((c for c in letters if not unicodedata.name(c, "").startswith("LATIN")), "")
    odd = next((c for c in word if not (c.isalnum() or c in _SIGNS or unicodedata.category(c) == "Mn")), "")
    parts = len(text.split())
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
    """The same for two words that differ in case, spaces or the kind of apostrophe only."""
    return " ".join(word.casefold().replace("’", "'").split())
