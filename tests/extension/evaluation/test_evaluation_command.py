"""What `cefr-sentences evaluate` refuses before a model is loaded, and the files it finds by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.records.formats import FORMATS, RecordWriter, training_beside
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.evaluation.command import _beside, _lists
from cefr_sentences.extension.evaluation.task import of_records
from cefr_sentences.extension.models.metadata import Data, Metadata
from cefr_sentences.extension.training.artifacts import training_of

HELD_OUT = (
    Record("A1", ("cat", "tree"), ("I have a cat.", "The tree is green.")),
    Record("A1", ("sun", "car"), ("The sun is hot.", "We have a car.")),
)

BAD = {
    "nothing": ([], "--model"),
    "neither file nor words": (["--model", "embedded"], "either an evaluation file or --words"),
    "both": (["{eval}", "--words", "w.txt", "--model", "embedded"], "either an evaluation file or --words"),
    "no prompts": (["{eval}", "--model", "embedded", "--prompts", "0"], "--prompts 0"),
    "temperature": (["{eval}", "--model", "embedded", "--temperature", "3"], "--temperature 3.0"),
    "another level": (["{eval}", "--model", "embedded", "--level", "A2"], "is of level A1, not A2"),
    "no level": (["--words", "{words}", "--model", "embedded"], "Say at which level"),
    "no training file": (["{eval}", "--model", "embedded", "--train", "none.txt"], "none.txt does not exist"),
    "beside what": (["{eval}", "--model", "embedded", "--beside", "x.json"], "--beside 'x.json'"),
    "a taken name": (["{eval}", "--model", "embedded", "--beside", "base={words}"], "give a new name"),
    "beside no json": (["{eval}", "--model", "embedded", "--beside", "s={words}"], "is not a JSON array"),
    "out is taken": (["{eval}", "--model", "embedded", "--out", "{folder}"], "holds other things"),
    "compare without out": (["--compare", "a.json", "b.json"], "needs --out"),
    "compare one": (["--compare", "a.json", "--out", "{folder}/new"], "at least two"),
    "compare nothing": (["--compare", "a.json", "b.json", "--out", "{folder}/new"], "a.json does not exist"),
    "compare and evaluate": (["{eval}", "--compare", "a", "b", "--out", "{folder}/new"], "evaluates nothing"),
}


# All in one process of its own, which must not import torch.
ASK = """
import contextlib, io, json, sys
from cefr_sentences.extension.cli import main
answers = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(arguments)
    answers.append((code, said.getvalue()))
print(json.dumps([answers, "torch" in sys.modules]))
"""


def test_refusals_come_before_the_model(tmp_path: Path) -> None:
    write_records(tmp_path / "n_eval.txt", HELD_OUT)
    (tmp_path / "words.txt").write_text("cat\ntree\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").touch()
    places = {"eval": tmp_path / "n_eval.txt", "words": tmp_path / "words.txt", "folder": tmp_path / "folder"}
    commands = [["evaluate", *(a.format(**places) for a in arguments)] for arguments, _ in BAD.values()]
    result = subprocess.run([sys.executable, "-c", ASK, json.dumps(commands)], capture_output=True, text=True)
    answers, torch = json.loads(result.stdout)
    assert not torch
    for (case, (_, message)), (code, said) in zip(BAD.items(), answers, strict=True):
        assert (code, message in said) == (2, True), (case, said)
    assert not (tmp_path / "folder" / "new").exists()


def test_sentences_put_beside(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps([{"word": "Cat", "sentence": "A cat."}, {"word": "tree", "sentence": None}]))
    assert _beside([f"s={path}"], [("cat", "tree")]) == {"s": [["A cat.", None]]}
    with pytest.raises(InputError, match="has no row for 1 of the words asked for, 'sun' first"):
        _beside([f"s={path}"], [("cat", "sun")])
    for bad in (3, "\ud800", ["x"]):
        path.write_text(json.dumps([{"word": "cat", "sentence": bad}]))
        with pytest.raises(InputError, match="neither text nor null"):
            _beside([f"s={path}"], [("cat",)])


def test_one_sentence_is_put_beside_a_word(tmp_path: Path) -> None:
    """Those of `--per-word 2` are refused; a word that was listed twice has one row that was not asked for."""
    path = tmp_path / "s.json"
    rows = [{"word": "cat", "sentence": "A cat."}, {"word": "Cat", "sentence": None, "status": "skipped"}]
    path.write_text(json.dumps(rows))
    assert _beside([f"s={path}"], [("cat",)]) == {"s": [["A cat."]]}
    path.write_text(json.dumps([*rows, {"word": "Cat", "sentence": "My cat."}]))
    with pytest.raises(InputError, match=r"several sentences for 'cat'.* --per-word 1"):
        _beside([f"s={path}"], [("cat",)])


def test_notes_of_the_reader_come_along(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_bytes("UNIT 1\ndog\nağaç\n".encode("cp1254"))
    said = [str(note) for note in _lists(str(tmp_path / "w.txt"))[1]]
    assert any("not UTF-8" in one for one in said)
    assert any("Taken for titles" in one for one in said)


def test_the_training_file_is_found(tmp_path: Path) -> None:
    for name in ("n.txt", "n_eval.txt", "n_chat.json", "n_chat_eval.json", "m_eval.txt"):
        (tmp_path / name).touch()
    assert training_beside(tmp_path / "n_eval.txt") == tmp_path / "n.txt"
    assert training_beside(tmp_path / "n_chat_eval.json") == tmp_path / "n_chat.json"
    assert training_beside(tmp_path / "m_eval.txt") is training_beside(tmp_path / "n.txt") is None
    data = tmp_path / "user_data" / "training" / "datasets"
    data.mkdir(parents=True)
    (data / "n.txt").touch()
    adapter = tmp_path / "user_data" / "loras" / "a"
    adapter.mkdir(parents=True)
    assert training_of(adapter, Metadata(data=Data(file="n.txt"))) == data.resolve() / "n.txt"
    for metadata in (Metadata(), Metadata(data=Data(file="../n.txt")), Metadata(data=Data(file="o.txt"))):
        assert training_of(adapter, metadata) is None


def test_records_of_two_levels_are_refused() -> None:
    with pytest.raises(InputError, match="one level; this one has A1, B1"):
        of_records([*HELD_OUT, Record("B1", ("x",), ("An x.",))], 3)


def write_records(path: Path, records: Any) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        writer = RecordWriter(file, FORMATS["txt"])
        for record in records:
            writer.write(record)
        writer.close()


def test_what_has_to_be_known_about_the_data(tmp_path: Path) -> None:
    from cefr_sentences.exporter.records.prompt import Record
    from cefr_sentences.extension.evaluation.about import remarks
    from cefr_sentences.extension.evaluation.task import of_records
    from cefr_sentences.extension.training.artifacts import fingerprint

    learned = [Record("A1", ("happy", "book"), ("I am happy.", "This is a book."))]
    held_out = [Record("A1", ("dog",), ("A dog runs.",))]
    file, metadata = tmp_path / "a1.txt", Metadata("A1", data=Data(fingerprint=fingerprint(learned)))

    def said(asked: list[Record], training: list[Record] | None, metadata: Metadata) -> list[str]:
        known = None if training is None else tuple(training)
        return [str(r) for r in remarks(metadata, of_records(asked, 5, training=known), file if training else None)]

    assert said(held_out, learned, metadata) == []
    assert said(held_out, learned, Metadata()) == []
    assert ["trained on these very records" in one for one in said(learned, learned, metadata)] == [True]
    assert ["a1.txt is not what" in one for one in said(held_out, held_out, metadata)] == [True]
    assert ["No training file" in one for one in said(held_out, None, metadata)] == [True]
    assert [
        "for B1; the words are asked for at A1" in one for one in said(held_out, learned, replace(metadata, level="B1"))
    ] == [True]
