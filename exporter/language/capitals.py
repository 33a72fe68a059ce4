"""Which word a written word is, by its capitals: May and may, US and us, Apple and an apple."""

from __future__ import annotations

from functools import lru_cache

from .lexicon import lexicon, look_up
from .reading import Text, capitals_tell, is_adverb, verb_forms
from .tagger import possible
from .wordsets import BE, DETERMINERS, HAVE, MODALS, POSSESSIVES, words

# With a capital another word than without.
_CAPITALISED = words(
    "may march august polish turkey china japan wales jersey cork nice bath chile mali reading lent pole swede "
    "welsh scotch mercury mars finn turkish"
)
# A name as often as a word.
_FIRST_NAMES = words(
    "will mark bill rose grace hope joy faith frank jack grant art rob bob pat sue ray rich robin ruby drew dean "
    "max lily daisy jasmine heather iris ivy holly dawn penny victor harry jean carol miles cliff guy gene"
)
_NAMED = _CAPITALISED | _FIRST_NAMES
# What a sentence says of without an article: "Hope is all we have", "Reading is fun".
_UNCOUNTED = words("hope joy faith grace art reading cork jersey bath jasmine ivy lent scotch polish turkish welsh")
_SHOUTED = words("us it who aids pin ram sim vat led")  # in capitals another word
# Nouns that are counted, and names of companies: without an article they are the company.
_COMPANIES = words("apple amazon gap shell target subway puma jaguar oracle")
_SUBJECTS = words("i you he she it we they")
_TITLES = words("mr mrs ms miss mx dr prof sir lady lord president captain colonel aunt uncle")
# With a capital where people call somebody by them, or where there is only one.
_ADDRESSED = words(
    "mum mom mummy mommy dad daddy grandma grandpa granny grandad granddad gran nan aunt auntie uncle god lord sir "
    "madam madame pa ma doctor professor president queen king prince princess captain internet web net earth sun moon "
    "heaven spring summer autumn winter fall north south east west state church bible parliament "
    "government"
)


def is_capital(written: str) -> bool:
    return written[:1].isupper()


def same_word(written: str, text: Text, at: int) -> bool:
    """Whether the word at `at` is the one that an entry writes as `written`, by its capitals."""
    token = text.tokens[at]
    key, surface = token.key, text.surface(at)
    if key in _SHOUTED or (key == "id" and written.isupper()):
        shouted = surface.replace(".", "").isupper() and len(surface) > 1
        wanted = written.replace(".", "").isupper() and len(written) > 1
        return shouted == wanted if not text.sentence.isupper() else not wanted
    named = not _NAMED.isdisjoint((key, written.lower()))
    if not (named or surface[:1].isupper()) or not capitals_tell(text.sentence):
        return True
    follows = text.tokens[at + 1].key if at + 1 < len(text.tokens) and not text.tokens[at + 1].before else ""
    if at == 0 or any(mark in '.?!:"' for mark in token.before):
        if key in _COMPANIES and not is_capital(written) and _is_finite(follows):
            return False
        return not cased(key) or _opens(key, is_capital(written), follows)
    if is_capital(written):
        return is_capital(surface) or not named
    return not is_capital(surface) or not (cased(key) or _is_name(text, at, follows))


def _opens(key: str, capital: bool, follows: str) -> bool:
    """Whether `key`, with which a sentence opens, is the word or, with `capital`, the name."""
    addressed = follows in _SUBJECTS or follows in DETERMINERS or follows in POSSESSIVES  # Mark the right answer.
    if key == "may":
        return capital != addressed
    if capital:
        return key not in _CAPITALISED or not (addressed or is_adverb(follows))
    return not _is_finite(follows) or key in _UNCOUNTED or key not in _NAMED


def _is_finite(key: str) -> bool:
    return key in BE or key in HAVE or key in MODALS or bool(verb_forms(key) & {"s", "past"})


def _is_name(text: Text, at: int, follows: str) -> bool:
    """Whether a word with a capital inside a sentence is somebody's or something's: "for Apple", "Mr Black"."""
    before, key = text.tokens[at - 1].key, text.tokens[at].key
    if is_capital(text.surface(at - 1)) and (before in _TITLES or before in lexicon().names):
        return True
    near = (text.surface(at - 1), text.surface(at + 1) if follows else "")
    determined = before in DETERMINERS or before in POSSESSIVES or before == "'s"
    titled = any(is_capital(word) and len(word) > 1 for word in near)  # King Street, Happy Birthday
    word, noun = look_up(key), follows and "NOUN" in possible(follows)  # a Pacific island
    common = word.source != "estimate" and word.level_number < 5 and word.lemma == key  # but Aborigines
    if key in _COMPANIES and not (determined or titled):
        return True
    if not common or titled or determined or noun or key in _ADDRESSED | lexicon().capitalised:
        return False
    return text.surface(at)[1:].islower()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """First names that are words as well."""
    return _FIRST_NAMES.union(name for name in lexicon().names if name in lexicon().levels)


def cased(key: str) -> bool:
    """Whether capitals tell which word `key` is."""
    return key in _SHOUTED or key in _CAPITALISED or key in _names()


def is_conditional(key: str) -> bool:
    """Whether a word counts only where it is written or used in some ways."""
    return key in _COMPANIES or key in ("story", "stories")
