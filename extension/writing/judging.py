"""What each written sentence is like by itself: its score, its level, and the checks that it fails."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import replace

from ...exporter.language.entry import Entry
from ...exporter.language.profile import Profile, mean_score, profiles
from .checks import Candidate, failed
from .sheet import SheetRow


def judged(rows: Sequence[SheetRow], target: str, known: Set[str] = frozenset()) -> list[SheetRow]:
    """`rows` with score, level and the reasons that each sentence has by itself.

    `known` are sentences that may not be repeated, as `accepted.plain` makes them.
    """
    asked = [_asked(row.word, row.sentence) if row.sentence else () for row in rows]
    found = profiles([row.sentence or "" for row in rows], target, asked=asked)
    return [_judged(row, profile, target, known) for row, profile in zip(rows, found, strict=True)]


def _judged(row: SheetRow, profile: Profile, target: str, known: Set[str]) -> SheetRow:
    if row.sentence is None:
        return row
    return replace(
        row,
        reasons=failed(Candidate(row.sentence, row.word, target, profile, known)),
        score=profile.score if profile.level else None,
        level=profile.level,
        above=profile.above,
    )


def _asked(word: str, sentence: str) -> tuple[str, ...]:
    """The requested word as it is in `sentence`, which cannot be written without it."""
    return tuple(sentence[a:b] for a, b in Entry.parse(word).spans(sentence))


def distance(row: SheetRow, target: str) -> float:
    """How far the sentence is from human sentences of `target`, on the judge's scale of 1 to 6."""
    return abs(row.score - mean_score(target)) if row.score is not None else math.inf
