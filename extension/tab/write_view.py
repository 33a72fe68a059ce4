"""What the Write pane shows: how far it is, and what was written as a table, in a few words, and as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ..models.jobs import Job
from ..writing.output_formats import OUTPUT_FORMATS, write_sheet
from ..writing.review import to_read
from ..writing.sheet import Sheet, SheetRow, count
from .languages import say, text
from .markup import Markup, element, join, table
from .paths import download_folder

DOWNLOADS = tuple(one for one in OUTPUT_FORMATS if one.in_tab and one.available)
_COLUMNS = ("number", "word", "sentence", "sentence_level", "source", "reason")


def sheet_table(sheet: Sheet, language: str) -> Markup:
    """The rows, those that are to be read first marked."""
    head = [text(f"write.{column}", language) for column in _COLUMNS]
    rows = [_cells(number, row, language) for number, row in enumerate(sheet.rows, 1)]
    return table(head, rows, [i for i, row in enumerate(sheet.rows) if row.status != "ok"], kind="sheet")


def about_row(sheet: Sheet, at: int, language: str) -> Markup:
    """Which row is to be read, why, and how many are."""
    row, left = sheet.rows[at], len(to_read(sheet))
    which = text("write.about", language, row=at + 1, rows=len(sheet.rows))
    why = _why(row, language)
    rest = text("write.left", language, n=left) if left else text("write.all_read", language)
    return join(element("p", rest), element("p", f"{which}: ", element("b", row.word), f" – {why}" if why else ""))


def _cells(number: int, row: SheetRow, language: str) -> list[str]:
    sentence = row.sentence if row.sentence is not None else text("write.no_sentence", language)
    source = text(f"write.from_{row.source}", language) if row.source else ""
    return [str(number), row.word, sentence, row.level, source, _why(row, language)]


def _why(row: SheetRow, language: str) -> str:
    """Why the row is to be read first; empty for one that is fine."""
    if row.status == "doubtful":
        return text("write.doubtful", language)
    return "; ".join(say(problem, language) for problem in row.problems)


def summary(sheet: Sheet, trained: str, language: str) -> list[str]:
    """How many words have a sentence, and what else to know; `trained` is the level of the adapter's training."""
    counts = count(sheet.rows)
    values = {"accepted": counts.accepted, "words": counts.asked, "n": counts.doubtful}
    lines = [text("write.done_doubtful" if counts.doubtful else "write.done", language, **values)]
    lines += [text("write.read", language)] if counts.accepted else []
    lines += [text("write.some_skipped", language, n=counts.skipped)] if counts.skipped else []
    lines += [text("write.only_bank", language)] if counts.rejected and sheet.bank == "only" else []
    if trained not in ("", sheet.level):
        lines.append(text("write.other_level", language, name=sheet.adapter, trained=trained, level=sheet.level))
    return lines


@lru_cache(maxsize=8)  # it is asked for each time the page is brought up to date
def downloads(sheet: Sheet) -> list[str]:
    """The sheet as a table and as decks for Anki, in a temporary folder."""
    folder = download_folder()
    files = [folder / one.file_name(sheet.level) for one in DOWNLOADS]
    for file in files:
        write_sheet(file, sheet)
    return [str(file) for file in files]


def named(key: str, values: Sequence[str]) -> Callable[[str], list[Any]]:
    """`values` as choices, each by its name in the language of the page."""
    return lambda language: [(text(f"write.{key}.{value}", language), value) for value in values]


def told(job: Job, language: str) -> Callable[[int, int, int], None]:
    """What tells the page how far `job` is."""

    def report(attempt: int, done: int, total: int) -> None:
        key = "write.writing" if attempt == 1 else "write.once_more"
        job.progress(text(key, language, attempt=attempt), done, total)

    return report
