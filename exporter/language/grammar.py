"""Which items of grammar a sentence has, of those in the CEFR-J Grammar Profile, and their levels.

Each item is a row of `data/judge/grammar.tsv`: its number in the profile, its level, its name, a pattern, where the
pattern is something else, and an example. To add one, add a row; a test looks for it in its example. A pattern is made
of pieces with spaces between them, and each stands for a word of the sentence:

    was/were            one of these words
    ADV  NOUN  PP       a word that can be this (CLASSES), or several (MACROS)
    _  ~                any word; any word or mark
    ^  $                the beginning and the end of the sentence
    ( A | B )           one or the other; ?, *, + and {1,3} after a piece, and ! (not this) before one

No tagger: what a word can be comes from the dictionary and the lists. So patterns are strict, and miss things rather
than state what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .annotate import Token
from .levels import level_number
from .tags import CLASSES, can_be, coded

PATH = Path(__file__).parents[1] / "data" / "judge" / "grammar.tsv"

# Names for pieces that many patterns have.
MACROS = {
    "HAVE": "have/has/'ve",
    "BE": "am/is/are/'m/'re",
    "WAS": "was/were",
    "WOULD": "would/could/might/'d",
    "VERBISH": "( V | be/have/do/go )",
    "AUX": "( MODAL | do/does/did/have/has/had/am/is/are/was/were/'d )",
    "ADVS": "ADV{0,3}",
    "SUBJECT": "( SUBJ | this/that/these/those/someone/everyone/anyone/nobody/there | NAME{1,2} | DET ADJ? NOUN{1,2} )",
    "OBJECT": "( OBJ | NAME{1,2} | DET ADJ? NOUN{1,2} | someone/somebody/everyone/people )",
    "DOER": "( SUBJ | NAME | THING )",
    # A participle, and not an adjective before its noun: "had fried eggs".
    "DONE": "( FULL | VBN !NOUN )",
    "END": "( [,.;!?] | $ )",
}


class GrammarItem(NamedTuple):
    """One item of grammar. `level` is the name of a level."""

    number: str
    level: str
    name: str
    pattern: re.Pattern[str]
    needed: tuple[frozenset[str], ...]  # of each of these sets a sentence with the item has a word
    asked: bool  # whether questions have it too
    example: str

    @property
    def level_number(self) -> int:
        return level_number(self.level)

    def __str__(self) -> str:
        return f"{self.name} ({self.level})"

    def is_in(self, text: str) -> bool:
        return any(match.lastgroup == "it" for match in self.pattern.finditer(text))


def grammar(tokens: Sequence[Token]) -> tuple[GrammarItem, ...]:
    """The items that a sentence has, by its tokens; the hardest first, and of one level in the table's order."""
    text = "".join([coded(token.lower, token.kind) for token in tokens])
    words = set[str]().union(*(can_be(token.lower, token.kind) for token in tokens))
    by_word, found = _by_word(), set[int]()
    for word in words:
        found.update(by_word.get(word, ()))
    possible = [items()[at] for at in sorted(found)]
    return tuple(
        item
        for item in possible
        if (item.asked or "?" not in words) and not any(map(words.isdisjoint, item.needed)) and item.is_in(text)
    )


@lru_cache(maxsize=1)
def _by_word() -> dict[str, list[int]]:
    """Places in `items()` by the words, and kinds of words, that they need: each item by its rarest need."""
    places: dict[str, list[int]] = {}
    for at, item in enumerate(items()):
        for word in min(item.needed, key=lambda some: (any(word[0] == "~" for word in some), len(some))):
            places.setdefault(word, []).append(at)
    return places


@lru_cache(maxsize=1)
def items() -> tuple[GrammarItem, ...]:
    """The table, the hardest items first."""
    rows = [line.split("\t") for line in PATH.read_text(encoding="utf-8").splitlines()[1:]]
    return tuple(sorted((_item(*row) for row in rows), key=lambda item: item.level, reverse=True))


def _item(number: str, level: str, name: str, pattern: str, unless: str, example: str) -> GrammarItem:
    """An item by its row. Where what it must not be begins earlier, or in the same place, that takes its words."""
    asked = not unless.startswith("?")
    unless = re.sub(r"^\?(?: \| )?", "", unless)
    pattern_, needed = _parsed(pattern.split())
    other = f"{_parsed(unless.split())[0]}|" if unless else ""
    return GrammarItem(number, level, name, re.compile(f"{other}(?P<it>{pattern_})"), needed, asked, example)


_PIECE = re.compile(r"(!?)(\[[^]]+\]|[^?*+{]+)([?*+]|\{[\d,]+\})?")


def _parsed(pieces: list[str]) -> tuple[str, tuple[frozenset[str], ...]]:
    """The regular expression of a pattern, and sets of words of each of which a sentence that fits it has one."""
    groups: list[list[tuple[str, list[frozenset[str]]]]] = [[("", [])]]  # open brackets: their alternatives
    opened = []
    for piece in pieces:
        match = _PIECE.fullmatch(piece)
        if match is None:
            raise ValueError(f"Not a piece of a pattern: {piece!r}.")
        negated, body, times = match[1], match[2], match[3] or ""
        if body == "(":
            groups.append([("", [])])
            opened.append("(?!" if negated else "(?:")
            continue
        if body == "|":
            groups[-1].append(("", []))
            continue
        if body == ")":
            alternatives = groups.pop()
            bracket = opened.pop()
            regex, needed = f"{bracket}{'|'.join(one for one, _ in alternatives)})", _any_of(alternatives)
            negated = "" if bracket == "(?:" else "!"
        elif body in MACROS:
            regex, needed = _parsed(MACROS[body].split())
            regex, needed = f"(?!{regex})" if negated else f"(?:{regex})", list(needed)
        else:
            regex, needed = _one(body), [some] if (some := _any_of_piece(body)) else []
            regex = f"(?!{regex})" if negated else f"(?:{regex})" if times else regex
        before, so_far = groups[-1][-1]
        optional = negated or times in ("?", "*") or times.startswith("{0")
        groups[-1][-1] = (before + regex + times, so_far if optional else so_far + list(needed))
    (alternatives,) = groups
    regex = "|".join(one for one, _ in alternatives)
    return regex, tuple(alternatives[0][1] if len(alternatives) == 1 else _any_of(alternatives))


def _any_of_piece(body: str) -> frozenset[str]:
    """What `can_be` says of one of the words that a piece fits; nothing for a piece that fits any."""
    if body.startswith("["):
        return frozenset(body[1:-1])
    if body in CLASSES:
        return frozenset([CLASSES[body].join("~~")])
    return frozenset(body.split("/")) if re.fullmatch("[a-z'/-]+", body) else frozenset()


def _any_of(alternatives: list[tuple[str, list[frozenset[str]]]]) -> list[frozenset[str]]:
    """What is needed where one of several patterns is: all sets of one, or a word of some set of each."""
    if len(alternatives) == 1:
        return alternatives[0][1]
    if all(needed for _, needed in alternatives):
        return [frozenset().union(*(min(needed, key=len) for _, needed in alternatives))]
    return []


def _one(body: str) -> str:
    """The regular expression of one word or mark of a coded sentence, in which each is ` word_CODES`."""
    if body in ("^", "$"):
        return r"\A" if body == "^" else r"\Z"
    if body == "_":
        return r" [^ _]+_[^ ]+(?![^ ])"
    if body == "~":
        return r" [^ ]+(?![^ ])"
    if body.startswith("["):
        return rf" {body}_(?= |\Z)"
    if body in CLASSES:
        return rf" [^ _]+_[^ ]*{CLASSES[body]}[^ ]*(?![^ ])"
    if body != body.lower():
        raise ValueError(f"No class of words: {body!r}.")
    return rf" (?:{'|'.join(map(re.escape, body.split('/')))})_[^ ]*(?![^ ])"
