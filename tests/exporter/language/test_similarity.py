"""Nearly the same sentences: those that share four fifths of their words."""

from __future__ import annotations

import pytest
from cefr_sentences.exporter.language.similarity import SIMILAR, SimilarSentences
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("one", "two", "similar"),
    [
        ("a b c d", "a b c d", True),
        ("a b c d", "a b c d e", True),  # 4 of 5
        ("a b c d", "a b c e", False),  # 3 of 5
        ("a b c d e f g h", "a b c d e f g h x y", True),  # 8 of 10
        ("a b c d e f g h", "a b c d e f g x y", False),  # 7 of 10
        ("a", "b", False),
        ("", "", False),
        ("", "a", False),
    ],
)
def test_similar(one: str, two: str, similar: bool) -> None:
    known = SimilarSentences()
    assert not known.has_similar(frozenset(two.split()))
    known.add(frozenset(one.split()))
    assert known.has_similar(frozenset(two.split())) == similar


@given(st.lists(st.frozensets(st.sampled_from(["a", "b", "c", "dd", "ee", "fff", "g", "hh"])), max_size=12))
@settings(max_examples=100, deadline=None)
def test_none_is_missed(sets: list[frozenset[str]]) -> None:
    known = SimilarSentences()
    for i, one in enumerate(sets):
        plainly = any(one and two and len(one & two) / len(one | two) >= SIMILAR for two in sets[:i])
        assert known.has_similar(one) == plainly
        known.add(one)
