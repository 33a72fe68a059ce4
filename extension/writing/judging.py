"""What each written sentence is like by itself: its score, its level, and the checks that it fails."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import replace

from ...exporter.language.levels import level_number
from ...exporter.language.profile import Profile, mean_score, profiles
from .checks import Candidate, failed
from .doubt import weighed
from .sheet import SheetRow

# The checks that a sentence of a bank need not pass: a person has read it, and said its word and level.
BY_PEOPLE = frozenset(["copy", "unused", "no verb", "twice", "inside", "unsuitable"])
LEVEL_CHECKS = frozenset(["hard", "easy"])


def judged(
    rows: Sequence[SheetRow], target: str, known: Set[str] = frozenset(), classroom: bool = True
) -> list[SheetRow]:
    """`rows` with score, level, the reasons that each sentence has by itself, and whether it is doubtful.

    `known` are sentences that may not be repeated, as `accepted.plain` makes them; with `classroom`, topics count.
    """
    asked = [() if _is_easy(row, target) else _asked(row) for row in rows]
    found = profiles([row.sentence or "" for row in rows], target, asked=asked)
    return [_judged(row, profile, target, known, classroom) for row, profile in zip(rows, found, strict=True)]


def _is_easy(row: SheetRow, target: str) -> bool:
    """Whether a bank has the sentence at the level or below it: so it is, whatever the judge says."""
    return row.found is not None and level_number(row.found.level) <= level_number(target)


def _judged(row: SheetRow, profile: Profile, target: str, known: Set[str], classroom: bool) -> SheetRow:
    if row.sentence is None:
        return row
    without = BY_PEOPLE if row.found else frozenset()
    if _is_easy(row, target):
        without |= LEVEL_CHECKS
    pos = "" if row.found else row.listed_pos
    reasons = failed(Candidate(row.sentence, row.word, target, profile, known, pos, classroom), without)
    asked = {word.casefold() for word in _asked(row)} if profile.above else ()
    row = replace(
        row,
        reasons=reasons,
        score=profile.score if profile.level else None,
        level=profile.level,
        above=tuple(word for word in profile.above if word.casefold() not in asked),
    )
    return weighed(row)


def _asked(row: SheetRow) -> tuple[str, ...]:
    """The requested word as it is in the sentence, which cannot be written without it."""
    sentence = row.sentence or ""
    return tuple(sentence[start:end] for start, end in row.entry.spans(sentence))


def distance(row: SheetRow, target: str) -> float:
    """How far the sentence is from human sentences of `target`, on the judge's scale of 1 to 6."""
    return abs(row.score - mean_score(target)) if row.score is not None else math.inf
