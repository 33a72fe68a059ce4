"""What the fitted judge is worth, as the tables of `docs/judge.md`. Part of `python -m bench.fit_judge`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.features import NAMES
from cefr_sentences.exporter.language.levels import LEVELS

from .judge_model import Rows, fit, folds_by, score
from .needs import need


def topics(sentences: list[str]) -> Any:
    """A number for each sentence: twelve groups with a vocabulary in common, to leave out some at a time."""
    vectors = (
        need("sklearn.feature_extraction.text")
        .TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=3)
        .fit_transform(sentences)
    )
    dense = need("sklearn.decomposition").TruncatedSVD(50, random_state=0).fit_transform(vectors)
    return need("sklearn.cluster").KMeans(12, n_init=3, random_state=0).fit_predict(dense)


def measures(scores: Any, ratings: Any, cuts: Sequence[float]) -> dict[str, float]:
    levels = 1 + (np.asarray(scores)[:, None] >= np.asarray(cuts)).sum(1)
    off = np.abs(levels[:, None] - ratings)
    mean = ratings.mean(1)
    return {
        "matches one annotator": float((off.min(1) == 0).mean()),
        "within one level": float((off.min(1) <= 1).mean()),
        "Spearman": float(need("scipy.stats").spearmanr(scores, mean)[0]) if np.ptp(scores) else 0.0,
        "MSE": float(((scores - mean) ** 2).mean()),
    }


def untrained(rows: Rows) -> Any:
    """The rule to beat: the mean of the three hardest words' level and a level by length."""
    lengths = np.searchsorted([4, 7, 12, 20, 30], rows.x[:, NAMES.index("words")], side="right") + 1
    return (np.minimum(rows.x[:, NAMES.index("level_top3")], 5) + lengths) / 2


FEW = ("log_words", "letters", "level_mean", "level_max", "zipf_mean", "b1_share", "b2_share", "commas", "finite")


def small_ridge(train: Rows, test: Rows) -> Any:
    columns = [NAMES.index(name) for name in FEW]
    scaler = need("sklearn.preprocessing").StandardScaler().fit(train.x[:, columns])
    model = need("sklearn.linear_model").Ridge(alpha=10).fit(scaler.transform(train.x[:, columns]), train.y)
    return model.predict(scaler.transform(test.x[:, columns]))


def table(lines: list[tuple[str, dict[str, float]]]) -> str:
    out = ["| | matches one of two annotators | within one level | Spearman | MSE |", "|---|---|---|---|---|"]
    for what, m in lines:
        spearman = f"{m['Spearman']:.3f}" if m["Spearman"] else "-"
        out.append(
            f"| {what} | {m['matches one annotator']:.1%} | {m['within one level']:.1%} | {spearman} | {m['MSE']:.3f} |"
        )
    return "\n".join(out)


def as_written(sentence: str) -> str:
    """A tokenised sentence as people write it."""
    text = re.sub(r" (?=[,.;:!?)%])|(?<=[($]) ", "", sentence)
    text = re.sub(r" (?=n't\b|'(?:s|re|ve|ll|d|m)\b)", "", text)
    return re.sub(r"(?<=\w) - (?=\w)", "-", re.sub(r"(?<=\w)- (?=\w)", "-", text))


def report(train: Rows, dev: Rows, anchors: Rows, numbers: dict[str, Any], unseen: Any, unseen_anchors: Any) -> str:
    cuts, plain = numbers["cuts"], [1.5, 2.5, 3.5, 4.5, 5.5]
    on_dev = score(numbers, dev)
    without = score({**numbers, "letters": {}}, dev)
    mean = np.full(len(dev), train.y.mean())
    held = folds_by(topics(train.sentences))
    _, other, _ = fit(train, anchors, held)
    written = score(numbers, Rows([as_written(s) for s in dev.sentences], dev.ratings))
    slope, start = np.polyfit(train.y, unseen, 1)
    stretched = (((unseen - start) / slope - train.y) ** 2).mean()
    agreed = float((train.ratings[:, 0] == train.ratings[:, 1]).mean())
    lines = [
        f"Two people who rated the same sentence agree exactly in {agreed:.0%} of the training rows. Matching one of",
        "the two asks for less than agreement with a given one.",
        "",
        f"{len(dev)} sentences of `wiki-auto-dev`. Nothing was fitted on them; settings were chosen by",
        "cross-validation, with an eye on this table:",
        "",
        table(
            [
                ("**the judge**", measures(on_dev, dev.ratings, cuts)),
                ("without the letters", measures(without, dev.ratings, cuts)),
                (f"ridge on {len(FEW)} features", measures(small_ridge(train, dev), dev.ratings, plain)),
                ("untrained rule: hardest three words and length", measures(untrained(dev), dev.ratings, plain)),
                ("always the mean of the training rows", measures(mean, dev.ratings, plain)),
            ]
        ),
        "",
        f"{len(train):,} sentences of `wiki-auto-train`, each scored by a model that has seen neither it nor another",
        "version of it; and by a model that has not seen its topic (twelve groups by vocabulary):",
        "",
        table(
            [
                ("cross-validation", measures(unseen, train.ratings, cuts)),
                ("a fifth of the topics left out at a time", measures(other, train.ratings, cuts)),
            ]
        ),
        "",
        "| level | both annotators gave it | mean score, unseen | score of the middle 80 % |",
        "|---|---|---|---|",
    ]
    for number, level in enumerate(LEVELS, 1):
        some = unseen[(train.ratings == number).all(1)]
        low, high = np.percentile(some, [10, 90])
        lines.append(f"| {level} | {len(some):,} | {some.mean():.2f} | {low:.2f}-{high:.2f} |")
    lines += ["", "Sentences written for this project by level, unseen (their level is the writer's, no rating):", ""]
    lines += ["| written as | sentences | mean score | " + " | ".join(LEVELS) + " |", "|---|---|---|" + "---|" * 6]
    for number, level in enumerate(LEVELS[:5], 1):
        some = unseen_anchors[anchors.ratings[:, 0] == number]
        got = np.bincount(1 + (some[:, None] >= np.asarray(cuts)).sum(1), minlength=7)[1:]
        shares = " | ".join(f"{n / len(some):.0%}" for n in got)
        lines.append(f"| {level} | {len(some)} | {some.mean():.2f} | {shares} |")
    lines += [
        "",
        "Stretched by a line until the mean score of a level is about its number, the unseen scores would have a",
        f"squared error of {stretched:.3f} in place of {((unseen - train.y) ** 2).mean():.3f}.",
        f"Cut points: {', '.join(map(str, cuts))}. Mean scores shipped for comparison: "
        + ", ".join(f"{k} {v}" for k, v in numbers["means"].items())
        + ".",
        f"The same development sentences written as people write them, not tokenised: the score changes by "
        f"{np.abs(written - on_dev).mean():.3f} on average, MSE {((written - dev.y) ** 2).mean():.3f}.",
    ]
    return "\n".join(lines)
