"""What a written sentence must be: one list of checks, each with the reason it gives.

Level, length and words are judged by `exporter.profile`, word forms by `exporter.forms`; no model is asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from ...exporter.language.forms import spans, tokens, uses
from ...exporter.language.levels import LEVELS
from ...exporter.language.profile import Profile, mean_score, profiles
from ...exporter.pairs.checking import count_sentences

# Why a row has no sentence that stands, by its short name. `{detail}` is the row's own.
REASONS = {
    "not a word": "it is not a word: {detail}",
    "repeated": "it was asked for before, in row {detail}",
    "server": "the server gave no answer: {detail}",
    "missing": "the model wrote no sentence for it",
    "fragment": "that is not a whole sentence",
    "markup": "markup or a piece of the prompt is in it",
    "several": "that is more than one sentence",
    "unused": "the word is not in it",
    "hard": "it is too hard for the level",
    "easy": "it is too easy for the level",
    "copy": "it is a sentence of the training data",
    "duplicate": "another row has the same sentence",
    "similar": "another row has nearly the same sentence",
    "opening": "too many rows begin like it",
}
SKIPPED = frozenset(["not a word", "repeated"])  # never asked for

_MARKUP = re.compile(r"[*_#`<>{}|\\\[\]]|\d\. [A-Z]|Generate [ABC][12]-level|Provide numbered sentences")
_END = re.compile(r"[.!?…][\"'”’)]*$")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
MIN_WORDS = 3
SIMILAR = 0.8  # shared words of two sentences, as a share of all their words (Jaccard)
# Rows that may begin with the same two words: a tenth of the sheet, and three in any sheet.
OPENINGS, FEW = 0.1, 3


@dataclass(frozen=True)
class Row:
    """A requested word and what became of it.

    `reasons` are names from REASONS, none where the sentence stands. `score` and `level` are the judge's, `above` the
    words above the target; `fluency` is the mean log-probability by the writing model, where we wrote it ourselves.
    `tries` counts how often the word was asked for.
    """

    word: str
    sentence: str | None = None
    reasons: tuple[str, ...] = ()
    detail: str = ""
    score: float | None = None
    level: str = ""
    above: tuple[str, ...] = ()
    fluency: float | None = None
    tries: int = 0

    def __post_init__(self) -> None:
        if unknown := [reason for reason in self.reasons if reason not in REASONS]:
            raise ValueError(f"No such reason: {', '.join(unknown)}.")
        if not self.reasons and self.sentence is None:
            raise ValueError(f"A row without a sentence needs a reason: {self.word!r}.")

    @property
    def stands(self) -> bool:
        return not self.reasons

    @property
    def used(self) -> bool:
        """Whether the sentence has the word in it."""
        return self.sentence is not None and not {"unused", "missing", *SKIPPED} & set(self.reasons)

    @property
    def status(self) -> str:
        """`ok`, `flagged`, or `skipped` where there was nothing to ask for."""
        return "ok" if self.stands else "skipped" if SKIPPED & set(self.reasons) else "flagged"

    @property
    def why(self) -> str:
        """The reasons as a sentence for people; empty where there are none."""
        return "; ".join(REASONS[reason].format(detail=self.detail) for reason in self.reasons)


def fit(row: Row, target: str) -> float:
    """How far the sentence is from human sentences of `target`, on the judge's scale of 1 to 6."""
    return abs(row.score - mean_score(target)) if row.score is not None else math.inf


def judged(rows: Sequence[Row], target: str, known: Set[str] = frozenset()) -> list[Row]:
    """`rows` with score, level and the reasons that each sentence has by itself; `known` are `plain` sentences."""
    found = profiles([row.sentence or "" for row in rows], target)
    return [_judged(row, profile, target, known) for row, profile in zip(rows, found, strict=True)]


def _judged(row: Row, profile: Profile, target: str, known: Set[str]) -> Row:
    if row.sentence is None:
        return row if row.reasons else replace(row, reasons=("missing",))
    off = LEVELS.index(profile.level) - LEVELS.index(target) if profile.level else 0
    checks: dict[str, Callable[[str], object]] = {
        "fragment": lambda s: len(_WORD.findall(s)) < MIN_WORDS or not _END.search(s) or not _begins(s),
        "markup": _MARKUP.search,
        "several": lambda s: count_sentences(s) > 1,
        "unused": lambda s: not uses(row.word, s),
        "hard": lambda s: off > 1,
        "easy": lambda s: off < -1,
        "copy": lambda s: plain(s) in known,
    }
    reasons = tuple(name for name, fails in checks.items() if fails(row.sentence))
    score = profile.score if profile.level else None
    return replace(row, reasons=reasons, score=score, level=profile.level, above=_above(row, profile.above))


def _above(row: Row, above: tuple[str, ...]) -> tuple[str, ...]:
    """Without the word that was asked for: nobody can write the sentence without it."""
    sentence = row.sentence or ""
    asked = {sentence[a:b].casefold() for a, b in spans(row.word, sentence)}
    return tuple(word for word in above if word.casefold() not in asked)


def _begins(sentence: str) -> bool:
    first = next((c for c in sentence if c.isalnum()), "")
    return first.isupper() or first.isdigit()


def plain(sentence: str) -> str:
    """What two sentences share that say the same in the same words."""
    return " ".join(tokens(sentence))


class Chosen:
    """The sentences that stand so far, and what a further one may not repeat. `rows` is the size of the sheet."""

    def __init__(self, rows: int) -> None:
        self.limit = max(FEW, math.ceil(OPENINGS * rows))
        self.words: Counter[str] = Counter()
        self.firsts: Counter[str] = Counter()
        self.count = 0
        self._plain: set[str] = set()
        self._openings: Counter[str] = Counter()
        # word -> sentences among whose rarest words it is: two similar sentences share at least one of those.
        self._rare: defaultdict[str, list[frozenset[str]]] = defaultdict(list)

    def reasons(self, sentence: str) -> tuple[str, ...]:
        """What speaks against `sentence` beside those that are chosen."""
        text = plain(sentence)
        if text in self._plain:
            return ("duplicate",)
        found = ["similar"] if self._similar(frozenset(text.split())) else []
        return tuple(found + ["opening"] * (self._openings[_opening(text)] >= self.limit))

    def add(self, sentence: str) -> None:
        text = plain(sentence)
        some = frozenset(text.split())
        self._plain.add(text)
        self._openings[_opening(text)] += 1
        self.firsts[text.partition(" ")[0]] += 1
        self.words.update(some)
        self.count += 1
        for word in _rarest(some):
            self._rare[word].append(some)

    def repetition(self, sentence: str) -> float:
        """How much of `sentence` the sheet has already, 0 to 1: half its opening word, half its other words."""
        if not self.count:
            return 0.0
        text = plain(sentence)
        some = text.split()
        shares = [self.words[word] / self.count for word in set(some)]
        return (self.firsts[some[0]] / self.count + sum(shares) / len(shares)) / 2 if some else 0.0

    def _similar(self, some: frozenset[str]) -> bool:
        nearby = (other for word in _rarest(some) for other in self._rare[word])
        return any(len(some & other) >= SIMILAR * len(some | other) for other in nearby)


def _opening(text: str) -> str:
    return " ".join(text.split()[:2])


def _rarest(some: Set[str]) -> list[str]:
    """The words of which two sets this similar share at least one (prefix filter); long words are rare words."""
    ordered = sorted(some, key=lambda word: (-len(word), word))
    return ordered[: len(ordered) - math.ceil(SIMILAR * len(ordered) - 1e-9) + 1]
