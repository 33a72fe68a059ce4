"""Nothing of a table disappears without being counted: the numbers of a summary add up, whatever the table."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.pairs.checking import load_pairs
from cefr_sentences.exporter.pairs.wordlist import WordList, read_word_list
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = st.sampled_from(["cat", "Cat", "cat n.", "<b>dog</b>", "put sth off", "\u200bdog", "", " ", "123", "dog"])
SENTENCES = st.sampled_from(
    [
        "The cat ran.",
        "The dog ran.",
        "“Cat!”",
        "A <b>dog</b>.",
        "A cat. A dog.",
        "[x] cat",
        "",
        "\n",
        "a\x07cat.",
        "dog",
    ]
)
LEVELS = st.sampled_from(["A1", "a1", " A1 ", "B2", "A1/A2", "hard", "", None])
ROWS = st.lists(st.fixed_dictionaries({"word": WORDS, "sentence": SENTENCES, "level": LEVELS}), min_size=1, max_size=12)


@QUICK
@given(ROWS, st.booleans())
def test_of_pairs(tmp_path: Path, rows: list[dict[str, str | None]], keep: bool) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    pairs = load_pairs(path, "A1", keep=keep)
    c = pairs.rows
    assert c.read == len(rows) == c.used + c.rejected + c.other_level + c.doubled + c.blank
    assert c.used == len(pairs)
    failed = Counter(str(reject.reason) for reject in pairs.rejects)
    assert failed.total() == c.rejected + c.kept_despite_a_failed_check
    assert keep or not c.kept_despite_a_failed_check
    cleaned = pairs.cleaned
    assert all(0 <= n <= 2 * len(rows) for n in (cleaned.markup, cleaned.invisible, cleaned.smart_quotes))
    changed = any("<b>" in str(row[key]) for row in rows for key in ("word", "sentence"))
    assert (cleaned.markup > 0) == changed
    assert (cleaned.invisible > 0) == any("\u200b" in str(row["word"]) for row in rows)
    for problem in cleaned.said:
        assert int(str(problem.values["n"])) > 0


def said(words: WordList, part: str) -> int:
    """The number of the note that has `part` in it."""
    return sum(int(str(note.values["n"])) for note in words.notes if part.lower() in note.message.lower())


@QUICK
@given(ROWS)
def test_of_word_lists(tmp_path: Path, rows: list[dict[str, str | None]]) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    if not any(str(row["word"]).strip("\u200b ") for row in rows):
        with pytest.raises(InputError, match="no word"):
            read_word_list(path)
        return
    words = read_word_list(path)
    blank = sum(not str(row["word"]).strip() and bool(row["sentence"] or row["level"]) for row in rows)
    nothing = sum(not any(str(row[key] or "").strip(" ") for key in row) for row in rows)
    assert len(words.words) + said(words, "without a word") + nothing == len(rows)
    assert said(words, "without a word") == blank
    assert said(words, "not in the CEFR") == sum(row["level"] == "hard" for row in rows)
    assert said(words, "more than one level") == sum(row["level"] == "A1/A2" for row in rows)
    assert len(words.at("A1").words) + words.at("A1").other_level == len(words.words)


LINES = st.lists(
    st.sampled_from(
        ["apple", "1. book", "A1", "Unit 2", "# x", "• It is an apple.", "cat, dog, egg", "", "put off - x"]
    ),
    max_size=12,
)


@QUICK
@given(LINES)
def test_of_text_lists(tmp_path: Path, lines: list[str]) -> None:
    """Every line is an entry, several entries, a title, an example or blank."""
    path = tmp_path / "w.txt"
    path.write_text("\n".join(["pear", *lines]), encoding="utf-8")
    words = read_word_list(path)
    of_lists = sum(word.text in ("cat", "dog", "egg") for word in words.words)
    whole = len(words.words) - of_lists + of_lists // 3
    filled = 1 + sum(line != "" for line in lines)
    assert whole + said(words, "taken for titles") + said(words, "taken for examples") == filled
