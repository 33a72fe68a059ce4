"""The headwords of the word lists, each with its part of speech: what the bank has sentences for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..language.lexicon import DATA, LISTS, coarse_part

# CEFR-J has A1 to B2, Octanove C1 (and C2, which the bank leaves out); the words of everyday life are in no list.
_LISTS = tuple(file for file, source in LISTS if source != "everyday")
# The lists have these as spellings of license (a verb) and draft, but mostly they are words of their own.
_APART = frozenset(["licence", "draught"])
_SHORTEST = 3  # letters of a spelling: Dr. is written otherwise than doctor, but not in the same places


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
    """The same for two ways of writing a word that differ in case, spaces, hyphens, apostrophe or a last full stop."""
    return " ".join(word.casefold().replace("’", "'").replace("-", " ").split()).rstrip(".")


@lru_cache(maxsize=1)
def other_spellings() -> dict[str, frozenset[tuple[str, str | None]]]:
    """The other spellings of a word by its key: their keys, each with the part of speech as which they are the same.

    What the lists write apart or with a hyphen (T-shirt) may be one word (tshirt), unless that is a word of its own.
    """
    others: dict[str, set[tuple[str, str | None]]] = {}
    words = {word_key(spelling) for headword in headwords() for spelling in headword.spellings}
    for headword in headwords():
        keys = {word_key(spelling) for spelling in headword.spellings} - _APART
        for key in {*keys, *({key.replace(" ", "") for key in keys} - words)}:
            others.setdefault(key, set()).update((other, coarse_part(headword.pos)) for other in keys - {key})
    return {key: frozenset(some) for key, some in others.items() if some}


def respell(sentence: str, word: str, wanted: str, pos: str = "") -> str:
    """`sentence` with the spelling `wanted` in place of `word`, also inflected; as it is where they are two words."""
    one, other, part = word_key(word), word_key(wanted), coarse_part(pos)
    variants = [key for key, as_part in other_spellings().get(other, ()) if as_part == part]
    if one not in (other, *variants) or sum(map(str.isalpha, wanted)) < _SHORTEST:
        return sentence
    new = _forms(wanted)
    olds = [old for old in (word, *variants) if old.casefold() != wanted.casefold()]
    forms = {
        form.lower(): new[tag]
        for old in olds
        for tag, form in _forms(old).items()
        if tag in new and not _is_doubled(form, wanted, tag)
    }
    if not forms:
        return sentence
    pattern = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))

    def spelled(match: re.Match[str]) -> str:
        form = forms[match[0].lower()]
        capital = match[0][0].isupper() and (match.start() == 0 or not word[0].isupper())
        return form[0].upper() + form[1:] if capital else form

    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", spelled, sentence, flags=re.IGNORECASE)


def _is_doubled(form: str, word: str, tag: str) -> bool:
    """Whether `form` is `word` with its last letter doubled: *enrolled* of *enrol*, which the dictionary lacks."""
    return tag in ("VBD", "VBN", "VBG") and form.lower().startswith(word.lower() + word[-1:].lower())


def _forms(word: str) -> dict[str, str]:
    """`word` and its inflections by their Penn tags."""
    from lemminflect import getAllInflections

    return {**{tag: forms[0] for tag, forms in getAllInflections(word).items()}, "": word}
