"""The sentences that were written: as a table on the page, in a few words, and as files."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from ..writing.output_formats import OUTPUT_FORMATS, write_sheet
from ..writing.sheet import Sheet, SheetRow, count
from .languages import say, text
from .markup import Markup, table

DOWNLOADS = tuple(one for one in OUTPUT_FORMATS if one.in_tab)
_COLUMNS = ("number", "word", "sentence", "used", "sentence_level", "above", "source", "tried", "reason")


def sheet_table(sheet: Sheet, language: str) -> Markup:
    """The rows, those without an accepted sentence marked."""
    head = [text(f"write.{column}", language) for column in _COLUMNS]
    rows = [_cells(number, row, language) for number, row in enumerate(sheet.rows, 1)]
    return table(head, rows, [i for i, row in enumerate(sheet.rows) if not row.accepted])


def _cells(number: int, row: SheetRow, language: str) -> list[str]:
    sentence = row.sentence if row.sentence is not None else text("write.no_sentence", language)
    used = text("write.yes" if row.used else "write.no", language)
    reasons = "; ".join(say(problem, language) for problem in row.problems)
    source = text(f"write.from_{row.source}", language) if row.source else ""
    return [str(number), row.word, sentence, used, row.level, ", ".join(row.above), source, str(row.tries), reasons]


def summary(sheet: Sheet, trained: str, language: str) -> str:
    """How many words were used, and what else to know; `trained` is the level that the adapter was trained for."""
    counts = count(sheet.rows)
    lines = [text("write.done", language, used=sum(row.used for row in sheet.rows), words=counts.asked)]
    lines += [text("write.read", language)] if counts.accepted else []
    of_kind = {"flagged": counts.rejected, "skipped": counts.skipped}
    lines += [text(f"write.some_{kind}", language, n=n) for kind, n in of_kind.items() if n]
    if trained not in ("", sheet.level):
        lines.append(text("write.other_level", language, name=sheet.adapter, trained=trained, level=sheet.level))
    return "\n".join(lines)


@lru_cache(maxsize=8)  # it is asked for each time the page is brought up to date
def downloads(sheet: Sheet) -> list[str]:
    """The sheet as a table and as decks for Anki, in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="cefr-"))
    files = [folder / one.file_name(sheet.level) for one in DOWNLOADS if one.available]
    for file in files:
        write_sheet(file, sheet)
    return [str(file) for file in files]
