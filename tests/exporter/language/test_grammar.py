"""The items of grammar: each is found in its example, and none where it only looks like it."""

from __future__ import annotations

import time

import pytest
from cefr_sentences.exporter.language.annotate import annotate
from cefr_sentences.exporter.language.grammar import GrammarItem, grammar, items
from cefr_sentences.exporter.language.levels import LEVELS
from cefr_sentences.exporter.language.profile import profile


def found(sentence: str) -> set[str]:
    return {item.name for item in grammar(annotate(sentence))}


@pytest.mark.parametrize("item", items(), ids=lambda item: item.name)
def test_every_item_is_in_its_example(item: GrammarItem) -> None:
    assert item.name in found(item.example)
    assert item.level in LEVELS


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("The film was really boring.", {"past of be"}),
        ("We had breakfast and walked to school.", set()),
        ("You might have let me know.", {"modal perfect", "might", "make / let someone do"}),
        ("My hobby is swimming.", set()),
        ("He's much more interested in music.", {"comparative with more", "much / far / even + comparative"}),
        ("She had fried eggs and mixed feelings.", set()),
        ("I asked if she could come.", {"past simple", "could"}),
        ("We have got a new car.", set()),
        ("Do you know who lives here?", set()),
        ("Not only did he forget the keys, but he lost the map.", {"negative inversion", "past simple"}),
        ("What I miss is the sea.", {"cleft sentence"}),
        ("Should you need help, call me.", {"conditional inversion"}),
        ("If I'd known, I'd have stayed.", {"third or mixed conditional", "modal perfect", "if clause"}),
        ("Should we wait for him?", {"should"}),
    ],
)
def test_what_a_sentence_has_and_has_not(sentence: str, names: set[str]) -> None:
    assert found(sentence) == names


def test_the_hardest_come_first_and_only_what_decides_is_a_reason() -> None:
    read = profile("Had I known about the timid dog, I could have been more careful.")
    assert [item.level for item in read.grammar] == sorted((item.level for item in read.grammar), reverse=True)
    _, items_, words = read.why
    assert items_ == "conditional inversion (C1), modal perfect (B2)"
    assert words == "hardest words: timid (C1)"


@pytest.mark.parametrize("word", ["very", "the", "had", "if", ",", "the more", "never has", "is going"])
def test_a_long_sentence_takes_no_longer_than_its_length(word: str) -> None:
    started = time.perf_counter()
    found(f"{word} " * 1000)
    assert time.perf_counter() - started < 5
