"""`cefr-sentences starter`: list, show, save."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cefr_sentences.exporter.bank.tables import SUFFIXES
from cefr_sentences.exporter.language.levels import TRAINABLE
from cefr_sentences.exporter.pairs.checking import load_pairs, starter_pairs


def test_without_a_level_the_levels_are_listed(run) -> None:
    result = run("starter")
    lines = result.out.splitlines()
    assert result.code == 0
    assert lines[0].split() == ["level", "words", "sentences"]
    counted = {level: load_pairs(starter_pairs(level), level) for level in TRAINABLE}
    assert [line.split() for line in lines[1:]] == [[k, f"{len(p.words):,}", f"{len(p):,}"] for k, p in counted.items()]


def test_a_level_shows_every_word_with_its_sentences(run) -> None:
    result = run("starter", "a1")
    pairs = load_pairs(starter_pairs("A1"), "A1")
    blocks = [block.splitlines() for block in result.out.split("\n\n")]
    assert result.code == 0
    assert [(block[0], line.strip()) for block in blocks for line in block[1:]] == list(pairs)
    assert [block[0] for block in blocks] == pairs.words


def test_words_only(run) -> None:
    result = run("starter", "C1", "--words")
    assert (result.code, result.out.splitlines()) == (0, load_pairs(starter_pairs("C1"), "C1").words)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_saved_reads_back_as_the_same_pairs(run, tmp_path: Path, suffix: str) -> None:
    level = "C1"  # it has sentences with commas and with quotation marks
    out = tmp_path / "new" / f"pairs{suffix}"
    result = run("starter", level, "--out", out)
    pairs = load_pairs(out, level, keep=True)
    assert result.code == 0
    assert result.out == f"{len(pairs):,} pairs -> {out}\n"
    assert list(pairs) == list(load_pairs(starter_pairs(level), level))
    assert len(pairs.rejects) < 0.02 * len(pairs)  # what the matcher takes for another part of speech
    assert load_pairs(out, "A2").rows.other_level == len(pairs)
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_json_lines_are_one_object_a_line(run, tmp_path: Path) -> None:
    out = tmp_path / "a1.jsonl"
    run("starter", "A1", "--out", out)
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert found == json.loads(starter_pairs("A1").read_text(encoding="utf-8"))


def test_a_file_is_replaced_only_with_force(run, tmp_path: Path) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("mine", encoding="utf-8")
    result = run("starter", "A1", "--out", out)
    assert result.code == 2
    assert "mine.csv already there" in result.err
    assert out.read_text(encoding="utf-8") == "mine"
    assert run("starter", "A1", "--out", out, "--force").code == 0
    assert out.read_text(encoding="utf-8").startswith("word,pos,sentence,level\n")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["C2"], "Level C2 cannot be trained or exported"),
        (["Z9"], "'Z9' is not a CEFR level"),
        (["--words"], "--words needs a level: one of A1, A2, B1, B2, C1"),
        (["--out", "x.csv"], "--out needs a level"),
        (["A1", "--out", "pairs.docx"], "pairs.docx: the name must end in one of .csv, .tsv, .json, .jsonl"),
        (["A1", "--words", "--out", "x.csv"], "not allowed with argument"),
    ],
)
def test_what_cannot_be_done_is_said(run, tmp_path: Path, monkeypatch, args: list[str], says: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("starter", *args)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert list(tmp_path.iterdir()) == []
