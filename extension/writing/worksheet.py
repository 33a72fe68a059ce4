"""A sheet as a worksheet: sentences with gaps, a box of words or four to choose from, and the answers."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sheet import Sheet, SheetRow

CHOICES = 3  # wrong words beside the right one
_INSTRUCTIONS = {
    "box": "Write the words from the box in the gaps. Each word is used once.",
    "choices": "Which word fits in the gap? Underline it.",
}
# Points and columns that get so many lines of LINE characters onto one page, A4 or Letter.
LINE = 80
_SIZES = ((14, 13.0, 1), (22, 11.5, 1), (30, 10.0, 1), (56, 9.0, 2))
_SMALLEST = (8.0, 2)


@dataclass(frozen=True)
class Exercise:
    """A sentence with a gap, the words that are missing as they are written there, and all to choose from."""

    sentence: str
    answer: str
    choices: tuple[str, ...] = ()
    doubtful: bool = False


def exercises(sheet: Sheet) -> list[Exercise]:
    """One for each accepted row whose word can be cut out, mixed by the seed."""
    random = Random(f"worksheet {sheet.look.seed}")
    rows = [row for row in sheet.rows if row.accepted and row.gapped != row.sentence]
    random.shuffle(rows)
    return [_exercise(row, sheet, random) for row in rows]


def _exercise(row: SheetRow, sheet: Sheet, random: Random) -> Exercise:
    from .guess import answer  # with the bank: not before a worksheet is made

    right = answer(row)
    if sheet.look.exercise != "choices":
        return Exercise(row.gapped, right, doubtful=row.doubtful)
    choices = [right, *wrong_words(row, sheet.level, random)]
    random.shuffle(choices)
    return Exercise(row.gapped, right, tuple(choices), row.doubtful)


def wrong_words(row: SheetRow, level: str, random: Random) -> list[str]:
    """CHOICES wrong words: as far as a model has said which do not fit, those; else nobody has checked that."""
    from .guess import OTHERS, other_words

    misfits = list(row.misfits)
    random.shuffle(misfits)
    others = other_words(row, level, OTHERS, random) if len(misfits) < CHOICES else []
    return list(dict.fromkeys([*misfits, *others]))[:CHOICES]


def _size(tasks: Sequence[Exercise]) -> tuple[float, int]:
    """Points and columns."""
    lines = sum(1 + len(task.sentence) // LINE + bool(task.choices) for task in tasks)
    return next(((size, columns) for most, size, columns in _SIZES if lines <= most), _SMALLEST)


def _title(sheet: Sheet) -> str:
    title = sheet.look.title or f"English vocabulary, level {sheet.level}"
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in title)  # Word and UTF-8 refuse some signs


def worksheet_page(sheet: Sheet) -> bytes:
    """A page to print, on A4 or Letter: up to some 50 sentences on one, their answers on the next."""
    tasks = exercises(sheet)
    size, columns = _size(tasks)
    texts = [(task, html.escape(task.sentence, quote=False)) for task in tasks]
    style = f"""@page{{margin:14mm}}body{{font:{size}pt/1.5 Georgia,serif;max-width:180mm;margin:auto}}
h1{{font-size:140%;margin:0}}.name{{float:right}}.box{{border:1px solid;padding:.4em .8em}}
.box span{{margin-right:1.2em}}
ol{{columns:{columns};column-gap:10mm;padding-left:2em}}li{{break-inside:avoid;margin-bottom:.45em}}
.key{{break-before:page}}.key ol{{columns:3}}.choices{{font-style:italic}}"""
    items = "\n".join(f"<li>{text}{_choices(task.choices)}</li>" for task, text in texts)
    answers = "\n".join(f"<li>{html.escape(task.answer)}</li>" for task in tasks)
    box = "".join(f"<span>{html.escape(word)}</span> " for word in _box(sheet, tasks))
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(_title(sheet))}</title><style>{style}</style></head>
<body><p class="name">Name: ____________________</p><h1>{html.escape(_title(sheet))}</h1>
<p>{_INSTRUCTIONS[sheet.look.exercise]}</p>{f'<p class="box">{box}</p>' if box else ""}
<ol>
{items}
</ol>
<div class="key"><h1>Answers: {html.escape(_title(sheet))}</h1><ol>
{answers}
</ol>{f"<p>{doubts}</p>" if (doubts := _doubts(tasks)) else ""}</div></body></html>
"""
    return page.encode()


def _doubts(tasks: Sequence[Exercise]) -> str:
    """For the teacher, beside the answers."""
    numbers = [str(number) for number, task in enumerate(tasks, 1) if task.doubtful]
    return f"Doubtful, please read before printing: {', '.join(numbers)}." if numbers else ""


def _choices(words: Sequence[str]) -> str:
    return f'<br><span class="choices">{html.escape(" / ".join(words))}</span>' if words else ""


def _box(sheet: Sheet, tasks: Sequence[Exercise]) -> list[str]:
    if sheet.look.exercise != "box":
        return []
    words = sorted((task.answer for task in tasks), key=str.casefold)
    Random(f"box {sheet.look.seed}").shuffle(words)
    return words


def worksheet_document(sheet: Sheet) -> bytes:
    """The same as a document for Word and others."""
    import docx
    from docx.shared import Mm, Pt

    tasks = exercises(sheet)
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(210), Mm(297)) if sheet.look.paper == "A4" else (Mm(216), Mm(279))
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(16)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(_size(tasks)[0])
    document.add_heading(_title(sheet), 1)
    document.add_paragraph("Name: ____________________")
    document.add_paragraph(_INSTRUCTIONS[sheet.look.exercise])
    if box := _box(sheet, tasks):
        table = document.add_table(1, 1, style="Table Grid")
        table.cell(0, 0).text = "    ".join(box)
        document.add_paragraph()
    # Numbers are written out: a second list of Word's own would go on counting.
    for number, task in enumerate(tasks, 1):
        line = document.add_paragraph(f"{number}.  {task.sentence}")
        line.paragraph_format.space_after = Pt(3)
        if task.choices:
            line.add_run(f"\n      {' / '.join(task.choices)}").italic = True
    document.add_page_break()
    document.add_heading("Answers", 1)
    document.add_paragraph("   ".join(f"{number}. {task.answer}" for number, task in enumerate(tasks, 1)))
    if doubts := _doubts(tasks):
        document.add_paragraph(doubts)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
