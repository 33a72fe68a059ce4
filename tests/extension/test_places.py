"""Commands are given places that they must not write to, and names that are none: nothing is changed."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError

DECK = "#separator:tab\n#html:false\n#columns:Word\tExample\ndog\t\n"
# What is given, in a folder with `begun`, and what is said.
REFUSED: dict[str, tuple[str, str]] = {
    "a pipe for own sentences": ("bank add dog Dogs.bark --level A1 --own pipe.csv", "a pipe or a device"),
    "a pipe for a bank": ("bank export pipe.csv --own own.jsonl --force", "a pipe or a device"),
    "a pipe for a sheet": ("write words.txt --level A1 --bank only --out pipe.csv --force", "a pipe or a device"),
    "a pipe for records": ("convert-data j1.txt --to json --out pipe.csv --force", "a pipe or a device"),
    "a link that leads nowhere": ("write words.txt --level A1 --bank only --out link.csv", "already there"),
    "the root for own sentences": ("bank add dog Dogs.bark --level A1 --own /", "is a whole disk"),
    "no run in this folder": ("train --resume .", "no unfinished run"),
    "this folder": ("train j1.txt --model embedded --level A1 --out .", "overwrite what"),
    "this folder for own sentences": ("bank add dog Dogs.bark --level A1 --own .", "is a folder"),
    "the deck itself": ("write deck.txt --level A1 --bank only --fill deck.txt --force", "overwrite what"),
    "the list itself": ("write list.csv --level A1 --bank only --out list.csv --force", "overwrite what"),
    "one's own sentences": (
        "write words.txt --level A1 --bank only --own own.jsonl --out own.jsonl --force",
        "overwrite what",
    ),
    "two for one": ("write deck.txt --level A1 --bank only --out x.csv --fill x.csv", "two different results"),
    "a bank over itself": ("bank export own.jsonl --own own.jsonl --force", "overwrite what"),
    "a link to the source": ("convert-data j1.txt --to json --out same.txt --force", "overwrite what"),
    "training data inside": ("train a/d.txt --model embedded --level A1 --out a --force", "overwrite what"),
    "another export's file": (
        "export j1.csv --level A1 --out . --name j1_chat --records 20 --eval 0 --force",
        "belongs to the export j1",
    ),
    "a report over itself": ("evaluate --compare r z --out r", "overwrite what"),
    "a report in place of another": ("evaluate --compare a b --out r --force", "holds the report of an evaluation"),
    "an empty name": ("write EMPTY --level A1 --bank only", "name of the file with the words is empty"),
    "an empty list": ("bank coverage EMPTY", "name of the file with the words is empty"),
}


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file of each kind, which is the working directory."""
    from cefr_sentences.exporter.records.formats import FORMATS, RecordWriter
    from cefr_sentences.exporter.records.prompt import Record

    rows = "".join(f"{w},A {w} is here.\n" for w in ("dog", "cat", "book", "tree", "bird", "car", "door", "hand"))
    for name, text in {
        "words.txt": "dog\ncat\n",
        "list.csv": "word,note\ndog,mine\ncat,mine\n",
        "deck.txt": DECK,
        "own.jsonl": json.dumps({"word": "dog", "sentence": "My dog is old.", "level": "A1"}) + "\n",
        "j1.csv": f"word,sentence\n{rows}",
        "j1_chat.json": "[]",
        "j1.meta.json": json.dumps({"written": ["j1_chat.json"]}),
        "r/evaluation.json": "{}",
        "z/evaluation.json": "{}",
        "a/adapter_config.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("j1.txt", "a/d.txt"):
        with (tmp_path / name).open("w", encoding="utf-8") as file:
            writer = RecordWriter(file, FORMATS["txt"])
            writer.write(Record("A1", ("cat", "tree"), ("I have a cat.", "The tree is green.")))
            writer.close()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("nowhere.csv")
    (tmp_path / "same.txt").symlink_to("j1.txt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(folder: Path) -> dict[str, object]:
    """Everything below `folder`, links and pipes as such."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else (path.readlink() if path.is_symlink() else path.lstat().st_mode)
        for path in folder.rglob("*")
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
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
