"""The forms in which a word of an entry may be in a sentence, as the keys of `reading`."""

from __future__ import annotations

from functools import lru_cache

from .forms import forms, inflections
from .notation import Item, Kind
from .reading import fold, parts_of, read, unaccented, verb_forms
from .spelling import spellings
from .wordsets import COORDINATORS, DETERMINERS, MODALS, PHRASE_WORDS, PREPOSITIONS, PRONOUNS

_UNINFLECTED = (PRONOUNS | PREPOSITIONS | DETERMINERS | COORDINATORS | {"as", "if", "a.m", "p.m", "am"}) - {"one"}


def key_of(written: str) -> str:
    tokens = read(written).tokens
    return tokens[0].key if len(tokens) == 1 else fold(written.replace(".", "").replace("-", ""))


def keys_in(item: Item) -> tuple[str, ...]:
    return tuple(key for key in (key_of(written.lstrip("-")) for written in item.written) if key)


def first_key(item: Item) -> str:
    return next(iter(keys_in(item)), "")


def is_function(item: Item) -> bool:
    return any(key in PHRASE_WORDS or key in PRONOUNS or key in MODALS for key in keys_in(item))


def _with_spellings(keys: frozenset[str]) -> frozenset[str]:
    return keys.union(*(spellings(key) for key in keys)) if keys else keys


@lru_cache(maxsize=200_000)
def all_forms(written: str, parts: tuple[str, ...] = ()) -> frozenset[str]:
    """The keys under which a word in any form, and in any spelling, is in a sentence."""
    key = key_of(written)
    if key in ("a", "an"):
        return frozenset(["a", "an"])
    if key in _UNINFLECTED:
        return _with_spellings(frozenset([key, "a.m"] if key == "am" else [key]))
    found: set[str] = set()
    for word in (key, *(w for w in spellings(key) if parts_of(w)), *([written.lower()] if "'" in written else [])):
        found |= {fold(form) for form in (inflections(word, parts) if parts else forms(word))}
    found |= spellings(key)
    if not key.isascii():
        found.add(unaccented(key))
    if written.isupper() or any(c.isdigit() for c in key):
        found.add(f"{key}s")  # TVs
    return frozenset({key, *found}) - {""}


def forms_of(item: Item, part: str = "") -> frozenset[str]:
    parts = (part,) if part else ()
    return frozenset().union(*(all_forms(written.lstrip("-"), parts) for written in item.written))


def as_written(item: Item) -> frozenset[str]:
    keys = frozenset(keys_in(item)) - {""}
    return _with_spellings(keys | {"a", "an"} if keys & {"a", "an"} else keys)


def is_noun(item: Item) -> bool:
    return not is_function(item) and all("NOUN" in parts_of(key) or not parts_of(key) for key in keys_in(item))


def verb_forms_of(item: Item) -> frozenset[str]:
    found: set[str] = set()
    for key in keys_in(item):
        found.add(key)
        if key in MODALS:
            continue
        if key == "used":
            found.add("use")
            continue
        lemmas = [key] if "base" in verb_forms(key) else _verb_lemmas(key)
        for lemma in lemmas:
            found |= {fold(form) for form in inflections(lemma, ("VERB",))}
    return _with_spellings(frozenset(found))


def _verb_lemmas(key: str) -> tuple[str, ...]:
    from lemminflect import getAllLemmas

    found = getAllLemmas(key)
    return (*found.get("VERB", ()), *found.get("AUX", ()))


def rest_forms(item: Item) -> frozenset[str]:
    """A word inside a phrase: nouns in both numbers, adjectives compared, everything else as it is."""
    if item.kind is not Kind.WORD or is_function(item):
        return as_written(item)
    kept = frozenset().union(*(forms_of(item, part) for part in ("NOUN", "ADJ")))
    plain = all({"NOUN", "ADJ"} & parts_of(key) or not parts_of(key) for key in keys_in(item))
    return kept | as_written(item) if plain else as_written(item)
