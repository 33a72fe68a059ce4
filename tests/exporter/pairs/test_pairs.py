from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.language.sentences import count_sentences
from cefr_sentences.exporter.pairs.checking import check_pair, load_pairs, starter_pairs


def load(tmp_path: Path, rows: list[tuple[str, ...]], level: str = "A1", *, keep: bool = False):
    path = tmp_path / "pairs.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("word", "sentence", "level"), *rows])
    return load_pairs(path, level, keep=keep)


ROWS = [
    ("run", "She ran home.", "A1"),
    ("Run", "We run.", " a1 "),
    ("run", "She ran home.", "A1"),  # doubled
    ("run", "", "A1"),  # blank
    ("", "", ""),  # blank
    ("walk", "She ran home.", "A1"),  # not in it
    ("cat", "A cat. A hat. A bat.", "A1"),  # three sentences
    ("cat", "A\ncat.", "A1"),  # line break
    ("cat", "The cat sleeps.", "B1"),  # other level
    ("cat", "The cat’s “name” is Tom.", ""),  # smart quotes, no level
    ("cat", "My cat is old.", "A7"),  # not a level
    ("dog", "  The  dog\u00a0barks. \u200b", "A1"),
    ("dog", "A dog", "C2"),  # known, but another level
]


def test_everything_read_is_accounted_for(tmp_path: Path) -> None:
    pairs = load(tmp_path, ROWS)
    c = pairs.rows
    assert c.read == len(ROWS) == c.used + c.other_level + c.doubled + c.blank + c.rejected
    assert (c.used, c.other_level, c.doubled, c.blank, c.rejected) == (4, 2, 1, 2, 4)
    assert pairs.cleaned.smart_quotes == 1
    assert list(pairs) == [
        ("run", "She ran home."),
        ("run", "We run."),
        ("cat", 'The cat\'s "name" is Tom.'),
        ("dog", "The dog barks."),
    ]
    assert [(r.row, str(r.reason)) for r in pairs.rejects] == [
        (7, "the word does not occur in the sentence"),
        (8, "3 sentences instead of one"),
        (9, "line break in the sentence"),
        (12, "'A7' is not a CEFR level"),
    ]


def test_keep_uses_what_fails_and_still_names_it(tmp_path: Path) -> None:
    pairs = load(tmp_path, ROWS, keep=True)
    c = pairs.rows
    assert c.read == c.used + c.other_level + c.doubled + c.blank + c.rejected
    assert (c.used, c.kept_despite_a_failed_check, c.rejected, len(pairs.rejects)) == (7, 3, 1, 4)
    assert ("cat", "A cat.") in list(pairs)  # the line break became a space


def test_a_sentence_is_stored_once_for_all_its_words(tmp_path: Path) -> None:
    pairs = load(tmp_path, [("cat", "The cat saw a dog.", "A1"), ("dog", "The cat saw a dog.", "A1")])
    assert (len(pairs), pairs.sentences) == (2, ["The cat saw a dog."])


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("I met Mr. Smith and Dr. Brown.", 1),
        ("J. K. Brown came at 5 p.m. on Monday.", 1),
        ("Wait... I know!", 1),
        ('"Stop!" Tom shouted.', 1),
        ("It costs 3.50 dollars.", 1),
        ("Is it true? Yes.", 2),
        ("He left. She stayed. I slept.", 3),
        ("So do I. He does too.", 2),
        ("No end mark", 1),
        ("She is nice. Özge is here.", 2),
        ("The answer is no. He left.", 2),
        ("It is in the sand. We go in Mar. 3 or so.", 2),
        ("I run.She runs.", 2),
        ("Room No. 5 is mine, and Fig. 2 shows it.", 1),
    ],
)
def test_counting_sentences(text: str, n: int) -> None:
    assert count_sentences(text) == n


def test_swapped_columns_are_guessed() -> None:
    assert "swapped" in str(check_pair("x" * 30 + " is a very long word with a sentence in it", "x"))


def test_the_starter_pairs() -> None:
    rows = json.loads(starter_pairs("A1").read_text(encoding="utf-8"))
    pairs = load_pairs(starter_pairs("A1"), "A1")
    assert len(pairs) + pairs.rows.rejected == len(rows)
    assert [s for s in pairs.sentences if not s.endswith((".", "?", "!", '"'))] == []


@pytest.mark.slow
def test_the_demo_trains_on_no_sentence_with_a_new_word(monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension import demo
    from cefr_sentences.extension.demo import NEW_WORDS, sample

    monkeypatch.setattr(demo, "WORDS", 50)
    rows = sample("A1")
    assert len({row.word for row in rows}) == 50
    assert rows == sample("A1") != sample("A1", seed=1)
    assert len(NEW_WORDS["A1"]) == 20 == len({*NEW_WORDS["A1"]})
    entries = [Entry.parse(word) for word in NEW_WORDS["A1"]]
    assert [row for row in rows if any(entry.uses(row.sentence) for entry in entries)] == []
