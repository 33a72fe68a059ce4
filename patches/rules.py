"""The drift table: one rule for each argument of somebody else's API that was renamed, converted or removed.

Versions were found by constructing the real objects, not by reading release notes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Convert = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Rule:
    """An argument of `api` that was called `old` and is called `new`.

    `fails_from` is the first version of the library that refuses the old name; `to_old` turns a current
    value into the one the old argument takes.
    """

    api: str
    old: str
    new: str
    fails_from: str
    why: str
    to_old: Convert = _same


RULES: tuple[Rule, ...] = (
    Rule(
        api="transformers.TrainingArguments",
        old="group_by_length",
        new="train_sampling_strategy",
        fails_from="5.2",
        why="one argument names the sampler; 4.x has a flag for the only other choice",
        to_old=lambda strategy: {"group_by_length": True, "random": False}[strategy],
    ),
)
