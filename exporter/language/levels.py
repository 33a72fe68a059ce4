"""The CEFR levels, and the level of a word.

A word's level is that of its lemma in the CEFR-J Wordlist (A1-B2), in the Octanove list (C1, C2) or among our own
everyday words, the lowest over its parts of speech unless one is asked for. A word in none of them gets an estimate,
which is marked as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ..common.errors import InputError

if TYPE_CHECKING:
    from .annotate import Token

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
# C2 is known to the judge, but nobody trains for it: the word lists and graded sentences end at C1.
TRAINABLE = LEVELS[:5]
SOURCES = ("cefr-j", "octanove", "everyday", "estimate", "name", "number")


@dataclass(frozen=True)
class WordLevel:
    """The level of a word or phrase and where it is from, one of SOURCES.

    Names and numbers have no level of their own; they count as A1, because nobody has to learn them.
    """

    word: str
    lemma: str
    level: str
    source: str

    def __post_init__(self) -> None:
        if self.level not in LEVELS or self.source not in SOURCES:
            raise ValueError(f"No such level or source: {self.level!r}, {self.source!r}.")

    def __str__(self) -> str:
        return f"{self.word} ({self.level}{', estimated' if self.source == 'estimate' else ''})"


def parse_level(text: str, allowed: tuple[str, ...] = LEVELS) -> str:
    """`text` as a level name (`" a1 "` is `A1`).

    Raises:
        InputError: not a level, or not one of `allowed`.
    """
    level = text.strip().upper()
    if level in allowed:
        return level
    choices = ", ".join(allowed)
    if level in LEVELS:
        raise InputError(
            "Level {level} cannot be trained or exported. Choose one of {choices}.", level=level, choices=choices
        )
    raise InputError("{text!r} is not a CEFR level. Choose one of {choices}.", text=text, choices=choices)


def level_number(level: str) -> int:
    """1 for A1 to 6 for C2."""
    return LEVELS.index(level) + 1


@lru_cache(maxsize=200_000)
def word_level(word: str, pos: str | None = None) -> WordLevel:
    """The level of `word`: a word in any form, a contraction, or an entry of several words.

    `pos` asks for one part of speech, in any common notation (noun, NOUN, NN); where the lists have the word only
    as another, its level is an estimate. A phrase that no list has is as hard as its hardest word. A word with a
    capital is a name unless the lists have it ("Monday") or a dictionary has it in small letters ("Apple").

    Raises:
        InputError: `word` has no letter or digit of the Latin script, or `pos` is not a part of speech.
    """
    from .annotate import annotate
    from .lexicon import coarse_part, lexicon, look_up

    part = coarse_part(pos)
    if pos is not None and part is None:
        raise InputError("{text!r} is not a part of speech. Use noun, verb, adjective, adverb or the like.", text=pos)
    entry = " ".join(word.split())
    tokens = [t for t in annotate(entry) if t.word is not None]
    if not tokens:
        raise InputError("{text!r} has no English word in it. Give a word or a phrase.", text=word)
    listed = entry.lower().replace("’", "'").rstrip(".")
    whole = listed in lexicon().levels and (" " in listed or "'" in listed or "-" in listed)
    if whole or (len(tokens) == 1 and tokens[0].kind == "word"):
        known = look_up(listed if whole else tokens[0].lower, part)
        return WordLevel(word, known.lemma, LEVELS[known.level_number - 1], known.source)
    hardest = max((t for t in tokens if t.word), key=lambda t: (t.kind == "word", t.word.level_number if t.word else 0))
    assert hardest.word is not None
    if len(tokens) == 1:
        return WordLevel(word, entry, LEVELS[0], hardest.kind)
    sources = {t.word.source for t in tokens if t.word}
    contraction = " " not in entry and "'" in listed
    source = hardest.word.source if contraction or len(sources) == 1 else "estimate"
    return WordLevel(word, listed, LEVELS[hardest.word.level_number - 1], source)


def words_above(sentence: str, level: str) -> tuple[str, ...]:
    """The words of `sentence` above `level` as written there, each once, in order; names and numbers are none."""
    from .annotate import annotate

    return above(annotate(sentence), level)


def above(tokens: list[Token], level: str) -> tuple[str, ...]:
    """The same of a sentence that `annotate` has read."""
    number = level_number(level)
    words: dict[str, str] = {}
    for token in tokens:
        if token.kind == "word" and token.word is not None and token.word.level_number > number:
            words.setdefault(token.lower, token.text)
    return tuple(words.values())


def hardest_words(tokens: list[Token], most: int) -> tuple[WordLevel, ...]:
    """The hardest words of a sentence that `annotate` has read, at most so many, each once; none of A1."""
    words = {token.lower: token for token in reversed(tokens) if token.kind == "word"}
    hard = [(t.text, t.word) for t in reversed(words.values()) if t.word is not None and t.word.level_number > 1]
    hard.sort(key=lambda pair: (-pair[1].level_number, pair[1].zipf))
    return tuple(WordLevel(text, w.lemma, LEVELS[w.level_number - 1], w.source) for text, w in hard[:most])
