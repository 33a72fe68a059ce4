"""Each figure against cases worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from cefr_sentences.exporter.bank.bank import OWN, Bank, BankSentence
from cefr_sentences.exporter.language.fitted import fitted_judge
from cefr_sentences.exporter.language.levels import LEVELS
from cefr_sentences.exporter.language.profile import mean_score, profile
from cefr_sentences.exporter.language.similarity import SIMILAR
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.evaluation import metrics
from cefr_sentences.extension.evaluation.agreement import alpha
from cefr_sentences.extension.evaluation.bootstrap import Parts, interval
from cefr_sentences.extension.evaluation.measure import Knowledge, figures, measure, sample
from cefr_sentences.extension.evaluation.metric import Metric, Sample
from cefr_sentences.extension.evaluation.metrics import METRICS, rated
from cefr_sentences.extension.evaluation.result import Figure
from cefr_sentences.extension.evaluation.retrieval import ASKED, INSIDE, UNSEEN, Shelf, retrieve
from hypothesis import given, settings
from hypothesis import strategies as st


def test_length_counts_what_stands_between_spaces() -> None:
    assert metrics.length("Don't go, Tom - now!") == 4
    assert metrics.length("5 cats ...") == 2
    assert metrics.length("") == metrics.length(" - ... ") == 0


def test_the_distance_to_the_target() -> None:
    assert metrics.squared_distance(2.5, 1.5) == metrics.squared_distance(0.5, 1.5) == 1.0
    assert metrics.squared_distance(1.75, 1.5) == pytest.approx(0.0625)


def test_levels_apart() -> None:
    assert [metrics.levels_apart(level, "A2") for level in ("A1", "A2", "B1", "C2")] == [1, 0, 1, 4]
    assert metrics.levels_apart("", "A1") > 1


@pytest.mark.parametrize(
    ("word", "sentence", "level", "expected"),
    [
        ("cat", "The cat is here.", "A1", (0, 3)),
        ("cat", "The cat devours the magnificent Tom in 2012.", "A1", (2, 7)),  # a name and a number are above nothing
        ("devour", "The cat devours it.", "A1", (0, 3)),  # the requested word aside, in any form
        ("ice cream", "I like ice cream.", "A1", (0, 2)),
        ("well-known", "A well-known man.", "A1", (0, 2)),
        ("cat", "...", "A1", (0, 0)),
    ],
)
def test_tokens_above(word: str, sentence: str, level: str, expected: tuple[int, int]) -> None:
    assert metrics.tokens_above(word, sentence, level) == expected


def test_the_readability_index() -> None:
    # 9 letters, 3 words: 4.71 * 3 + 0.5 * 3 - 21.43; capitals and marks change nothing
    assert metrics.readability("The cat sat.") == pytest.approx(-5.8)
    # 22 letters, 4 words: 4.71 * 5.5 + 2 - 21.43
    assert metrics.readability("Dogs, elephants and camels!") == pytest.approx(6.475)
    assert math.isnan(metrics.readability("..."))


def test_distinct() -> None:
    sentences = ["a b a", "a b"]  # a b a a b; ab ba | ab
    assert metrics.distinct(sentences, 1) == 2 / 5
    assert metrics.distinct(sentences, 2) == 2 / 3
    assert math.isnan(metrics.distinct(["one"], 2))


def test_the_commonest_opening() -> None:
    assert metrics.commonest_opening(["I go.", "i see.", "You go.", '"I do."', "..."]) == ("i", 3 / 4)
    assert metrics.commonest_opening(["..."])[0] == ""


def test_near_duplicates() -> None:
    sentences = ["I like red apples.", "I like red apples too.", "I like green pears.", "Apples I like, red!", ""]
    # 4 of 5 words shared is 0.8; I, like of six words is not; the last has the same four words as the first.
    assert metrics.near_duplicates(sentences) == [1, 3]


@given(st.lists(st.text("abcdef ", min_size=1, max_size=14), max_size=12))
@settings(max_examples=100, deadline=None)
def test_near_duplicates_misses_none(sentences: list[str]) -> None:
    sets = [set(sentence.split()) for sentence in sentences]
    plainly = [
        i
        for i, one in enumerate(sets)
        if one and any(two and len(one & two) / len(one | two) >= SIMILAR for two in sets[:i])
    ]
    assert metrics.near_duplicates(sentences) == plainly


def test_copies() -> None:
    copied = metrics.copy_finder(["I go home.", "We saw the old man who sells fish at noon."])
    assert copied("i GO home!")
    assert not copied("I go home now.")
    assert copied("Yes, we saw the old man who sells fish.")  # eight words
    assert not copied("Yes, we saw the old man who sells cars.")  # seven
    assert not copied("...")


def test_an_interval_of_what_never_varies() -> None:
    parts = Parts([1, 2, 3], [2, 4, 6])
    assert parts.value == 0.5
    assert interval(parts, 1) == (0.5, 0.5)
    assert interval(parts, 1, other=parts) == (0.0, 0.0)


def test_an_interval_by_hand() -> None:
    # Two lists, one right and one wrong: a quarter of all draws are 0, a quarter 1.
    assert interval(Parts([0, 1], [1, 1]), 5) == (0.0, 1.0)
    # Four hundred, half of them right: a mean of 0.5 with a standard error of 0.025.
    low, high = interval(Parts([1, 0] * 200, [1] * 400), 5) or (0, 0)
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_an_interval_is_that_of_its_seed() -> None:
    parts = Parts([0, 3, 1, 2, 5], [5, 5, 4, 6, 7])
    assert interval(parts, 3) == interval(parts, 3)
    assert interval(parts, 3) != interval(parts, 4)


def test_one_list_has_no_interval() -> None:
    assert interval(Parts([1], [2]), 1) is None
    assert interval(Parts([1, 0], [2, 0]), 1) is None
    assert math.isnan(Parts([], []).value)


def test_a_shaped_figure() -> None:
    parts = Parts([2, 2], [2, 2], math.exp)
    assert parts.value == math.e
    assert interval(parts, 1) == (math.e, math.e)


# The example of Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), C: four observers, twelve units.
OBSERVERS = ("12332141 2...", "12332241 25.3", ".3332342 251.", "12332441 251.")
UNITS = [
    [None if c == "." else float(c) for c in unit]
    for unit in zip(*(observer.replace(" ", "") for observer in OBSERVERS), strict=True)
]


@pytest.mark.parametrize(("metric", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_the_published_example(metric: str, expected: float) -> None:
    assert alpha(UNITS, metric) == pytest.approx(expected, abs=0.0005)


def test_alpha_by_hand() -> None:
    # Two raters, four units, one disagreement: coincidences 00: 2, 11: 4, 01 and 10: 1 each; n0 = 3, n1 = 5, n = 8.
    assert alpha([(0, 0), (1, 1), (1, 1), (0, 1)], "nominal") == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))
    assert alpha([(1, 1), (2, 2)], "ordinal") == 1
    assert alpha([(1, 1), (1, 1)], "nominal") is None  # nothing varies
    assert alpha([(1, None), (2, None)], "nominal") is None  # nobody rated the same
    with pytest.raises(ValueError, match="metric"):
        alpha([(1, 2)], "cosine")


TRAINING = [
    Record("A1", ("dog", "milk"), ("My dog is big.", "The cat drinks milk.")),
    Record("A1", ("cat", "run"), ("I have a cat.", "She ran to the dogs.")),
]


def test_what_training_knows() -> None:
    shelf = Shelf(TRAINING)
    assert [shelf.group(word) for word in ("Dog", "drink", "big", "tree")] == [ASKED, INSIDE, INSIDE, UNSEEN]


def test_retrieval_takes_sentences_of_the_bank() -> None:
    there = [BankSentence("dog", "noun", f"The dog is {what}.", "A1", OWN) for what in ("old", "big")]
    bank = Bank(there, levels=())
    (first, tree), (second,), (third,) = retrieve(bank, [("dog", "tree"), ("dog",), ("dog",)], "A1", seed=1)
    # Asked for again, a word gets the next sentence, and after the last the first again.
    assert {first, second} == {row.sentence for row in there}
    assert (third, tree) == (first, None)


def measured(*arguments: Any) -> dict[str, Figure]:
    """The figures of sentences, by the arguments of `sample`."""
    return figures(measure(sample(*arguments)), seed=1)


def test_everything_together() -> None:
    lists = [("dog", "cat"), ("tree", "milk")]
    answers = [["My dog is big.", "I see it."], ["I see it.", None]]
    losses = {"My dog is big.": (math.log(2) * 6, 6), "I see it.": (math.log(8) * 4, 4)}
    groups = {"dog": "inside", "cat": "unseen", "tree": "unseen", "milk": "unseen"}
    of = sample(lists, answers, "A1", Knowledge(groups, lambda s: s == "My dog is big.", losses))
    found = figures(measure(of), seed=1)
    assert (found["used"].top, found["used"].of) == (1, 4)
    assert (found["used_inside"].value, found["used_unseen"].value) == (1.0, 0.0)
    assert not {"used_asked", "loss", "perplexity", "well_formed"} & set(found)
    assert found["length"].value == pytest.approx((4 + 3 + 3) / 3)
    assert found["copied"].value == pytest.approx(1 / 3)
    assert found["fluency"].value == pytest.approx((2 * 8 * 8) ** (1 / 3))
    assert found["near_duplicates"].value == pytest.approx(1 / 3)
    assert found["opening"].value == pytest.approx(2 / 3)
    scores = [profile(s).score for s in ("My dog is big.", "I see it.", "I see it.")]
    assert found["control_error"].value == pytest.approx(sum((s - mean_score("A1")) ** 2 for s in scores) / 3)
    levels = [profile(s).level for s in ("My dog is big.", "I see it.", "I see it.")]
    assert found["exact"].value == pytest.approx(levels.count("A1") / 3)
    assert found["within_one"].value == pytest.approx(sum(level in ("A1", "A2") for level in levels) / 3)
    assert found["above"].top == 0
    assert set(found) <= set(METRICS)
    assert [row.near_duplicate for row in of.rows] == [False, False, True, None]
    last = of.rows[-1]
    assert (last.sentence, last.used, last.group) == (None, False, "unseen")


def test_what_only_a_model_has() -> None:
    sentences = [["A dog."], ["A cat."]]
    of = sample([("dog",), ("cat",)], sentences, "A1", losses=[(6.0, 2), (0.0, 2)], well_formed=[True, False])
    found = figures(measure(of), seed=1)
    assert (found["loss"].value, found["perplexity"].value) == (1.5, math.exp(1.5))
    assert (found["well_formed"].value, found["well_formed"].of) == (0.5, 2)


def test_variety_is_that_of_the_first_sentence_of_each_word() -> None:
    same = ["My dog is big.", "I see it."]
    once = measured([("dog", "cat")], [same], "A1")
    twice = measured([("dog", "cat"), ("Dog", "cat")], [same, same], "A1")
    for key in ("distinct_1", "distinct_2", "opening", "near_duplicates"):
        assert twice[key] == once[key]
        assert (once[key].low, once[key].of) == (None, None)  # no interval: the metric is one of a whole sample
    assert twice["used"].of == 4
    assert measured([("dog",), ("dog",)], [[None], ["My dog is big."]], "A1")["distinct_1"].value == 1.0


@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_measured(word: str, sentence: str) -> None:
    known = Knowledge({}, lambda s: False, {})
    for figure in measured([(word, "cat")], [[sentence, "A cat."]], "B1", known).values():
        assert figure.value is None or math.isfinite(figure.value)


def test_text_without_an_english_word() -> None:
    found = measured([("dog", "cat")], [["狗", "123"]], "A1")
    assert found["within_one"].of == 2
    assert found["exact"].value is not None
    assert found["exact"].value <= 0.5
    assert found["above"].value in (0.0, None)
    assert "copied" not in found
    assert "fluency" not in found


def test_nothing_at_all() -> None:
    found = measured([("dog",)], [[None]], "A1")
    assert found["used"].value == 0.0
    assert all(found[k].value is None for k in ("control_error", "above", "length", "distinct_1", "opening"))


def test_the_table_of_metrics() -> None:
    assert METRICS["above"].reference("A1") == "7.7 %"
    assert METRICS["distinct_2"].reference("B1") == "0.85-0.93"
    assert METRICS["opening"].reference("B2") == "16-20 %"
    assert METRICS["length"].reference("C1") == METRICS["loss"].reference("A1") == ""
    means = [level.mean for level in rated().levels.values()]
    assert means == sorted(means)
    assert METRICS["readability"].reference("A1") == f"{means[0]:.2f}"
    assert METRICS["used"].write(0.5) == "50.0 %"
    assert METRICS["used"].write_ends(0.25, 0.5) == ("25.0", "50.0")
    assert METRICS["loss"].write(1.5) == "1.500"
    assert METRICS["loss"].write(None) == METRICS["loss"].write(math.nan) == "-"
    assert all(str(metric.definition).endswith((".", ")")) for metric in METRICS.values())
    with pytest.raises(ValueError, match="direction"):
        Metric("x", "x", lambda of: None, "x.", better="more")


def test_a_sample_by_another_judge() -> None:
    judge = replace(fitted_judge(), cuts=[0.1, 0.2, 0.3, 0.4, 0.5], means=dict.fromkeys(LEVELS, 2.0))
    of = sample([("dog",)], [["My dog is big."]], "A1", judge=judge)
    assert (of.rows[0].level, of.target) == ("C2", 2.0)


def test_parts_of_a_sample() -> None:
    of = Sample("A1", sample([("dog", "cat"), ("tree",)], [["A dog.", None], ["My tree is big."]], "A1").lists)
    assert of.mean(lambda row: row.length) == Parts([2, 4], [1, 1])
    assert of.mean(lambda row: None if row.word == "dog" else row.length) == Parts([0, 4], [0, 1])
    assert of.ratio(lambda row: (row.used, 1)) == Parts([1, 1], [2, 1])


def test_a_share_of_all_or_nothing_has_an_interval_too() -> None:
    from cefr_sentences.extension.evaluation.bootstrap import exact_interval

    low, high = exact_interval(Parts([1, 2], [1, 2])) or (0, 0)
    assert (low, high) == (pytest.approx(0.2924, abs=1e-4), 1.0)
    assert exact_interval(Parts([0, 0], [1, 2])) == (0.0, pytest.approx(0.7076, abs=1e-4))
    assert exact_interval(Parts([1, 1], [1, 2])) is None
    assert exact_interval(Parts([0], [0])) is None
