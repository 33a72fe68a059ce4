"""The strict vocabulary as a grammar for servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models import gbnf
from cefr_sentences.extension.models.asking import Reply
from cefr_sentences.extension.models.strict_words import Vocabulary

PROMPT = ListPrompt("A1", ("ice cream", "café"))


@pytest.fixture(autouse=True)
def few_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those of a level take seconds to inflect."""
    few = Vocabulary(["I", "am", "can", "can't", "happy", "like", "the", "Tom"], numbers=True)
    monkeypatch.setattr(gbnf, "_base", lambda level: few)
    gbnf._requested.cache_clear()
    yield
    gbnf._requested.cache_clear()


def reads(text: str, answer: str) -> str:
    """What the grammar `text` makes of `answer`, read with a set of stacks like llama.cpp's."""
    rules: dict[str, list[tuple[str, ...]]] = {}
    for line in text.split("\n"):
        name, said = line.split(" ::= ")
        said = re.sub('"([^"]*)"', lambda m: "".join(f"[{c}]" for c in m[1].replace(r"\n", "\n")), said)
        rules[name] = [tuple(re.findall(r"\[[^]]*\]|\w+", alternative)) for alternative in said.split(" | ")]

    def heads(stack: tuple[str, ...]) -> set[tuple[str, ...]]:
        if not stack or stack[0] not in rules:
            return {stack}
        return {head for parts in rules[stack[0]] for head in heads((*parts, *stack[1:]))}

    stacks = heads(("root",))
    for char in answer:
        stacks = {head for stack in stacks if stack and re.fullmatch(stack[0], char) for head in heads(stack[1:])}
    return "" if not stacks else "whole" if () in stacks else "begun"


@pytest.mark.parametrize(
    ("answer", "is_read"),
    [
        ("1. I like ice cream.\n2. I am the café!", "whole"),
        ('1. "I like ice-cream," Tom can\'t like. Tom’s cream?\n2. Café: 7:30, 50%.', ""),
        ('1. "I like cream," Tom can\'t like. Tom’s cream?\n2. Cafés: 7:30, 50%.', "whole"),
        ("1. I like ice cream.", "begun"),
        ("1. I like ice cream.\n2. I am ha", "begun"),
        ("1. I like ice cream.\n2. I am the café.\n3. I", ""),
        ("1. I like dogs", ""),
        ("1. i like", ""),
        ("1. I likethe", ""),
        ("1. I like  the", ""),
        ("2. I", ""),
        ("Sure! Here", ""),
    ],
)
def test_the_grammar_allows_what_the_strict_vocabulary_allows(answer: str, is_read: str) -> None:
    text = gbnf.grammar(PROMPT)
    assert reads(text, answer) == is_read
    assert gbnf.keeps(PROMPT, Reply(answer)) is (is_read == "whole")
    assert gbnf.keeps(PROMPT, Reply(answer, cut=True)) is bool(is_read)
