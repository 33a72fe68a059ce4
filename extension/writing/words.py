"""The words people ask for: what is asked for in the prompt, and which of them can be asked for."""

from __future__ import annotations

import unicodedata

from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.language.entry import Entry
from ...exporter.pairs.columns import Columns
from ...exporter.pairs.wordlist import ListedWord, WordList, read_word_list, typed_words

MAX_LENGTH, MAX_PARTS = 60, 6  # characters; words of one entry ("keep an eye on sth" has five)
# What dictionaries put into an entry beside letters and digits.
_SIGNS = frozenset(" -'’./(),&!?+")


def as_listed(word: str | ListedWord) -> ListedWord:
    return ListedWord(word) if isinstance(word, str) else word


def word_id(word: ListedWord) -> tuple[str, tuple[str, ...]]:
    """The same for two entries that ask for the same: the same word as the same part of speech."""
    return key(word.entry.headword), word.entry.parts


def split_words(text: str, source: object = Option("words")) -> list[ListedWord]:
    """`a, b, c`, also one per line, as words. Raises InputError when none of them can be asked for."""
    return askable(typed_words(text, source), source)


def read_words(source: str, columns: Columns | None = None, sheet: str | None = None) -> WordList:
    """The entries of a file, a table or standard input (`-`), as `read_word_list` reads them.

    Raises InputError: it cannot be read, or none of them can be asked for.
    """
    words = read_word_list(source, columns, sheet)
    askable(words, "standard input" if source == "-" else source)
    return words


def askable(words: WordList, source: object) -> list[ListedWord]:
    """The entries of `words`. Raises InputError unless at least one of them can be asked for."""
    if all(why_no_word(word.text) for word in words.words):
        raise _not_a_word(words.words[0].text, source)
    return [*words.words]


def check_words(text: str, source: object) -> list[str]:
    """The headwords that were typed, without repetitions, for where no row can say what is wrong with one.

    Raises InputError unless each of them can be asked for.
    """
    words = list({word_id(word): word for word in reversed(split_words(text, source))}.values())[::-1]
    if bad := next((word.text for word in words if why_no_word(word.text)), ""):
        raise _not_a_word(bad, source)
    return [word.entry.headword for word in words]


def _not_a_word(word: str, source: object) -> InputError:
    return InputError(
        "{word} in {source} is not a word: {problem}. Give one word per line.",
        word=repr(word[:MAX_LENGTH]),
        source=source,
        problem=why_no_word(word),
    )


def why_no_word(text: str) -> Problem | None:
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
        if not odd.isprintable():
            return Problem("it has an invisible character")
        return Problem("{character} does not belong in a word", {"character": repr(odd)})
    if parts > MAX_PARTS:
        return Problem("it has {n} words, and an entry has at most {most}", {"n": parts, "most": MAX_PARTS})
    return None


def key(word: str) -> str:
    """The same for two words that differ in case, spaces or the kind of apostrophe only."""
    return " ".join(word.casefold().replace("’", "'").split())
