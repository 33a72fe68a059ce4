from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.language.annotate import annotate, normalise
from cefr_sentences.exporter.language.levels import LEVELS, WordLevel, word_level, words_above
from cefr_sentences.exporter.language.lexicon import derived_from, lexicon, look_up
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("word", "level", "source", "lemma"),
    [
        ("apple", "A1", "cefr-j", "apple"),
        ("apples", "A1", "cefr-j", "apple"),
        ("children", "A1", "cefr-j", "child"),
        ("went", "A1", "cefr-j", "go"),
        ("abandoned", "B1", "cefr-j", "abandon"),  # the adjective alone would be B2
        ("colour", "A1", "cefr-j", "colour"),
        ("color", "A1", "cefr-j", "color"),
        ("timid", "C1", "octanove", "timid"),
        ("abhor", "C2", "octanove", "abhor"),
        ("the", "A1", "cefr-j", "the"),
        ("an", "A1", "cefr-j", "a"),
        ("Monday", "A1", "cefr-j", "monday"),
        ("Mondays", "A1", "cefr-j", "monday"),
        ("don't", "A1", "cefr-j", "don't"),
        ("won’t", "A1", "cefr-j", "won't"),
        ("o'clock", "A1", "cefr-j", "o'clock"),
        ("cannot", "A1", "cefr-j", "can"),
        ("Mr.", "A1", "cefr-j", "mr"),
        ("ice cream", "A1", "cefr-j", "ice cream"),
        ("hard drive", "B2", "cefr-j", "hard drive"),
        ("driver's license", "A2", "cefr-j", "driver's license"),
        ("self-worth", "C1", "octanove", "self-worth"),
        ("T-shirt", "A1", "cefr-j", "t-shirt"),
        ("app", "A1", "everyday", "app"),
        ("selfies", "A1", "everyday", "selfie"),
        ("Wi-Fi", "A1", "everyday", "wi-fi"),
        ("googled", "A2", "everyday", "google"),
        ("grandad", "A1", "everyday", "grandad"),
        ("granddad", "A1", "everyday", "grandad"),
        ("tyre", "A2", "everyday", "tyre"),
        ("yoghourt", "A1", "cefr-j", "yogurt"),
        ("Istanbul", "A1", "name", "Istanbul"),
        ("Zeynep", "A1", "name", "Zeynep"),
        ("1990s", "A1", "number", "1990s"),
        ("22nd", "A1", "number", "22nd"),
        ("3.5", "A1", "number", "3.5"),
    ],
)
def test_word_level(word: str, level: str, source: str, lemma: str) -> None:
    assert word_level(word) == WordLevel(word, lemma, level, source)


def test_part_of_speech() -> None:
    assert word_level("will").level == "A1"
    for pos in ("noun", "NOUN", "NN", "NNS"):
        assert word_level("will", pos) == WordLevel("will", "will", "B2", "cefr-j")
    # No list has *abandon* as a noun: the level of the verb, marked.
    assert word_level("abandon", "noun") == WordLevel("abandon", "abandon", "B1", "estimate")
    with pytest.raises(InputError, match="not a part of speech"):
        word_level("will", "nomen")


def test_a_phrase_that_no_list_has_is_as_hard_as_its_hardest_word() -> None:
    assert word_level("big apple").level == "A1"
    assert word_level("timid apple") == WordLevel("timid apple", "timid apple", "C1", "estimate")


@pytest.mark.parametrize("word", ["", " ", "...", "привет", "😀", "猫"])
def test_no_english_word(word: str) -> None:
    with pytest.raises(InputError, match="no English word"):
        word_level(word)


def test_estimates_are_marked_and_follow_frequency() -> None:
    galaxy, quagmire = word_level("galaxy"), word_level("quagmire")
    assert galaxy.source == quagmire.source == "estimate"
    assert LEVELS.index(galaxy.level) < LEVELS.index(quagmire.level)
    assert word_level("xqzzt") == WordLevel("xqzzt", "xqzzt", "C2", "estimate")


def test_a_derived_word_stays_near_the_word_it_is_made_from() -> None:
    assert look_up("boldness").source == "estimate"
    assert derived_from("boldness") == look_up("bold").level_number
    assert look_up("bold").level_number <= look_up("boldness").level_number <= look_up("bold").level_number + 2
    assert derived_from("galaxy") is None


def test_every_listed_word_has_at_most_its_level() -> None:
    for word, found in lexicon().levels.items():
        if word.isalpha():
            assert look_up(word).level_number <= min(found.values())[0], word


def kinds(sentence: str) -> list[tuple[str, str]]:
    return [(t.text, t.kind) for t in annotate(sentence) if t.kind != "mark"]


def test_names_and_numbers_in_a_sentence() -> None:
    assert kinds("Lucy met 3 Japanese tourists in the U.S. on Monday.") == [
        ("Lucy", "name"),
        ("met", "word"),
        ("3", "number"),
        ("Japanese", "name"),
        ("tourists", "word"),
        ("in", "word"),
        ("the", "word"),
        ("U.S.", "name"),
        ("on", "word"),
        ("Monday", "word"),
    ]
    # At the beginning a capital says nothing: what a dictionary knows, or what ends as learned words do, is not a name.
    assert kinds("Dogs bark.")[0] == ("Dogs", "word")
    assert kinds("Benzodiazepines are drugs.")[0] == ("Benzodiazepines", "word")
    assert kinds("Tanzania is big.")[0] == ("Tanzania", "name")
    assert kinds('He said, "Dogs bark."')[2] == ("Dogs", "word")
    assert kinds("WE ARE GOING HOME")[2] == ("GOING", "word")
    assert kinds("See https://example.com/a?b=1 or mail a@b.org.") == [
        ("See", "word"),
        ("(link)", "name"),
        ("or", "word"),
        ("mail", "word"),
        ("(link)", "name"),
    ]


@pytest.mark.parametrize(
    ("tokenised", "written"),
    [
        ("I do n't know , he 's late .", "I don't know, he's late."),
        ("There are thirty - one regions .", "There are thirty-one regions."),
        ("A 43 - year- old woman", "A 43-year-old woman"),
        ("soil- borne diseases", "soil-borne diseases"),
        ("He said `` Stop '' .", 'He said "Stop".'),
        ("Lions -LRB- and cats -RRB- run .", "Lions (and cats) run."),
        ("It’s “fine” — really.", 'It\'s "fine" - really.'),
    ],
)
def test_tokenised_text_reads_like_written_text(tokenised: str, written: str) -> None:
    assert [t.lower for t in annotate(tokenised)] == [t.lower for t in annotate(written)]


def test_a_dash_is_no_hyphen() -> None:
    assert normalise("Horses - big ones - run.") == "Horses - big ones - run."


def test_words_above() -> None:
    assert words_above("The timid dog abandoned the Apple store in Paris, timid as ever.", "A1") == (
        "timid",
        "abandoned",
        "ever",
    )
    assert words_above("The timid dog abandoned the ship.", "B1") == ("timid",)
    assert words_above("The timid dog.", "C2") == ()
    assert words_above("", "A1") == ()


def test_a_listed_phrase_lowers_its_words_and_never_raises_them() -> None:
    assert look_up("dining").level_number == 3
    assert words_above("Our dining rooms are big.", "A1") == ()
    assert words_above("Turn to the left.", "A1") == ()  # "turn to" is C1 in the lists


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    above = words_above(text, "A1")
    assert len({word.lower() for word in above}) == len(above)


def test_long_chains_do_not_recurse() -> None:
    links = 2 * sys.getrecursionlimit()
    for chain in ("x" + "'d" * links, "-".join(["word"] * links), "a." * links):
        assert annotate(chain)


def test_the_names_of_the_levels_cost_nothing() -> None:
    module = "cefr_sentences.exporter.language.levels"
    code = f"import sys, {module}; print('numpy' in sys.modules, 'lemminflect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False False\n"


@pytest.mark.parametrize("change", [str.title, str.upper])
def test_where_all_words_have_capitals_they_tell_nothing(change: Callable[[str], str]) -> None:
    above = words_above(change("We discussed the epistemological ramifications yesterday."), "B2")
    assert [word.lower() for word in above] == ["epistemological", "ramifications"]


def test_a_loud_word_is_no_name_and_a_dotted_capital_no_other_letter() -> None:
    assert words_above("This is ABSTRUSE.", "A1") == ("ABSTRUSE",)
    assert annotate("\u0130t is here.")[0].lower == "it"
