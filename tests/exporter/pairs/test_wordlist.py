"""The word lists people have. Where a case is a public one, its source is named beside it."""

# ruff: noqa: E501 (the cases are read as a table)

from __future__ import annotations

import io
import json
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.pairs.columns import Columns
from cefr_sentences.exporter.pairs.wordlist import ListedWord, WordList, read_word_list, typed_words


def read(tmp_path: Path, name: str, text: str, **how) -> WordList:
    (tmp_path / name).write_bytes(text.encode("utf-8"))
    return read_word_list(tmp_path / name, **how)


def asked(words: WordList) -> list[str]:
    return [word.entry.headword for word in words.words]


LISTS: dict[str, tuple[str, str, list[str]]] = {
    "commas": ("w.txt", "apple, book, ice cream\nhouse, car, tree\n", ["apple", "book", "ice cream", "house", "car", "tree"]),
    "numbers and bullets": ("w.txt", "1. apple\n2) book\n- cat\n• dog\n* egg\n", ["apple", "book", "cat", "dog", "egg"]),
    "numbers without a space": ("w.txt", "1.apple\n2.book\n", ["apple", "book"]),
    "titles": ("w.txt", "Unit 1: Food\napple\n## B\nball\nAnimals:\ncat\n", ["apple", "ball", "cat"]),
    "a level with colons": ("w.txt", "# A1 words #\napple\n", ["apple"]),
    "letters of the alphabet": ("w.txt", "A\nabandon\nB\nball\n", ["abandon", "ball"]),
    "dashes": ("w.txt", "apple - elma\nbook – kitap\ncat: kedi\ndog = köpek\negg\tyumurta\nhouse;ev\n",
               ["apple", "book", "cat", "dog", "egg", "house"]),
    "arrows": ("w.txt", "apple -> elma\nbook → kitap\n", ["apple", "book"]),
    "a gap is not a translation": ("w.txt", "either - or\nboth - and\n", ["either ... or", "both ... and"]),
    "a suffix keeps its dash": ("w.txt", "T-shirt\nice-cream\n", ["T-shirt", "ice-cream"]),
    "strings": ("w.json", '["apple","book"]', ["apple", "book"]),
    "the foreign side first": ("w.txt", "elma = apple\nkitap = book\nkedi = cat\n", ["apple", "book", "cat"]),
    "strings beside their level": ("w.json", '{"level": "A1", "words": ["apple", "book"]}', ["apple", "book"]),
    "odd numbers": ("w.txt", "1- apple\n2- book\na) cat\n", ["apple", "book", "cat"]),
    "strings under a key": ("w.json", '{"words": ["apple", "book"]}', ["apple", "book"]),
    "words as keys": ("w.json", '{"apple": "elma", "book": "kitap"}', ["apple", "book"]),
    "no header": ("w.csv", "apple,noun,A1\nbook,noun,A1\n", ["apple", "book"]),
    "no header, one column": ("w.csv", "apple\nword\nlevel\n", ["apple", "word", "level"]),
    "a title above the header": ("w.csv", "My words,,\n\nWord,Meaning,Level\napple,elma,A1\n", ["apple"]),
    "a header for each unit": ("w.csv", "Unit 1,\nWord,Meaning\napple,elma\nUnit 2,\nWord,Meaning\nbook,kitap\n", ["apple", "book"]),
    "two headers": ("w.csv", "Word,Meaning\nKelime,Anlam\napple,elma\n", ["apple"]),
    "a table called .txt": ("w.txt", "Word,Level\napple,A1\nbook,A1\n", ["apple", "book"]),
    # cubei/flashcards issue 23
    "languages as a header": ("w.csv", "English;Chinese\nThanks;Xie Xie\nHello;Ni hao\n", ["Thanks", "Hello"]),
    # Alone2/studyFlash issue 6
    "a comment above": ("w.txt", "#CSV EXAMPLE\napple;manzana\npear;pera\n", ["apple", "pear"]),
    # rubengees/Vocabletrainer issues 3 and 5
    "three columns without a header": ("w.csv", 'stew,"soup, with meat",L1\nbread,"flour, water",L2\n', ["stew", "bread"]),
    # helloworld1/AnyMemo issue 505
    "tabs in a .csv": ("w.csv", "apple\tmanzana\npear\tpera\n", ["apple", "pear"]),
    # vocably/vocably.pro issue 27
    "spaces": ("w.txt", "Animosity Riposte Orphic Pompous Mirth Efficacious Abate\n",
               ["Animosity", "Riposte", "Orphic", "Pompous", "Mirth", "Efficacious", "Abate"]),
    # Signbank/Global-signbank issue 1108
    "a first header without all columns": ("w.csv", "signs;\nlemma;gloss\napple;APPLE\n", ["apple"]),
    # alpheios-project/alpheios-core issue 406
    "tabs without a header": ("w.tsv", "apple\telma\nbook\tkitap\n", ["apple", "book"]),
    # openlanguageprofiles' CEFR-J, and the commas that its readers stumble over
    "CEFR-J": ("w.csv", 'headword,pos,CEFR,CoreInventory 1,Threshold\n"a.m./A.M./am/AM",adverb,A1,,\nbook,noun,A1,,\n',
               ["a.m.", "book"]),
    # kurpeeren/my-website, a list that went through Excel; 18F/data-act-pilot issue 166
    "Excel's FALSE": ("w.txt", "fall\nFALSE\nfamily\n", ["fall", "false", "family"]),
    "Turkish Excel's true": ("w.csv", "Kelime,Seviye\nDOĞRU,A1\nYANLIŞ,A1\n", ["true", "false"]),
    # erdembas/word-quiz-app and mibiik/english-game
    "levels around lists of objects": ("w.json", '{"A1": [{"word": "a", "turkish": "bir"}]}', ["a"]),
    "nested columns": ("w.json", '[{"headword": "agree", "turkish": "anlaşmak", "forms": {"noun": ["agreement"]}}]', ["agree"]),
    # a parser of the Oxford 3000, pasted as text
    "bars": ("w.txt", "1. abandon | verb | B2 | leave completely\n2. ability | noun | A2 | power or skill\n",
             ["abandon", "ability"]),
    # readers of Anki's text exports: #notetype column, #deck column; #word column of others
    "Anki, plain": ("w.txt", "#separator:tab\n#html:true\n#notetype column:1\n#deck column:2\nBasic\tMy\t<b>apple</b>[sound:a.mp3]\telma\n",
                    ["apple"]),
    "Anki, columns": ("w.txt", "#separator:semicolon\n#html:false\n#columns:Front;Back\napple;elma\n", ["apple"]),
    "Kindle's highlights": ("w.txt", "The Hobbit (J. R. R. Tolkien)\n- Your Highlight on page 3 | Location 12 | Added on 1 June\n\nburrow\n==========\n"
                            "The Hobbit (J. R. R. Tolkien)\n- Your Highlight on page 4 | Location 22 | Added on 1 June\n\nadventure\n==========\n",
                            ["burrow", "adventure"]),
    "Anki, columns of others": ("w.txt", "#separator:tab\n#guid column:1\n#word column:3\n#deck column:2\nx1\tMy\tapple\n", ["apple"]),
    # Units of course books, and the topics of a word list by topic
    "units above lists": ("w.txt", "Unit 1\napple, book, cat\nUnit 2: car, tree\nFood: bread, cheese, egg\n",
                          ["apple", "book", "cat", "car", "tree", "bread", "cheese", "egg"]),
    "translations behind a colon": ("w.txt", "cat: kedi, pisi\nbook: kitap, defter, kaynak\n", ["cat", "book"]),
    "rules": ("w.txt", "apple, book\n---\ncat, dog\n", ["apple", "book", "cat", "dog"]),
    "topics in capitals": ("w.txt", "FOOD\napple\nbread\n\nANIMALS\ncat\nTV\n", ["apple", "bread", "cat", "TV"]),
    "a title": ("w.txt", "My vocabulary list\n\napple\nice cream\ncat\n", ["apple", "ice cream", "cat"]),
    # Cambridge A2 Key and B1 Preliminary vocabulary lists: examples below a word
    "examples": ("w.txt", "ability (n)\n• He has the ability to do it well.\nabroad (adv)\naccept (v & n)\n",
                 ["ability", "abroad", "accept"]),
    "examples without a bullet": ("w.txt", "Cambridge A2 Key Vocabulary List\nable (adj)\nacross (prep)\nI live across the street.\nNice to meet you!\nadd (v)\nagain\n",
                                  ["able", "across", "Nice to meet you", "add", "again"]),
    "an introduction": ("w.txt", "This is the list of the most important words from A1 to B2.\nable adj.\nabout prep.\n", ["able", "about"]),
    # Cambridge YLE word list: letters of the alphabet, and grammar without a full stop
    "YLE": ("w.txt", "A\na det\nacross prep\nB\nbaby n\n", ["a", "across", "baby"]),
    # The Oxford 3000 as text: page numbers, two levels of one word, two entries in a line
    "Oxford 3000": ("w.txt", "The Oxford 3000™\na, an indefinite article A1\naccess n. B1, v. B2\nable adj. A2 about prep. A1\n© Oxford University Press\n1 / 57\n",
                    ["a", "access", "access", "able", "about"]),
    "pages": ("w.txt", "apple\n1 of 12\nbook\nPage 2 of 5\ncat\n", ["apple", "book", "cat"]),
    # Quizlet: set in one line, and its default with tabs
    "Quizlet": ("w.txt", "apple,elma;book,kitap;cat,kedi", ["apple", "book", "cat"]),
    "commas before translations": ("w.txt", "apple,elma\nbook,kitap\n", ["apple", "book"]),
    # kilgarriff.co.uk's BNC list: rank and count
    "frequencies": ("w.txt", "1 the 6187267\n2 be 4239632\n3 of 3093444\n", ["the", "be", "of"]),
    "numbers in one line": ("w.txt", "1) apple 2) book 3) cat", ["apple", "book", "cat"]),
    # Notion and Obsidian
    "a Markdown table": ("w.txt", "| Word | Meaning |\n|------|:-----:|\n| apple | elma |\n", ["apple"]),
    "boxes and bold": ("w.md", "# A1 words\n\n- [ ] **apple**\n- [x] **book**\n", ["apple", "book"]),
    "IPA": ("w.txt", "apple /ˈæpl/ noun\nbook [bʊk] kitap\n", ["apple", "book"]),
    "strings of a program": ("w.txt", '"apple",\n"book",\n', ["apple", "book"]),
    "Windows-1254 and a mark": ("w.txt", "\ufeffcafé\r\nnaïve\r\n", ["café", "naïve"]),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_lists(tmp_path: Path, case: str) -> None:
    name, text, words = LISTS[case]
    assert asked(read(tmp_path, name, text)) == words


def test_what_a_line_says_beside_the_word(tmp_path: Path) -> None:
    lines = "B1\nabandon v. B2\nability n.\nable : adjective : A2 : muktedir : We are able.\ncat - kedi\n"
    words = read(tmp_path, "w.txt", lines).words
    assert [(w.text, w.level, w.entry.parts, w.meaning) for w in words] == [
        ("abandon v. B2", "B1", ("VERB",), None),
        ("ability n.", "B1", ("NOUN",), None),
        ("able", "A2", ("ADJ",), "muktedir"),
        ("cat", "B1", (), "kedi"),
    ]
    assert ("column 5", "We are able.") in words[2].columns


LEVELS = {
    "A1: apple, book\nA2: airport, village\nB1: abandon\n": "A1 A1 A2 A2 B1",
    "apple (n)\tA1\nbook (n, v)\tA1\nabandon (v)\tB1\n": "A1 A1 B1",
    "A1 apple\nA2 airport\nB2 - abandon\n": "A1 A2 B2",
    "[A1] apple\n[B2] abandon\n": "A1 B2",
    "A1 Seviyesi\napple\n## A2 Kelimeleri\n- airport\n": "A1 A2",
    "A1:\n  - apple\nA2:\n  - airport\n": "A1 A2",
    "access n. B1, v. B2\nabandon v. B2\n": "B1 B2 B2",
    "A1 words: apple, book, cat\n": "A1 A1 A1",
}


@pytest.mark.parametrize("text", LEVELS)
def test_where_the_level_of_a_word_is_written(tmp_path: Path, text: str) -> None:
    words = read(tmp_path, "w.txt", text).words
    assert " ".join(word.level or "-" for word in words) == LEVELS[text]
    assert not any("A1" in word.entry.headword for word in words)


def test_the_level_of_an_entry_where_no_column_says_one(tmp_path: Path) -> None:
    words = read(tmp_path, "w.txt", "abandon v. B2\nability n. A2\nable\n")
    assert [word.level for word in words.words] == ["B2", "A2", None]


def test_every_column_comes_along(tmp_path: Path) -> None:
    words = read(tmp_path, "w.csv", "id,Word,Türkçe,POS,Level,\n7,book,kitap,noun,a1,x\n8,car,,,,\n").words
    assert words[0] == ListedWord(
        "book",
        "A1",
        "noun",
        "kitap",
        (("id", "7"), ("Türkçe", "kitap"), ("POS", "noun"), ("Level", "a1")),
    )
    assert words[1].columns == (("id", "8"), ("Türkçe", ""), ("POS", ""), ("Level", ""))
    assert words[1].level is None
    notes = "#separator:tab\n#html:true\n#deck column:1\n#tags column:4\nEnglish\tapple\telma\tfood\nEnglish\tbook\tkitap\t\n"
    noted = read(tmp_path, "w.txt", notes).words
    assert [word.columns for word in noted] == [
        (("meaning", "elma"), ("deck", "English"), ("tags", "food")),
        (("meaning", "kitap"), ("deck", "English"), ("tags", "")),
    ]


def test_commas_of_some_lines(tmp_path: Path) -> None:
    text = "happy\nbook\nkite, towel\ngo, went, gone\na, an\ncolour, color\nleft, right, leave\n"
    words = [word.text for word in read(tmp_path, "w.txt", text).words]
    assert words == [
        "happy",
        "book",
        "kite",
        "towel",
        "go, went, gone",
        "a, an",
        "colour, color",
        "left",
        "right",
        "leave",
    ]


def test_words_of_another_level_are_left_out_and_counted(tmp_path: Path) -> None:
    text = json.dumps({"A1": ["apple", "book"], "A2": ["airport"], "B1": ["abandon"]})
    words = read(tmp_path, "w.json", text)
    assert [word.level for word in words.words] == ["A1", "A1", "A2", "B1"]
    assert (asked(words.at("A1")), words.at("A1").other_level) == (["apple", "book"], 2)
    assert asked(read(tmp_path, "v.csv", "Word,Level\ncar,A1/A2\nbus,\n").at("A1")) == ["car", "bus"]


def test_what_was_guessed_or_left_out_is_said(tmp_path: Path) -> None:
    def notes(name: str, text: str) -> str:
        return " ".join(map(str, read(tmp_path, name, text).notes))

    assert "taken for: word, pos, level" in notes("a.csv", "apple,noun,A1\nbook,noun,A1\n")
    assert "Taken for titles, not for words (2): 'A1', 'Food:'" in notes("b.txt", "A1\nFood:\napple\n")
    assert "Above the header 1 rows" in notes("c.csv", "My list,\nWord,Level\napple,A1\n")
    assert "second header" in notes("d.csv", "Word,Meaning\nKelime,Anlam\napple,elma\n")
    assert "1 entries have a level that is not in the CEFR: 'hard'" in notes("e.csv", "Word,Level\napple,hard\n")
    assert "Taken for examples, not for words (2)" in notes("g.txt", "cat\n• The cat is here.\ndog\n• A dog!\n")
    assert notes("f.csv", "Word,Level\napple,A1\n") == ""


def test_sheets(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.worksheets[0].title = "A1"
    for title in ("Words A2", "Notes"):
        book.create_sheet(title)
    for sheet, word in zip(book.worksheets, ("apple", "airport", "note"), strict=True):
        sheet.append(("Word", "Meaning"))
        sheet.append((word, True))
    book.save(tmp_path / "w.xlsx")
    words = read_word_list(tmp_path / "w.xlsx")
    assert [(w.text, w.level) for w in words.words] == [("apple", "A1"), ("airport", "A2")]
    assert "'Notes'" in str(words.notes[0])
    book.worksheets[0].title, book.worksheets[1].title = "Cover", "Words"
    book.worksheets[0].delete_rows(1)
    book.save(tmp_path / "cover.xlsx")
    assert asked(read_word_list(tmp_path / "cover.xlsx")) == ["airport"]
    assert asked(read_word_list(tmp_path / "w.xlsx", sheet="notes")) == ["note"]
    assert [(w.text, w.level) for w in read_word_list(tmp_path / "w.xlsx", sheet="2").words] == [("airport", None)]
    with pytest.raises(InputError, match="no sheet 'C1'"):
        read_word_list(tmp_path / "w.xlsx", sheet="C1")


@pytest.mark.parametrize("given", ["word=Wort", "word=2", "word=2,level=3"])
def test_columns_by_name_and_number(tmp_path: Path, given: str) -> None:
    text = "Nr;Wort;Stufe\n1;apple;A1\n2;book;A2\n"
    words = read(tmp_path, "w.csv", text, columns=Columns.parse(given))
    assert [word.text for word in words.words][-2:] == ["apple", "book"]


def deck(path: Path, names: tuple[str, ...] = ("collection.anki2",)) -> Path:
    """A deck as Anki exports it for its older versions."""
    database = path.with_suffix(".db")
    with sqlite3.connect(database) as db:
        db.execute("create table col (models text)")
        db.execute("create table notes (id integer, mid integer, tags text, flds text)")
        fields = [{"name": "Example", "ord": 1}, {"name": "Word", "ord": 0}]
        db.execute("insert into col values (?)", (json.dumps({"7": {"flds": fields}}),))
        notes = [(1, 7, " a1 ", "<b>apple</b>\x1fI eat an <i>apple</i>."), (2, 7, "", "book\x1fI read a {{c1::book}}.")]
        db.executemany("insert into notes values (?, ?, ?, ?)", notes)
    db.close()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(database, name)
    return path


def test_decks(tmp_path: Path) -> None:
    from cefr_sentences.exporter.pairs.checking import load_pairs

    words = read_word_list(deck(tmp_path / "d.apkg")).words
    assert [w.text for w in words] == ["apple", "book"]
    assert words[0].columns == (("Example", "I eat an <i>apple</i>."), ("tags", "a1"))
    assert list(load_pairs(tmp_path / "d.apkg", "A1")) == [("apple", "I eat an apple."), ("book", "I read a book.")]
    with pytest.raises(InputError, match="Support older Anki versions"):
        read_word_list(deck(tmp_path / "new.apkg", ("collection.anki2", "collection.anki21b")))
    with pytest.raises(InputError, match="no collection"):
        read_word_list(deck(tmp_path / "none.apkg", ("media",)))
    (tmp_path / "bad.apkg").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InputError, match="not a readable Anki deck"):
        read_word_list(tmp_path / "bad.apkg")


def test_typed_words() -> None:
    assert asked(typed_words("happy, ice cream,,happy;sad\n1. big")) == ["happy", "ice cream", "happy", "sad", "big"]
    with pytest.raises(InputError, match="no word in --words"):
        typed_words(" , ")


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    assert asked(read_word_list("-")) == ["one", "two"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Word,Level\ncafé,A1\n".encode("cp1254"))))
    assert asked(read_word_list("-")) == ["café"]
    with pytest.raises(InputError, match="Check the spelling"):
        read_word_list(tmp_path / "none.txt")
