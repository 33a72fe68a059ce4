"""One system's sentences measured: a figure with its interval for each measure, and what each sentence is like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...exporter.language.forms import uses
from ...exporter.language.profile import mean_score, profiles
from . import metrics
from .bootstrap import Parts, interval

Answers = Sequence[Sequence[str | None]]


@dataclass
class Measured:
    """`parts` have an interval; `wholes` are figures of the first sentence of each word, which drawing sentences
    twice would change.

    `rows` has an entry for each requested word, in order, as it stands in the JSON.
    """

    rows: list[dict[str, Any]]
    parts: dict[str, Parts] = field(default_factory=dict)
    wholes: dict[str, float] = field(default_factory=dict)
    opening: str = ""

    def figures(self, seed: int) -> dict[str, dict[str, Any]]:
        """`value`, `low`, `high`, `top` and `of` of each measure; None where there is nothing to tell."""
        found: dict[str, dict[str, Any]] = {}
        for key, parts in self.parts.items():
            low, high = interval(parts, seed) or (None, None)
            found[key] = {
                "value": finite(parts.value),
                "low": low,
                "high": high,
                "top": sum(parts.top),
                "of": sum(parts.of),
            }
        return found | {key: {"value": finite(value), "low": None, "high": None} for key, value in self.wholes.items()}


def measure(
    lists: Sequence[Sequence[str]],
    answers: Answers,
    level: str,
    groups: Mapping[str, str],
    copied: Callable[[str], bool] | None,
    losses: Mapping[str, tuple[float, int]],
) -> Measured:
    """Everything that can be said of `answers` to `lists` of words asked for at `level`.

    `groups` says how well training knows each word, and `copied` whether a sentence is one of training's (empty and
    None where the training file is not known); `losses` are the base model's, by sentence.
    """
    rows = _rows(lists, answers, level, groups, losses)
    by_list: list[list[dict[str, Any]]] = []
    at = 0
    for words in lists:
        by_list.append(rows[at : at + len(words)])
        at += len(words)

    def parts(of: Callable[[dict[str, Any]], tuple[float, float] | None], shape: Any = None) -> Parts:
        pairs = [[pair for row in some if (pair := of(row)) is not None] for some in by_list]
        return Parts([sum(t for t, _ in some) for some in pairs], [sum(o for _, o in some) for some in pairs], shape)

    def of_sentences(value: Callable[[dict[str, Any]], float | None]) -> Parts:
        """The mean over sentences of what `value` makes of their row."""

        def pair(row: dict[str, Any]) -> tuple[float, float] | None:
            found = value(row) if row["sentence"] is not None else None
            return None if found is None else (found, 1)

        return parts(pair)

    target = mean_score(level)
    found = Measured(rows, {"used": parts(lambda row: (row["used"], 1))})
    for name in ("unseen", "inside", "asked"):
        if name in groups.values():
            found.parts[f"used_{name}"] = parts(
                lambda row, name=name: (row["used"], 1) if row["group"] == name else None
            )
    found.parts |= {
        "control_error": of_sentences(
            lambda row: None if row["score"] is None else metrics.squared_distance(row["score"], target)
        ),
        "exact": of_sentences(lambda row: metrics.levels_apart(row["level"], level) == 0),
        "within_one": of_sentences(lambda row: metrics.levels_apart(row["level"], level) <= 1),
        "above": parts(lambda row: None if row["sentence"] is None else (row["tokens_above"], row["tokens"])),
        "readability": of_sentences(lambda row: row["readability"]),
        "length": of_sentences(lambda row: row["length"]),
    }
    if copied is not None:
        for row in rows:
            if row["sentence"] is not None:
                row["copied"] = copied(row["sentence"])
        found.parts["copied"] = of_sentences(lambda row: row["copied"])
    if losses:
        fluency = of_sentences(lambda row: None if row["perplexity"] is None else math.log(row["perplexity"]))
        found.parts["fluency"] = Parts(fluency.top, fluency.of, math.exp)
    # A word that is asked for twice may well get the same sentence twice: variety is that of its first ones.
    present = list({row["word"].casefold(): row for row in reversed(rows) if row["sentence"] is not None}.values())[
        ::-1
    ]
    sentences = [row["sentence"] for row in present]
    found.opening, opening = metrics.commonest_opening(sentences)
    doubles = set(metrics.near_duplicates(sentences))
    for place, row in enumerate(present):
        row["near_duplicate"] = place in doubles
    found.wholes = {
        "distinct_1": metrics.distinct(sentences, 1),
        "distinct_2": metrics.distinct(sentences, 2),
        "opening": opening,
        "near_duplicates": len(doubles) / len(sentences) if sentences else math.nan,
    }
    return found


def _rows(
    lists: Sequence[Sequence[str]],
    answers: Answers,
    level: str,
    groups: Mapping[str, str],
    losses: Mapping[str, tuple[float, int]],
) -> list[dict[str, Any]]:
    asked = [word for words in lists for word in words]
    written = [sentence for answer in answers for sentence in answer]
    rows = []
    for word, sentence, profile in zip(asked, written, profiles([s or "" for s in written], level), strict=True):
        row: dict[str, Any] = {"word": word, "group": groups.get(word, ""), "sentence": sentence, "used": False}
        if sentence is not None:
            nats, n = losses.get(sentence, (0.0, 0))
            above, tokens = metrics.tokens_above(word, sentence, level)
            row |= {
                "used": uses(word, sentence),
                "score": finite(profile.score),
                "level": profile.level,
                "above": list(profile.above),
                "tokens_above": above,
                "tokens": tokens,
                "readability": finite(metrics.readability(sentence)),
                "length": metrics.length(sentence),
                "perplexity": finite(math.exp(min(nats / n, 50.0))) if n else None,
            }
        rows.append(row)
    return rows


def finite(value: float) -> float | None:
    """None for what JSON has no number for."""
    return float(value) if math.isfinite(value) else None
