"""What the judges are worth, as the tables of `docs/judge-measured.md`. Part of `python -m bench.fit_judge`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.features import NAMES
from cefr_sentences.exporter.language.levels import LEVELS

from .judge_model import Rows
from .needs import need

KEPT_BACK = {"dev": "`wiki-auto-dev`", "test": "everyday, kept back", "tricky": "tricky, kept back"}
FITTED_ON = {
    "train": "`wiki-auto-train`", "everyday": "everyday", "deep": "everyday, for `deep` alone", "anchors": "anchors",
}  # fmt: skip
DRAWS = 1000

# What it is, the judge's name, scores, the rows, cut points.
Line = tuple[str, str, Any, Rows, Sequence[float]]


@dataclass(frozen=True)
class Judged:
    """A judge, its scores of any rows, and of those it was fitted on by models that have not seen them, by name."""

    judge: Any
    scores: Callable[[Rows], Any]
    unseen: dict[str, Any]

    def line(self, name: str, rows: dict[str, Rows]) -> Line:
        what, unseen = {**KEPT_BACK, **FITTED_ON}[name], self.unseen.get(name)
        return what, self.judge.name, self.scores(rows[name]) if unseen is None else unseen, rows[name], self.judge.cuts


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


def table(lines: list[Line]) -> list[str]:
    out = [
        "| | judge | sentences | exact where both raters agree | exact with one of two | within one level "
        "| Spearman | MSE |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for what, name, scores, rows, cuts in lines:
        m = measures(scores, rows.ratings, cuts)
        spearman = f"{m['Spearman']:.3f}" if m["Spearman"] else "-"
        out.append(
            f"| {what} | {name} | {len(rows):,} | {m['agreed']:.1%} | {m['one of two']:.1%} "
            f"| {m['within one level']:.1%} | {spearman} | {m['MSE']:.3f} |"
        )
    return out


def by_level(lines: list[Line]) -> list[str]:
    """A line for each level of each: how many sentences both raters gave it, and what the judge makes of them."""
    out = [
        "| | judge | rated | sentences | mean score | bias | " + " | ".join(LEVELS) + " |",
        "|---|---|---|---|---|---|" + "---|" * 6,
    ]
    for what, name, scores, rows, cuts in lines:
        for number, level in enumerate(LEVELS, 1):
            some = np.asarray(scores)[(rows.ratings == number).all(1)]
            if len(some) < 5:
                continue
            found = levels_of(some, cuts)
            shares = " | ".join(f"{n / len(some):.0%}" for n in np.bincount(found, minlength=7)[1:])
            out.append(
                f"| {what} | {name} | {level} | {len(some):,} | {some.mean():.2f} | {found.mean() - number:+.2f} "
                f"| {shares} |"
            )
    return out


def better(one: Line, two: Line) -> str:
    """How much better the second judge is on the same rows, with 95 % intervals by bootstrap over the sentences."""
    what, rows = one[0], one[3]

    def gains(some: Any) -> list[float]:
        before, after = (measures(scores[some], rows.ratings[some], cuts) for _, _, scores, _, cuts in (one, two))
        return [100 * (after["agreed"] - before["agreed"]), after["Spearman"] - before["Spearman"]]

    drawn = np.random.default_rng(0).integers(len(rows), size=(DRAWS, len(rows)))
    exact, spearman = gains(np.arange(len(rows)))
    low, high = np.quantile([gains(some) for some in drawn], (0.025, 0.975), axis=0)
    return (
        f"| {what} | {exact:+.1f} points ({low[0]:+.1f} to {high[0]:+.1f}) "
        f"| {spearman:+.3f} ({low[1]:+.3f} to {high[1]:+.3f}) |"
    )


def as_written(sentence: str) -> str:
    """A tokenised sentence as people write it."""
    text = re.sub(r" (?=[,.;:!?)%])|(?<=[($]) ", "", sentence)
    text = re.sub(r" (?=n't\b|'(?:s|re|ve|ll|d|m)\b)", "", text)
    return re.sub(r"(?<=\w) - (?=\w)", "-", re.sub(r"(?<=\w)- (?=\w)", "-", text))


def report(rows: dict[str, Rows], fitted: Judged, deep: Judged) -> str:
    dev, judge = rows["dev"], fitted.judge
    written = fitted.scores(Rows([as_written(s) for s in dev.sentences], dev.ratings))
    shares = [(some.ratings[:, 0] == some.ratings[:, 1]).mean() for some in (rows["train"], rows["everyday"])]
    plain = [1.5, 2.5, 3.5, 4.5, 5.5]
    kept_back = [[judged.line(name, rows) for judged in (fitted, deep)] for name in KEPT_BACK]
    fitted_on = [[judged.line(name, rows) for judged in (fitted, deep)] for name in FITTED_ON]
    rules = [
        ("`wiki-auto-dev`", "hardest three words and length", untrained(dev), dev, plain),
        ("`wiki-auto-dev`", "always the mean", np.full(len(dev), rows["train"].y.mean()), dev, plain),
    ]
    means = [", ".join(f"{k} {v}" for k, v in judged.judge.means.items()) for judged in (fitted, deep)]
    return "\n".join(
        [
            f"Two raters agree exactly in {shares[0]:.0%} of the rows of Wiki-Auto, both of everyday sentences in",
            f"{shares[1]:.0%}. To match one of two is less than to match a given one. On what nothing was fitted on:",
            "",
            *table([*(line for lines in kept_back for line in lines), *rules]),
            "",
            "What `deep` gains on them, with 95 % intervals by bootstrap over the sentences:",
            "",
            "| | exact where both raters agree | Spearman |",
            "|---|---|---|",
            *(better(*lines) for lines in kept_back),
            "",
            "On those it was fitted on, each scored by models that have seen neither it nor another version of it:",
            "",
            *table([line for lines in fitted_on[:-1] for line in lines]),
            "",
            "Level by level, where both raters gave the level; bias is the mean of level found minus level rated:",
            "",
            *by_level([*kept_back[1], fitted_on[0][0], *fitted_on[1], *fitted_on[3]]),
            "",
            f"Cut points: {', '.join(map(str, judge.cuts))}, for both. Mean scores shipped for comparison: "
            f"{means[0]}; of `deep` {means[1]}.",
            "The development sentences written as people write them, not tokenised: the score of `fitted` changes by "
            f"{np.abs(written - fitted.scores(dev)).mean():.3f} on average, MSE {((written - dev.y) ** 2).mean():.3f}.",
        ]
    )
