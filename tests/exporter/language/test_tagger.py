from __future__ import annotations

import pytest
from cefr_sentences.exporter.language.reading import read
from cefr_sentences.exporter.language.tagger import likely, possible


@pytest.mark.parametrize(
    ("sentence", "word", "part"),
    [
        ("We walked past the shop.", "past", "PREP"),
        ("In the past, life was slower.", "past", "NOUN"),
        ("He has a fast car.", "fast", "ADJ"),
        ("She drives fast.", "fast", "ADV"),
        ("These plans look good.", "plans", "NOUN"),
        ("My friends watch football.", "watch", "VERB"),
    ],
)
def test_the_words_around_tell(sentence: str, word: str, part: str) -> None:
    text = read(sentence)
    at = next(at for at, token in enumerate(text.tokens) if token.key == word)
    chances = likely(text, at)
    assert max(chances, key=lambda each: chances[each]) == part
    assert sum(chances.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("crisps", ("NOUN", "VERB")),  # the dictionary has the verb only
        ("happy", ("ADJ",)),
        ("7", ("NUM",)),
        ("blorf", ("NOUN", "VERB", "ADJ", "ADV")),
    ],
)
def test_what_a_word_can_be(word: str, parts: tuple[str, ...]) -> None:
    assert possible(word) == parts
