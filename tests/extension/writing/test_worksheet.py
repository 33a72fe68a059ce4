"""Worksheets: what is cut out, the words to choose from, and the files."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.extension.writing.sheet import Look, Sheet, SheetRow
from cefr_sentences.extension.writing.worksheet import exercises, worksheet_document, worksheet_page

ROWS = (
    SheetRow("add", "Mom added a little milk to the soup."),
    SheetRow("apple", "There is an apple on the table."),
    SheetRow("give up", "She gave it up.", listed=ListedWord("give up", pos="verb")),
    SheetRow("open", "Open the window & <wait>."),
    SheetRow("dog", "A cat.", ("unused",)),
)
SHEET = Sheet(ROWS, "A1", look=Look("Unit 3", "box", 1))


def test_gaps_and_answers() -> None:
    found = {task.sentence: task.answer for task in exercises(SHEET)}
    assert found == {
        "Mom _____ a little milk to the soup.": "added",
        "There is an _____ on the table.": "apple",
        "She _____ it _____.": "gave up",
        "_____ the window & <wait>.": "open",
    }
    assert [t.answer for t in exercises(SHEET)] == [t.answer for t in exercises(SHEET)]
    assert SheetRow("ice-cream", "We ate ice cream.").gapped == "We ate _____."
    orders = {tuple(t.answer for t in exercises(replace(SHEET, look=Look(seed=seed)))) for seed in range(6)}
    assert len(orders) > 1


def test_wrong_words_have_the_part_of_speech_the_form_and_the_article() -> None:
    tasks = exercises(replace(SHEET, look=Look(exercise="choices")))
    by_answer = {task.answer: task for task in tasks}
    assert all(len(task.choices) == len({*task.choices}) == 4 and task.answer in task.choices for task in tasks)
    added, apple = (set(by_answer[answer].choices) - {answer} for answer in ("added", "apple"))
    assert all(re.fullmatch(r"\w+", word) for word in added)
    assert all(word[0] in "aeiou" for word in apple)


def test_a_page_to_print() -> None:
    page = worksheet_page(SHEET).decode()
    assert "<title>Unit 3</title>" in page
    assert page.count("<li>") == 8  # four sentences and four answers
    assert "_____ the window &amp; &lt;wait&gt;." in page
    assert "<span>gave up</span>" in page
    assert "break-before:page" in page
    assert "Doubtful" not in page
    doubtful = tuple(replace(row, doubtful=row.word == "open") for row in ROWS)
    at = [task.answer for task in exercises(SHEET)].index("open") + 1
    assert f"Doubtful, please read before printing: {at}." in worksheet_page(replace(SHEET, rows=doubtful)).decode()
    assert 'class="box"' not in worksheet_page(replace(SHEET, look=Look(exercise="choices"))).decode()


def test_a_document() -> None:
    docx = pytest.importorskip("docx", reason="python-docx is not installed")
    assert worksheet_document(replace(SHEET, look=Look("\0\x0b\udcff\ufffe")))  # signs that no document may have
    document = docx.Document(BytesIO(worksheet_document(replace(SHEET, look=Look(paper="Letter")))))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines[0] == "English vocabulary, level A1"
    assert sum("_____ " in line and line[0].isdigit() for line in lines) == 4
    assert {"added", "gave up"} <= set(document.tables[0].cell(0, 0).text.split("    "))
    assert round(document.sections[0].page_width.mm) == 216
    assert "1. " in lines[-1]
