"""What is known of a word form: its lemma, its level, how frequent it is.

Levels are numbers 1-6 here (A1-C2). The tables are in `data/words/`, each under its own licence, and are read when
they are first needed; lemmas come from lemminflect.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .spelling import NOUNS, spellings

DATA = Path(__file__).parents[1] / "data" / "words"
# The word lists, the first that has a word first: a file and what its levels are called.
LISTS = (("cefr-j.tsv", "cefr-j"), ("octanove.tsv", "octanove"), ("everyday.tsv", "everyday"))
_NUMBERS = {"A1": 1, "A2": 2, "B1": 3, "B2": 4, "C1": 5, "C2": 6}

# The coarse part of speech of the lists' own names, of Universal Dependencies' and of the Penn tags' first letters.
_PARTS = {
    "NOUN": ("noun", "propn", "nn"),
    "VERB": ("verb", "aux", "be-verb", "do-verb", "have-verb", "modal auxiliary", "vb", "md"),
    "ADJ": ("adjective", "adj", "jj"),
    "ADV": ("adverb", "adv", "rb"),
    "PREP": ("preposition", "adp", "in", "infinitive-to", "to", "part"),
    "CONJ": ("conjunction", "cconj", "sconj", "cc"),
    "DET": ("determiner", "det", "dt"),
    "PRON": ("pronoun", "pron", "prp", "wp"),
    "NUM": ("number", "num", "cd"),
    "INTJ": ("interjection", "intj", "uh"),
}
_COARSE = {name: coarse for coarse, names in _PARTS.items() for name in names}
PARTS_OF_SPEECH = tuple(_PARTS)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a, _, b in (pair.partition(":") for pair in text.split()))


# What is another word in disguise: pieces of contractions ("'s" is in the list itself), spoken forms, units, and
# prefixes that a hyphen separates from their word.
_SAME = dict(
    _pairs(
        "n't:not ca:can wo:will sha:shall 'll:will 'd:would 've:have cannot:can gonna:go wanna:want gotta:get an:a "
        "yeah:yes ok:okay m:meter km:kilometer cm:centimeter mm:meter kg:kilogram g:gram ft:foot "
        "non:not pre:before post:after mid:middle semi:half sub:under multi:many anti:against co:with re:again un:not "
        "ex:old"
    )
)

# Zipf values (log10 of occurrences in a billion tokens) that divide B1 | B2 | C1 | C2 for a word that no list has:
# halfway between the medians of the listed words of neighbouring levels (`python -m bench.build_words`). Never A1 or
# A2: the lists have what beginners learn, so a word that they lack is hardly that easy, however frequent.
ZIPF_CUTS = (4.0, 3.55, 3.1)
RAREST = 1.5  # what the frequency table leaves out
# What everyday words count for at least, by level: about the median of the listed words of the level. The texts behind
# the frequencies are older than "emoji", and few are by or for children with a "schoolbag".
_EVERYDAY_ZIPF = {1: 4.8, 2: 4.4, 3: 4.0}
_PREFIX = re.compile(r"(?:un|in|im|il|ir|dis|non|re|over|under|mis|pre|anti|semi|sub|super|inter|multi|co)-?(?=\w{4})")
# An ending, and what the word it is made from has in its place.
_SUFFIXES = _pairs(
    "ily:y iness:y iful:y ally:al ically:ic ly: ly:le ness: less: ful: ation:e ation:ate ization:ize ion: ion:e ment: "
    "er: er:e or: or:e able: able:e ability:able ity: ity:e ish: ize: ise: ist: ism: hood: th: ship: al: ic: ical: y: "
    "y:e ed: ed:e ing: ing:e like: ward: wards: man: woman:"
)


class Word(NamedTuple):
    """A form in lower case. `level_number` is 1-6; `zipf` its lemma's frequency; `verb` which verb form it can be."""

    lemma: str
    level_number: int
    source: str  # cefr-j, octanove, everyday, or estimate
    zipf: float
    verb: str  # base, s, ing, past (also the participle), or empty
    noun: bool  # whether it can be a noun or an adjective too
    known: bool  # whether a dictionary has it: what is not known and capitalised is a name


class Lexicon(NamedTuple):
    """The tables: `levels[word][coarse part] = (level_number, source)`; the rest by lower-case word."""

    levels: dict[str, dict[str, tuple[int, str]]]
    phrases: dict[str, tuple[tuple[tuple[str, ...], int], ...]]  # by first word: its words and level_number
    zipf: dict[str, float]
    surface: dict[str, float]  # the same of forms that neither the dictionary nor a list has, names among them
    names: frozenset[str]
    capitalised: frozenset[str]  # listed only with a capital: Monday, I


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The tables, read once."""
    levels: dict[str, dict[str, tuple[int, str]]] = {}
    cased: dict[str, bool] = {}
    for name, source in LISTS:
        for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]:
            heads, part, level = line.split("\t")
            for head in heads.split("/"):
                word = head.lower().strip().rstrip(".")
                cased[word] = cased.get(word, True) and head[:1].isupper()
                parts = levels.setdefault(word, {})
                coarse, level_number = _COARSE.get(part, "NOUN"), _NUMBERS[level]
                if coarse not in parts or level_number < parts[coarse][0]:
                    parts[coarse] = (level_number, source)
    phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for word, parts in levels.items():
        if " " in word:
            first, *rest = word.replace("'s", " 's").split()
            phrases.setdefault(first, []).append((tuple(rest), min(parts.values())[0]))
    names = frozenset((DATA / "names.txt").read_text(encoding="utf-8").lower().split())
    capitals = frozenset(word for word, capital in cased.items() if capital)
    phrased = {k: tuple(v) for k, v in phrases.items()}
    surface = {form: zipf for form, zipf in _zipfs("surface.tsv").items() if form not in levels}
    return Lexicon(levels, phrased, _zipfs("frequency.tsv"), surface, names, capitals)


def _zipfs(name: str) -> dict[str, float]:
    zipf: dict[str, float] = {}
    for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]:
        value, words = line.split("\t")
        zipf.update(dict.fromkeys(words.split(), float(value)))
    return zipf


def coarse_part(pos: str | None) -> str | None:
    """`pos` in any common notation (noun, NOUN, NN, NNS) as one of PARTS_OF_SPEECH; None when it is not one."""
    pos = (pos or "").strip().lower()
    return _COARSE.get(pos) or _COARSE.get(pos[:2] if len(pos) <= 4 else pos)


@lru_cache(maxsize=200_000)
def look_up(form: str, part: str | None = None) -> Word:
    """What is known of `form` (lower case, no spaces); of several lemmas the one with the lowest level counts.

    `part` (one of PARTS_OF_SPEECH) asks for one part of speech; where no list has the word as that, it is an
    estimate: the level of its other parts of speech.
    """
    lists = lexicon()
    spelled = _SAME.get(form, form)
    by_part = lemmas(spelled)
    every = tuple(dict.fromkeys(lemma for some in by_part.values() for lemma in some))
    asked = every if part is None else by_part.get(part, ())
    own = (*asked, spelled)
    listed = _lowest((*own, *_spelled_otherwise(own)), part)
    known = spelled in lists.zipf or bool(every)
    if listed is None and part is not None and (other := _lowest((*every, spelled), None)):
        listed = (other[0], other[1], "estimate")
    lemma, level_number, source = listed or estimate(spelled, every)
    zipf = max(frequency(word) for word in {lemma, spelled, *every})
    if source == "everyday":
        zipf = max(zipf, _EVERYDAY_ZIPF[level_number])
    verb, noun = _verb_form(spelled, by_part.get("VERB", ())), "NOUN" in by_part or "ADJ" in by_part
    return Word(lemma, level_number, source, zipf, verb, noun, known or listed is not None)


def frequency(word: str) -> float:
    """The Zipf value of a lemma, or of a form that the dictionary lacks."""
    lists = lexicon()
    return lists.zipf.get(word) or lists.surface.get(word, RAREST)


def _spelled_otherwise(words: tuple[str, ...]) -> tuple[str, ...]:
    """Other spellings of `words`, but for listed ones of which they are another word as well: *check* for *cheque*."""
    levels = lexicon().levels
    kept = (word for word in words if not (word in NOUNS and word in levels))
    return tuple(other for word in kept for other in sorted(spellings(word)))


@lru_cache(maxsize=200_000)
def lemmas(form: str) -> Mapping[str, tuple[str, ...]]:
    """The lemmas of a form by part of speech (NOUN, VERB, ADJ, ADV); empty where the dictionary lacks it."""
    from lemminflect import getAllLemmas

    by_part = getAllLemmas(form)
    if not by_part:
        return _regular(form)
    if "AUX" in by_part:
        by_part = {**by_part, "VERB": (*by_part["AUX"], *by_part.get("VERB", ()))}
    return by_part


def _regular(form: str) -> dict[str, tuple[str, ...]]:
    """The listed word of which a form that the dictionary lacks is a regular one: Mondays, podcasts, googled."""
    levels = lexicon().levels
    for ending, part in (("s", "NOUN"), ("es", "NOUN"), ("ed", "VERB"), ("ing", "VERB")):
        if form.endswith(ending) and len(form) - len(ending) > 2:
            stem = form[: -len(ending)]
            for lemma in (stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem):
                if lemma in levels and (part == "NOUN" or part in levels[lemma]):
                    return {part: (lemma,)}
    return {}


def _lowest(words: tuple[str, ...], part: str | None) -> tuple[str, int, str] | None:
    """Lemma, level number and source of the easiest of `words` that is listed."""
    levels, best = lexicon().levels, None
    for word in dict.fromkeys(words):
        parts = levels.get(word)
        if parts is None or (part is not None and part not in parts):
            continue
        level_number, source = min(parts.values()) if part is None else parts[part]
        if best is None or level_number < best[1]:
            best = (word, level_number, source)
    return best


def estimate(form: str, candidates: tuple[str, ...]) -> tuple[str, int, str]:
    """Lemma, level number and source of a word that no list has: its level by frequency.

    A derived word is at least as hard as the word it is made from, and at most two levels harder.
    """
    zipf = lexicon().zipf
    lemma = max(candidates, key=lambda word: zipf.get(word, 0.0), default=form)
    level_number = 6 - bisect(ZIPF_CUTS[::-1], max(map(frequency, (lemma, *spellings(lemma)))))
    base = derived_from(lemma)
    if base is not None:
        level_number = max(base, min(level_number, base + 2))
    return lemma, level_number, "estimate"


def derived_from(word: str) -> int | None:
    """The level number of the easiest listed word from which `word` is made with a prefix or suffix, or None."""
    levels, best = lexicon().levels, None
    stems = {word, _PREFIX.sub("", word, count=1)}
    for stem in tuple(stems):
        for suffix, ending in _SUFFIXES:
            if stem.endswith(suffix) and len(stem) - len(suffix) >= 3:
                base = stem[: len(stem) - len(suffix)] + ending
                stems.add(base)
                if len(base) > 3 and base[-1] == base[-2]:
                    stems.add(base[:-1])
    for stem in stems - {word}:
        if len(stem) >= 3 and stem in levels:
            level_number = min(levels[stem].values())[0]
            best = level_number if best is None else min(best, level_number)
    return best


def _verb_form(form: str, verbs: tuple[str, ...]) -> str:
    if not verbs:
        return ""
    zipf = lexicon().zipf
    if form == max(verbs, key=lambda lemma: zipf.get(lemma, 0.0)):  # "found" is more likely a form of find
        return "base"
    if form.endswith("ing"):
        return "ing"
    return "s" if form.endswith("s") and form != "was" else "past"
