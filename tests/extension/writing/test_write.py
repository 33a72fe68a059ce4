"""Words into checked sentences, with a scripted answerer in place of a model."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError, Problem
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.pairs.sentence import SENTENCE_CHECKS, check_sentence
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.exporter.records.prompt import MAX_WORDS, MIN_WORDS, ListPrompt
from cefr_sentences.extension.models.asking import Reply, Sampling
from cefr_sentences.extension.writing.accepted import Accepted
from cefr_sentences.extension.writing.checks import CHECKS, repeats
from cefr_sentences.extension.writing.expressions import only_inside
from cefr_sentences.extension.writing.judging import judged
from cefr_sentences.extension.writing.known import training_sentences
from cefr_sentences.extension.writing.lists import full_lists
from cefr_sentences.extension.writing.sheet import Counts, SheetRow, count
from cefr_sentences.extension.writing.words import why_no_word
from cefr_sentences.extension.writing.write import WriteSettings, rewrite, rows_of, write_sentences

# Nine words of level A1, and a different sentence for each.
SENTENCES = {
    "cat": "My cat sleeps on the bed.",
    "milk": "We drink milk every morning.",
    "red": "She has a red bike.",
    "school": "I walk to school with Tom.",
    "rain": "It often rains in April.",
    "bread": "He buys bread and eggs.",
    "window": "Please open the window, it is hot.",
    "sister": "How old is your sister?",
    "garden": "There are flowers in our garden.",
}
WORDS = list(SENTENCES)


class Script:
    """Answers lists with `say(word, how often it was asked for by now)`; remembers what it was asked."""

    def __init__(self, say: Callable[[str, int], str | None]) -> None:
        self.say = say
        self.asked: list[list[str]] = []
        self.temperatures: list[float] = []
        self.calls = 0
        self.times: dict[str, int] = {}

    def __call__(self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: Any) -> list[Reply]:
        self.calls += 1
        self.temperatures += sampling.temperatures(len(prompts))
        answers = []
        for prompt in prompts:
            assert prompt.level == "A1"
            self.asked.append(list(prompt.words))
            lines = []
            for i, word in enumerate(prompt.words, 1):
                self.times[word] = self.times.get(word, 0) + 1
                sentence = self.say(word, self.times[word])
                lines += [] if sentence is None else [f"{i}. {sentence}"]
            answers.append(Reply("\n".join(lines)))
        progress(len(answers), len(answers))
        return answers


def right(word: str, times: int) -> str | None:
    return SENTENCES.get(word, f"I like my {word} very much.")


def names(word: str, times: int) -> str:
    """An easy sentence, another one for each word: what has a capital is a name."""
    return f"{word.title()} {word[::-1].title()} and {word.title()}x go home."


def settings(**more: Any) -> WriteSettings:
    return WriteSettings("A1", **more)


def test_each_word_is_asked_at_its_own_level() -> None:
    asked: list[tuple[str, list[str]]] = []

    def ask(prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: Any) -> list[Reply]:
        asked.extend((prompt.level, list(prompt.words)) for prompt in prompts)
        return [Reply("\n".join(f"{i}. {SENTENCES[w]}" for i, w in enumerate(p.words, 1))) for p in prompts]

    words = [ListedWord("cat", "A2"), ListedWord("milk"), ListedWord("red", "A2"), ListedWord("cat", "A1")]
    rows = write_sentences(ask, words, settings(levels_from_list=True, candidates=1, tries=1))
    assert asked == [("A2", ["cat", "red"]), ("A1", ["milk", "cat"])]
    assert [(row.word, row.sentence) for row in rows[:3]] == [(w, SENTENCES[w]) for w in ("cat", "milk", "red")]
    assert not rows[3].skipped  # at another level it is not the same entry


def test_every_word_gets_its_sentence_in_its_place() -> None:
    ask = Script(right)
    rows = write_sentences(ask, WORDS, settings())
    assert [(r.word, r.sentence) for r in rows] == list(SENTENCES.items())
    assert all(r.accepted and r.used and r.tries == 1 and r.level for r in rows)
    assert ask.calls == 1
    assert ask.temperatures == [0.0, 0.5, 0.5, 0.5]
    assert ask.asked[0] == WORDS
    assert sorted(ask.asked[1]) == sorted(WORDS) != ask.asked[1]  # the others are mixed


def test_one_seed_one_sheet() -> None:
    def asked(seed: int) -> list[list[str]]:
        ask = Script(right)
        write_sentences(ask, WORDS, settings(seed=seed))
        return ask.asked

    assert asked(1) == asked(1) != asked(2)


def test_bad_words_are_rows_and_the_rest_goes_on() -> None:
    words = ["cat", "123", "кошка", "🙂", "Cat", "猫", "milk", "cat\u200bs", "a b c d e f g", "x" * 61, "..."]
    rows = write_sentences(Script(right), words, settings())
    assert [r.word for r in rows] == words
    assert [r.status for r in rows] == [
        "doubtful", *["skipped"] * 5, "doubtful", *["skipped"] * 4
    ]  # fmt: skip
    assert rows[4].why == "it was asked for before, in row 1"
    assert rows[1].why == "it is not a word: it has no letters"
    assert "not a Latin letter" in rows[2].why
    assert "invisible" in rows[7].why
    assert "7 words" in rows[8].why
    assert count(rows) == Counts(words=11, accepted=2, first=2, rejected=0, skipped=9, sentences=2, doubtful=2)


@pytest.mark.parametrize("word", ["café", "ice cream", "don't", "e-mail", "A.M.", "photo/photograph", "CD", "naïve"])
def test_words_that_can_be_asked_for(word: str) -> None:
    assert why_no_word(word) is None


def test_what_fails_is_asked_again_and_only_that() -> None:
    def say(word: str, times: int) -> str | None:
        return "Nobody knows that." if word == "milk" and times <= 4 else right(word, times)

    ask = Script(say)
    rows = write_sentences(ask, WORDS, settings())
    row = next(r for r in rows if r.word == "milk")
    assert (row.sentence, row.tries, row.accepted) == (SENTENCES["milk"], 2, True)
    assert ask.calls == 2
    assert ask.asked[4:] == [["milk"]] * 16  # alone, and as often as costs nothing
    assert ask.temperatures[4:] == [0.8] * 16


def test_what_fails_for_good_is_there_with_its_best_sentence_and_the_reason() -> None:
    def say(word: str, times: int) -> str | None:
        if word == "milk":
            return ("A white drink", "The drink is white.", None)[times % 3]
        return None if word == "red" else right(word, times)

    rows = write_sentences(Script(say), WORDS, settings(tries=3))
    milk, red = (next(r for r in rows if r.word == w) for w in ("milk", "red"))
    assert (milk.sentence, milk.reasons, milk.tries) == ("The drink is white.", ("unused",), 3)
    assert (red.sentence, red.reasons, red.why) == (None, ("missing",), "the model wrote no sentence for it")
    assert not milk.used
    assert milk.status == red.status == "flagged"
    assert count(rows).accepted == 7


def test_the_best_of_the_candidates_is_taken() -> None:
    hard = "The cat, whose whereabouts had been deliberately concealed, was eventually discovered."
    easy = "I have a cat."
    said = {1: hard, 2: "There is a dog.", 3: "the cat", 4: easy}
    rows = write_sentences(Script(lambda w, t: said[t] if w == "cat" else right(w, t)), WORDS, settings())
    assert rows[0].sentence == easy


def test_the_more_fluent_of_two_is_taken() -> None:
    def ask(prompts: Sequence[ListPrompt], /, *, sampling: Any, progress: Any) -> list[Reply]:
        texts = ["1. I have a cat.", "1. I feed a cat."]
        return [Reply(texts[i % 2], ((-3.0, -0.5)[i % 2],)) for i in range(len(prompts))]

    row = write_sentences(ask, ["cat"], settings(candidates=2))[0]
    assert (row.sentence, row.fluency) == ("I feed a cat.", -0.5)


def test_no_sentence_twice_and_none_nearly_twice() -> None:
    def say(word: str, times: int) -> str | None:
        if times > 6:
            return right(word, times)
        return {"cat": "The cat and the dog run.", "dog": "The cat and the dog run."}.get(word, right(word, times))

    rows = write_sentences(Script(say), ["cat", "dog"], settings())
    assert [r.accepted for r in rows] == [True, True]
    assert rows[1].sentence == "I like my dog very much."
    flagged = write_sentences(Script(lambda w, t: "The cat and the dog run."), ["cat", "dog"], settings(tries=2))
    assert [r.reasons for r in flagged] == [(), ("duplicate",)]


def test_sentences_of_the_training_data_are_refused(tmp_path: Path, run: Any) -> None:
    run("export", "starter", "--level", "A1", "--out", tmp_path, "--name", "a", "--records", "20")
    known = training_sentences(tmp_path / "a.txt")
    text = (tmp_path / "a.txt").read_text(encoding="utf-8")
    found = re.search(r"words:\n1\. (.+)(?s:.*?)Response:\n1\. (.+)", text)
    assert found is not None
    word, copied = found.groups()
    rows = write_sentences(Script(lambda w, t: copied), [word], settings(tries=1), known=known)
    assert rows[0].reasons == ("copy",)
    assert training_sentences(None, None) == frozenset()
    with pytest.raises(InputError):
        training_sentences(tmp_path / "none.txt")


def test_an_adapters_own_training_file_is_found(tmp_path: Path, run: Any) -> None:
    datasets, adapter = tmp_path / "training" / "datasets", tmp_path / "loras" / "x"
    adapter.mkdir(parents=True)
    run("export", "starter", "--level", "A1", "--out", datasets, "--name", "a", "--records", "20")
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    (adapter / "adapter_model.safetensors").write_bytes(b"\x02" + b"\0" * 7 + b"{}")  # no tensors
    assert training_sentences(None, adapter) == frozenset()
    (adapter / "cefr_sentences.json").write_text(json.dumps({"data": {"file": "a.txt"}}), encoding="utf-8")
    assert training_sentences(None, adapter) == training_sentences(datasets / "a.txt") != frozenset()
    (datasets / "a.txt").write_text("something else", encoding="utf-8")
    assert training_sentences(None, adapter) == frozenset()


SENTENCES_AND_REASONS = {
    "I have a cat.": (),
    "Cats are nice animals.": (),
    '"Is it your cat?" she said.': (),
    "A cat": ("fragment",),
    "My cat is on the": ("fragment",),
    "my cat is on the bed.": ("fragment",),
    "My **cat** is on the bed.": ("markup",),
    "Generate A1-level English sentences for cat.": ("markup", "hard"),
    "I have a cat. It is black.": ("several",),
    "I have a dog.": ("unused",),
    "Our beautiful cat with them.": ("no verb",),
    "My cat likes your cat.": ("twice",),
    "Happy birthday, little cat!": (),
    "The man wants to kill the cat.": ("unsuitable",),
    "They eat the cat for lunch.": ("unsuitable",),
    "If the cat is hungry, we must eat it.": ("unsuitable",),
    "If the cat is hungry, we must feed it.": (),
    "I eat cat food.": (),
    "Notwithstanding the committee's deliberations, the cat epitomised unparalleled equanimity throughout.": ("hard",),
}


def _first_of_pairs(sentence: str) -> str:
    return next((name for name, fails in SENTENCE_CHECKS.items() if fails(sentence, Entry.parse("cat"))), "")


def test_what_export_rejects_write_rejects_by_the_same_name() -> None:
    table = {
        "fragment": ("cat",),
        "markup": (
            "I see a [cat] here.",
            "I see a <b>cat</b>.",
            "The cat\x07 is here.",
            "The\ncat.",
            "The cat isnâ€™t here.",
        ),
        "several": ("The cat ran. It is here.", f"The cat {'very ' * 200}ran."),
        "foreign": ("Ein großer cat liegt hier gerne.",),
        "unused": ("I see a dog here.",),
    }
    made = {said for some in table.values() for sentence in some if (said := _first_of_pairs(sentence))}
    assert made == {*SENTENCE_CHECKS}, "what a pair must pass, a written sentence must"
    for name, sentences in table.items():
        for sentence in sentences:
            assert check_sentence(sentence, Entry.parse("cat")) is not None
            assert name in judged([SheetRow("cat", sentence)], "A1")[0].reasons, sentence


@pytest.mark.parametrize(
    ("word", "sentence", "inside"),
    [
        ("course", "Of course I like it.", True),
        ("course", "Of course the course is hard.", False),
        ("sick", "I am sick and tired of this song.", True),
        ("place", "The party takes place at our house.", True),
        ("mind", "He changed his mind.", False),
        ("of course", "Of course I like it.", False),
    ],
)
def test_a_part_of_another_expression_is_not_the_word(word: str, sentence: str, inside: bool) -> None:
    assert only_inside(Entry.parse(word), sentence) == inside
    assert ("inside" in judged([SheetRow(word, sentence)], "A1")[0].reasons) == inside


@pytest.mark.parametrize("sentence", SENTENCES_AND_REASONS)
def test_what_a_sentence_must_be(sentence: str) -> None:
    assert judged([SheetRow("cat", sentence)], "A1")[0].reasons == SENTENCES_AND_REASONS[sentence]


def test_topics_are_the_teachers_own_where_they_are_asked_for_or_do_not_count() -> None:
    asked = SheetRow("kill", "The cat killed a mouse.")
    assert judged([asked], "A1")[0].reasons == ()
    other = SheetRow("cat", "The man wants to kill the cat.")
    assert judged([other], "A1", classroom=False)[0].reasons == ()


def test_too_easy_is_told_too() -> None:
    assert judged([SheetRow("cat", "I have a cat.")], "C1")[0].reasons == ("easy",)


def test_above_leaves_out_the_word_itself() -> None:
    row = judged([SheetRow("deliberation", "After long deliberations she said nothing ubiquitous.")], "A1")[0]
    assert "ubiquitous" in row.above
    assert not any("deliberation" in word for word in row.above)


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        ("The old man reads a book in the park.", ("duplicate",)),
        ("the old man reads a book in the park!", ("duplicate",)),
        ("The old man reads a book in the big park.", ("similar",)),
        ("The young man reads a letter in the park.", ()),
    ],
)
def test_repetitions(other: str, reasons: tuple[str, ...]) -> None:
    accepted = Accepted(10)
    accepted.add("The old man reads a book in the park.")
    assert repeats(other, accepted) == reasons


def test_similar_sentences_are_all_found() -> None:
    draw = random.Random(3)
    words = [f"w{i}" for i in range(12)]
    for _ in range(300):
        one, two = (draw.sample(words, draw.randint(3, 9)) for _ in range(2))
        accepted = Accepted(10)
        accepted.add(" ".join(one) + ".")
        near = len({*one} & {*two}) / len({*one} | {*two}) >= 0.8
        assert ("similar" in repeats(" ".join(two) + ".", accepted) or one == two) == near


def test_openings_are_limited_fairly() -> None:
    def begun(rows: int) -> int:
        accepted, n = Accepted(rows), 0
        for i in range(rows):
            if not repeats(text := f"I like w{i} x{i} y{i} z{i} v{i} u{i} t{i}.", accepted):
                accepted.add(text)
                n += 1
        return n

    assert [begun(n) for n in (1, 3, 5, 30, 100)] == [1, 3, 3, 3, 10]


@pytest.mark.parametrize("n", [1, 5, 6, 7, 10, 11, 12, 23, 61, 200])
def test_lists_have_six_to_ten_words(n: int) -> None:
    words = [f"w{i}" for i in range(n)]
    for draw in (None, random.Random(1)):
        lists = full_lists(words, words, draw)
        assert {w for some in lists for w in some} == set(words)
        assert all(min(MIN_WORDS, n) <= len(some) <= MAX_WORDS for some in lists)
        assert all(len(set(some)) == len(some) for some in lists)
        for word in words:
            assert sum(word in some for some in lists) in ((1, 2) if n > 5 else (1,))


@pytest.mark.slow
def test_five_thousand_words_in_blocks() -> None:
    words = [f"{a}{b}{c}{d}" for a in "bdfgkl" for b in "aeiou" for c in "mnprst" for d in "aeiou"]
    words = [*words, *(w + "n" for w in words), *(w + "lo" for w in words), *(w + "ra" for w in words)]
    words = [*words, *(w + "k" for w in words)][:5000]
    seen: list[tuple[int, int]] = []
    finished: list[SheetRow] = []
    ask = Script(names)
    rows = write_sentences(
        ask,
        words,
        settings(candidates=2, tries=1),
        finished=finished.append,
        progress=lambda attempt, done, total: seen.append((done, total)),
    )
    assert len(rows) == len(words) == len(finished) + sum(not r.accepted for r in rows)
    assert len(finished) > 0.9 * len(words)  # some of these words look hard to the judge
    assert max(ask.times.values()) <= 4
    assert ask.calls == -(-len(words) // 320)
    assert seen[-1] == (len(words), len(words))
    assert seen == sorted(seen)


def test_rows_of_an_earlier_run_are_not_asked_for_again() -> None:
    before = write_sentences(Script(right), WORDS, settings())
    ask = Script(right)
    damaged = replace(before[8], sentence=None, reasons=("missing",))
    rows = write_sentences(ask, WORDS, settings(), done=[*before[:8], damaged])
    assert rows == before
    assert ask.times["garden"] == 4
    assert all("garden" in some for some in ask.asked)  # the others are there as its companions only


def test_a_server_that_fails_half_way_leaves_the_rest_flagged() -> None:
    words = [f"{a}{b}" for a in ("cat", "dog", "pig", "cow", "hen") for b in "bcdfghjklmnpqrstvwxz"]
    script = Script(names)

    def ask(prompts: Sequence[ListPrompt], /, **more: Any) -> list[Reply]:
        if script.calls:
            raise ModelError("The server has gone.")
        return script(prompts, **more)

    rows = write_sentences(ask, words, settings(candidates=32))
    assert sum(r.accepted for r in rows) == 20
    assert {r.why for r in rows if not r.accepted} == {"the server gave no answer: The server has gone."}
    with pytest.raises(ModelError, match="has gone"):
        write_sentences(ask, words, settings())


def test_an_answer_that_could_not_be_had_is_the_reason() -> None:
    rows = rows_of(["cat", "dog"], Reply(problem=Problem("It is busy.")))
    assert [(r.reasons, r.why) for r in rows] == [(("server",), "the server gave no answer: It is busy.")] * 2


def test_one_row_again() -> None:
    rows = write_sentences(Script(right), WORDS, settings())
    new = rewrite(Script(lambda w, t: right(w, t) if t == 1 else "The milk is cold."), rows, 1, settings(seed=5))
    assert (new.word, new.sentence) == ("milk", "The milk is cold.")
    assert rewrite(Script(lambda w, t: "Nothing."), rows, 1, settings()) == rows[1]
    skipped = write_sentences(Script(right), ["cat", "1"], settings())
    with pytest.raises(InputError, match="cannot be asked for"):
        rewrite(Script(right), skipped, 1, settings())


@pytest.mark.parametrize(
    "bad", [{"level": "C2"}, {"candidates": 0}, {"tries": 0}, {"tries": 99}, {"temperature": 0}, {"temperature": 9}]
)
def test_settings_out_of_range(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        WriteSettings(**{"level": "A1", **bad})


def test_a_row_says_what_it_is() -> None:
    with pytest.raises(ValueError, match="There is no check unknown"):
        SheetRow("cat", "A cat.", ("unknown",))
    with pytest.raises(ValueError, match="needs a reason"):
        SheetRow("cat")
    assert all(SheetRow("cat", None, (check.name,), "x").why for check in CHECKS)
    assert Entry.parse("cat").uses(SENTENCES["cat"])
