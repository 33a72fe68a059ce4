"""The strict vocabulary as a grammar in GBNF, for servers that take one: llama.cpp's and the webui's.

Its rules are the nodes of the automaton in `strict_words`, so it allows the same answers as `strict`. A node refers to
the next one at the end of its rule, and nodes with the same continuation share a rule: a server then has one short
stack for each character that may come next. A grammar cannot say where a tokenizer splits words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain

from ...exporter.language.levels import LEVELS
from ...exporter.language.vocabulary import NAMES, requested, vocabulary
from ...exporter.records.prompt import ListPrompt
from . import strict_words as gates
from .asking import Reply
from .strict_words import Node, Position, Vocabulary, numbered, read

_GATES = {
    getattr(gates, name.upper()): name
    for name in ["after", "comma", "quoted", "end", "said", "middle", "start", "opened"]
}


def grammar(prompt: ListPrompt) -> str:
    """What an answer to `prompt` may be: a line for each word, with its number."""
    parts = _rules(_base(prompt.level), "b"), _rules(_requested(prompt), "r")
    rules, middle, start = ([*chain(*some)] for some in zip(*parts, strict=True))
    begins = {gates.MIDDLE: middle, gates.START: start, gates.OPENED: start}
    for gate, name in _GATES.items():
        rules.append(f"{name} ::= {' | '.join([*_said(gate, _GATES.__getitem__), *begins.get(gate, ())])}")
    lines = (f'"{i}. " start' for i in range(1, len(prompt.words) + 1))
    return "\n".join(["root ::= " + ' "\\n" '.join(lines), *rules])


def keeps(prompt: ListPrompt, reply: Reply) -> bool:
    """Whether `reply` is an answer that `grammar` allows, or the beginning of one if it was cut off."""
    vocabularies, lines = (_base(prompt.level), _requested(prompt)), len(prompt.words)
    place, line = read(Position(numbered(1), 1), reply.text.strip(), lines, vocabularies)
    return bool(place) if reply.cut else line == lines and not place.isdisjoint(gates.CLOSING)


@lru_cache(maxsize=len(LEVELS))
def _base(level: str) -> Vocabulary:
    return Vocabulary([*vocabulary(level), *NAMES], numbers=True)


@lru_cache(maxsize=256)  # the candidates of a list have the same words
def _requested(prompt: ListPrompt) -> Vocabulary:
    return Vocabulary(requested(prompt.words).difference(_base(prompt.level).words))


@lru_cache(maxsize=256)
def _rules(words: Vocabulary, prefix: str) -> tuple[list[str], list[str], list[str]]:
    """The rules of `words`, and the names of those with which words begin: in a sentence, and at its beginning."""
    names, rules = dict(_GATES), dict[str, str]()  # names of nodes; of rules, by what they say

    def name(node: Node) -> str:
        if node not in names:
            names[node] = rules.setdefault(" | ".join(_said(node, name)), f"{prefix}{len(rules)}")
        return names[node]

    middle, start = (sorted(name(node) for node in place if node.next) for place in (words.middle, words.start))
    return [f"{name} ::= {said}" for said, name in rules.items()], middle, start


def _said(node: Node, name: Callable[[Node], str]) -> list[str]:
    """The alternatives at `node`."""
    leads: dict[str, str] = {}  # characters, by where they lead
    for char, after in node.next.items():
        for to in (name(below) for below in after if below is not gates.NEWLINE):
            leads[to] = leads.get(to, "") + _in_brackets(char)
    ends = ["after"] if node.word else ['""'] if "\n" in node.next else []
    return [*(f"[{chars}] {to}" for to, chars in leads.items()), *ends]


def _in_brackets(char: str) -> str:
    return char if char.isalnum() else rf"\x{ord(char):02X}" if ord(char) < 256 else rf"\u{ord(char):04X}"
