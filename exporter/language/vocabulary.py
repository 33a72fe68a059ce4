"""The words that a text of a level may be made of, as they are written.

Every inflection of the words listed at or below the level, contractions, number words and a few first names; and the
forms of requested words. None but the latter is above the level for `levels.above`: that is how they are chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from .entry import Entry
from .levels import LEVELS, level_number, words_above
from .lexicon import lexicon
from .notation import Kind

# For sentences about somebody: none is also a word of the language.
NAMES = tuple(
    "Adam Alice Amy Anna Ben Carlos Daniel David Elena Emily Emma Eric George Helen James Jane John Julia Kate "  # noqa: SIM905
    "Laura Lisa Lucy Maria Mary Michael Mike Nina Oliver Paul Peter Sam Sara Sarah Susan Tim Tom".split()
)
_ENDINGS = {  # which clitics follow which words
    "'m": "I",
    "'re": "you we they",
    "'ve": "I you we they",
    "'ll": "I you he she it we they",
    "'d": "I you he she we they",
    "'s": "he she it that there here what who where how when let everyone everybody someone",
    "n't": "do does did is are was were has have had ca could would should wo must",
}
CONTRACTIONS = tuple(word + clitic for clitic, words in _ENDINGS.items() for word in words.split())
# What no list has as an entry, or not in these letters.
_SPOKEN = ("an", "cannot", "ok", "okay", "OK", "yeah", "TV", "TVs", "CD", "CDs", "DVD", "DVDs")
_NUMBERS = ("twenty thirty forty fifty sixty seventy eighty ninety", "one two three four five six seven eight nine")
_INFLECTED = frozenset(["NOUN", "VERB", "ADJ", "ADV"])


@lru_cache(maxsize=len(LEVELS))
def vocabulary(level: str) -> frozenset[str]:
    """The written forms up to `level`, each in the case that it has inside a sentence, none with a space.

    A lemma brings all its inflections, whatever part of speech put it there: its level is the lowest of them.
    """
    number = level_number(level)
    lists = lexicon()
    forms = {*_SPOKEN, *CONTRACTIONS, *(f"{ten}-{one}" for ten, one in product(*(n.split() for n in _NUMBERS)))}
    for word, parts in lists.levels.items():
        if not re.fullmatch(r"[^\W\d_][^\W_'-]*(?:['-][^\W_]+)*", word) or word.upper() in _SPOKEN:
            continue
        known = {part for part, (of_part, _) in parts.items() if of_part <= number}
        if not known:
            continue
        written = {word} if known.isdisjoint(_INFLECTED) else _inflections(word)
        if word in lists.capitalised:  # Mondays, but no Februaries
            written = {_capital(form) for form in written & {word, f"{word}s"}}
        forms |= written
    return frozenset(form for form in forms if not words_above(form, level))


def _inflections(word: str) -> set[str]:
    """`word` itself and its inflections in the dictionary; of a word that the dictionary lacks, the plural."""
    from lemminflect import getAllInflections, getAllInflectionsOOV

    tables = getAllInflections(word) or (getAllInflectionsOOV(word, "NOUN") if len(word) > 3 else {})
    written = {form.lower() for variants in tables.values() for form in variants}
    # The dictionary has "over-came" and "under gone" too.
    return {word, *(form for form in written if form.isalpha() or "-" in word)}


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]


def requested(words: Iterable[str]) -> frozenset[str]:
    """All written forms of `words`, for each word of a phrase by itself.

    In small letters and, where the entry has capitals ("Monday", "TV"), also as it is written there.
    """
    wanted: set[str] = set()
    entries = (Entry.parse(word) for word in words)
    items = (item for entry in entries for some in entry.alternatives for item in some)
    for item in items:
        for written in item.written if item.kind not in (Kind.THING, Kind.GAP) else ():
            bare = re.sub(r"^\W+|[^\w.]+$", "", written)
            bare = bare if re.fullmatch(r"(?:\w\.)+", bare) else bare.rstrip(".")  # a.m. keeps its last full stop
            if not bare:
                continue
            *first, last = bare.lower().split("-")
            forms = {"-".join((*first, form)) for form in (_inflections(last) if last.isalpha() else {last})}
            if first:
                forms |= {form.replace("-", "") for form in forms}  # "email" for e-mail
            if bare.lower() not in lexicon().capitalised:
                wanted |= forms
            if bare.isupper() and bare.isalpha() and len(bare) > 1:
                wanted |= {bare, f"{bare}s"}
            elif bare != bare.lower():
                wanted |= {bare, *(_capital(form) for form in forms)}
    return frozenset(wanted)
