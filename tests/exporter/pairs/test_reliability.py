"""Tables that hang, crash or are exported although the result cannot be read."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.checked import read_object
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.pairs.checking import load_pairs
from cefr_sentences.exporter.pairs.tables import read_rows
from cefr_sentences.exporter.pairs.wordlist import read_word_list
from cefr_sentences.exporter.records.reading import read_records
from cefr_sentences.extension.training.log import read_log
from cefr_sentences.patches.folders import Script
from cefr_sentences.patches.patcher import _report

ANIMALS = ("cat", "dog", "pig", "cow", "hen", "bee", "ant", "fox", "owl", "bat", "rat")


def csv_file(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(("word,sentence", *rows)) + "\n", encoding="utf-8")
    return path


def test_several_columns_of_examples(tmp_path: Path) -> None:
    """ynlmz/AnkiTemplate, README: Example, Example 2."""
    for first in ("Example", "Example 1"):
        text = f"Word,{first},Example 2,Example 3\nhappy,She is happy.,We are happy.,\nsad,,,He is sad.\nred,,,\n"
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        pairs = load_pairs(tmp_path / "a.csv", "A1")
        assert list(pairs) == [("happy", "She is happy."), ("happy", "We are happy."), ("sad", "He is sad.")]
        assert (pairs.rows.read, pairs.rows.used, pairs.rows.blank) == (4, 3, 1)


def test_a_sheet_a_level(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.worksheets[0].title = "A1"
    book.create_sheet("B1")
    for sheet, sentence in zip(book.worksheets, ("She is happy.", "Everybody felt happy."), strict=True):
        sheet.append(("Kelime", "Cümle"))
        sheet.append(("happy", sentence))
    book.save(tmp_path / "a.xlsx")
    pairs = load_pairs(tmp_path / "a.xlsx", "B1")
    assert (list(pairs), pairs.rows.other_level) == ([("happy", "Everybody felt happy.")], 1)
    assert list(load_pairs(tmp_path / "a.xlsx", "B1", sheet="A1")) == [("happy", "She is happy.")]


def test_pairs_without_a_header(tmp_path: Path) -> None:
    rows = ["ben,me,Give it to me.", "sen,you,Where are you?", "biz,we,We are here."]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    pairs = load_pairs(tmp_path / "a.csv", "A1")
    assert list(pairs) == [("me", "Give it to me."), ("you", "Where are you?"), ("we", "We are here.")]
    assert "taken for: meaning, word, sentence" in str(pairs.notes[0])


@pytest.mark.parametrize("name", ["pos", "Türü", "Type"])
def test_the_part_of_speech_of_a_row_is_checked(tmp_path: Path, name: str) -> None:
    text = f"word,{name},sentence\nbook,verb,I read a book.\nbook,verb,We booked a room.\nbook,noun,I read a book.\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    pairs = load_pairs(tmp_path / "a.csv", "A1")
    assert [(r.row, str(r.reason)) for r in pairs.rejects] == [(2, "the sentence does not use the word as verb")]
    assert list(pairs) == [("book", "We booked a room."), ("book", "I read a book.")]


def test_the_prompt_asks_for_the_headword(tmp_path: Path) -> None:
    rows = ["put sth off,They put the game off.", "colour (BrE),I like this colour.", "close 1,Close the door!"]
    assert load_pairs(csv_file(tmp_path / "a.csv", *rows), "A1").words == ["put off", "colour", "close"]


def test_control_characters_are_rejected_and_never_in_a_record(run, tmp_path: Path) -> None:
    words = ANIMALS
    rows = [{"word": w, "sentence": f"The {w} sat."} for w in words]
    odd = [{"word": "cat", "sentence": f"The cat{c} slept{c}."} for c in "\0\x01\x0b\x1c\x1f\x7f\x85\x9f\u2028\ud800"]
    (tmp_path / "a.json").write_text(json.dumps(rows + odd), encoding="utf-8")
    for keep in ([], ["--keep"]):
        args = ("--level", "A1", "--out", tmp_path / "o", "--name", "n", "--eval", "0", "--records", "9", "--force")
        assert run("export", tmp_path / "a.json", *args, *keep).code == 0
        assert len(read_records(tmp_path / "o/n.txt")) == 9
    assert "The cat\ufffd slept\ufffd." in (tmp_path / "o/n_rejected.csv").read_text(encoding="utf-8")
    pairs = load_pairs(tmp_path / "a.json", "A1")
    assert (pairs.rows.rejected, str(pairs.rejects[0].reason)) == (9, "a control character: U+0000")


def test_keep_joins_the_cells_of_a_sentence_with_commas(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", "cat,The cat, it sat, down ")
    assert list(load_pairs(path, "A1", keep=True)) == [("cat", "The cat, it sat, down")]


def test_no_formula_in_the_rejected_rows(run, tmp_path: Path) -> None:
    rows = [f"{w},The {w} sat." for w in ANIMALS]
    path = csv_file(tmp_path / "a.csv", *rows, "=cmd|' /C calc'!A0,@SUM(1)")
    args = ("--level", "A1", "--out", tmp_path / "o", "--name", "n", "--eval", "0", "--records", "9")
    assert run("export", path, *args).code == 0
    assert "'=cmd|' /C calc'!A0,'@SUM(1)" in (tmp_path / "o/n_rejected.csv").read_text(encoding="utf-8")


def test_a_very_long_sentence(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", "cat,The cat " + "sat " * 100_000)
    assert "400,007 characters" in str(load_pairs(path, "A1").rejects[0].reason)


def test_a_row_number_that_no_sheet_has(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.worksheets[0].append(("word", "sentence"))
    book.worksheets[0].append(("cat", "The cat sat."))
    book.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as before, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'<row r="2"', b'<row r="99999999999"'))
    with pytest.raises(InputError, match="above 1,048,576"):
        list(read_rows(tmp_path / "b.xlsx"))


def test_a_long_cell_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a b" + "[" * 100_000 + " c,x\n")
    started = time.process_time()
    with suppress(InputError):
        list(read_rows(tmp_path / "a.csv"))
    for line in ("-" * 50_000 + "(45) x,y", "level  " * 7_000 + "x", "x" + " " * 50_000 + "x"):
        (tmp_path / "a.csv").write_text(f"word,meaning\napple,elma\n{line}\n")
        (tmp_path / "a.txt").write_text(f"apple\n{line}\n")
        assert len(read_word_list(tmp_path / "a.csv").words) == 2
        assert read_word_list(tmp_path / "a.txt").words[0].text == "apple"
    (tmp_path / "a.csv").write_text("word" + ",c" * 20_000)
    with pytest.raises(InputError, match="more than 16,384 columns"):
        list(read_rows(tmp_path / "a.csv"))
    assert time.process_time() - started < 5


def test_a_deck_whose_notes_have_no_end(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        db.executescript(
            "create table col (models text); insert into col values ('{}');"
            "create view notes as with recursive n(id) as (select 1 union all select id + 1 from n) select id from n"
        )
    with zipfile.ZipFile(tmp_path / "a.apkg", "w") as archive:
        archive.write(tmp_path / "db", "collection.anki2")
    with pytest.raises(InputError, match="no table of notes"):
        list(read_rows(tmp_path / "a.apkg"))


def test_pipes_and_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), Path("/dev/null")):
        for read in (read_rows, read_object):
            with pytest.raises(InputError, match="neither a file nor a folder"):
                list(read(path))
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_rows(tmp_path / "loop.csv"))


def test_pipes_inside_a_folder(tmp_path: Path) -> None:
    """Of a run, of an extension, and of a saved dataset."""
    for name in ("run.jsonl", "script.py", "data.arrow"):
        os.mkfifo(tmp_path / name)
    assert read_log(tmp_path) is None
    assert "not an ordinary file" in _report(Script(tmp_path / "script.py", tmp_path)).problem
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="not an ordinary file"):
        list(read_rows(tmp_path))


def test_a_pipe_on_purpose_is_read_once(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    text = b"word,sentence\ncat,The cat sat.\n"
    thread = threading.Thread(target=lambda: (os.write(writing, text), os.close(writing)))
    thread.start()
    assert [row.word for row in read_rows(Path(f"/dev/fd/{reading}"))] == ["cat"]
    thread.join()
    os.close(reading)


def test_parquet_with_dates_that_python_has_not(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from cefr_sentences.exporter.pairs.wordlist import read_word_list
    from pyarrow import parquet

    columns = {
        "word": ["cat"],
        "sentence": ["The cat sat."],
        "when": pyarrow.array([2**62], pyarrow.timestamp("us")),
        "long": pyarrow.array([2**62], pyarrow.duration("s")),
        "zone": pyarrow.array([0], pyarrow.timestamp("s", tz="Nowhere/Else")),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    assert list(load_pairs(tmp_path / "a.parquet", "A1")) == [("cat", "The cat sat.")]
    words = read_word_list(tmp_path / "a.parquet")
    assert [name for name, _ in words.words[0].columns] == ["sentence", "when", "long", "zone"]
    assert "cells hold a date or time" in str(words.notes[0])


def test_damaged_saved_datasets_are_refused_in_the_same_process(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"word": ["cat"] * 50, "sentence": ["The cat sat."] * 50})
    data.save_to_disk(tmp_path / "s")
    (file,) = (tmp_path / "s").glob("*.arrow")
    whole = file.read_bytes()

    def refused(content: bytes) -> bool:
        file.write_bytes(content)
        try:
            list(read_rows(tmp_path / "s"))
        except InputError:
            return True
        return False

    changed = [
        refused(whole[:at] + bytes([whole[at] ^ sign]) + whole[at + 1 :])
        for at in range(0, len(whole), 7)
        for sign in (0x01, 0x40, 0xFF)
    ]
    assert any(changed)  # not all: a letter may be another letter
    cut = [refused(whole[:length]) for length in range(0, len(whole), 97)]
    assert all(cut)


def test_names_that_are_no_utf8(run, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"w\xff.csv")
    csv_file(path, *[f"{w},The {w} sat." for w in ANIMALS])
    args = ("--level", "A1", "--out", tmp_path / "o", "--eval", "0", "--records", "9")
    result = run("export", path, *args)
    assert (result.code, "cannot be used for files" in result.err) == (2, True)
    assert run("export", path, *args, "--name", "n").code == 0
    assert json.loads((tmp_path / "o/n.meta.json").read_text(encoding="utf-8"))["source"] == "w?.csv"


def test_a_target_that_links_to_itself(run, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o/n.txt").symlink_to(tmp_path / "o/n.txt")
    path = csv_file(tmp_path / "a.csv", "cat,The cat sat.")
    result = run("export", path, "--level", "A1", "--out", tmp_path / "o", "--name", "n", "--eval", "0")
    assert result.code == 2
