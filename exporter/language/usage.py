"""Which word a written word is where two are written the same: May and may, US and us, the book and to book."""

from __future__ import annotations

from functools import lru_cache

from .lexicon import lexicon
from .reading import Text, capitals_tell, is_adverb, is_participle, parts_of, verb_forms
from .wordsets import BE, COORDINATORS, DETERMINERS, DO, MODALS, POSSESSIVES, PREPOSITIONS, PRONOUNS, words

# With a capital another word than without.
_CAPITALISED = words(
    "may march august polish turkey china japan wales jersey cork nice bath chile mali reading lent pole swede "
    "welsh scotch mercury mars finn turkish"
)
# A name as often as a word.
_FIRST_NAMES = words(
    "will mark bill rose grace hope joy faith frank jack grant art rob bob pat sue ray rich robin ruby drew dean "
    "max lily daisy jasmine heather iris ivy holly dawn penny summer june april victor harry jean carol miles cliff "
    "guy gene"
) - {"summer", "june", "april"}
_SHOUTED = words("us it who aids")  # in capitals another word
_SUBJECTS = words("i you he she it we they")
_POINTING = words("this that")
_IRREGULAR = words("children men women people feet teeth mice geese")  # plurals


def is_capital(written: str) -> bool:
    return written[:1].isupper()


def same_word(written: str, text: Text, at: int) -> bool:
    """Whether the word at `at` is the one that an entry writes as `written`, by its capitals."""
    token = text.tokens[at]
    key, surface = token.key, text.surface(at)
    if key in _SHOUTED:
        shouted = surface.replace(".", "").isupper() and len(surface) > 1
        wanted = written.replace(".", "").isupper() and len(written) > 1
        return shouted == wanted if not text.sentence.isupper() else not wanted
    if not cased(key) or not capitals_tell(text.sentence):
        return True
    opening = at == 0 or any(mark in '.?!:"' for mark in token.before)
    if opening:
        follows = text.tokens[at + 1].key if at + 1 < len(text.tokens) else ""
        begins = follows in _SUBJECTS or follows in DETERMINERS or follows in POSSESSIVES
        if key == "may":
            return is_capital(written) != begins
        return not (begins and is_capital(written) and key in _CAPITALISED)
    if is_capital(written) and key in _CAPITALISED:
        return is_capital(surface)
    return is_capital(written) or not is_capital(surface)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """First names that are words as well."""
    return _FIRST_NAMES.union(name for name in lexicon().names if name in lexicon().levels)


def cased(key: str) -> bool:
    """Whether capitals tell which word `key` is."""
    return key in _SHOUTED or key in _CAPITALISED or key in _names()


def fits(parts: tuple[str, ...], text: Text, at: int) -> bool:
    """Whether the word at `at` can be one of `parts` there; only what the words around it make sure is denied."""
    return not parts or any(part not in _DENIED or not _DENIED[part](text, at) for part in parts)


def _around(text: Text, at: int) -> tuple[str, str, str]:
    """The word two before, the word before and the one after `at`, adverbs left out before; empty beyond a mark."""
    tokens = text.tokens
    before = at - 1
    if tokens[at].before not in ("", "-"):
        before = -1
    while before >= 0 and is_adverb(tokens[before].key) and not tokens[before].before:
        before -= 1
    last = tokens[before].key if before >= 0 else ""
    first = tokens[before - 1].key if before > 0 and not tokens[before].before else ""
    after = tokens[at + 1].key if at + 1 < len(tokens) and not tokens[at + 1].before else ""
    return first, last, after


def _determines(key: str) -> bool:
    return key in DETERMINERS - {"that", "this", "these", "those"} or key in POSSESSIVES or key == "'s"


def _no_verb(text: Text, at: int) -> bool:
    first, last, after = _around(text, at)
    key = text.tokens[at].key
    forms = verb_forms(key)
    if last in _POINTING and first == "" and (after in BE or after in MODALS):
        return True  # "This book is about a dog."
    if "base" not in forms and "s" not in forms:
        return (
            _determines(last)
            and not is_adverb(after)
            and after not in PREPOSITIONS
            and "ing" not in forms
            and ("past" not in forms)
        )
    if _determines(last) and last != "her":
        return True
    if last == "her":
        return first not in ("let", "make", "help", "made", "see", "saw", "helped", "makes")
    adjective = "ADJ" in parts_of(last) and not verb_forms(last) & {"base", "past"}
    if adjective and (_determines(first) or first in BE):
        return True
    if last in BE and "ing" not in forms and not is_participle(key):
        return True
    return last in PREPOSITIONS - {"to"} or (adjective and not first)


def _no_noun(text: Text, at: int) -> bool:
    first, last, after = _around(text, at)
    key = text.tokens[at].key
    if "NOUN" not in parts_of(key) and "participle" in verb_forms(key) and "base" not in verb_forms(key):
        return True
    before = text.tokens[at - 1].key if at and text.tokens[at].before == "" else ""
    if "base" in verb_forms(key) and _plural(before) and after and "NOUN" in parts_of(after):
        return True
    if "base" in verb_forms(key) and _plural(before) and not after and first in ("", *DETERMINERS, *POSSESSIVES):
        return not any(verb_forms(token.key) for token in text.tokens[: at - 1])  # "The colours match."
    object_follows = after in DETERMINERS or after in POSSESSIVES or after in ("me", "him", "us", "them", "it")
    verb = bool(verb_forms(key) & {"base", "s"})
    if last in BE and "ADJ" in parts_of(key) and (not after or after in PREPOSITIONS or after in COORDINATORS):
        return True
    if not verb:
        return False
    if last in _SUBJECTS - {"it", "you"} or last in MODALS or (last in ("it", "you") and object_follows):
        return True
    if last == "not" and (first in DO or first in MODALS):
        return True
    if last in ("you", "please", "let") or (last == "to" and object_follows):
        return last != "you" or first in ("", "do", "if", "when", "did", "can", "will", "what", "how")
    return (
        object_follows
        and not (_determines(last) or "ADJ" in parts_of(last) or last in PREPOSITIONS)
        and (last == "" or last in PRONOUNS or "NOUN" in parts_of(last))
    )


def _plural(key: str) -> bool:
    from lemminflect import getAllLemmas

    return (key.endswith("s") or key in _IRREGULAR) and any(lemma != key for lemma in getAllLemmas(key).get("NOUN", ()))


def _no_adjective(text: Text, at: int) -> bool:
    first, last, after = _around(text, at)
    key = text.tokens[at].key
    parts = parts_of(key)
    if first in BE:
        return False  # "Are you ready"
    if last in _SUBJECTS or last in MODALS or last == "to":
        return bool(verb_forms(key) & {"base", "s"})
    if last == "" and (after in DETERMINERS or after in POSSESSIVES):
        return "base" in verb_forms(key)
    if (last in DETERMINERS or last in POSSESSIVES) and "NOUN" in parts:
        return not (after and ("NOUN" in parts_of(after) or "ADJ" in parts_of(after) or not parts_of(after))) or (
            after in PREPOSITIONS
        )
    return False


def _no_adverb(text: Text, at: int) -> bool:
    """Between an article and a noun: "a fast car"."""
    _, last, after = _around(text, at)
    both = "ADJ" in parts_of(text.tokens[at].key)
    return both and last in ("a", "an") and bool(parts_of(after)) and parts_of(after) <= {"NOUN", "VERB"}


_DENIED = {"VERB": _no_verb, "NOUN": _no_noun, "ADJ": _no_adjective, "ADV": _no_adverb}
