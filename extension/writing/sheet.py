"""A sheet: for each requested word a checked sentence, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...exporter.common.errors import Problem
from .checks import BY_NAME


@dataclass(frozen=True)
class SheetRow:
    """A requested word and what became of it.

    `reasons` are names from `checks.CHECKS`, none where the sentence is accepted. `score` and `level` are the judge's,
    `above` the words above the target; `fluency` is the mean log-probability by the writing model, None where a server
    wrote it. `tries` counts how often the word was asked for.
    """

    word: str
    sentence: str | None = None
    reasons: tuple[str, ...] = ()
    detail: Problem | str = field(default="", hash=False)
    score: float | None = None
    level: str = ""
    above: tuple[str, ...] = ()
    fluency: float | None = None
    tries: int = 0

    def __post_init__(self) -> None:
        if unknown := [reason for reason in self.reasons if reason not in BY_NAME]:
            raise ValueError(f"There is no check {', '.join(unknown)}.")
        if not self.reasons and self.sentence is None:
            raise ValueError(f"A row without a sentence needs a reason: {self.word!r}.")

    @property
    def accepted(self) -> bool:
        return not self.reasons

    @property
    def skipped(self) -> bool:
        """Whether the model was not asked for this word."""
        return any(BY_NAME[reason].skips for reason in self.reasons)

    @property
    def rejected(self) -> bool:
        return not self.accepted and not self.skipped

    @property
    def used(self) -> bool:
        """Whether the sentence uses the word."""
        return self.sentence is not None and "unused" not in self.reasons

    @property
    def status(self) -> str:
        """As it is written to files: `ok` (accepted), `flagged` (rejected) or `skipped`."""
        return "ok" if self.accepted else "skipped" if self.skipped else "flagged"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The reasons, to be said in any language."""
        return tuple(Problem(BY_NAME[reason].reason, {"detail": self.detail}) for reason in self.reasons)

    @property
    def why(self) -> str:
        """The reasons in English; empty where there are none."""
        return "; ".join(map(str, self.problems))


@dataclass(frozen=True)
class Sheet:
    """`rows` written for `level` by `adapter` (empty: the model as it is), with the `strict` vocabulary or without."""

    rows: tuple[SheetRow, ...]
    level: str
    adapter: str = ""
    strict: bool = False


@dataclass(frozen=True)
class Counts:
    """How many rows of a sheet there are of each kind; `first` were accepted at the first try."""

    words: int
    accepted: int
    first: int
    rejected: int
    skipped: int

    @property
    def asked(self) -> int:
        return self.words - self.skipped


def count(rows: Sequence[SheetRow]) -> Counts:
    return Counts(
        words=len(rows),
        accepted=sum(row.accepted for row in rows),
        first=sum(row.accepted and row.tries == 1 for row in rows),
        rejected=sum(row.rejected for row in rows),
        skipped=sum(row.skipped for row in rows),
    )
