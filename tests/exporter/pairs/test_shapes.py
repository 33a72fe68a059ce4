"""Tables of pairs in the shapes that programs and people give them; each is one kind, with its source beside it."""

# ruff: noqa: E501 (the cases are read as a table)

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.exporter.pairs.checking import load_pairs

S, B = "I eat an apple every day.", "She reads a book at home."
BOTH = [("apple", S), ("book", B)]
TWO = [("apple", S), ("apple", "I like apples.")]

SHAPES: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    # Quizlet, "Export": tab, or any sign that its user types
    "Quizlet": ("q.txt", f"apple\t{S}\nbook\t{B}\n", BOTH),
    "Quizlet with dashes": ("q.txt", f"apple - {S}\nbook – {B}\n", BOTH),
    "notes with colons": ("q.txt", f"apple: {S}\nbook: {B}\n", BOTH),
    # Anki, "Notes in Plain Text" with HTML
    "Anki, tags around the sentence": ("a.txt", f"#separator:tab\n#html:true\napple\t<div>{S}</div>\nbook\t<b>{B}</b>\n", BOTH),
    "Anki, tags of notes": ("a.txt", f"#separator:tab\n#html:true\n#tags column:4\napple\telma\t{S}\tfood\nbook\tkitap\t{B}\t\n", BOTH),
    # Google Sheets, "Download as TSV"
    "Google Sheets": ("g.tsv", f"Word\tPart of Speech\tTurkish\tExample Sentence\napple\tnoun\telma\t{S}\nbook\tnoun\tkitap\t{B}\n", BOTH),
    # English Vocabulary Profile: names of its example fields
    "EVP": ("e.csv", f"Base Word,Guideword,Level,Part of Speech,Dictionary example,Learner example\napple,,A1,noun,{S},I like apples.\n", TWO),
    # Memrise courses: the level is that of the course
    "Memrise": ("m.csv", f"Level,English,Turkish,Example\n1,apple,elma,{S}\n2,book,kitap,{B}\n", BOTH),
    # Notion and Obsidian
    "Markdown": ("t.md", f"| Word | Sentence |\n|---|:--|\n| apple | {S} |\n| book | {B} |\n", BOTH),
    "a line for each sentence": ("t.csv", f'word,examples\napple,"{S}\nI like apples."\n', TWO),
    "a line break in HTML": ("t.csv", f"word,examples\napple,{S}<br />I like apples.\n", TWO),
    "what a name says in brackets": ("t.csv", f"Word (English),Example sentence (A1)\napple,{S}\nbook,{B}\n", BOTH),
    "a translation of the examples": ("t.csv", f"Word,Example translation,Dictionary example\napple,Her gün.,{S}\nbook,Evde.,{B}\n", BOTH),
    # pandas, to_csv and to_json
    "an index": ("t.csv", f",word,sentence\n0,apple,{S}\n1,book,{B}\n", BOTH),
    "columns of lists": ("t.json", f'{{"word": ["apple", "book"], "sentence": ["{S}", "{B}"]}}', BOTH),
    "columns by index": ("t.json", f'{{"word": {{"0": "apple", "1": "book"}}, "sentence": {{"0": "{S}", "1": "{B}"}}}}', BOTH),
    "rows as lists": ("t.json", f'[["word", "sentence"], ["apple", "{S}"], ["book", "{B}"]]', BOTH),
    "rows as lists without names": ("t.json", f'[["apple", "{S}"], ["book", "{B}"]]', BOTH),
    "levels, then words": ("t.json", f'{{"A1": {{"apple": ["{S}"], "book": ["{B}"]}}}}', BOTH),
    # Excel
    "empty columns": ("t.csv", f"word,sentence,,,\napple,{S},,,\nbook,{B},,,\n", BOTH),
    "words in quotation marks": ("t.csv", f"word,sentence\n'apple',{S}\n\"'book'\",{B}\n", BOTH),
    "numbered words": ("t.csv", f"word,sentence\n1. apple,{S}\n2. book,{B}\n", BOTH),
    "bold in Markdown": ("t.csv", f"word,sentence\n**apple**,{S}\nbook,She reads a *book* at home.\n", BOTH),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES)
def test_shapes(tmp_path: Path, case: str) -> None:
    name, text, pairs = SHAPES[case]
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = load_pairs(tmp_path / name, "A1")
    assert list(found) == pairs
    assert found.rejects == []
    assert any("number for a level" in note.message for note in found.notes) == (case == "Memrise")


# What is next to a pair and is none: each is rejected with its reason, never trained on.
REJECTED = {
    "I eat an _____ every day.": "markup in the sentence: ___",
    f"{S} Her gün elma yerim.": "2 sentences instead of one",
    "Iâ€ eat an apple.": "letters that were saved in a wrong encoding: â€",
    "apple": "the sentence is only the word",
    "Apple [aepl] is red.": "markup in the sentence: [aepl]",
    "Her sabah bir apple yerim.": "not English: hardly any of its words are known",
}


def test_what_is_no_sentence(tmp_path: Path) -> None:
    text = "".join(f'apple\t"{sentence}"\n' for sentence in REJECTED)
    (tmp_path / "t.tsv").write_text(f"word\tsentence\n{text}", encoding="utf-8")
    found = load_pairs(tmp_path / "t.tsv", "A1")
    assert [str(reject.reason) for reject in found.rejects] == list(REJECTED.values())
    assert len(found) == 0


# What is beside a sentence is taken off and counted.
REPAIRED = {
    f"{S} / Her gün elma yerim.": S,
    f"{S} (Her gün elma yerim.)": S,
    f"{S} [Her gün elma yerim.]": S,
    "I have an apple (Bir elmam var)": "I have an apple",
    "I have an apple - bir elmam var": "I have an apple",
    "The apple is here → Elma burada": "The apple is here",
    "Elma burada - The apple is here.": "The apple is here.",
    "An apple (elma) is red.": "An apple is red.",
    "Iâ€™ve&nbspan apple.": "I've an apple.",
    "An apple (or a pear) is red.": "An apple (or a pear) is red.",
    "The apple is for Ayşe - Ayşe Yılmaz.": "The apple is for Ayşe - Ayşe Yılmaz.",
}


def test_what_is_beside_a_sentence(tmp_path: Path) -> None:
    text = "".join(f'apple\t"{sentence}"\n' for sentence in REPAIRED)
    (tmp_path / "t.tsv").write_text(f"word\tsentence\n{text}", encoding="utf-8")
    found = load_pairs(tmp_path / "t.tsv", "A1")
    assert [sentence for _, sentence in found] == list(dict.fromkeys(REPAIRED.values()))
    assert (found.cleaned.translations, found.cleaned.encoding, found.rejects) == (8, 1, [])
