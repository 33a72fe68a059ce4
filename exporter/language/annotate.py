"""A sentence as tokens with what is known of each: its level, or that it is a name or a number.

Text as people write it and text as corpora tokenise it ("do n't", "thirty - one", "``") give the same tokens.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .lexicon import Word, lexicon, look_up

# A clitic by itself ("do n't", "it 's"); initials (U.S., a.m.); a number; a word, with inner hyphens and
# apostrophes; a mark.
_TOKEN = re.compile(
    r"(?P<clitic>(?:n'|(?<![^\W_])')(?:t|s|re|ve|ll|d|m)(?![^\W_]))"
    r"|(?P<initials>(?:[^\W\d_]\.){2,})"
    r"|(?P<number>[$€£]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s|%)?(?![^\W_]))"
    r"|(?P<word>[^\W_]+(?:['-][^\W_]+)*)"
    r"|(?P<mark>[^\w\s]|_)",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S+|[^\s@]{1,64}@[^\s@]+\.\w+")
_CONTRACTION = re.compile(r"(.+?)(n't|'(?:s|re|ve|ll|d|m))", re.IGNORECASE)
_TABLE = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\u00ad": None, "İ": "I"}
)
_DASH = re.compile(
    r"(\w)- (?=\w)|(\w) -(?=\w)"  # soil- borne, mouse -like
    r"|(\d) - (?=year|day|\d)|(ty) - (?=(?:one|two|three|four|five|six|seven|eight|nine)\b)"  # 43 - year, thirty - one
)
_QUOTES = re.compile(r"``|''")
# How learned words end that dictionaries lack; a sentence may begin with one ("Benzodiazepines are ...").
_TERM = re.compile(
    r"(?:[ts]ions?|isms?|ists?|[ln]ogy|[ln]ogists?|graphy|metry|phobia|ity|ness|ments?|ous|ive|ated?|ized?|oids?|ids|ines|"
    r"gens|sis|mia|itis|al|ics?|cytes?|phytes?|zoans?|saurs?|lls|ings?|ed|[ai]ble|[ao]ry)$"
)
_OPENS = frozenset('.!?:;"([')
MAX_CHARACTERS = 20_000  # of one sentence; what follows adds nothing and costs time


class Token(NamedTuple):
    """`kind` is word, name, number or mark; `word` is None for marks."""

    text: str
    lower: str
    kind: str
    word: Word | None


_NUMBER = Word("", 1, "number", 5.0, "", True, True)
_NAME = Word("", 1, "name", 3.0, "", True, False)
_LINKED = "\ue000"  # in place of a web or mail address, which is read as a name


def normalise(sentence: str) -> str:
    """Straight quotes and dashes, and the signs of tokenised corpora as people write them."""
    text = sentence[:MAX_CHARACTERS].translate(_TABLE)
    if "``" in text or "''" in text:
        text = _QUOTES.sub('"', text)
    if "- " in text or " -" in text:
        text = text.replace("-LRB-", "(").replace("-RRB-", ")").replace("-lrb-", "(").replace("-rrb-", ")")
        text = _DASH.sub(lambda m: f"{m[1] or m[2] or m[3] or m[4]}-", text)
    return text


def annotate(sentence: str) -> list[Token]:
    """The tokens of `sentence`. Words of other scripts and whatever has no letter or digit are marks."""
    tokens: list[Token] = []
    text = normalise(sentence)
    if "@" in text or "://" in text or "www." in text:
        text = _LINK.sub(_LINKED, text)
    cased = not (text.isupper() or _titled(text))  # else capitals tell nothing
    opening = True
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "mark" and piece != _LINKED:
            tokens.append(Token(piece, piece, "mark", None))
            opening = opening or piece in _OPENS
            continue
        if kind == "number":
            tokens.append(Token(piece, piece.lower(), "number", _NUMBER))
        elif kind == "mark":
            tokens.append(Token("(link)", "(link)", "name", _NAME))
        elif kind == "initials":
            tokens.append(_initials(piece))
        elif "'" in piece or "-" in piece:
            _compound(piece, opening or not cased, tokens)
        else:
            tokens.append(_single(piece, opening or not cased))
        opening = False
    _lower_phrases(tokens)
    return tokens


def _titled(text: str) -> bool:
    """Whether every long word has a capital, as in a title."""
    long = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    return len(long) > 2 and all(word[0].isupper() for word in long)


def _compound(piece: str, opening: bool, tokens: list[Token]) -> None:
    """A word with hyphens or apostrophes: an entry of the lists, or its parts."""
    lists, clitics = lexicon().levels, []
    while "'" in piece and piece.lower() not in lists and (split := _CONTRACTION.fullmatch(piece)):
        piece = split[1]
        clitics.append(split[2])
    whole = piece.lower() in lists or look_up(piece.lower()).source != "estimate"
    for part in [piece] if whole else piece.split("-"):
        if part:
            tokens.append(_single(part, opening))
        opening = False
    tokens += [Token(clitic, clitic.lower(), "word", look_up(clitic.lower())) for clitic in reversed(clitics)]


def _initials(piece: str) -> Token:
    bare = piece.lower()[:-1]
    if bare in lexicon().levels:  # a.m.
        return Token(piece, bare, "word", look_up(bare))
    return Token(piece, piece.lower(), "name", _NAME)


@lru_cache(maxsize=200_000)
def _single(piece: str, opening: bool) -> Token:
    """One word without hyphens or clitics: a number, a name, or a word of the language."""
    lower = piece.lower()
    if not (piece.isascii() or _latin(piece)):
        return Token(piece, lower, "mark", None)
    if any(c.isdigit() for c in piece) and lower not in lexicon().levels:
        return Token(piece, lower, "number", _NUMBER)
    if is_name(piece, opening):
        return Token(piece, lower, "name", _NAME)
    return Token(piece, lower, "word", look_up(lower))


def is_name(word: str, opening: bool) -> bool:
    """Whether `word` is a name: capitalised, or a lone letter. `opening`: it is where every word has a capital."""
    lists, lower = lexicon(), word.lower()
    if not word[0].isupper():
        return word != lower or (len(word) == 1 and not look_up(lower).known)  # iPhone, x
    if lower in lists.capitalised or look_up(lower).lemma in lists.capitalised:  # Mondays
        return False
    if lower in lists.names:
        return True
    if len(word) > 3 and word.isupper() and look_up(lower).known:
        return False  # said loudly: "It is VERY important"
    return not (look_up(lower).known or _TERM.search(lower)) if opening else True


def _latin(piece: str) -> bool:
    return all(c < "\u0250" or "\u1e00" <= c < "\u1f00" for c in piece)


def _lower_phrases(tokens: list[Token]) -> None:
    """Words of a listed phrase are no harder than the phrase: "ice cream" is A1.

    Nor are they made harder: "turn to" is in the lists as C1, but whoever turns to the left has not used it.
    """
    phrases = lexicon().phrases
    for at, token in enumerate(tokens):
        if token.word is None:
            continue
        for start in (token.lower, token.word.lemma):
            for rest, level_number in phrases.get(start, ()):
                end = at + 1 + len(rest)
                if len(tokens) < end or not all(
                    t.word is not None and part in (t.lower, t.word.lemma)
                    for t, part in zip(tokens[at + 1 : end], rest, strict=True)
                ):
                    continue
                for i in range(at, end):
                    word = tokens[i].word
                    if word is not None and tokens[i].kind == "word" and word.level_number > level_number:
                        tokens[i] = tokens[i]._replace(word=word._replace(level_number=level_number))
