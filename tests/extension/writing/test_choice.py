"""Which of several sentences is taken, what speaks against each, and what a retry asks for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError, Problem
from cefr_sentences.exporter.language.profile import Profile, mean_score
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models.asking import Reply, Sampling
from cefr_sentences.extension.writing import draft
from cefr_sentences.extension.writing.accepted import Accepted, plain
from cefr_sentences.extension.writing.checks import CHECKS, Candidate, failed, repeats, severity
from cefr_sentences.extension.writing.command import add_commands
from cefr_sentences.extension.writing.judging import distance
from cefr_sentences.extension.writing.lists import full_lists
from cefr_sentences.extension.writing.sheet import Counts, SheetRow, count, reading_order
from cefr_sentences.extension.writing.write import WriteSettings, rewrite, rows_of, write_sentences

HARD = "Notwithstanding the committee's deliberations, the cat epitomised unparalleled equanimity throughout."


class Model:
    """Gives `say(word, n)` the n-th time that `word` is asked for; None is not a line, a number after it fluency."""

    def __init__(self, say: Callable[[str, int], str | tuple[str, float] | None]) -> None:
        self.say = say
        self.calls: list[tuple[Sequence[ListPrompt], Sampling]] = []
        self.times: dict[str, int] = {}

    def __call__(self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: Any) -> list[Reply]:
        self.calls.append((prompts, sampling))
        replies = []
        for prompt in prompts:
            lines, fluency = [], []
            for number, word in enumerate(prompt.words, 1):
                self.times[word] = self.times.get(word, 0) + 1
                said = self.say(word, self.times[word])
                text, likely = said if isinstance(said, tuple) else (said, 0.0)
                if text is not None:
                    lines.append(f"{number}. {text}")
                    fluency.append(likely)
            replies.append(Reply("\n".join(lines), tuple(fluency)))
            progress(len(replies), len(prompts))
        return replies


def settings(**more: Any) -> WriteSettings:
    return WriteSettings("A1", **{"candidates": 2, "tries": 1, **more})


def one_of(*sentences: Any) -> Model:
    """The model's sentences for whatever word, one after the other."""
    return Model(lambda word, n: sentences[n - 1])


@pytest.fixture
def distances(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How far each sentence is from the level, 0 where it is not named; in place of the judge's."""
    known: dict[str, float] = {}
    monkeypatch.setattr(draft, "distance", lambda row, target: known.get(row.sentence or "", 0.0))
    return known


def test_each_check_outweighs_all_milder_ones_together() -> None:
    names = [check.name for check in CHECKS]
    for at, name in enumerate(names):
        assert severity([name]) > severity(names[at + 1 :])
    assert severity([]) == 0
    assert all(severity([worse]) > severity([milder]) for worse, milder in pairwise(names))


def test_a_sentence_with_two_mild_problems_is_kept_before_one_with_a_severe_one() -> None:
    row = write_sentences(one_of("There is a dog.", HARD), ["cat"], settings(), known={plain(HARD)})[0]
    assert (row.sentence, row.reasons) == (HARD, ("hard", "copy"))


def test_a_better_row_of_an_earlier_try_is_kept() -> None:
    said = one_of(HARD, HARD, *["There is a dog."] * 8)
    row = write_sentences(said, ["cat"], settings(tries=2))[0]
    assert (row.sentence, row.tries) == (HARD, 2)


def test_of_accepted_sentences_the_one_nearer_to_the_level_is_taken(distances: dict[str, float]) -> None:
    distances["I have a cat."] = 0.2
    assert write_sentences(one_of("I have a cat.", "We see a cat."), ["cat"], settings())[0].sentence == "We see a cat."


def test_of_accepted_sentences_the_more_fluent_is_taken(distances: dict[str, float]) -> None:
    said = one_of(("I have a cat.", -3.0), ("We see a cat.", -1.0))
    row = write_sentences(said, ["cat"], settings())[0]
    assert (row.sentence, row.fluency) == ("We see a cat.", -1.0)


def test_of_accepted_sentences_the_one_that_repeats_the_sheet_less_is_taken(distances: dict[str, float]) -> None:
    said = {"cat": ["We have a cat."] * 2, "milk": ["We have some milk.", "They drink cold milk."]}
    rows = write_sentences(Model(lambda word, n: said[word][n - 1]), ["cat", "milk"], settings())
    assert [row.sentence for row in rows] == ["We have a cat.", "They drink cold milk."]


def test_variety_weighs_more_than_a_little_fluency_and_less_than_much(distances: dict[str, float]) -> None:
    for likely, taken in ((-0.2, "They drink cold milk."), (-9.0, "We have some milk.")):
        said = {
            "cat": ["We have a cat."] * 2,
            "milk": [("We have some milk.", -0.1), ("They drink cold milk.", likely)],
        }
        rows = write_sentences(Model(lambda word, n, said=said: said[word][n - 1]), ["cat", "milk"], settings())
        assert rows[1].sentence == taken


def test_a_sentence_that_the_model_finds_improbable_is_doubtful_and_taken_last(distances: dict[str, float]) -> None:
    said = {
        "cat": [("We have a cat.", -1.5), ("My cat is old.", -0.5)],
        "milk": ["I like milk.", ("They drink cold milk.", -2.0)],
    }
    rows = write_sentences(Model(lambda word, n: said[word][n - 1]), ["cat", "milk"], settings(per_word=2))
    assert [(row.sentence, row.status) for row in rows] == [
        ("My cat is old.", "ok"),
        ("We have a cat.", "doubtful"),
        ("I like milk.", "ok"),
        ("They drink cold milk.", "doubtful"),
    ]
    assert [row.sentence for row in reading_order(rows)[:2]] == ["We have a cat.", "They drink cold milk."]
    assert count(rows).doubtful == 2


def test_distance_is_from_the_mean_of_the_level_to_either_side() -> None:
    mean = mean_score("A1")
    above, below = (distance(SheetRow("cat", "A cat.", score=mean + d), "A1") for d in (0.5, -0.5))
    assert (above, below) == (pytest.approx(0.5), pytest.approx(0.5))
    assert distance(SheetRow("cat", "A cat."), "A1") == float("inf")


def test_repetition_is_half_the_opening_word_and_half_all_words() -> None:
    accepted = Accepted(10)
    assert accepted.repetition("I like pens.") == 0
    accepted.add("I like cats.")
    accepted.add("We like dogs.")
    assert accepted.repetition("I like pens.") == pytest.approx((1 / 2 + (1 / 2 + 1 + 0) / 3) / 2)
    assert accepted.repetition("They see pens.") == 0
    assert accepted.repetition("...") == 0


def test_the_same_sentence_is_only_a_duplicate() -> None:
    accepted = Accepted(10)
    for word in ("cats", "dogs", "pigs"):
        accepted.add(f"I like {word} and green eggs with ham today.")
    assert repeats("I like cats and green eggs with ham today!", accepted) == ("duplicate",)
    assert repeats("I like hens and green eggs with ham today!", accepted) == ("similar", "opening")
    assert repeats("We like hens, old boats and fresh bread.", accepted) == ()
    assert repeats("I have hens, old boats and fresh bread.", accepted) == ()  # an opening is two words


@pytest.mark.parametrize(
    ("level", "reasons"), [("A1", ("easy",)), ("A2", ()), ("B2", ()), ("C1", ("hard",)), ("C2", ("hard",)), ("", ())]
)
def test_a_sentence_may_be_one_level_off(level: str, reasons: tuple[str, ...]) -> None:
    profile = Profile(3.0, level, (), 4)
    assert failed(Candidate("I have a cat.", "cat", "B1", profile)) == reasons


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [
        ("I run.", False),
        ("I can run.", True),
        ("7 can run.", True),
        ("i can run.", False),
        ("“I can run.”", True),
        ("I can run", False),
        ("...", False),
    ],
)
def test_whole_sentences(sentence: str, whole: bool) -> None:
    profile = Profile(1.5, "A1", (), 3)
    assert ("fragment" in failed(Candidate(sentence, "run", "A1", profile))) is not whole


@pytest.mark.parametrize(
    ("candidates", "words", "copies"),
    [(1, 1, 4), (4, 1, 16), (4, 2, 8), (4, 8, 4), (8, 2, 8), (2, 2, 8), (20, 1, 20), (1, 17, 1)],
)
def test_a_retry_of_few_words_asks_for_more_candidates(candidates: int, words: int, copies: int) -> None:
    asked = [f"b{a}{b}" for a in "aeiou" for b in ("nna", "mma", "lla", "ssa")][:words]
    model = Model(lambda word, n: None)
    write_sentences(model, asked, settings(candidates=candidates, tries=2))
    retries = [prompt.words for prompts, _ in model.calls[1:] for prompt in prompts]
    assert sorted(set(retries)) == sorted((word,) for word in asked)
    assert len(retries) == copies * words


def test_a_retry_is_sampled_at_a_higher_temperature_of_at_most_two() -> None:
    for temperature, hotter in ((0.5, 0.8), (1.9, 2.0)):
        model = Model(lambda word, n: None)
        write_sentences(model, ["cat"], settings(temperature=temperature, tries=3))
        first, *retries = (sampling.temperature for _, sampling in model.calls)
        assert first == (0.0, temperature)
        assert retries == [(hotter,) * 8] * 2
    assert len({sampling.seed for _, sampling in model.calls}) == 3


def test_a_call_asks_for_about_sixty_four_answers() -> None:
    words = [f"{a}{b}{c}" for a in "bdfg" for b in "aeiou" for c in ("nna", "mma")]
    for candidates, first, retry in ((64, 10, 1), (32, 20, 2), (16, 40, 4)):
        model = Model(lambda word, n: None)
        write_sentences(model, words, settings(candidates=candidates, tries=2))
        sizes = [len({word for prompt in prompts for word in prompt.words}) for prompts, _ in model.calls]
        assert sizes == [first] * (len(words) // first) + [retry] * (len(words) // retry)


def test_progress_counts_finished_words_and_the_answers_of_the_block() -> None:
    def say(word: str, n: int) -> str | None:
        return f"I like my {word} very much." if word == "cat" else None

    seen: list[tuple[int, int, int]] = []
    write_sentences(Model(say), ["cat", "milk"], settings(tries=2), progress=lambda *told: seen.append(told))
    assert seen == [(1, 1, 2), (1, 2, 2), *((2, 1 + i // 8, 2) for i in range(1, 9))]


def test_the_command_has_the_same_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    args = parser.parse_args(["write", "--words", "cat", "--level", "A1", "--model", "m"])
    assert WriteSettings("A1", args.candidates, args.tries, args.temperature, args.seed) == WriteSettings("A1")


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "below", "above"),
    [("candidates", 1, 64, 0, 65), ("tries", 1, 20, 0, 21), ("temperature", 0.1, 2, 0, 2.1)],
)
def test_settings_to_their_limits(name: str, lowest: Any, highest: Any, below: Any, above: Any) -> None:
    for value in (lowest, highest):
        WriteSettings("A1", **{name: value})
    for value in (below, above):
        with pytest.raises(InputError, match=f"--{name} {value:g} is out of range"):
            WriteSettings("A1", **{name: value})


def test_short_lists_are_filled_up_with_others() -> None:
    sheet = ["a", "b", "c", "d", "e", "f", "g", "h"]
    assert full_lists(["b", "h"], sheet, None) == [["b", "h", "a", "c", "d", "e"]]
    assert full_lists([], sheet, None) == []
    assert full_lists(["B"], ["b", "c"], None) == [["B", "c"]]


def sheet_with(row: SheetRow) -> list[SheetRow]:
    return [SheetRow("milk", "We drink milk every day.", tries=1), row]


CAT = SheetRow("cat", "The cat sleeps on my bed.", tries=1)
UNUSED = SheetRow("cat", "The dog sleeps on my bed.", ("unused",), tries=4)
SAME = SheetRow("cat", "The cat and the milk.", ("hard",), tries=4)


@pytest.mark.parametrize(
    ("old", "written", "kept"),
    [
        (CAT, "She has two black cats.", False),
        (CAT, HARD, True),
        (CAT, "Nothing happens here.", True),
        (CAT, "The cat sleeps on my bed!", True),
        (UNUSED, "She has two black cats.", False),
        (UNUSED, HARD, False),
        (UNUSED, "Nothing happens here.", True),
        (SAME, HARD, False),
    ],
)
def test_a_row_is_replaced_by_a_better_one_or_kept(old: SheetRow, written: str, kept: bool) -> None:
    rows = sheet_with(old)
    new = rewrite(Model(lambda word, n: written if word == "cat" else None), rows, 1, settings())
    assert (new == old) is kept
    assert kept or new.sentence == written


def test_a_rewritten_row_repeats_no_other() -> None:
    rows = sheet_with(CAT)
    new = rewrite(one_of("We drink milk every day, cat.", "A cat is in our garden."), rows, 1, settings())
    assert new.sentence == "A cat is in our garden."
    assert rewrite(one_of(*["We drink milk every day."] * 2), rows, 1, settings()) == CAT


def test_only_accepted_rows_of_the_same_words_are_taken_over() -> None:
    done = [
        SheetRow("Cat", "The cat sleeps on my bed.", tries=1),
        SheetRow("cat", "Another cat sleeps there.", tries=1),
        SheetRow("dog", "The dog sleeps on my bed.", tries=1),
        SheetRow("milk", "Bad milk", ("fragment",), tries=1),
    ]
    model = Model(lambda word, n: f"I like my {word} very much.")
    rows = write_sentences(model, ["cat", "milk"], settings(), done=done)
    assert [row.sentence for row in rows] == ["The cat sleeps on my bed.", "I like my milk very much."]
    nothing = Model(lambda word, n: None)
    assert write_sentences(nothing, ["cat"], settings(), done=done)[0] == done[0]
    assert nothing.calls == []


def test_a_server_that_is_gone_leaves_the_rows_that_are_there() -> None:
    done = SheetRow("cat", "The cat sleeps on my bed.", tries=1)

    def gone(*args: Any, **more: Any) -> list[Reply]:
        raise ModelError("{url} is gone.", url="http://x")

    rows = write_sentences(gone, ["cat", "milk"], settings(), done=[done])
    lost = SheetRow("milk", None, ("server",), Problem("{url} is gone.", {"url": "http://x"}))
    assert rows == [done, replace(lost, listed=ListedWord("milk"))]
    with pytest.raises(ModelError, match="http://x is gone"):
        write_sentences(gone, ["cat", "milk"], settings())


def test_a_reply_says_for_each_word_what_it_holds() -> None:
    rows = rows_of(["cat", "milk", "red"], Reply("Sure!\n1. A cat runs.\n2. I drink milk.", (-9.0, -1.0, -2.0)))
    assert rows == [
        SheetRow("cat", "A cat runs.", fluency=-1.0),
        SheetRow("milk", "I drink milk.", fluency=-2.0),
        SheetRow("red", None, ("missing",)),
    ]
    assert rows_of(["cat"], Reply("1. A cat runs."))[0].fluency is None


def test_rows_are_accepted_rejected_or_skipped() -> None:
    rows = [
        SheetRow("cat", "A cat runs.", tries=1),
        SheetRow("dog", "A dog runs.", tries=2),
        SheetRow("pig", "A cow runs.", ("unused",), tries=1),
        SheetRow("123", None, ("not a word",), Problem("it has no letters")),
    ]
    assert [(row.accepted, row.rejected, row.skipped) for row in rows] == [
        (True, False, False), (True, False, False), (False, True, False), (False, False, True)
    ]  # fmt: skip
    assert [row.status for row in rows] == ["ok", "ok", "flagged", "skipped"]
    assert [row.used for row in rows] == [True, True, False, False]
    assert count(rows) == Counts(words=4, accepted=2, first=1, rejected=1, skipped=1, sentences=2)
    assert count(rows).asked == 3
    assert rows[3].problems == (Problem("it is not a word: {detail}", {"detail": Problem("it has no letters")}),)
    assert rows[3].why == "it is not a word: it has no letters"
    assert rows[3].tries == 0
    assert len(set(rows)) == 4  # the tab keeps sheets by their hash
