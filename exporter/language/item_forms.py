"""The forms in which a word of an entry may be in a sentence, as the keys of `reading`."""

from __future__ import annotations

import re
from functools import lru_cache

from .forms import forms, inflections
from .lexicon import lemmas, lexicon
from .notation import Item, Kind
from .reading import ACCENTED, fold, is_participle, parts_of, read, unaccented, verb_forms
from .spelling import NOUNS, spellings
from .wordsets import COORDINATORS, DETERMINERS, FUNCTION, MODALS, PHRASE_WORDS, PREPOSITIONS, PRONOUNS

_UNLIKE = frozenset(["left", "bound", "found"])  # adjectives that are no longer the verb's
_NEAR = 1  # levels that make no difference
_UNINFLECTED = (PRONOUNS | PREPOSITIONS | DETERMINERS | COORDINATORS | {"as", "if", "a.m", "p.m", "am"}) - {"one"}


def key_of(written: str) -> str:
    if written == "'s":  # of "driver's license"
        return written
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
    if written == "PM":
        return frozenset([key, "pm"])
    if key in _UNINFLECTED:
        return _with_spellings(frozenset([key, "a.m"] if key == "am" else [key]))
    found: set[str] = set()
    others = [w for w in spellings(key) if parts_of(w) or not parts_of(key)]
    for word in (key, *others, *([written.lower()] if "'" in written else [])):
        of_word = ("NOUN",) if key in NOUNS and word != key else parts
        found |= {fold(form) for form in (inflections(word, of_word) if of_word else forms(word))}
    if len(key) < 4 and "NOUN" in lexicon().levels.get(key, ()) and not parts:
        found |= inflections(key, ("NOUN",))  # ads
    found |= spellings(key)
    if key == "storey":
        found |= {"story", "stories"}
    if not key.isascii() and "NOUN" not in lexicon().levels.get(unaccented(key), ()):  # a rose is not a rosé
        found.add(unaccented(key))
    if written.endswith("é"):
        found |= {f"{unaccented(key)}{ending}" for ending in ("ed", "ing")}  # sautéed
    if written.isupper() or any(c.isdigit() for c in key) or (1 < len(key) < 4 and not set(key) & set("aeiouy")):
        found.add(f"{key}s")  # TVs, kgs
    return frozenset({key, *found}) - {""}


@lru_cache(maxsize=200_000)
def implied_parts(written: str, key: str) -> tuple[str, ...]:
    """The parts of speech that the form `key` of a word has where another word has the same form as another part.

    "leaves" is a noun of *leaf* and a verb of *leave*. Empty where that does not tell, and of verbal nouns and
    adjectives, which are taken for forms of their verb.
    """
    word = key_of(written)
    if key.isascii() and word in ACCENTED:
        return ("NOUN",)
    if word in NOUNS and key not in inflections(word, ("NOUN",)):
        return ("NOUN",)
    same = {word, *spellings(word)}
    if key in same or key in FUNCTION or key.endswith(("ing", "ed")):
        return means_itself(word) if key == word else ()
    by_part = lemmas(key)
    own = {part for part, some in by_part.items() if same.intersection(some)}
    own = {part for part in own if not _rarer(same, by_part[part], part)} or own
    if key in by_part.get("NOUN", ()) and key not in lexicon().levels and key in (f"{word}s", f"{word}es"):
        return ()  # fumes, tatters
    if own & {"ADJ", "ADV"} or (own == {"VERB"} and is_participle(key) and key not in _UNLIKE):
        own |= {"ADJ", "ADV"}  # the window is broken
    return tuple(sorted(own)) if own and set(by_part) - own else ()


@lru_cache(maxsize=100_000)
def means_itself(word: str) -> tuple[str, ...]:
    """The parts of speech of a word that is also a form of a verb, where a list that has it means the word itself.

    That is so where it is hardly harder than the verb: *rose* is the flower. Empty of *found*, which whoever lists it
    may mean as the past of *find*, of participles and of words that are not forms of another.
    """
    levels, by_part = lexicon().levels, lemmas(word)
    verbs = [lemma for lemma in by_part.get("VERB", ()) if lemma not in {word, *spellings(word)}]
    own = [part for part, some in by_part.items() if word in some]
    listed = {part: levels[word][part][0] for part in own if part in levels.get(word, ())}
    if not verbs or word in FUNCTION or word.endswith(("ing", "ed")) or set(listed) <= {"ADJ"}:
        return ()
    easiest = min((levels[verb]["VERB"][0] for verb in verbs if "VERB" in levels.get(verb, ())), default=9)
    return tuple(own) if min(listed.values()) <= easiest + _NEAR else ()


def _rarer(same: set[str], lemmas: tuple[str, ...], part: str, by: int = 0) -> bool:
    """Whether a lemma that is none of `same` is easier as `part` in the lists: *leaf* has leaves, not *leave*.

    `by` is how many levels easier it is at least, besides one.
    """
    levels = lexicon().levels
    known = {word: levels[word][part][0] for word in {*same, *lemmas} if part in levels.get(word, ())}
    others = [level for word, level in known.items() if word not in same]
    return bool(others) and min(others) + by < min((known.get(word, 9) for word in same), default=9)


def forms_of(item: Item, part: str = "") -> frozenset[str]:
    parts = (part,) if part else ()
    return frozenset().union(*(all_forms(written.lstrip("-"), parts) for written in item.written))


def as_written(item: Item) -> frozenset[str]:
    keys = frozenset(keys_in(item)) - {""}
    return _with_spellings(keys | {"a", "an"} if keys & {"a", "an"} else keys)


def is_noun(item: Item) -> bool:
    if is_function(item):
        return False
    levels = lexicon().levels  # the dictionary has "better" as a noun too
    return all("NOUN" in (levels.get(key) or parts_of(key) or ("NOUN",)) for key in keys_in(item))


def verb_forms_of(item: Item) -> frozenset[str]:
    found: set[str] = set()
    for key in keys_in(item):
        found.add(key)
        if key in MODALS:
            continue
        if key == "used":
            found.add("use")
            continue
        if key.endswith("ed") and "ADJ" in lexicon().levels.get(key, ()):
            continue  # interested (in)
        lemmas = [key] if "base" in verb_forms(key) else _verb_lemmas(key)
        for lemma in lemmas:
            found |= {fold(form) for form in inflections(lemma, ("VERB",))}
    return _with_spellings(frozenset(found))


@lru_cache(maxsize=100_000)
def contested(written: str, key: str) -> str:
    """Which form of the verb `written` the form `key` is, if it is another form of another verb; otherwise empty.

    "lay" is the past of *lie* and the base of *lay*.
    """
    verbs = lemmas(key).get("VERB", ())
    if len(verbs) < 2:
        return ""
    word = key_of(written)
    own = {word, *spellings(word)}
    others = [lemma for lemma in verbs if lemma not in own]
    if not others or len(others) == len(verbs):
        return ""
    if key == word:
        return "base" if key not in others else ""
    return "past" if key in others else ""


@lru_cache(maxsize=200_000)
def is_sure(written: str, key: str) -> bool:
    """Whether the form `key` is always one of `written`."""
    return not implied_parts(written, key) and not contested(written, key)


@lru_cache(maxsize=100_000)
def is_easiest(written: str, key: str) -> bool:
    """Whether no other verb that has the form `key` is much easier than `written` in the lists."""
    return not _rarer({key_of(written), *spellings(key_of(written))}, lemmas(key).get("VERB", ()), "VERB", _NEAR)


def listed_forms(written: str, gloss: str) -> frozenset[str]:
    """The forms of a verb where `gloss` is its past and its participle, "lied, lied"; empty where it is not."""
    given = [fold(word) for word in re.findall(r"[^\W\d_]+", gloss)]
    word = key_of(written)
    known = inflections(word, ("VERB",))
    if len(given) not in (1, 2, 3) or given[0] not in known or not verb_forms(given[0]) & {"past", "participle"}:
        return frozenset()
    if any(form not in known and form not in forms(word) and not form.endswith("n") for form in given):
        return frozenset()
    regular = {form for form in known if form == word or form.endswith(("s", "ing"))}
    return _with_spellings(frozenset({*given, *regular}))


@lru_cache(maxsize=100_000)
def own_parts(written: str) -> tuple[str, ...]:
    """The parts of speech that `written` has as a word and not as a form of another: of *left*, all but the verb."""
    key, by_part = key_of(written), lemmas(key_of(written))
    own = tuple(part for part, some in by_part.items() if key in some)
    return own if len(own) < len(by_part) else ()


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
