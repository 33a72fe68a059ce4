"""Does this sentence use this word? Inflected forms and multi-word entries count.

The inflections come from lemminflect (Apache-2.0), which knows several lemmas for a form: "left" is both
*leave* and *left*. Loaded at the first question, so that `--help` stays quick.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"n['’]t\b|['’](?:m|re|s|ve|d|ll)\b|\w+?(?=n['’]t\b)|\w+", re.IGNORECASE)
_WORD = re.compile(r"\w+")  # the same where there is no apostrophe, and much quicker
# What is left of a word after an apostrophe, and whose form it may be.
_CLITICS = {
    "be": ("'m", "'re", "'s"),
    "have": ("'ve", "'s", "'d"),
    "will": ("'ll", "wo"),
    "would": ("'d",),
    "not": ("n't",),
    "can": ("ca", "cannot"),
    "cannot": ("ca",),
    "shall": ("sha",),
}
# Dictionary shorthand inside an entry ("take care of sb", "change one's mind"): any one to four words.
_PLACEHOLDERS = frozenset(["sb", "sth", "somebody", "something", "someone", "one's", "oneself"])
_POSSESSIVES = frozenset("my your his her its our their one's".split())  # noqa: SIM905
# The verb of a multi-word entry may be apart from its particle: "gave it up", "put the heavy box down".
_PARTICLES = frozenset(
    "about across along apart around aside away back by down forward in off on out over through up".split()  # noqa: SIM905
)
_GAP = 4


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
    if word.isalpha() and len(word) > 3:
        tables += [
            getAllInflectionsOOV(word, part)
            for part, tag in (("NOUN", "NN"), ("VERB", "VB"))
            if not known or tag not in known
        ]
    inflected = {form.lower() for table in tables for variants in table.values() for form in variants}
    return frozenset({word, *_CLITICS.get(word, ()), *inflected})


@lru_cache(maxsize=200_000)
def _parts(word: str) -> tuple[frozenset[str] | None, ...]:
    """The forms of each token of an entry; None is for one to four words of any kind."""
    entry = []
    for written in word.replace("’", "'").split():
        piece = written.lower()
        if piece == "one's":
            entry.append(_POSSESSIVES)
        elif piece in _PLACEHOLDERS and " " in word.strip():
            entry.append(None)
        elif written.isupper() and len(written) > 1:
            entry.append(forms(piece) | {f"{piece}s"})  # TVs
        else:
            entry += [forms(token) for token in tokens(piece)]
    while entry and entry[-1] is None:
        entry.pop()
    return tuple(entry)


def uses(word: str, sentence: str) -> bool:
    """Whether `sentence` contains `word` in any inflected form.

    The words of an entry of several have to appear in order and together, in any forms; up to four other words may
    come before a particle ("gave it up" for *give up*).
    """
    variants = _variants(word)
    if variants != (word,):
        return any(uses(variant, sentence) for variant in variants)
    entry = _parts(word)
    if not entry:
        return False
    text = tokens(sentence)
    if len(entry) == 1 and entry[0] is not None:
        if not entry[0].isdisjoint(text):
            return True
    elif any(_matches(entry, text, start) for start in range(len(text))):
        return True
    # "email" for *e-mail* and the other way round; a space never joins, or "a way" would be *away*.
    if len(entry) == 1 and "-" not in sentence:
        return False
    solid = re.sub(r"[\s\-'’]", "", word)
    return not forms(solid).isdisjoint(tokens(sentence.replace("-", "")))


@lru_cache(maxsize=200_000)
def _variants(word: str) -> tuple[str, ...]:
    """The words that a dictionary's notation means: "photo/photograph", "colour (n)", "to run", "a cat"."""
    bare = re.sub(r"\s*\([^)]*\)", "", word).strip() or word
    bare = re.sub(r"^(?:to|an?|the)\s+(?=\w)", "", bare, flags=re.IGNORECASE)
    return tuple(v.strip() for v in bare.split("/") if v.strip()) or (word,)


def spans(word: str, sentence: str) -> list[tuple[int, int]]:
    """Where in `sentence` the tokens of `word` are, in any form, as character offsets."""
    parts = [part for variant in _variants(word) for part in _parts(variant)]
    wanted = frozenset().union(*(part for part in parts if part is not None))
    return [m.span() for m in _TOKEN.finditer(sentence) if m[0].replace("’", "'").lower() in wanted]


def _matches(entry: tuple[frozenset[str] | None, ...], text: list[str], at: int) -> bool:
    if not entry:
        return True
    first, rest = entry[0], entry[1:]
    if first is None:
        return any(_matches(rest, text, at + skip) for skip in range(1, _GAP + 1))
    if at >= len(text) or text[at] not in first:
        return False
    if _matches(rest, text, at + 1):
        return True
    separable = len(rest) == 1 and rest[0] is not None and not rest[0].isdisjoint(_PARTICLES)
    return separable and any(_matches(rest, text, at + 1 + skip) for skip in range(1, _GAP + 1))
