"""The headwords of the word lists, each with its part of speech: what the bank has sentences for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..language.lexicon import DATA

# CEFR-J has A1 to B2, Octanove C1 (and C2, which the bank leaves out).
_LISTS = ("cefr-j.tsv", "octanove.tsv")


@dataclass(frozen=True)
class Headword:
    """An entry of a word list: `spellings` are its variants (colour, color), `pos` is the list's own name for it."""

    spellings: tuple[str, ...]
    pos: str
    level: str

    @property
    def name(self) -> str:
        """As the list writes it."""
        return "/".join(self.spellings)


@lru_cache(maxsize=1)
def headwords() -> tuple[Headword, ...]:
    """All entries of the lists, read once."""
    rows = []
    for name in _LISTS:
        for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]:
            spellings, pos, level = line.split("\t")
            rows.append(Headword(tuple(spellings.split("/")), pos, level))
    return tuple(rows)


def word_key(word: str) -> str:
    """The same for two ways of writing a word that differ in case, spaces, apostrophe or a full stop at the end."""
    return " ".join(word.casefold().replace("’", "'").split()).rstrip(".")


@lru_cache(maxsize=1)
def other_spellings() -> dict[str, frozenset[str]]:
    """The other spellings of a word by its key, as keys; words that have none are not in it."""
    others: dict[str, set[str]] = {}
    for headword in headwords():
        keys = {word_key(spelling) for spelling in headword.spellings}
        for key in keys if len(keys) > 1 else ():
            others.setdefault(key, set()).update(keys - {key})
    return {key: frozenset(some) for key, some in others.items()}
