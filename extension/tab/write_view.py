"""The sentences that were written: as a table on the page, in a few words, and as files."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..writing.check import Row
from ..writing.out import has_genanki, write_sheet
from ..writing.write import counted
from .languages import text
from .markup import Markup, table

_COLUMNS = ("number", "word", "sentence", "used", "sentence_level", "above", "tried", "reason")


@dataclass(frozen=True)
class Sheet:
    """What was written: `rows` for `level`, by `adapter` (empty: the model as it is)."""

    rows: tuple[Row, ...]
    level: str
    adapter: str
    strict: bool = False


def sheet_table(sheet: Sheet, language: str) -> Markup:
    """The rows, those without an accepted sentence marked."""
    head = [text(f"write.{column}", language) for column in _COLUMNS]
    rows = [_cells(number, row, language) for number, row in enumerate(sheet.rows, 1)]
    return table(head, rows, [i for i, row in enumerate(sheet.rows) if not row.stands])


def _cells(number: int, row: Row, language: str) -> list[str]:
    sentence = row.sentence if row.sentence is not None else text("write.no_sentence", language)
    used = text("write.yes" if row.used else "write.no", language)
    reasons = "; ".join(text(f"write.reason.{reason}", language, detail=row.detail) for reason in row.reasons)
    return [str(number), row.word, sentence, used, row.level, ", ".join(row.above), str(row.tries), reasons]


def summary(sheet: Sheet, trained: str | None, language: str) -> str:
    """How many words were used, and what else to know; `trained` is the level that the adapter was trained for."""
    counts = counted(sheet.rows)
    used, asked = sum(row.used for row in sheet.rows), counts["words"] - counts["skipped"]
    lines = [text("write.done", language, used=used, words=asked)]
    lines += [text(f"write.some_{kind}", language, n=counts[kind]) for kind in ("flagged", "skipped") if counts[kind]]
    if trained not in (None, sheet.level):
        lines.append(text("write.other_level", language, name=sheet.adapter, trained=trained, level=sheet.level))
    return "\n".join(lines)


@lru_cache(maxsize=8)  # it is asked for each time the page is brought up to date
def downloads(sheet: Sheet) -> list[str]:
    """The sheet as a table and as decks for Anki, in a temporary folder."""
    folder, level = Path(tempfile.mkdtemp(prefix="cefr-")), sheet.level.lower()
    names = [f"sentences-{level}.csv", f"anki-{level}.tsv", *([f"anki-{level}.apkg"] if has_genanki() else [])]
    for name in names:
        write_sheet(folder / name, sheet.rows, sheet.level, sheet.adapter)
    return [str(folder / name) for name in names]
