"""Answers made of certain words only, as an automaton over characters.

A place in an answer is a set of nodes. Some stand inside a word, in a trie of the words allowed; the others, the
gates, stand between words and are the same for every vocabulary. Nothing here knows a tokenizer or torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache


class Node:
    """A place between two characters.

    `next` is where each character leads. Where `word` is true, a word may end. Where `stop` is true, a token may end:
    at every gate where words do not begin, but inside a word only where the tokenizer itself parts it. So a model that
    means a word above the level is not led into its first letters and on from there into another word. `owner` is
    the vocabulary that the node belongs to, None for a gate.
    """

    __slots__ = ("next", "owner", "stop", "word")

    def __init__(self, owner: Vocabulary | None = None, stop: bool = False, word: bool = False) -> None:
        self.next: dict[str, tuple[Node, ...]] = {}
        self.owner, self.stop, self.word = owner, stop, word


Place = frozenset[Node]

# After a word, a comma, the end of a sentence; after a quotation that is over, in the sentence and at its end; after
# the end of a line; after the mark that opens a quotation.
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

    A word in small letters takes a capital at the beginning of a sentence, and any word the 's of possession.
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
        self.middle: Place = frozenset([self._root, self._digits])
        self.start: Place = frozenset([self._small, self._capitals, self._digits])

    def _add(self, word: str) -> None:
        """To be called in the order of the alphabet, so that `can` comes before `can't`."""
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
        """What a tokenizer should be asked to part: a text before, a word as it is written there, and in the trie."""
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


@cache  # the masks are kept by node, so each line has its nodes once
def numbered(number: int, spaced: bool = False) -> Place:
    """The place before the line of this number; `spaced`: a space may stand before it."""
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


def follow(place: Place, char: str, vocabularies: Iterable[Vocabulary]) -> Place:
    """Where `char` leads from `place` with the words of all `vocabularies`; empty where it may not stand."""
    found = {below for node in place for below in node.next.get(char, ())}
    if any(node.word for node in found):
        found.add(AFTER)
    if START in found or OPENED in found:
        found.update(*(v.start for v in vocabularies))
    if MIDDLE in found:
        found.update(*(v.middle for v in vocabularies))
    return frozenset(found)


def rest(place: Place) -> Place:
    """What remains of `place` where a token ends: empty where none may."""
    return place if OPENED in place else frozenset(node for node in place if node.stop)
