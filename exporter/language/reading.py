"""A sentence as an entry is looked for in it: its words in one spelling, contractions and glued numbers apart.

`'s` is read by the words around it ("Tom's here" has an *is*, "Tom's dog" none, "let's" an *us*), "9am" is 9 and a.m.,
and "gonna" is going to.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .wordsets import ADVERBS, DETERMINERS, POSSESSIVES, PREPOSITIONS, PRONOUNS, words

_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f])"
_TOKEN = re.compile(
    rf"(?P<initials>(?<![^\W\d_]){_LETTER}(?:\.{_LETTER})+(?![^\W_])\.?)"
    rf"|(?P<letter>(?<![^\W_]){_LETTER}-{_LETTER}{{2,}})"
    rf"|(?P<number>\d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th|s)(?![^\W_]))?)"
    rf"|(?P<word>{_LETTER}+\d\w*|{_LETTER}+(?:'{_LETTER}+)*)"
    r"|(?P<symbol>[%£$€&])",
    re.IGNORECASE,
)
_STRAIGHT = str.maketrans("’‘ʼ´`İı", "'''''Ii")
_SYMBOLS = {"%": "percent", "£": "pound", "$": "dollar", "€": "euro", "&": "and"}
_CLITIC = re.compile(r"(.+?)(n't|'(?:m|re|ve|ll|d|s))")
_CLITICS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will"}
_STEMS = {"ca": "can", "wo": "will", "sha": "shall"}  # before n't
_JOINED = {"gonna": ("going", "to"), "wanna": ("want", "to"), "gotta": ("got", "to"), "cannot": ("can", "not")}
_HALVES = {"am": "a.m", "pm": "p.m"}
_SPECIAL = frozenset([*_JOINED, *_HALVES])
ACCENTED = words("résumé exposé rosé pâté saké lamé maté")  # which are other words without their accents
_TIMES = words("one two three four five six seven eight nine ten eleven twelve thirty fifteen o'clock oclock")
_IS = words(
    "he she it that this there here who what where when how why everything something nothing everyone everybody "
    "someone somebody nobody"
)
_IN_TITLES = words("is are was were has had am be do my his her you he she it we")
MAX_CHARACTERS = 20_000  # of one sentence


class TextToken(NamedTuple):
    """A word of a sentence: `key` in lower case, British or American as it is written; `also` another reading of it.

    `start` and `end` are offsets in the sentence; `before` are the marks since the word before.
    """

    key: str
    also: str
    start: int
    end: int
    before: str


class Text(NamedTuple):
    """The words of a sentence."""

    sentence: str
    tokens: tuple[TextToken, ...]

    def surface(self, at: int) -> str:
        """The word as it is written."""
        return self.sentence[self.tokens[at].start : self.tokens[at].end]


@lru_cache(maxsize=4096)
def read(sentence: str) -> Text:
    """`sentence` as its words."""
    text = sentence[:MAX_CHARACTERS].translate(_STRAIGHT)
    found: list[TextToken] = []
    end = 0
    for match in _TOKEN.finditer(text):
        start, piece = match.start(), match[0]
        before = text[end:start]
        before = "" if before in ("", " ") else "".join(before.split())
        end = match.end()
        if piece.isascii() and piece.isalpha() and (key := piece.lower()) not in _SPECIAL:
            found.append(TextToken(key, "", start, end, before))
        else:
            found += _tokens(match, before, found[-1] if found else None)
    if "'" in text:
        found = [_resolved(found, at) if token.key in ("'s", "'d") else token for at, token in enumerate(found)]
    return Text(sentence, tuple(found))


@lru_cache(maxsize=4096)
def capitals_tell(sentence: str) -> bool:
    """Whether capitals tell something, because not every word has one that has it in a title."""
    long = [word for word in re.findall(r"[^\W\d_]+", sentence) if len(word) > 3 or word.lower() in _IN_TITLES]
    return len(long) < 2 or not all(piece[0].isupper() for piece in long)


def fold(word: str) -> str:
    """`word` in lower case without accents and apostrophes."""
    lower = word.lower()
    if not lower.isascii():
        if lower in ACCENTED:
            return lower
        lower = unaccented(lower)
    return lower.replace("'", "")


def unaccented(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _tokens(match: re.Match[str], before: str, last: TextToken | None) -> list[TextToken]:
    start, end, piece = match.start(), match.end(), match[0]
    if match.lastgroup == "symbol":
        return [TextToken(_SYMBOLS[piece], "", start, end, before)]
    if match.lastgroup == "number":
        return [TextToken(piece.lower(), "", start, end, before)]
    if match.lastgroup == "letter":  # e-mail, T-shirt
        return [TextToken(fold(piece.replace("-", "")), "", start, end, before)]
    if match.lastgroup == "initials":
        key = fold(piece.replace(".", ""))
        return [TextToken(_HALVES.get(key, key), "", start, end, before)]
    lower = piece.lower()
    clitics: list[tuple[str, int]] = []
    while "'" in lower and (split := _CLITIC.fullmatch(lower)):
        lower = split[1]
        clitics.insert(0, (split[2], len(split[2])))
    middle = start + len(lower)
    if clitics and clitics[0][0] == "n't":
        lower = _STEMS.get(lower, lower)
    if lower in _JOINED:
        tokens = [TextToken(key, "", start, end, before if at == 0 else "") for at, key in enumerate(_JOINED[lower])]
    else:
        key = fold(lower)
        hour = last is not None and (last.key[0].isdigit() or last.key in _TIMES)
        minister = last is not None and (last.key in DETERMINERS or last.key in POSSESSIVES) and not before
        half = (key == "am" and hour) or (key == "pm" and not minister)
        tokens = [TextToken(_HALVES[key] if half else key, "", start, middle, before)]
    for clitic, length in clitics:
        tokens.append(TextToken(_CLITICS.get(clitic, clitic), "", middle, middle + length, ""))
        middle += length
    return tokens


def _resolved(tokens: list[TextToken], at: int) -> TextToken:
    """`'s` as is, has, us or a possessive, and `'d` as would or had."""
    token, last = tokens[at], tokens[at - 1].key if at else ""
    if last == "let":
        return token._replace(key="us")
    next_at = at + 1
    while next_at < len(tokens) and not tokens[next_at].before and is_adverb(tokens[next_at].key):
        next_at += 1
    follows = tokens[next_at] if next_at < len(tokens) and not tokens[next_at].before else None
    after = follows.key if follows else ""
    participle = is_participle(after)
    if token.key == "'d":
        if after == "better" or (participle and "base" not in verb_forms(after)):
            return token._replace(key="had")
        return token._replace(key="would")
    if after in ("got", "been") and (last in _IS or after == "been" or next_at == at + 1):
        return token._replace(key="has")
    parts = parts_of(after)
    if last in _IS or (next_at > at + 1 and "NOUN" not in parts):
        return token._replace(key="is", also="has" if participle else "")
    ends = next_at + 1 >= len(tokens) or tokens[next_at + 1].before not in ("", "-")
    verb = (
        after == ""
        or after in DETERMINERS
        or after in PREPOSITIONS
        or after in PRONOUNS
        or "ing" in verb_forms(after)
        or (participle and "ADJ" not in parts and "NOUN" not in parts)
        or (ends and parts == {"ADJ"})
    )
    return token._replace(key="is", also="has" if participle else "") if verb else token


@lru_cache(maxsize=100_000)
def parts_of(key: str) -> frozenset[str]:
    """NOUN, VERB, ADJ, ADV: what a dictionary has the word as; empty where it lacks it."""
    from lemminflect import getAllLemmas

    return frozenset(getAllLemmas(key)) if key else frozenset()


@lru_cache(maxsize=100_000)
def verb_forms(key: str) -> frozenset[str]:
    """Which forms of a verb the word can be: base, s, past, participle, ing."""
    from lemminflect import getAllLemmas, getInflection

    names = {"VB": "base", "VBZ": "s", "VBD": "past", "VBN": "participle", "VBG": "ing"}
    lemmas = getAllLemmas(key) if key else {}
    verbs = (*lemmas.get("VERB", ()), *lemmas.get("AUX", ()))
    return frozenset(
        name for verb in verbs for tag, name in names.items() if key in getInflection(verb, tag, inflect_oov=False)
    )


def is_participle(key: str) -> bool:
    return "participle" in verb_forms(key)


def is_adverb(key: str) -> bool:
    """Whether the word is nothing but an adverb, or one in most places."""
    return key in ADVERBS or (key.endswith("ly") and "ADV" in parts_of(key))
