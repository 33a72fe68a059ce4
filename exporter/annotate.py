"""A sentence as tokens with what is known of each: its level, or that it is a name or a number.

Text as people write it and as corpora tokenise it ("do n't", "thirty - one", "``") come out the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .lexicon import Word, lexicon, look_up

# A clitic standing alone ("do n't", "it 's"); initials (U.S., a.m.); a number; a word, with inner hyphens and
# apostrophes; a mark.
_TOKEN = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+\.\w+)"
    r"|(?P<clitic>(?:n'|(?<![^\W_])')(?:t|s|re|ve|ll|d|m)(?![^\W_]))"
    r"|(?P<initials>(?:[^\W\d_]\.){2,})"
    r"|(?P<number>[$€£]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s|%)?(?![^\W_]))"
    r"|(?P<word>[^\W_]+(?:['-][^\W_]+)*)"
    r"|(?P<mark>[^\w\s]|_)",
    re.IGNORECASE,
)
_CONTRACTION = re.compile(r"(.+?)(n't|'(?:s|re|ve|ll|d|m))", re.IGNORECASE)
_TABLE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\u00ad": None})
_CORPUS = (
    (re.compile(r"``|''"), '"'),
    (re.compile(r"-LRB-", re.IGNORECASE), "("),
    (re.compile(r"-RRB-", re.IGNORECASE), ")"),
    (re.compile(r"(\w)- (?=\w)|(\w) -(?=\w)|(\d) - (?=year|day|\d)|(ty) - (?=(?:one|two|three|four|five|six|seven|eight|nine)\b)"),
     lambda m: f"{m[1] or m[2] or m[3] or m[4]}-"),
)  # fmt: skip
# How learned words end that dictionaries lack; a sentence may begin with one ("Benzodiazepines are ...").
_TERM = re.compile(
    r"(?:tions?|sions?|isms?|ists?|[ln]ogy|[ln]ogists?|graphy|metry|phobia|ity|ness|ments?|ous|ical|ive|ated?|ized?|oids?|ids|"
    r"ines|gens|sis|mia|itis|tive|al|ic|ics|cytes?|phytes?|zoans?|saurs?|lls|ing|ings|ed|able|ible|ary|ory)$"
)
_OPENS = frozenset('.!?:;"([')
MAX_CHARACTERS = 20_000  # of one sentence; what follows adds nothing and costs time


class Token(NamedTuple):
    """`kind` is word, name, number or mark; `word` is None for marks."""

    text: str
    lower: str
    kind: str
    word: Word | None
    capital: bool


_NUMBER = Word("", 1, "number", 5.0, "", True, True)
_NAME = Word("", 1, "name", 3.0, "", True, False)


def normalise(sentence: str) -> str:
    """Straight quotes and dashes, and the signs of tokenised corpora as people write them."""
    text = sentence[:MAX_CHARACTERS].translate(_TABLE)
    if "``" in text or "''" in text or "- " in text or " -" in text or "-LRB-" in text or "-lrb-" in text:
        for pattern, by in _CORPUS:
            text = pattern.sub(by, text)
    return text


def annotate(sentence: str) -> list[Token]:
    """The tokens of `sentence`. Words of other scripts and whatever has no letter or digit are marks."""
    found: list[Token] = []
    text = normalise(sentence)
    shouting = text.isupper()
    opening = True
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "mark":
            found.append(Token(piece, piece, "mark", None, False))
            opening = opening or piece in _OPENS
            continue
        if kind == "number":
            found.append(Token(piece, piece.lower(), "number", _NUMBER, False))
        elif kind == "word":
            _word(piece, opening or shouting, found)
        elif kind == "clitic":
            found.append(_listed(piece, piece.lower(), False))
        elif kind == "initials":
            _initials(piece, found)
        else:
            found.append(Token(piece, piece.lower(), "name", _NAME, False))
        opening = False
    _phrases(found)
    return found


def _word(piece: str, opening: bool, found: list[Token]) -> None:
    lower = piece.lower()
    if "'" in piece and lower not in lexicon().levels and (split := _CONTRACTION.fullmatch(piece)):
        _word(split[1], opening, found)
        found.append(_listed(split[2], split[2].lower(), False))
    elif "-" in piece and not _hyphenated_entry(lower):
        for part in piece.split("-"):
            _word(part, opening, found)
            opening = False
    elif piece.isascii() or _latin(piece):
        found.append(_classified(piece, lower, opening))
    else:
        found.append(Token(piece, lower, "mark", None, False))


def _hyphenated_entry(lower: str) -> bool:
    return lower in lexicon().levels or look_up(lower).source != "estimate"


def _initials(piece: str, found: list[Token]) -> None:
    bare = piece.lower()[:-1]
    if bare in lexicon().levels:
        found.append(_listed(piece, bare, False))
    else:
        found.append(Token(piece, piece.lower(), "name", _NAME, True))


def _classified(piece: str, lower: str, opening: bool) -> Token:
    """One word without hyphens or clitics: a number, a name, or a word of the language."""
    if any(c.isdigit() for c in piece) and lower not in lexicon().levels:
        return Token(piece, lower, "number", _NUMBER, False)
    if not piece[0].isupper():
        if piece != lower:  # iPhone
            return Token(piece, lower, "name", _NAME, True)
        return _listed(piece, lower, False)
    if is_name(piece, opening):
        return Token(piece, lower, "name", _NAME, True)
    return _listed(piece, lower, True)


def is_name(word: str, opening: bool) -> bool:
    """Whether a capitalised word is a name. `opening`: it stands where every word has a capital."""
    lists, lower = lexicon(), word.lower()
    if lower in lists.capitalised or look_up(lower).lemma in lists.capitalised:  # Mondays
        return False
    if lower in lists.names:
        return True
    return not (look_up(lower).known or _TERM.search(lower)) if opening else True


def _listed(piece: str, lower: str, capital: bool) -> Token:
    return Token(piece, lower, "word", look_up(lower), capital)


def _latin(piece: str) -> bool:
    return all(c < "\u0250" or "\u1e00" <= c < "\u1f00" for c in piece)


def _phrases(tokens: list[Token]) -> None:
    """Words of a listed phrase are no harder than the phrase: "ice cream" is A1.

    Nor are they made harder: "turn to" is in the lists as C1, but whoever turns to the left has not used it.
    """
    phrases = lexicon().phrases
    for at, token in enumerate(tokens):
        if token.word is None:
            continue
        for start in {token.lower, token.word.lemma}:
            for rest, rank in phrases.get(start, ()):
                end = at + 1 + len(rest)
                if len(tokens) < end or not all(
                    t.word is not None and part in (t.lower, t.word.lemma)
                    for t, part in zip(tokens[at + 1 : end], rest, strict=True)
                ):
                    continue
                for i in range(at, end):
                    word = tokens[i].word
                    if word is not None and tokens[i].kind == "word" and word.rank > rank:
                        tokens[i] = tokens[i]._replace(word=word._replace(rank=rank))
