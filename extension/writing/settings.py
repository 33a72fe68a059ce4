"""How sentences are written."""

from __future__ import annotations

from dataclasses import dataclass

from ...exporter.common.errors import InputError, Option, out_of_range
from ...exporter.language.levels import TRAINABLE

# Answers asked for in one go: enough for a full batch, few enough that finished rows are safe soon.
AT_ONCE = 64
MOST_PER_WORD = 10
# The bank before the model (the first is the default), without it, beside it, and not at all.
BANK_MODES = ("first", "only", "beside", "off")
# Of worksheets; the first are the defaults.
EXERCISES = ("box", "choices")
PAPERS = ("A4", "Letter")


@dataclass(frozen=True)
class WriteSettings:
    """How sentences are written: `candidates` for each word, the first of them greedy, in at most `tries` tries.

    `per_word` sentences are wanted for each word; with `beside`, as many from the bank and as many from the model.
    `classroom` rejects what the model writes about topics that do not suit one. With `levels_from_list` a word is
    asked at the level that its list says, and at `level` where it says none.
    """

    level: str
    candidates: int = 4
    tries: int = 4
    temperature: float = 0.5
    seed: int = 0
    per_word: int = 1
    beside: bool = False
    classroom: bool = True
    levels_from_list: bool = False

    def __post_init__(self) -> None:
        if self.level not in TRAINABLE:
            raise InputError(
                "Sentences cannot be written for level {level}. Choose one of {levels}.",
                level=repr(self.level),
                levels=", ".join(TRAINABLE),
            )
        for name, low, high in (("candidates", 1, AT_ONCE), ("tries", 1, 20), ("per_word", 1, MOST_PER_WORD)):
            if not low <= (value := getattr(self, name)) <= high:
                raise out_of_range(name, value, low, high)
        if not 0 < self.temperature <= 2:
            raise InputError(
                "{setting} {value} is out of range: above 0, at most {high}.",
                setting=Option("temperature"),
                value=f"{self.temperature:g}",
                high=2,
            )
