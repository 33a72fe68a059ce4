"""Which of the sentences that pass the checks are not sure to be printable."""

from __future__ import annotations

from .sheet import SheetRow

# Where the writing model finds a sentence less probable than this (nats a token), half of them are odd.
SURE = -0.9


def is_doubtful(row: SheetRow) -> bool:
    """Whether a person should read `row` before the others: a model's sentence without a figure that speaks for it."""
    return row.accepted and row.found is None and (row.fluency is None or row.fluency < SURE)
