from __future__ import annotations

import time

import pytest
from cefr_sentences.exporter.language.sentences import count_sentences, split_sentences
from cefr_sentences.exporter.language.spelling import spellings


@pytest.mark.parametrize(
    "text",
    [
        "I met Mr.Brown.",
        "Lt. Smith and Rev. Green came.",
        "1. My mother is happy.",
        "Open at 10 p.m. on Friday.",
        "I live near the U.S. Army base.",
        "J.R.R. Tolkien wrote books.",
        "Apple Inc. makes phones.",
        "I use Node.js and www.Example.com every day.",
        "Wait... I know!",
        '"Stop!" Tom shouted.',
        "My house is no. 5 in this street.",
        "See fig. 2 and pp. 3 to 5.",
        "I had tea - and cake.",
        "",
    ],
)
def test_one_sentence(text: str) -> None:
    assert count_sentences(text) == 1


@pytest.mark.parametrize(
    "sentences",
    [
        ["We open at 9 a.m.", "It closes at five."],
        ["She lives in the U.S.", "It is big."],
        ['"Hello."', '"Hi."'],
        ["“Where are you?”", "“At home.”"],
        ['He said, "I am tired."', "Then he left."],
        ["Plan A.", "We go home."],
        ["I have pens, books, etc.", "They are new."],
        ["Really?!", "I can't believe it."],
        ["I like tea.", "2 cups are enough."],
        ["She said no.", "We went home."],
        ["It rains.", "- Yağmur yağıyor."],
        ["Is it raining?", "/ Yağmur yağıyor mu?"],
    ],
)
def test_several_sentences(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_no_space_after_the_end() -> None:
    assert split_sentences("He came home.She left.") == ["He came home.", "She left."]


@pytest.mark.parametrize("piece", [".", "? ", "a.", '"', "A. ", ".'", "a.A", "a"])
def test_the_time_grows_with_the_length(piece: str) -> None:
    started = time.process_time()
    count_sentences(piece * 20_000)
    spellings(piece.lower() * 20_000)
    assert time.process_time() - started < 5
