"""Strict vocabulary: answers that use only the words up to a level and the requested words.

A logits processor sets every token that would leave the automaton of `strict_words` to minus infinity, so an answer
keeps to the vocabulary and to the numbered list by construction. What that costs in quality: see docs/strict.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...exporter.language.levels import LEVELS
from ...exporter.language.vocabulary import NAMES, requested, vocabulary
from ...exporter.records.prompt import ListPrompt
from .prompt_form import stop_ids
from .strict_words import CLOSING, FREE, Node, Nodes, Position, Vocabulary, follow, numbered, read, rest

if TYPE_CHECKING:
    import torch

# A node with at least so many tokens keeps them as a mask over the whole vocabulary.
_MANY = 500
_UNKNOWN = "\ufffd"  # what part of a character decodes to


class Pieces:
    """The text of each token; empty for special tokens and parts of characters, which are never allowed."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        # Decoded after another token, because some tokenizers drop a space at the beginning of a text.
        before = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
        decoded = tokenizer.batch_decode(
            [before, *([*before, i] for i in range(len(tokenizer)))],
            skip_special_tokens=False,
            clean_up_tokenization_spaces=False,
        )
        special = set(tokenizer.all_special_ids)
        skipped = len(decoded[0])
        self.texts = ["" if i in special or _UNKNOWN in t else t[skipped:] for i, t in enumerate(decoded[1:])]
        self.trie: dict[str, Any] = {}
        for i, text in enumerate(self.texts):
            node = self.trie
            for char in text:
                node = node.setdefault(char, {})
            if text:
                node.setdefault("", []).append(i)
        first = tokenizer("1. A", add_special_tokens=False)["input_ids"][0]
        self.spaced = self.texts[first].startswith(" ")  # it writes a space before any text

    def part(self, vocabulary: Vocabulary) -> Vocabulary:
        """`vocabulary`, after it has been told where this tokenizer splits its words."""
        asked = list(vocabulary.spellings())
        texts = [before + written for before, written, _ in asked]
        encoded = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        for (before, written, word), whole, ids in zip(asked, texts, encoded, strict=True):
            pieces = [self.texts[i] for i in ids]
            text = "".join(pieces)
            if text.strip() != whole or not all(pieces):
                continue  # a token is part of a character: this word cannot be written
            for end in itertools.accumulate(map(len, pieces)):
                inside = end - len(text) + len(written)
                if inside > 0 or (inside == 0 and before.endswith(" ")):
                    vocabulary.part(written, word, inside)
        return vocabulary

    def allowed(self, node: Node, vocabulary: Vocabulary) -> list[int]:
        """The tokens that may follow at `node`, where words are those of `vocabulary`."""
        ids: list[int] = []
        stack: list[tuple[dict[str, Any], Nodes]] = [(self.trie, frozenset([node]))]
        while stack:
            pieces, place = stack.pop()
            for char, below in pieces.items():
                if char and (after := follow(place, char, (vocabulary,))):
                    if "" in below and rest(after):
                        ids += below[""]
                    stack.append((below, after))
        return ids


class Allowed:
    """Which tokens may follow at a node, computed once for each."""

    def __init__(self, pieces: Pieces, vocabulary: Vocabulary) -> None:
        self.pieces, self.vocabulary = pieces, vocabulary
        self._ids: dict[Node, list[int]] = {}
        self._masks: dict[tuple[Node, int, Any], torch.Tensor] = {}

    def ids(self, node: Node) -> list[int]:
        if node not in self._ids:
            self._ids[node] = self.pieces.allowed(node, self.vocabulary)
        return self._ids[node]

    def mask(self, node: Node, size: int, device: Any) -> torch.Tensor | None:
        """The same as booleans of shape (`size`,); None where the tokens are few."""
        import torch

        if len(self.ids(node)) < _MANY:
            return None
        key = (node, size, device)
        if key not in self._masks:
            mask = torch.zeros(size, dtype=torch.bool, device=device)
            mask[self.ids(node)] = True
            self._masks[key] = mask
        return self._masks[key]


class Strict:
    """What a level and a tokenizer have in common for all answers."""

    def __init__(self, tokenizer: Any, level: str) -> None:
        self.pieces = _pieces(tokenizer)
        words = Vocabulary([*vocabulary(level), *NAMES], numbers=True)
        self.base = Allowed(self.pieces, self.pieces.part(words))

    def with_words(self, words: Iterable[str], prompt_form: str = "instruct") -> StrictAnswer:
        """The automaton of an answer with a line for each of `words`, which it may use too."""
        asked = tuple(words)
        more = Vocabulary(requested(asked).difference(self.base.vocabulary.words))
        ends = stop_ids(self.pieces.tokenizer, prompt_form)
        return StrictAnswer(self.base, Allowed(self.pieces, self.pieces.part(more)), len(asked), ends)


class StrictAnswer:
    """The automaton of one answer of `lines` numbered lines, which ends with one of the tokens `ends`."""

    def __init__(self, base: Allowed, more: Allowed, lines: int, ends: Sequence[int]) -> None:
        self.base, self.more, self.lines, self.ends = base, more, lines, tuple(ends)
        self._vocabularies = (base.vocabulary, more.vocabulary)

    def begin(self) -> Position:
        return Position(numbered(1, self.base.pieces.spaced), 1)

    def read(self, position: Position, text: str) -> Position:
        """The position after `text`, which may end inside a word; FREE where `text` is not allowed."""
        return read(position, text, self.lines, self._vocabularies)

    def after(self, position: Position, token: int) -> Position:
        texts = self.base.pieces.texts
        text = texts[token] if token < len(texts) else ""
        read = self.read(position, text) if position.place and text else FREE
        return Position(rest(read.place), read.line) if rest(read.place) else FREE

    def may_end(self, position: Position) -> bool:
        return position.line == self.lines and not position.place.isdisjoint(CLOSING)

    def sources(self, position: Position) -> list[tuple[Allowed, Node]]:
        """Where the tokens that may follow are kept: for a node in a word its own vocabulary, for a gate both."""
        both = (self.base, self.more)
        return [(a, node) for node in position.place for a in both if node.owner in (None, a.vocabulary)]

    def tokens(self, position: Position) -> list[int]:
        """The tokens that may follow."""
        ids = {i for allowed, node in self.sources(position) for i in allowed.ids(node)}
        return sorted(ids.union(self.ends) if self.may_end(position) else ids)


class StrictProcessor:
    """For `generate(logits_processor=[...])`: rows that belong to `answers` in order, each answer's rows together.

    The prompts are `prompt_width` tokens wide, padding included; what comes after is the answer.
    """

    def __init__(self, answers: Sequence[StrictAnswer], prompt_width: int) -> None:
        self.answers, self.width = list(answers), prompt_width
        self._begun = [answer.begin() for answer in self.answers]
        self._rows: dict[tuple[int, tuple[int, ...]], Position] = {}

    def resume(self, begun: str) -> bool:
        """Continue the only answer, whose beginning `begun` is in the prompt. False where it is not allowed."""
        self._begun = [self.answers[0].read(self._begun[0], begun)]
        return bool(self._begun[0].place)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`scores` of shape (rows, vocabulary) with minus infinity for what may not follow."""
        import torch

        allowed = torch.zeros(scores.shape, dtype=torch.bool, device=scores.device)
        written = input_ids[:, self.width :].tolist()
        copies = max(1, len(written) // len(self.answers))
        rows, at, few = {}, [], []
        for r, ids in enumerate(written):
            which = min(r // copies, len(self.answers) - 1)
            answer, key = self.answers[which], (which, tuple(ids))
            row = rows[key] = self._row(*key)
            if not row.place:
                allowed[r] = True
                continue
            for source, node in answer.sources(row):
                mask = source.mask(node, scores.shape[-1], scores.device)
                if mask is not None:
                    allowed[r] |= mask
                    continue
                few += source.ids(node)
                at += [r] * len(source.ids(node))
            if answer.may_end(row):
                few += answer.ends
                at += [r] * len(answer.ends)
        self._rows = rows
        allowed[at, few] = True
        strict = scores.masked_fill(~allowed, -torch.inf)
        # Another processor may have forbidden everything that is left, like the end mark; it takes precedence.
        stuck = torch.isneginf(strict).all(dim=-1, keepdim=True)
        return torch.where(stuck, scores, strict)

    def _row(self, which: int, ids: tuple[int, ...]) -> Position:
        """From the position one token earlier, which the last call has kept; else from the beginning."""
        before = self._rows.get((which, ids[:-1]))
        if ids and before is not None:
            return self.answers[which].after(before, ids[-1])
        row = self._begun[which]
        for token in ids:
            row = self.answers[which].after(row, token)
        return row


@lru_cache(maxsize=2)
def _pieces(tokenizer: Any) -> Pieces:
    return Pieces(tokenizer)


@lru_cache(maxsize=len(LEVELS))  # one batch may ask for several levels
def strict(tokenizer: Any, level: str) -> Strict:
    """Kept for each level and tokenizer, because it takes a second or two to make."""
    return Strict(tokenizer, level)


def strict_processor(
    tokenizer: Any, prompts: Sequence[ListPrompt], prompt_width: int, prompt_form: str = "instruct"
) -> StrictProcessor:
    """What restricts the answer to each of `prompts` to its own level and words. Width in tokens, with padding."""
    answers = [strict(tokenizer, prompt.level).with_words(prompt.words, prompt_form) for prompt in prompts]
    return StrictProcessor(answers, prompt_width)
