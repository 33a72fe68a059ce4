"""What each written sentence is like by itself: its score, its level, and the checks that it fails."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import replace

from ...exporter.language.levels import level_number
from ...exporter.language.profile import Profile, mean_score, profiles
from .checks import Candidate, failed
from .sheet import SheetRow


def judged(rows: Sequence[SheetRow], target: str, known: Set[str] = frozenset()) -> list[SheetRow]:
    """`rows` with score, level and the reasons that each sentence has by itself.

    `known` are sentences that may not be repeated, as `accepted.plain` makes them.
    """
    found = profiles([row.sentence or "" for row in rows], target)
    return [_judged(row, profile, target, known) for row, profile in zip(rows, found, strict=True)]


def _judged(row: SheetRow, profile: Profile, target: str, known: Set[str]) -> SheetRow:
    if row.sentence is None:
        return row
    reasons = failed(Candidate(row.sentence, row.word, target, profile, known, row.pos))
    if row.bank_level:  # who wrote it has said its level; a copy of it is what was asked for
        easier = level_number(row.bank_level) <= level_number(target)
        reasons = tuple(name for name in reasons if name not in (("copy", "easy", "hard") if easier else ("copy",)))
    # The sentence cannot be written without the requested word.
    asked = {row.sentence[a:b].casefold() for a, b in row.entry.spans(row.sentence)}
    return replace(
        row,
        reasons=reasons,
        score=profile.score if profile.level else None,
        level=profile.level,
        above=tuple(word for word in profile.above if word.casefold() not in asked),
    )


def distance(row: SheetRow, target: str) -> float:
    """How far the sentence is from human sentences of `target`, on the judge's scale of 1 to 6."""
    return abs(row.score - mean_score(target)) if row.score is not None else math.inf
