"""Commands are given places that they must not write to, and names that are none: nothing is changed."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError

from ..fuzz.commands import begin, state

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")

# What is given, in a folder with `begun`, and what is said.
REFUSED: dict[str, tuple[str, str]] = {
    "a pipe for own sentences": ("bank add dog Dogs.bark --level A1 --own pipe.csv", "a pipe or a device"),
    "a pipe for a bank": ("bank export pipe.csv --own own.jsonl --force", "a pipe or a device"),
    "a pipe for a sheet": ("write words.txt --level A1 --bank only --out pipe.csv --force", "a pipe or a device"),
    "a pipe for records": ("convert-data train.txt --to json --out pipe.csv --force", "a pipe or a device"),
    "a link that leads nowhere": ("write words.txt --level A1 --bank only --out link.csv", "already there"),
    "the root for own sentences": ("bank add dog Dogs.bark --level A1 --own /", "is a whole disk"),
    "no run in this folder": ("train --resume .", "no unfinished run"),
    "this folder": ("train train.txt --model embedded --level A1 --out .", "overwrite what"),
    "this folder for own sentences": ("bank add dog Dogs.bark --level A1 --own .", "is a folder"),
    "the deck itself": ("write deck.txt --level A1 --bank only --fill deck.txt --force", "overwrite what"),
    "the list itself": ("write list.csv --level A1 --bank only --out list.csv --force", "overwrite what"),
    "one's own sentences": (
        "write words.txt --level A1 --bank only --own own.jsonl --out own.jsonl --force",
        "overwrite what",
    ),
    "two for one": ("write deck.txt --level A1 --bank only --out x.csv --fill x.csv", "two different results"),
    "a bank over itself": ("bank export own.jsonl --own own.jsonl --force", "overwrite what"),
    "a link to the source": ("convert-data train.txt --to json --out same.txt --force", "overwrite what"),
    "training data inside": (
        "train adapter/train.txt --model embedded --level A1 --out adapter --force",
        "overwrite what",
    ),
    "another export's file": (
        "export pairs.csv --level A1 --out . --name a_chat --records 20 --eval 0 --force",
        "belongs to the export a",
    ),
    "a report over itself": ("evaluate --compare r s --out r", "overwrite what"),
    "a report in place of another": ("evaluate --compare s s --out r --force", "holds the report of an evaluation"),
    "an empty name": ("write EMPTY --level A1 --bank only", "name of the file with the words is empty"),
    "an empty list": ("bank coverage EMPTY", "name of the file with the words is empty"),
}


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file of each kind, which is the working directory."""
    begin(tmp_path / "begun")
    monkeypatch.chdir(tmp_path / "begun")
    return tmp_path / "begun"


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, begun: Path, run: Callable[..., Any]) -> None:
    command, message = REFUSED[case]
    before = state(begun)
    result = run(*("" if word == "EMPTY" else word.replace("Dogs.bark", "My dog runs.") for word in command.split()))
    assert (result.code, message in result.err) == (2, True), result.err
    assert state(begun) == before


def test_a_folder_made_for_nothing_goes_again(begun: Path) -> None:
    from cefr_sentences.exporter.common.lock import only_one
    from cefr_sentences.extension.writing.journal import Journal

    before = state(begun)
    with pytest.raises(InputError), Journal(begun / "new/deep/s.csv", {}):
        raise InputError("There is no server.")
    with only_one(begun / "new/loras/x"):
        pass
    assert state(begun) == before


def test_a_long_line_of_a_list(tmp_path: Path) -> None:
    """Longer than what Python's csv takes for a cell, whatever was read before."""
    from cefr_sentences.exporter.common.encoding import MAX_LINE
    from cefr_sentences.exporter.pairs.wordlist import read_word_list

    (tmp_path / "wide.txt").write_text("dog\ncat\n" + "x" * 200_000 + ",a\n", encoding="utf-8")
    assert [word.text for word in read_word_list(tmp_path / "wide.txt").words][:2] == ["dog", "cat"]
    assert csv.field_size_limit() == MAX_LINE


def test_what_is_left_out_is_said(begun: Path, run: Callable[..., Any]) -> None:
    (begun / "some.csv").write_text("word,sentence,level\ndog,,A1\n,A dog.,A1\ncat,My cat is old.,A1\n")
    (begun / "turkish.csv").write_bytes("word,sentence,level,anlam\ncat,My cat runs.,A1,ağaç\n".encode("cp1254"))
    (begun / "titled.txt").write_bytes("UNIT 1\ndog\ncat\nağaç\n".encode("cp1254"))
    result = run("bank", "import", "some.csv", "turkish.csv", "--own", "own.jsonl")
    assert "2 added" in result.out
    assert "some.csv: 2 rows without a word or without a sentence" in result.err
    assert "turkish.csv: The text is not UTF-8" in result.err
    said = run("bank", "coverage", "titled.txt").err
    assert ("The text is not UTF-8" in said, "Taken for titles" in said) == (True, True)
    for file in ("titled.txt", "turkish.csv"):
        assert run("level", file).err.count("The text is not UTF-8") == 1
