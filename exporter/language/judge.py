"""What a judge of sentences is, and what it reads. Which ones there are: `judges.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from .annotate import Token, annotate
from .grammar import GrammarItem, grammar
from .levels import LEVELS, level_number
from .verbs import Structure, structure

_COMMON, _NEUTRAL = 4.8, "house"  # how frequent, and what it looks like


@dataclass(frozen=True)
class AnnotatedSentence:
    """A sentence as a judge gets it: `words` are the tokens that are not marks; `structure` is that of `words`.

    `items` are the items of grammar that it has, the hardest first.
    """

    sentence: str
    tokens: list[Token]
    words: list[Token]
    structure: Structure
    items: tuple[GrammarItem, ...]

    @classmethod
    def of(cls, sentence: str) -> AnnotatedSentence:
        tokens = annotate(sentence)
        return cls._of(sentence, tokens, grammar(tokens))

    @classmethod
    def _of(cls, sentence: str, tokens: list[Token], items: tuple[GrammarItem, ...]) -> AnnotatedSentence:
        words = [token for token in tokens if token.word is not None]
        return cls(sentence, tokens, words, structure(words), items)

    def with_known(self, asked: Sequence[str], level: str) -> AnnotatedSentence:
        """The same sentence read as if every word of `asked` were a common one of `level`."""
        pieces = {piece for word in asked for token in annotate(word) for piece in (token.lower,)}
        hard = [
            at for at, t in enumerate(self.tokens) if t.kind == "word" and t.lower in pieces and known(t, level) != t
        ]
        if not hard:
            return self
        tokens = list(self.tokens)
        for at in hard:
            tokens[at] = known(tokens[at], level)
        return self._of(self.sentence, tokens, self.items)


def known(token: Token, level: str) -> Token:
    """`token` as a word that learners of `level` know: short and common, where it is above the level."""
    number = level_number(level)
    if token.word is None or token.word.level_number <= number:
        return token
    word = token.word._replace(level_number=number, zipf=max(token.word.zipf, _COMMON), source="cefr-j")
    return Token(token.text, _NEUTRAL, token.kind, word)


class Judge(Protocol):
    """Says how hard sentences are, on a scale from 1.0 (A1) to 6.0 (C2)."""

    name: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]  # what it was made from, to be cited

    @property
    def cuts(self) -> Sequence[float]:
        """The five ascending scores at which the next level begins."""
        ...

    @property
    def means(self) -> Mapping[str, float]:
        """The mean score of human sentences of each level."""
        ...

    def scores(self, sentences: Sequence[AnnotatedSentence]) -> Sequence[float]:
        """A score for each sentence. Each has at least one word."""
        ...


def level_of(score: float, judge: Judge) -> str:
    """The level to which `judge` counts a score."""
    return LEVELS[sum(score >= cut for cut in judge.cuts)]
