"""What is asked in an evaluation, and what the answers are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...exporter.common.errors import InputError, Option
from ...exporter.language.judges import DEFAULT
from ...exporter.language.levels import TRAINABLE
from ...exporter.records.prompt import ListPrompt, Record
from ...exporter.records.reading import read_records

SEED = 42


@dataclass(frozen=True)
class Task:
    """`lists` of words to ask for at `level`. One `seed` decides everything that is drawn.

    `records` are those of the evaluation file, for the loss; the first of them are `lists`, and `own` are their
    sentences. A word list has neither. `training` are the records of the training file, None where it is not known.
    `temperature` 0 is greedy. `judge` is the name of the one that says how hard sentences are.
    """

    level: str
    lists: tuple[tuple[str, ...], ...]
    records: tuple[Record, ...] = ()
    training: tuple[Record, ...] | None = None
    seed: int = SEED
    temperature: float = 0.0
    judge: str = DEFAULT

    def __post_init__(self) -> None:
        if self.level not in TRAINABLE or not self.lists:
            raise InputError(
                "An evaluation needs a level and words, not level {level!r} and {lists} lists. Give an evaluation "
                "file, or words and their level.",
                level=self.level,
                lists=len(self.lists),
            )
        if not 0 <= self.temperature <= 2:
            raise InputError(
                "{setting} {value} is out of range: 0 (greedy) to 2.",
                setting=Option("temperature"),
                value=self.temperature,
            )

    @property
    def own(self) -> list[list[str | None]] | None:
        """The sentences that the evaluation file has for the words that are asked for."""
        return [list(r.sentences) for r in self.records[: len(self.lists)]] if self.records else None

    @property
    def prompts(self) -> list[ListPrompt]:
        return [ListPrompt(self.level, words) for words in self.lists]

    @property
    def words(self) -> list[str]:
        return [word for words in self.lists for word in words]


def of_records(records: Sequence[Record], prompts: int, **more: object) -> Task:
    """The task of an evaluation file: answer its first `prompts` records. Raises InputError for mixed levels."""
    levels = sorted({record.level for record in records})
    if len(levels) != 1:
        raise InputError(
            "An evaluation file has records of one level; this one has {levels}. Split it by level.",
            levels=", ".join(levels) or "none",
        )
    lists = tuple(record.words for record in records[:prompts])
    return Task(levels[0], lists, tuple(records), **more)  # pyright: ignore[reportArgumentType]


def training_records(path: Path | None) -> tuple[Record, ...] | None:
    """The records of a training file; None where it is not known."""
    return None if path is None else tuple(read_records(path))
