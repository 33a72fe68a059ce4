"""One system's sentences measured: what each of them is like, and a figure with its interval for each metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from ...exporter.language.entry import Entry
from ...exporter.language.judge import Judge
from ...exporter.language.profile import Profile, profiles
from .bootstrap import Parts, exact_interval, interval
from .metric import SHARE, Sample
from .metrics import METRICS, length, near_duplicates, readability, tokens_above
from .result import Figure, Row

Written = Sequence[Sequence[str | None]]  # sentences, list by list
Measured = Mapping[str, "Parts | float"]  # by the key of the metric


@dataclass(frozen=True)
class Knowledge:
    """What is known beside the sentences themselves.

    `groups` says how well training knows each word, and `copied` whether a sentence is one of training's (empty and
    None where the training file is not known); `losses` are the base model's: nats and tokens, by sentence. `guesses`
    are its, too, by word and sentence.
    """

    groups: Mapping[str, str]
    copied: Callable[[str], bool] | None
    losses: Mapping[str, tuple[float, int]]
    guesses: Mapping[tuple[str, str | None], float | None] = field(default_factory=dict)


NOTHING_KNOWN = Knowledge({}, None, {})


def sample(
    lists: Sequence[Sequence[str]],
    written: Written,
    level: str,
    known: Knowledge = NOTHING_KNOWN,
    losses: Sequence[tuple[float, int]] = (),
    well_formed: Sequence[bool] = (),
    judge: Judge | None = None,
) -> Sample:
    """The sentences `written` for `lists` of words at `level`, each with what it is like.

    `losses` (of the records) and `well_formed` (of the answers) are a model's, as in `Sample`; so is `judge`.
    """
    words = [word for some in lists for word in some]
    sentences = [sentence for some in written for sentence in some]
    read = profiles([sentence or "" for sentence in sentences], level, judge)
    rows = iter(_with_near_duplicates([_row(*each, level, known) for each in zip(words, sentences, read, strict=True)]))
    return Sample(level, tuple(tuple(islice(rows, len(some))) for some in lists), losses, well_formed, judge)


def _row(word: str, sentence: str | None, profile: Profile, level: str, known: Knowledge) -> Row:
    group = known.groups.get(word, "")
    if sentence is None:
        return Row(word, group)
    nats, n = known.losses.get(sentence, (0.0, 0))
    above, tokens = tokens_above(word, sentence, level)
    return Row(
        word,
        group,
        sentence,
        used=Entry.parse(word).uses(sentence),
        score=finite(profile.score),
        level=profile.level,
        above=profile.above,
        tokens_above=above,
        tokens=tokens,
        readability=finite(readability(sentence)),
        length=length(sentence),
        perplexity=math.exp(min(nats / n, 50.0)) if n else None,
        guess=known.guesses.get((word, sentence)),
        copied=known.copied(sentence) if known.copied is not None else None,
    )


def _with_near_duplicates(rows: Sequence[Row]) -> list[Row]:
    """`rows`, of which the first sentence of each word is marked as a near-duplicate of an earlier one or not."""
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.sentence is not None:
            first.setdefault(row.word.casefold(), place)
    places = list(first.values())
    near = {places[i] for i in near_duplicates([rows[place].sentence or "" for place in places])}
    marked = set(places)
    return [replace(row, near_duplicate=i in near) if i in marked else row for i, row in enumerate(rows)]


def measure(of: Sample) -> Measured:
    """The value of each metric that applies to a sample."""
    values = {key: metric.measure(of) for key, metric in METRICS.items()}
    return {key: value for key, value in values.items() if value is not None}


def figures(measured: Measured, seed: int) -> dict[str, Figure]:
    """Each value with its interval, where it has one; None where there is nothing to tell."""
    return {key: figure(value, seed, share=METRICS[key].unit == SHARE) for key, value in measured.items()}


def figure(value: Parts | float, seed: int, *, share: bool = False) -> Figure:
    """A value with its interval; that of a `share` of 0 or 1 is the exact one."""
    if not isinstance(value, Parts):
        return Figure(finite(value))
    low, high = interval(value, seed) or (None, None)
    if share and low is not None and low == high:
        low, high = exact_interval(value) or (low, high)
    return Figure(finite(value.value), low, high, sum(value.top), sum(value.of))


def differences(adapter: Measured, base: Measured, seed: int) -> dict[str, Figure]:
    """Adapter less base of each ratio of both, with the interval over the same lists drawn for both."""
    different = {}
    for key, one in adapter.items():
        two = base.get(key)
        if isinstance(one, Parts) and isinstance(two, Parts):
            low, high = interval(one, seed, two) or (None, None)
            different[key] = Figure(finite(one.value - two.value), low, high)
    return different


def finite(value: float) -> float | None:
    """None for what JSON has no number for."""
    return float(value) if math.isfinite(value) else None
