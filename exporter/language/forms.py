"""The inflected forms of a word, and a text as words.

The inflections come from lemminflect (Apache-2.0), which knows several lemmas for a form: "left" is both *leave* and
*left*. Loaded at the first question, so that `--help` stays quick.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"n['’]t\b|['’](?:m|re|s|ve|d|ll)\b|\w+?(?=n['’]t\b)|\w+", re.IGNORECASE)
_WORD = re.compile(r"\w+")  # the same where there is no apostrophe, and much quicker
_INFLECTED = {"NOUN": "NNS", "VERB": "VBG"}  # the form that a part of speech has if it inflects
_LIKE = {"PRON": "NOUN", "NUM": "NOUN"}  # others, hundreds
# What the dictionary lacks.
_MORE = {"person": ("people",), "cannot": ("can",), "app": ("apps",), "ox": ("oxen",), "prove": ("proven",)}


def tokens(text: str) -> list[str]:
    """The words of `text` in lower case, contractions apart: "don't" is `do n't`; hyphens separate."""
    text = text.lower().replace("’", "'")
    return (_TOKEN if "'" in text else _WORD).findall(text)


@lru_cache(maxsize=200_000)
def forms(word: str) -> frozenset[str]:
    """All inflections of one word (no spaces) as written, in lower case, itself included.

    Regular endings are accepted where the dictionary does not know the word as a noun or a verb, because tables of
    example sentences use words as either; not for short words, where "bee" would own "been" as well as "bees", nor
    for adjectives, where "but" would own "butter".
    """
    from lemminflect import getAllInflections, getAllInflectionsOOV

    word = word.lower()
    known = getAllInflections(word)
    tables = [known]
    if "NN" in known and _lacks(known, "NOUN", word):
        tables.append(getAllInflectionsOOV(word, "NOUN"))
    if word.isalpha() and len(word) > 3:
        tables += [
            getAllInflectionsOOV(word, part)
            for part, tag in (("NOUN", "NN"), ("VERB", "VB"))
            if not known or tag not in known
        ]
    return frozenset({word, *_more(word), *_written(tables)})


@lru_cache(maxsize=200_000)
def inflections(word: str, parts: tuple[str, ...]) -> frozenset[str]:
    """The inflections of `word` as one of `parts` (`lexicon.PARTS_OF_SPEECH`), itself included."""
    from lemminflect import getAllInflections, getAllInflectionsOOV

    tables = []
    for part in dict.fromkeys(_LIKE.get(part, part) for part in parts):
        if part not in ("NOUN", "VERB", "ADJ", "ADV"):
            continue
        of_part = {**(getAllInflections(word, "AUX") if part == "VERB" else {}), **getAllInflections(word, part)}
        tables.append(of_part)
        if _lacks(of_part, part, word):  # "bar" as a noun, and "crisps"
            tables.append(getAllInflectionsOOV(word, part))
    more = _more(word) if {"NOUN", "VERB"} & set(parts) else ()
    return frozenset({word, *more, *_written(tables)})


def _lacks(known: dict[str, tuple[str, ...]], part: str, word: str) -> bool:
    """Whether the dictionary does not know how `word` inflects as `part`."""
    tag = _INFLECTED.get(part)
    return tag is not None and word.isalpha() and known.get(tag, (word,)) == (word,)


def _more(word: str) -> tuple[str, ...]:
    return (f"{word[:-2]}en",) if word.endswith("woman") else _MORE.get(word, ())


def _written(tables: list[dict[str, tuple[str, ...]]]) -> set[str]:
    return {form.lower() for table in tables for variants in table.values() for form in variants}
