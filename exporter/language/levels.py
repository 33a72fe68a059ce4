"""The CEFR levels, and the level of a word.

A word's level is that of its lemma in the CEFR-J Wordlist (A1-B2) or in the Octanove list (C1, C2), the lowest over
its parts of speech unless one is asked for. What neither has is estimated, and marked as an estimate.
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
SOURCES = ("cefr-j", "octanove", "estimate", "name", "number")


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
        raise InputError(f"Level {level} cannot be trained or exported. Choose one of {choices}.")
    raise InputError(f"{text!r} is not a CEFR level. Choose one of {choices}.")


@lru_cache(maxsize=200_000)
def word_level(word: str, pos: str | None = None) -> WordLevel:
    """The level of `word`: a word in any form, a contraction, or an entry of several words.

    `pos` asks for one part of speech, in any common notation (noun, NOUN, NN); where the lists have the word only
    as another, its level is an estimate. A phrase that no list has is as hard as its hardest word. A word with a
    capital is a name unless the lists have it ("Monday") or a dictionary has it in small letters ("Apple").

    Raises:
        InputError: `word` has no letter or digit of the Latin script, or `pos` is no part of speech.
    """
    from .annotate import annotate
    from .lexicon import coarse_part, lexicon, look_up

    part = coarse_part(pos)
    if pos is not None and part is None:
        raise InputError(f"{pos!r} is not a part of speech. Use noun, verb, adjective, adverb or the like.")
    entry = " ".join(word.split())
    tokens = [t for t in annotate(entry) if t.word is not None]
    if not tokens:
        raise InputError(f"{word!r} has no English word in it.")
    listed = entry.lower().replace("’", "'").rstrip(".")
    if listed in lexicon().levels and (" " in listed or "'" in listed or "-" in listed):
        found = look_up(listed, part)
        return WordLevel(word, found.lemma, LEVELS[found.rank - 1], found.source)
    if len(tokens) == 1 and tokens[0].kind == "word":
        found = look_up(tokens[0].lower, part)
        return WordLevel(word, found.lemma, LEVELS[found.rank - 1], found.source)
    hardest = max((t for t in tokens if t.word), key=lambda t: (t.kind == "word", t.word.rank if t.word else 0))
    assert hardest.word is not None
    if len(tokens) == 1:
        return WordLevel(word, entry, LEVELS[0], hardest.kind)
    sources = {t.word.source for t in tokens if t.word}
    contraction = " " not in entry and "'" in listed
    source = hardest.word.source if contraction or len(sources) == 1 else "estimate"
    return WordLevel(word, listed, LEVELS[hardest.word.rank - 1], source)


def words_above(sentence: str, level: str) -> tuple[str, ...]:
    """The words of `sentence` above `level`, as they stand there, each once, in order; names and numbers are none."""
    from .annotate import annotate

    return above(annotate(sentence), level)


def above(tokens: list[Token], level: str) -> tuple[str, ...]:
    """The same of a sentence that `annotate` has read."""
    rank = LEVELS.index(level) + 1
    words: dict[str, str] = {}
    for token in tokens:
        if token.kind == "word" and token.word is not None and token.word.rank > rank:
            words.setdefault(token.lower, token.text)
    return tuple(words.values())
