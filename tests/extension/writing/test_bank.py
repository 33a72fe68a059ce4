"""Sentences from the bank before, beside and instead of a model's; and several for a word."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.bank.bank import BANK, OWN, Bank, BankSentence
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models.asking import Reply
from cefr_sentences.extension.writing.settings import WriteSettings
from cefr_sentences.extension.writing.sheet import MODEL, SheetRow, count
from cefr_sentences.extension.writing.write import rewrite, write_sentences

THERE = Bank(
    (
        BankSentence("cat", "noun", "My cat sleeps on the sofa all day.", "A1", OWN),
        BankSentence("cat", "noun", "The cat drinks some milk.", "A1"),
        BankSentence("book", "noun", "This book is about a clever girl.", "A1"),
        BankSentence("park", "verb", "You can't park your car here.", "A2"),
        BankSentence("deliberate", "verb", "The jurors deliberated on the unprecedented testimony for hours.", "C1"),
        BankSentence("dog", "noun", "Notwithstanding its dog, the committee deliberated.", "A1"),
    ),
    levels=(),
)


class Model:
    """Writes a sentence of its own for every word, another each time."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, prompts: Sequence[ListPrompt], /, **more: Any) -> list[Reply]:
        ends = ["today", "at home", "in the kitchen", "with my sister", "after school", "on Monday", "every week"]
        replies = []
        for prompt in prompts:
            lines = []
            for i, word in enumerate(prompt.words, 1):
                lines.append(
                    f"{i}. {('We', 'They', 'You')[len(self.asked) % 3]} see a {word} {ends[len(self.asked) % 7]}."
                )
                self.asked.append(word)
            replies.append(Reply("\n".join(lines)))
        return replies


def settings(level: str = "A1", **more: Any) -> WriteSettings:
    return WriteSettings(level, **{"candidates": 2, "tries": 2, **more})


def test_first_the_bank_then_the_model() -> None:
    model = Model()
    rows = write_sentences(model, ["cat", "milk", "book"], settings(), bank=THERE)
    assert [(row.word, row.source, row.accepted) for row in rows] == [
        ("cat", OWN, True),
        ("milk", MODEL, True),
        ("book", BANK, True),
    ]
    assert {"cat", "book"} & {*model.asked[:1]} == set()
    assert (count(rows).own, count(rows).from_bank, count(rows).sentences) == (1, 1, 3)


def test_no_model_is_asked_where_the_bank_has_all_words() -> None:
    model = Model()
    write_sentences(model, ["cat", "book"], settings(), bank=THERE)
    assert model.asked == []


def test_a_word_in_another_sense_is_the_models() -> None:
    words = [ListedWord("park", pos="noun"), ListedWord("park", pos="verb"), ListedWord("book [n]")]
    rows = write_sentences(Model(), words, settings("A2"), bank=THERE)
    assert [(row.word, row.source) for row in rows] == [("park", MODEL), ("park", BANK), ("book [n]", BANK)]


def test_only_the_bank() -> None:
    rows = write_sentences(None, ["cat", "milk", "123"], settings(per_word=3), bank=THERE)
    assert [(row.word, row.status) for row in rows] == [
        ("cat", "ok"),
        ("cat", "ok"),
        ("milk", "flagged"),
        ("123", "skipped"),
    ]
    assert rows[2].why == "the bank has no (more) sentences for it"
    assert [row.bank_level for row in rows] == ["A1", "A1", "", ""]


def test_a_sentence_of_a_level_above_is_judged_and_one_of_the_level_is_not() -> None:
    rows = write_sentences(None, ["deliberate", "dog"], settings(), bank=THERE)
    assert [row.reasons for row in rows] == [("hard",), ()]


def test_where_a_sentence_is_rejected_the_next_one_is_tried() -> None:
    bank = Bank(
        (
            BankSentence("dog", "noun", "My dog.", "A1", OWN),  # not a whole sentence
            BankSentence("dog", "noun", "Her dog sleeps on the bed.", "A1"),
            BankSentence("dog", "noun", "We have a big dog.", "A1"),
        ),
        levels=(),
    )
    rows = write_sentences(None, ["dog"], settings(), bank=bank)
    assert [(row.source, row.status) for row in rows] == [(BANK, "ok")]
    assert len(write_sentences(None, ["dog"], settings(per_word=2), bank=bank)) == 2


def test_another_seed_makes_another_sheet() -> None:
    words = ["happy", "book", "friend", "water", "school", "mother", "father", "house", "street", "garden"]
    sheets = {
        tuple(row.sentence for row in write_sentences(None, words, settings(seed=seed), bank=Bank()))
        for seed in (0, 1, 2)
    }
    assert len(sheets) == 3


def test_beside_each_other() -> None:
    rows = write_sentences(Model(), ["cat", "milk"], settings(beside=True), bank=THERE)
    assert [(row.word, row.source) for row in rows] == [("cat", OWN), ("cat", MODEL), ("milk", MODEL)]


def test_several_sentences_of_the_model() -> None:
    rows = write_sentences(Model(), ["milk", "bread"], settings(per_word=3))
    assert [row.word for row in rows] == ["milk"] * 3 + ["bread"] * 3
    assert len({row.sentence for row in rows}) == 6
    assert count(rows).accepted == count(rows).asked == 2


def test_a_row_again_is_the_next_of_the_bank_then_the_models() -> None:
    rows = write_sentences(None, ["cat", "book"], settings(), bank=THERE)
    again = rewrite(None, rows, 0, settings(), bank=THERE)
    assert (again.sentence, again.source) == ("The cat drinks some milk.", BANK)
    assert rewrite(None, rows, 1, settings(), bank=THERE) == rows[1]
    assert rewrite(Model(), rows, 1, settings(), bank=THERE).source == MODEL


def test_a_row_of_several_is_replaced_alone() -> None:
    rows = write_sentences(Model(), ["milk"], settings(per_word=2))
    new = rewrite(Model(), rows, 1, settings(seed=4))
    assert isinstance(new, SheetRow)
    assert new.sentence not in {row.sentence for row in rows}


def test_the_command_needs_no_torch(tmp_path: Path) -> None:
    code = """
import sys
for name in ("torch", "transformers", "gradio"):
    sys.modules[name] = None
from cefr_sentences.extension.cli import main
sys.exit(main(sys.argv[1:]))
"""
    words, out = tmp_path / "w.csv", tmp_path / "s.json"
    words.write_text("word,meaning\nadd,eklemek\nzyx,-\n", encoding="utf-8")
    (tmp_path / "none.jsonl").touch()
    args = ["write", words, "--level", "A1", "--bank", "only", "--own", tmp_path / "none.jsonl", "--out", out]
    done = subprocess.run([sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "please read before printing" in done.stdout
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["word"], row["source"], row["columns"]["meaning"]) for row in rows] == [
        ("add", "bank", "eklemek"),
        ("zyx", "", "-"),
    ]


def test_without_a_model_the_bank_answers_and_what_it_lacks_is_said(run: Any) -> None:
    result = run("write", "--words", "add,zyx", "--level", "A1", "--per-word", 9)
    assert result.code == 0
    assert "1 of 2 words have a sentence" in result.out
    assert "from the bank" in result.out
    assert "The bank has none left for zyx: a model (--model, --api)" in result.out
    assert "Fewer than 9 sentences: add (" in result.out
    for mode in ("beside", "off"):
        result = run("write", "--words", "add", "--level", "A1", "--bank", mode)
        assert (result.code, f"--bank {mode} asks a model. Name it with --model or --api" in result.err) == (2, True)


def test_the_spelling_of_the_list_is_kept() -> None:
    bank = Bank((BankSentence("color", "noun", "Two colors are new.", "A1", OWN),))
    rows = write_sentences(None, ["colour", "color"], settings("A1", per_word=2), bank=bank)
    assert [row.source for row in rows] == [OWN, BANK, BANK, BANK]
    assert rows[0].sentence == "Two colours are new."
    assert all("colour" in (row.sentence or "").lower() for row in rows[:2])
    assert all("color" in (row.sentence or "").lower() for row in rows[2:])
    assert len({row.found for row in rows}) == 4


def test_words_of_another_level_are_left_out(run: Any, tmp_path: Path) -> None:
    words = tmp_path / "w.csv"
    words.write_text("word,level\nadd,A1\npraise,B1\n", encoding="utf-8")
    result = run("write", words, "--level", "A1", "--bank", "only", "--json")
    assert [row["word"] for row in json.loads(result.out)] == ["add"]
    assert "words of another level than A1 are left out: 1" in result.err
    each = run("write", words, "--level", "A1", "--levels-from-list", "--bank", "only", "--out", tmp_path / "s.json")
    assert "Levels from the list: A1 1, B1 1." in each.err
    rows = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert [(row["word"], row["target"], row["used"]) for row in rows] == [("add", "A1", True), ("praise", "B1", True)]
    assert "has no word of level C1" in run("write", words, "--level", "C1", "--bank", "only").err


@pytest.mark.parametrize("n", [0, 11])
def test_how_many_a_word_is_limited(run: Any, n: int) -> None:
    assert "--per-word" in run("write", "--words", "add", "--level", "A1", "--bank", "only", "--per-word", n).err
