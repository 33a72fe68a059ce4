"""Which words are up to a level, and the forms of requested ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from cefr_sentences.exporter.language.levels import LEVELS, words_above
from cefr_sentences.exporter.language.vocabulary import CONTRACTIONS, NAMES, requested, vocabulary


def test_a_lemma_brings_its_inflections() -> None:
    assert vocabulary("A1") >= {"go", "goes", "going", "went", "gone", "children", "happier", "Monday", "T-shirts"}
    assert vocabulary("A1") >= {"don't", "I'm", "thirty-one", "an", "left", "TV"}


@pytest.mark.parametrize("absent", ["monday", "i", "enormous", "Februaries", "under gone", "Tv", ""])
def test_what_is_no_word_of_the_level(absent: str) -> None:
    assert absent not in vocabulary("A1")


def test_a_word_that_does_not_inflect_brings_only_itself() -> None:
    assert {"and", "the", "with"} <= vocabulary("A1")
    assert not {"ands", "thes", "withs", "ins", "ofs", "iting"} & vocabulary("C2")


@pytest.mark.slow
def test_nothing_is_above_the_level_and_levels_contain_each_other() -> None:
    for lower, higher in pairwise(LEVELS):
        assert vocabulary(lower) < vocabulary(higher)
    assert not [word for word in vocabulary("B1") if words_above(word, "B1")]


def test_names_are_names_also_where_a_sentence_begins() -> None:
    for name in NAMES:
        assert words_above(f"{name} is here.", "A1") == ()
        assert words_above(f"I see {name}.", "A1") == ()
    assert not {name.lower() for name in NAMES} & vocabulary("C2")


def test_every_contraction_is_a_beginners_word() -> None:
    assert set(CONTRACTIONS) <= vocabulary("A1")


@pytest.mark.parametrize(
    ("word", "forms", "no_form"),
    [
        ("go", {"go", "goes", "went", "gone", "going"}, "Go"),
        ("Monday", {"Monday", "Mondays"}, "monday"),
        ("TV", {"TV", "TVs"}, "Tvs"),
        ("Happy", {"Happy", "happy", "happier"}, "HAPPY"),
        ("e-mail", {"e-mail", "e-mails", "email", "emailed"}, "e"),
        ("take care of sb", {"took", "care", "of"}, "sb"),
        ("photo/photograph", {"photos", "photographed"}, "photo/photograph"),
        ("colour (n)", {"colour", "coloured"}, "n"),
        ("o’clock", {"o'clock"}, "clock"),
        ("a.m.", {"a.m."}, "a"),
        ("café", {"café"}, "cafe"),
        ("🙂", set(), "🙂"),
    ],
)
def test_requested_words_bring_their_forms(word: str, forms: set[str], no_form: str) -> None:
    found = requested([word])
    assert found >= forms
    assert no_form not in found
