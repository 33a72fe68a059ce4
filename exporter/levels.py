"""The CEFR levels."""

from __future__ import annotations

from .errors import InputError

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
# C2 is known to the judge, but nobody trains for it: the word lists and graded sentences end at C1.
TRAINABLE = LEVELS[:5]


def parse_level(text: str, allowed: tuple[str, ...] = LEVELS) -> str:
    """`text` as a level name (`" a1 "` is `A1`).

    Raises:
        InputError: not a level, or not one of `allowed`.
    """
    level = text.strip().upper()
    if level in allowed:
        return level
    choices = ", ".join(allowed)
    if level in LEVELS:
        raise InputError(f"Level {level} cannot be trained or exported. Choose one of {choices}.")
    raise InputError(f"{text!r} is not a CEFR level. Choose one of {choices}.")
