"""What a person does with a sheet: which rows to read first, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace

from ...exporter.bank.bank import OWN, BankSentence
from ...exporter.common.errors import InputError
from .judging import judged
from .sheet import Sheet, SheetRow

# The statuses of the rows that somebody has to read, in this order.
_TO_READ = ("doubtful", "flagged")


def to_read(sheet: Sheet) -> list[int]:
    """The rows that nobody has read yet, by their index: doubtful sentences first, then rejected ones."""
    return [at for status in _TO_READ for at, row in enumerate(sheet.rows) if row.status == status]


def following(sheet: Sheet, at: int) -> int:
    """The row to read after row `at`; `at` itself where no other is left."""
    queue = to_read(sheet)
    place = queue.index(at) if at in queue else -1
    return [*queue[place + 1 :], *queue[: max(0, place)], at][0]


def row_of(sheet: Sheet, at: int) -> SheetRow:
    """Row `at`. Raises InputError where there is none, or its word cannot have a sentence."""
    if not 0 <= at < len(sheet.rows):
        raise InputError("There is no row {row}.", row=at + 1)
    row = sheet.rows[at]
    if row.skipped:
        raise InputError(
            "{word} cannot be asked for: {problem}. Choose another row.",
            word=repr(row.word[:80]),
            problem=row.problems[0],
        )
    return row


def keep(sheet: Sheet, at: int, sentence: str) -> Sheet:
    """`sheet` with `sentence` in row `at`: accepted, because a person wants it, and that person's own from now on.

    An accepted sentence that stays as it is stays what it was, unless it was doubtful. Raises InputError.
    """
    row, text = row_of(sheet, at), " ".join(sentence.split())
    if not text:
        raise InputError("There is no sentence to keep for {word}.", word=row.word)
    if row.status == "ok" and row.sentence == text:
        return sheet
    level = sheet.target(row)
    own = BankSentence(row.entry.headword, row.pos, text, level, OWN)
    (read,) = judged([SheetRow(row.word, text, tries=row.tries, listed=row.listed, found=own)], level)
    return with_row(sheet, at, replace(read, reasons=()))


def with_row(sheet: Sheet, at: int, row: SheetRow) -> Sheet:
    return replace(sheet, rows=(*sheet.rows[:at], row, *sheet.rows[at + 1 :]))
