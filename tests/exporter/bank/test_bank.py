"""The bank by word, and a user's own sentences before it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cefr_sentences.exporter.bank.bank import BANK, OWN, Bank, BankSentence
from cefr_sentences.exporter.bank.headwords import headwords, other_spellings
from cefr_sentences.exporter.bank.own import add_own, read_own
from cefr_sentences.exporter.common.errors import InputError, TargetError
from cefr_sentences.exporter.common.lock import only_one
from cefr_sentences.exporter.language.entry import Entry

MINE = BankSentence("add", "verb", "Never add salt twice.", "A1", OWN)
OTHERS = (
    BankSentence("book", "noun", "I read a book.", "A1", OWN),
    BankSentence("book", "verb", "We booked a table.", "A2", OWN),
    BankSentence("Polish", "adjective", "She is Polish.", "A2", OWN),
    BankSentence("polish", "verb", "Polish your shoes.", "B2", OWN),
    BankSentence("colour", "noun", "Red is a warm colour.", "B1", OWN),
    BankSentence("go", "verb", "We went home.", "A1", OWN),
    BankSentence("go", "verb", "They go home.", "A1", OWN),
)


def sentences(rows: list[BankSentence]) -> list[str]:
    return [row.sentence for row in rows]


def test_the_nearest_level_below_comes_before_any_above() -> None:
    levels = ("B1", "A2", "C1", "A1", "B2")
    bank = Bank([BankSentence("zyx", "", f"Zyx {level}.", level, OWN) for level in levels])
    assert [row.level for row in bank.find(Entry.parse("zyx"), "B1")] == ["B1", "A2", "A1", "B2", "C1"]
    assert [row.level for row in bank.find(Entry.parse("zyx"), "A1")] == ["A1", "A2", "B1", "B2", "C1"]


def test_own_sentences_come_first_and_the_seed_orders_the_rest() -> None:
    bank = Bank([MINE])
    found = [bank.find(Entry.parse("add"), "A1", seed=seed) for seed in range(8)]
    assert all(rows[0] == MINE and [r.source for r in rows[1:]] == [BANK] * (len(rows) - 1) for rows in found)
    assert bank.find(Entry.parse("add"), "A1", seed=3) == found[3]
    assert len({rows[1].sentence for rows in found}) > 1


def test_part_of_speech_case_spelling_and_form() -> None:
    bank = Bank(OTHERS, levels=())
    assert sentences(bank.of(Entry.parse("book", "verb"))) == ["We booked a table."]
    assert bank.of(Entry.parse("book", "adjective")) == []
    assert sentences(bank.of(Entry.parse("Polish"))) == ["She is Polish."]
    assert sentences(bank.of(Entry.parse("polish"))) == ["Polish your shoes."]
    assert sentences(bank.of(Entry.parse("POLISH"))) == ["She is Polish."]
    assert [Bank().of(Entry.parse(word)) for word in ("Turkey", "US")] == [[], []]
    assert Bank().of(Entry.parse("Apple")) != []
    assert sentences(bank.of(Entry.parse("went"))) == ["We went home."]
    assert sentences(bank.of(Entry.parse("book [n]"))) == ["I read a book."]
    assert sentences(bank.of(Entry.parse("to go"))) == ["We went home.", "They go home."]
    assert sentences(Bank([replace(OTHERS[2], word="Apple", sentence="An apple.")], ()).of(Entry.parse("apple"))) == [
        "An apple."
    ]
    assert other_spellings()["color"] == {("colour", "NOUN"), ("colour", "VERB")}


@pytest.mark.parametrize(
    ("listed", "word", "pos", "sentence", "spelled"),
    [
        ("colour", "color", "noun", "Colors! Two colored colors.", "Colours! Two coloured colours."),
        ("practise", "practice", "verb", "We practiced it.", "We practised it."),
        ("practise", "practice", "noun", "It needs practice.", "It needs practice."),
        ("ice-cream", "ice cream", "noun", "I like ice cream.", "I like ice-cream."),
        ("tshirt", "T-shirt", "noun", "His T-shirt is red.", "His tshirt is red."),
        ("enrol", "enroll", "verb", "She enrolled; he enrolls.", "She enrolled; he enrols."),
        ("program", "programme", "verb", "Who programmed it?", "Who programmed it?"),
        ("licence", "license", "verb", "The city licenses them.", "The city licenses them."),
        ("draught", "draft", "noun", "The first draft is here.", "The first draft is here."),
        ("Dr.", "doctor", "noun", "Ask a doctor.", "Ask a doctor."),
        ("go", "go", "verb", "They went.", "They went."),
    ],
)
def test_a_sentence_in_the_spelling_of_the_list(listed: str, word: str, pos: str, sentence: str, spelled: str) -> None:
    assert BankSentence(word, pos, sentence, "A1").spelled(Entry.parse(listed)) == spelled


def test_ways_of_writing_find_the_same_word() -> None:
    bank = Bank()
    for one, other in (("ice-cream", "ice cream"), ("t shirt", "T-shirt"), ("tshirt", "T-shirt"), ("color", "colour")):
        assert {*bank.of(Entry.parse(one))} == {*bank.of(Entry.parse(other))} != set()


def test_words_inside_other_sentences() -> None:
    assert sentences(Bank(OTHERS, levels=()).containing(Entry.parse("table"))) == ["We booked a table."]
    assert Bank(OTHERS, levels=()).containing(Entry.parse("book")) == []


def test_the_lists_have_their_headwords() -> None:
    counted = {level: sum(entry.level == level for entry in headwords()) for level in ("A1", "A2", "B1", "B2", "C1")}
    assert counted == {"A1": 1164, "A2": 1411, "B1": 2446, "B2": 2778, "C1": 1085}
    assert next(entry for entry in headwords() if "colour" in entry.spellings).name == "color/colour"


def test_it_loads_quickly_and_not_before_it_is_asked() -> None:
    code = """
import sys, time
from cefr_sentences.extension import cli
cli.build_parser()
print("cefr_sentences.exporter.bank.bank" in sys.modules, "lemminflect" in sys.modules)
from cefr_sentences.exporter.bank.bank import Bank
start = time.process_time()
Bank()
print(time.process_time() - start)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    bank, lemminflect, seconds = done.stdout.split()
    assert (bank, lemminflect) == ("False", "False")
    assert float(seconds) < 0.5  # 0.14 s for 16,688 rows


def test_own_sentences_are_added_once_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "u" / "bank.jsonl"
    assert read_own(file) == []
    wrong = BankSentence("cat", "", "A dog.", "A1", OWN)
    done = add_own(file, [MINE, MINE, wrong])
    assert (done.added, done.there) == (1, 1)
    assert [(row, str(problem)) for row, problem in done.rejected] == [
        (wrong, "the word does not occur in the sentence")
    ]
    assert add_own(file, [MINE, OTHERS[0]]).added == 1
    assert read_own(file) == [MINE, OTHERS[0]]
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[0])["pos"] == "verb"


def test_own_sentences_of_two_at_once_and_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real.jsonl")
    add_own(tmp_path / "link", [MINE])
    with only_one(tmp_path / "real.jsonl"), pytest.raises(TargetError, match="Another process"):
        add_own(tmp_path / "link", [OTHERS[0]])
    assert add_own(tmp_path / "link", [OTHERS[0]]).added == 1
    assert (tmp_path / "link").is_symlink()
    assert [row.word for row in read_own(tmp_path / "real.jsonl")] == ["add", "book"]


def test_an_own_file_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    file = tmp_path / "bank.jsonl"
    file.write_text('{"word": "cat", "sentence": "A cat."}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1: the level is ''. Write one of A1"):
        read_own(file)


REFUSED = {
    "only the word": (("add", "dog", "dog", "--level", "A1"), "the sentence is only the word"),
    "no such part of speech": (
        ("add", "dog", "My dog ran.", "--level", "A1", "--pos", "x"),
        "'x' is not a part of speech",
    ),
    "another part of speech": (
        ("add", "book", "I read a book.", "--level", "A1", "--pos", "verb"),
        "does not use the word as verb",
    ),
    "no such file": (("search", "dog"), "does not exist. Correct the path, or make it with"),
    "no such file to export": (("export", "x.csv"), "does not exist"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_in_a_sentence(run, tmp_path: Path, case: str) -> None:
    args, message = REFUSED[case]
    result = run("bank", *args, "--own", tmp_path / "none.jsonl")
    assert (result.code, message in result.err, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.slow
def test_the_commands_for_own_sentences(run, tmp_path: Path) -> None:
    own, other = tmp_path / "own.jsonl", tmp_path / "other.csv"
    other.write_text("word,sentence\ncat,The cat sleeps on my bed.\ndog,No animal.\n", encoding="utf-8")
    add = ("bank", "add", "dog", "My dog can open the fridge.", "--level", "A1", "--own", own)
    assert "1 added, 0 there already" in run(*add).out
    assert "0 added, 1 there already" in run(*add).out
    assert run("bank", "merge", other, "--own", own).code == 2
    done = run("bank", "merge", other, "--level", "a1", "--own", own)
    assert (done.code, "1 added, 0 there already, 1 left out" in done.out) == (0, True)
    assert run("bank", "export", tmp_path / "o.csv", "--own", own).code == 0
    lines = (tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "word,pos,sentence,level",
        "dog,,My dog can open the fridge.,A1",
        "cat,,The cat sleeps on my bed.,A1",
    ]
    wrong = run("bank", "add", "dog", "My cat.", "--level", "A1", "--own", own)
    assert (wrong.code, "the word does not occur in the sentence" in wrong.err) == (2, True)
    table = tmp_path / "table.csv"
    table.write_text("word,sentence,note\ndog,My dog is big.,mine\n", encoding="utf-8")
    lost = run("bank", "add", "cat", "My cat is small.", "--level", "A1", "--own", table)
    assert (lost.code, "would lose its other columns" in lost.err, "mine" in table.read_text()) == (2, True, True)
    assert "ends like a table" in run("bank", "add", "a", "A cat.", "--level", "A1", "--own", tmp_path / "n.csv").err
    assert "(your own)" in run("bank", "search", "cat", "--own", own).out


def test_own_sentences_of_a_webui(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    add = ("bank", "add", "dog", "My dog can open the fridge.", "--level", "A1")
    assert "There is no webui here" in run(*add).err
    for part in ("modules", "user_data"):
        (tmp_path / part).mkdir()
    (tmp_path / "server.py").touch()
    assert run(*add).code == 0
    assert (tmp_path / "user_data" / "cefr-sentences" / "bank.jsonl").is_file()


@pytest.mark.slow
def test_coverage_and_search(run, tmp_path: Path) -> None:
    words = tmp_path / "w.csv"
    words.write_text("word\nwent\nin front of\nlook after\n", encoding="utf-8")
    assert "3 of 3 words have a sentence" in run("bank", "coverage", words).out
    assert "Check the spelling" in run("bank", "coverage", tmp_path / "none").err
    words.write_text("word,pos\nadd,verb\nadd,noun\nzyx,\n", encoding="utf-8")
    said = run("bank", "coverage", words).out
    assert "1 of 3 words have a sentence" in said
    assert "Missing: add, zyx" in said
    assert run("bank", "coverage", words, "--missing").out == "add\nzyx\n"
    assert json.loads(run("bank", "coverage", words, "--json").out)["levels"]["A1"] == 1
    assert "A1 verb" in run("bank", "search", "add").out
    assert "It is in no sentence" in run("bank", "search", "zyx").out
