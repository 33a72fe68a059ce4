"""Does this sentence use this entry? entries.tsv has pairs of the kinds of entries that people's lists have."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from pathlib import Path

import pytest
from cefr_sentences.exporter.language.entry import Entry, keys_of

PAIRS = Path(__file__).parent / "entries.tsv"


def test_pairs() -> None:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    right: dict[str, list[bool]] = defaultdict(list)
    wrong = []
    for row in rows:
        entry = Entry.parse(row["entry"])
        used = entry.uses(row["sentence"])
        right[row["kind"]].append(used == (row["uses"] == "yes"))
        if used != (row["uses"] == "yes"):
            wrong.append(f"{row['kind']}: {row['entry']!r} in {row['sentence']!r}: {used}")
        assert used == bool(entry.spans(row["sentence"]))
        assert not used or entry.keys & keys_of(row["sentence"])
    for kind, some in right.items():
        print(f"{kind:<12} {sum(some):>3} of {len(some):>3}")
    total = sum(map(sum, right.values()))
    print(f"{'all':<12} {total:>3} of {len(rows):>3}, {total / len(rows):.1%}", *wrong, sep="\n")
    assert total >= 0.98 * len(rows), "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "headword", "said"),
    [
        ("abandon v.", "abandon", (("VERB",), "", "", "")),
        ("about prep., adv. A1", "about", (("PREP", "ADV"), "", "", "A1")),
        ("abandon /\u0259\u02c8b\u00e6nd\u0259n/ v", "abandon", (("VERB",), "", "", "")),
        ("colour (BrE)", "colour", ((), "", "BrE", "")),
        ("close 1", "close", ((), "1", "", "")),
        ("bank\u00b2 [n]", "bank", (("NOUN",), "2", "", "")),
        ("World War 2", "World War 2", ((), "", "", "")),
        ("phrasal verb", "phrasal verb", ((), "", "", "")),
        ("give up phr v B1", "give up", (("VERB",), "", "", "B1")),
        ("put sth off", "put off", ((), "", "", "")),
        ("give sb a hand", "give somebody a hand", ((), "", "", "")),
        ("used to do sth", "used to", ((), "", "", "")),
        ("have/has got", "have got", ((), "", "", "")),
        ("(be) able to", "be able to", ((), "", "", "")),
        ("bank (money)", "bank", ((), "", "", "")),
        ("colo(u)r", "colour", ((), "", "", "")),
        ("either...or", "either ... or", ((), "", "", "")),
        ("to run", "run", (("VERB",), "", "", "")),
        ("a, an", "a", ((), "", "", "")),
        ("...", "...", ((), "", "", "")),
        ("B1 abandon v.", "abandon", (("VERB",), "", "", "B1")),
        ("modal v. can", "can", (("VERB",), "", "", "")),
        ("back n., adv. A1, adj. A2", "back", (("NOUN", "ADV", "ADJ"), "", "", "A1")),
        ("second1 (next) det., number A1", "second", (("DET", "NUM"), "1", "", "A1")),
        ("eight number A1", "eight", (("NUM",), "", "", "A1")),
        ("phone number", "phone number", ((), "", "", "")),
        ("arrival noun C", "arrival", (("NOUN",), "", "", "")),
        ("book (n) kitap", "book", (("NOUN",), "", "", "")),
        ("depend (v) on sth", "depend on", (("VERB",), "", "", "")),
        ("apple - elma", "apple", ((), "", "", "")),
        ("der Hund \u2013 dog", "dog", ((), "", "", "")),
        ("apple \u308a\u3093\u3054", "apple", ((), "", "", "")),
        ("go-went-gone", "go", ((), "", "", "")),
        ("lie - lay - lain", "lie", ((), "", "", "")),
        ("have had to", "have had to", ((), "", "", "")),
        ("big \u2260 small", "big", ((), "", "", "")),
        ("put sth \u21c4 off", "put off", ((), "", "", "")),
        ("<b>kitchen</b>", "kitchen", ((), "", "", "")),
        ("am/pm", "a.m.", ((), "", "", "")),
        ("enjoy + -ing", "enjoy doing something", ((), "", "", "")),
        ("can mv", "can", (("VERB",), "", "", "")),
        ("could mv (as in past ability)", "could", (("VERB",), "", "", "")),
        ("be av & v", "be", (("VERB",), "", "", "")),
        ("jeans pl n", "jeans", (("NOUN",), "", "", "")),
        ("news sing n", "news", (("NOUN",), "", "", "")),
        ("glasses n.pl.", "glasses", (("NOUN",), "", "", "")),
        ("a.m. abbrev", "a.m.", ((), "", "", "")),
        ("be going to phr", "be going to", ((), "", "", "")),
        ("bye/goodbye excl", "bye", (("INTJ",), "", "", "")),
        ("look after somebody/something", "look after", ((), "", "", "")),
        ("be good at sth/doing sth", "be good at", ((), "", "", "")),
        ("would like + to + inf.", "would like to", ((), "", "", "")),
        ("to go, went, gone", "go", (("VERB",), "", "", "")),
        ("be (am/is/are)", "be", ((), "", "", "")),
    ],
)
def test_notation(text: str, headword: str, said: tuple[tuple[str, ...], str, str, str]) -> None:
    entry = Entry.parse(text)
    assert (entry.text, entry.headword) == (text, headword)
    assert (entry.parts, entry.sense, entry.variety, entry.level) == said


def test_the_part_of_speech_of_a_column() -> None:
    assert Entry.parse("book", "verb").parts == ("VERB",)
    assert not Entry.parse("book", "verb").uses("I read a book.")
    assert Entry.parse("book", "Nomen").parts == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("colour", "color", True),
        ("T-shirt", "t shirt", True),
        ("ice-cream n", "icecream", True),
        ("grey/gray", "gray", True),
        ("put sth off", "put sb/sth off", True),
        ("book n", "book v", False),
        ("polish", "Polish", False),
        ("everyday", "every day", False),
        ("storey", "story", False),
    ],
)
def test_the_same_entry_in_another_spelling(one: str, other: str, same: bool) -> None:
    assert Entry.parse(one).same_as(Entry.parse(other)) is same
    assert Entry.parse(other).same_as(Entry.parse(one)) is same


def test_odd_entries_are_in_no_sentence() -> None:
    for text in ("", "...", "(", "\U0001f600", "'", "/"):
        assert not Entry.parse(text).uses("It's a big dog ... (n)")


@pytest.mark.parametrize("text", ["sb " * 12 + "zz", "was ... " * 8 + "zz", "was sb " * 8 + "zz"])
def test_the_time_does_not_explode(text: str) -> None:
    started = time.process_time()
    assert not Entry.parse(text).uses("It was a big dog " * 100)
    assert time.process_time() - started < 5
