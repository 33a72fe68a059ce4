"""What the fitted judge is worth, as the tables of `docs/judge.md`. Part of `python -m bench.fit_judge`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.features import NAMES
from cefr_sentences.exporter.language.fitted import judge_of
from cefr_sentences.exporter.language.levels import LEVELS

from .judge_model import Rows
from .needs import need


def levels_of(scores: Any, cuts: Sequence[float]) -> Any:
    return 1 + (np.asarray(scores)[:, None] >= np.asarray(cuts)).sum(1)


def measures(scores: Any, ratings: Any, cuts: Sequence[float]) -> dict[str, float]:
    levels = levels_of(scores, cuts)
    off = np.abs(levels[:, None] - ratings)
    mean, agreed = ratings.mean(1), ratings[:, 0] == ratings[:, 1]
    return {
        "agreed": float((off[agreed, 0] == 0).mean()),
        "one of two": float((off.min(1) == 0).mean()),
        "within one level": float((off.min(1) <= 1).mean()),
        "Spearman": float(need("scipy.stats").spearmanr(scores, mean)[0]) if np.ptp(scores) else 0.0,
        "MSE": float(((scores - mean) ** 2).mean()),
    }


def untrained(rows: Rows) -> Any:
    """The rule to beat: the mean of the three hardest words' level and a level by length."""
    lengths = np.searchsorted([4, 7, 12, 20, 30], rows.x[:, NAMES.index("words")], side="right") + 1
    return (np.minimum(rows.x[:, NAMES.index("level_top3")], 5) + lengths) / 2


def table(lines: list[tuple[str, Any, Rows]], cuts: Sequence[float]) -> list[str]:
    """A line for each: what it is, its scores, the rows."""
    out = [
        "| | sentences | exact where both raters agree | exact with one of two | within one level | Spearman | MSE |",
        "|---|---|---|---|---|---|---|",
    ]
    for what, scores, rows in lines:
        m = measures(scores, rows.ratings, cuts)
        spearman = f"{m['Spearman']:.3f}" if m["Spearman"] else "-"
        out.append(
            f"| {what} | {len(rows):,} | {m['agreed']:.1%} | {m['one of two']:.1%} | {m['within one level']:.1%} "
            f"| {spearman} | {m['MSE']:.3f} |"
        )
    return out


def by_level(lines: list[tuple[str, Any, Rows]], cuts: Sequence[float]) -> list[str]:
    """A line for each level of each: how many sentences both raters gave it, and what the judge makes of them."""
    out = [
        "| | rated | sentences | mean score | bias | " + " | ".join(LEVELS) + " |",
        "|---|---|---|---|---|" + "---|" * 6,
    ]
    for what, scores, rows in lines:
        for number, level in enumerate(LEVELS, 1):
            some = np.asarray(scores)[(rows.ratings == number).all(1)]
            if len(some) < 5:
                continue
            found = levels_of(some, cuts)
            shares = " | ".join(f"{n / len(some):.0%}" for n in np.bincount(found, minlength=7)[1:])
            out.append(
                f"| {what} | {level} | {len(some):,} | {some.mean():.2f} | {found.mean() - number:+.2f} | {shares} |"
            )
    return out


def as_written(sentence: str) -> str:
    """A tokenised sentence as people write it."""
    text = re.sub(r" (?=[,.;:!?)%])|(?<=[($]) ", "", sentence)
    text = re.sub(r" (?=n't\b|'(?:s|re|ve|ll|d|m)\b)", "", text)
    return re.sub(r"(?<=\w) - (?=\w)", "-", re.sub(r"(?<=\w)- (?=\w)", "-", text))


def report(
    train: Rows, dev: Rows, everyday: dict[str, Rows], anchors: Rows, numbers: dict[str, Any], unseen: dict[str, Any]
) -> str:
    cuts, judge = numbers["cuts"], judge_of(numbers)

    def scores(rows: Rows) -> Any:
        return judge.predict(rows.x, rows.words)

    written = scores(Rows([as_written(s) for s in dev.sentences], dev.ratings))
    tested = [(name, scores(rows), rows) for name, rows in everyday.items() if name != "fit"]
    shares = [(rows.ratings[:, 0] == rows.ratings[:, 1]).mean() for rows in (train, everyday["fit"])]
    mean = np.full(len(dev), train.y.mean())
    plain = [1.5, 2.5, 3.5, 4.5, 5.5]
    names = {"test": "everyday, kept back", "tricky": "tricky, kept back"}
    cross_validated = [
        ("`wiki-auto-train`", unseen["train"], train),
        ("everyday", unseen["everyday"], everyday["fit"]),
    ]
    return "\n".join(
        [
            f"Two raters agree exactly in {shares[0]:.0%} of the rows of Wiki-Auto, both of everyday sentences in",
            f"{shares[1]:.0%}. To match one of two is less than to match a given one. On what nothing was fitted on:",
            "",
            *table([("`wiki-auto-dev`", scores(dev), dev), *((names[n], s, rows) for n, s, rows in tested)], cuts),
            *table([("`wiki-auto-dev`, hardest three words and length", untrained(dev), dev)], plain)[2:],
            *table([("`wiki-auto-dev`, always the mean", mean, dev)], plain)[2:],
            "",
            "On those it was fitted on, each scored by models that have seen neither it nor another version of it:",
            "",
            *table(cross_validated, cuts),
            "",
            "Level by level, where both raters gave the level; bias is the mean of level found minus level rated:",
            "",
            *by_level(
                [("everyday, kept back", *tested[0][1:]), *cross_validated, ("anchors", unseen["anchors"], anchors)],
                cuts,
            ),
            "",
            f"Cut points: {', '.join(map(str, cuts))}. Mean scores shipped for comparison: "
            + ", ".join(f"{k} {v}" for k, v in numbers["means"].items())
            + ".",
            "The development sentences written as people write them, not tokenised: the score changes by "
            f"{np.abs(written - scores(dev)).mean():.3f} on average, MSE {((written - dev.y) ** 2).mean():.3f}.",
        ]
    )
