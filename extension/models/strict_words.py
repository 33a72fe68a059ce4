"""An automaton over characters that reads answers made of allowed words only.

A place in an answer is a set of nodes. Some are inside a word, in a trie of the allowed words; the others, the gates,
are between words and the same for every vocabulary. This file knows neither tokenizer nor torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple


class Node:
    """A place between two characters.

    `next` is where each character leads. Where `word` is true, a word may end. Where `stop` is true, a token may end:
    at every gate where words do not begin, but inside a word only where the tokenizer itself splits it. Otherwise a
    model that is about to write a word above the level would begin it, and would have to end it as another word.
    `owner` is the vocabulary that the node belongs to, None for a gate.
    """

    __slots__ = ("next", "owner", "stop", "word")

    def __init__(self, owner: Vocabulary | None = None, stop: bool = False, word: bool = False) -> None:
        self.next: dict[str, tuple[Node, ...]] = {}
        self.owner, self.stop, self.word = owner, stop, word


Nodes = frozenset[Node]

# After a word, a comma, the end of a sentence; after the closing mark of a quotation, in a sentence and at its end;
# after the end of a line; after the opening mark of a quotation.
AFTER, COMMA, END, QUOTED, SAID, NEWLINE, OPENED = (Node(stop=True) for _ in range(7))
# Where words begin: within a sentence, and at its beginning, where they take a capital.
MIDDLE, START = Node(), Node()
CLOSING = frozenset([END, SAID, NEWLINE])  # an answer may end here

_END = dict.fromkeys(".!?", (END,))
AFTER.next = {**_END, **dict.fromkeys(",;:", (COMMA,)), " ": (MIDDLE,), '"': (QUOTED,)}
COMMA.next = {" ": (MIDDLE,), '"': (QUOTED,)}
QUOTED.next = {**_END, ",": (COMMA,), " ": (MIDDLE,)}
END.next = {" ": (START,), "\n": (NEWLINE,), '"': (SAID,)}
SAID.next = {" ": (START, MIDDLE), "\n": (NEWLINE,)}
MIDDLE.next = START.next = {'"': (OPENED,)}


class Vocabulary:
    """A trie of words; with `numbers`, digits are words too.

    A word in small letters may have a capital at the beginning of a sentence, and any word a possessive 's.
    """

    def __init__(self, words: Iterable[str], numbers: bool = False) -> None:
        self.words = tuple(sorted(words))
        self._root, self._digits = Node(self), Node(self)
        self._apostrophe = Node(self)
        self._apostrophe.next = {"s": (Node(self, stop=True, word=True),)}
        for word in self.words:
            for written in {word, word.replace("'", "’")}:
                self._add(written)
        self._small, self._capitals = Node(self), Node(self)  # where sentences begin, by how words are written inside
        for char, below in self._root.next.items():
            if char.islower() and len(char.upper()) == 1:
                self._small.next[char.upper()] = below
            else:
                self._capitals.next[char] = below
        if numbers:
            self._add_numbers()
        self.middle: Nodes = frozenset([self._root, self._digits])
        self.start: Nodes = frozenset([self._small, self._capitals, self._digits])

    def _add(self, word: str) -> None:
        """Call it in alphabetical order, so that `can` comes before `can't`."""
        node = self._root
        for char in word:
            if node.next.get(char) in (None, (self._apostrophe,)):
                node.next[char] = (Node(self),)
            (node,) = node.next[char]
        node.word = node.stop = True
        node.next["'"] = node.next["’"] = (self._apostrophe,)

    def _add_numbers(self) -> None:
        """3, 2025, 1,000, 7:30, 9.50, 3rd, 50 %."""
        last = Node(self, stop=True, word=True)
        fraction = Node(self, stop=True)
        whole = self._chain(self._digits, 4)
        for node in (*whole, *self._chain(fraction, 3)):
            node.next["%"] = (last,)
        for first, second in ("st", "nd", "rd", "th"):
            ending = Node(self)
            ending.next = {second: (last,)}
            for node in whole:
                node.next[first] = (ending,)
        for node in whole:
            node.next.update(dict.fromkeys(".,:", (fraction,)))

    def _chain(self, node: Node, length: int) -> list[Node]:
        """Up to `length` digits after `node`."""
        nodes = [Node(self, stop=True, word=True) for _ in range(length)]
        for before, after in zip((node, *nodes), nodes, strict=False):
            before.next.update(dict.fromkeys("0123456789", (after,)))
        return nodes

    def spellings(self) -> Iterator[tuple[str, str, str]]:
        """What a tokenizer is given to split: a text before, a word as it is written after it, and the word."""
        for word in self.words:
            capital = word[0].upper() + word[1:]
            yield from (("a ", word, word), ("a ", capital, word), ('a "', capital, word))
            if "'" in word:
                curly = word.replace("'", "’")
                yield "a ", curly, curly
        if self.words:
            for owned in (f"{self.words[-1]}'s", f"{self.words[-1]}’s"):
                yield "a ", owned, owned
        yield "a ", "7", "7"

    def part(self, written: str, word: str, end: int) -> None:
        """A token may end after `end` characters of `word` when it is `written` like this."""
        if end == 0:
            node = self._digits if word.isdigit() else self._root if written == word else self._small
            places = {node, self._capitals} if node is self._root and not word[0].islower() else {node}
        else:
            places = {self._digits if word.isdigit() else self._root}
            for char in word[:end]:
                places = {below for node in places for below in node.next.get(char, ())}
        for node in places:
            node.stop = True


@cache  # masks are kept by node, so a line must have the same nodes each time
def numbered(number: int, spaced: bool = False) -> Nodes:
    """The place before the line with this number; `spaced`: it may begin with a space."""
    node = Node(stop=True)
    node.next = {" ": (START,)}
    for char in reversed(f"{number}."):
        before = Node(stop=True)
        before.next = {char: (node,)}
        node = before
    if not spaced:
        return frozenset([node])
    before = Node(stop=True)
    before.next = {" ": (node,)}
    return frozenset([node, before])


def follow(place: Nodes, char: str, vocabularies: Iterable[Vocabulary]) -> Nodes:
    """Where `char` leads from `place` with the words of all `vocabularies`; empty where it is not allowed."""
    after = {below for node in place for below in node.next.get(char, ())}
    if any(node.word for node in after):
        after.add(AFTER)
    if START in after or OPENED in after:
        after.update(*(v.start for v in vocabularies))
    if MIDDLE in after:
        after.update(*(v.middle for v in vocabularies))
    return frozenset(after)


def rest(place: Nodes) -> Nodes:
    """What remains of `place` where a token ends: empty where none may."""
    return place if OPENED in place else frozenset(node for node in place if node.stop)


class Position(NamedTuple):
    """How far an answer is. An empty `place` is free: the answer has ended, or has left the vocabulary."""

    place: Nodes
    line: int


FREE = Position(frozenset(), 0)


def read(position: Position, text: str, lines: int, vocabularies: Iterable[Vocabulary]) -> Position:
    """The position in an answer of `lines` lines after `text`, which may end in a word; FREE if it is not allowed."""
    place, line = position
    for char in text:
        place = follow(place, char, vocabularies)
        if NEWLINE in place and line < lines:
            line += 1
            place = numbered(line)
    return Position(place, line) if place else FREE
