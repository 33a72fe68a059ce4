"""Fitting the judge: rows of rated sentences -> the numbers of a `FittedJudge`. Part of `python -m bench.fit_judge`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.features import features
from cefr_sentences.exporter.language.fitted import FittedJudge, letter_groups, letter_words
from cefr_sentences.exporter.language.judge import Reading
from cefr_sentences.exporter.language.levels import LEVELS

from .needs import need

# The ratings have few A1 rows, and no sentence as learners' books have them, so sentences written for this project
# are added. The A1 ones alone would teach that "you" and a question mark are A1; hence those at A2-C1. A file of their
# own, not the starter pairs: the judge checks those. What each counts, against 1 for a rated one:
A1_WEIGHT, GRADED_WEIGHT = 0.1, 3.0
GRADED = Path(__file__).parent / "anchors.tsv"
RIDGE, LETTERS = 100.0, 30.0
TREES = {
    "n_estimators": 250, "learning_rate": 0.05, "max_depth": 4, "min_samples_leaf": 20, "subsample": 0.6,
    "max_features": 0.3, "random_state": 0,
}  # fmt: skip
LEAST_ROWS = 8  # a group of letters in fewer sentences gets no weight


class Rows:
    """Sentences with their features, ratings (two each) and weights."""

    def __init__(self, sentences: Sequence[str], ratings: Any, weight: float = 1.0) -> None:
        read = [Reading.of(sentence) for sentence in sentences]
        self.sentences = list(sentences)
        self.x = np.array([features(reading.tokens, reading.structure) for reading in read])
        self.words = [letter_words(reading.tokens) for reading in read]
        self.ratings = np.asarray(ratings, dtype=float)
        self.weight = np.full(len(self.sentences), weight)

    @property
    def y(self) -> Any:
        return self.ratings.mean(axis=1)

    def __len__(self) -> int:
        return len(self.sentences)

    def take(self, index: Any) -> Rows:
        some = object.__new__(Rows)
        some.sentences = [self.sentences[i] for i in index]
        some.words = [self.words[i] for i in index]
        some.x, some.ratings, some.weight = self.x[index], self.ratings[index], self.weight[index]
        return some

    def __add__(self, other: Rows) -> Rows:
        both = object.__new__(Rows)
        both.sentences, both.words = self.sentences + other.sentences, self.words + other.words
        both.x, both.ratings = np.r_[self.x, other.x], np.r_[self.ratings, other.ratings]
        both.weight = np.r_[self.weight, other.weight]
        return both


def read(path: Path) -> Rows:
    cells = [line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8")]
    return Rows([c[0] for c in cells], [(int(c[1]), int(c[2])) for c in cells])


def read_anchors() -> Rows:
    graded = [line.rstrip("\n").split("\t") for line in GRADED.open(encoding="utf-8")]
    easy = [sentence for level, sentence in graded if level == "A1"]
    harder = [(LEVELS.index(level) + 1, sentence) for level, sentence in graded if level != "A1"]
    return Rows(easy, np.full((len(easy), 2), 1), A1_WEIGHT) + Rows(
        [sentence for _, sentence in harder], [(level, level) for level, _ in harder], GRADED_WEIGHT
    )


def fit_features(rows: Rows) -> dict[str, Any]:
    """The linear model and the trees, as the numbers of a FittedJudge; no letters, no cut points."""
    scaler = need("sklearn.preprocessing").StandardScaler().fit(rows.x, sample_weight=rows.weight)
    ridge = (
        need("sklearn.linear_model").Ridge(alpha=RIDGE).fit(scaler.transform(rows.x), rows.y, sample_weight=rows.weight)
    )
    forest = need("sklearn.ensemble").GradientBoostingRegressor(**TREES).fit(rows.x, rows.y, sample_weight=rows.weight)
    nodes: dict[str, list[Any]] = {name: [] for name in ("feature", "limit", "below", "above", "value")}
    roots = []
    for (grown,) in forest.estimators_:
        tree, first = grown.tree_, len(nodes["value"])
        roots.append(first)
        for at in range(tree.node_count):
            leaf = tree.children_left[at] < 0
            nodes["feature"].append(0 if leaf else int(tree.feature[at]))
            # Trees compare in single precision; five digits keep every comparison on its side of a gap.
            nodes["limit"].append(0.0 if leaf else float(f"{tree.threshold[at]:.6g}"))
            nodes["below"].append(first + (at if leaf else int(tree.children_left[at])))
            nodes["above"].append(first + (at if leaf else int(tree.children_right[at])))
            nodes["value"].append(round(TREES["learning_rate"] * float(tree.value[at, 0, 0]), 5) if leaf else 0.0)
    start = float(np.average(rows.y, weights=rows.weight))  # what boosting starts from
    return {
        "centre": _short(scaler.mean_), "scale": _short(scaler.scale_), "linear": _short(ridge.coef_),
        "intercept": round(float(ridge.intercept_) + start, 5), "roots": roots, "depth": TREES["max_depth"], **nodes,
    }  # fmt: skip


def fit_letters(words: list[list[str]], rest: Any) -> dict[str, float]:
    """Weights of letter groups for what the features leave."""
    counter = need("sklearn.feature_extraction.text").CountVectorizer(
        analyzer=lambda words: [group for word in words for group in letter_groups(word)], min_df=LEAST_ROWS
    )
    counts = counter.fit_transform(words).astype(float)
    counts = need("scipy.sparse").diags(1 / np.sqrt([max(1, len(w)) for w in words])) @ counts
    ridge = need("sklearn.linear_model").Ridge(alpha=LETTERS, solver="lsqr", fit_intercept=False).fit(counts, rest)
    names = counter.get_feature_names_out()
    return {g: round(float(c), 4) for g, c in sorted(zip(names, ridge.coef_, strict=True)) if abs(c) >= 0.00005}


def score(numbers: dict[str, Any], rows: Rows) -> Any:
    spare = {"letters": {}, "cuts": [1.5, 2.5, 3.5, 4.5, 5.5], "means": {}}
    return FittedJudge(**{**spare, **numbers}).predict(rows.x.tolist(), rows.words)


def fit(train: Rows, anchors: Rows, folds: list[Any]) -> tuple[dict[str, Any], Any, Any]:
    """The model of all rows; the scores of each row of `train` and `anchors` by models that have not seen it.

    The letters are fitted to what the features leave in rows that they were not fitted on.
    """
    unseen, unseen_anchors = np.zeros(len(train)), np.zeros(len(anchors))
    parts = np.arange(len(anchors)) % len(folds)
    fitted = []
    for number, (seen, held) in enumerate(folds):
        part = fit_features(train.take(seen) + anchors.take(np.flatnonzero(parts != number)))
        unseen[held] = score(part, train.take(held))
        fitted.append(part)
    rest = train.y - unseen
    for number, (seen, held) in enumerate(folds):
        part = {**fitted[number], "letters": fit_letters(train.take(seen).words, rest[seen])}
        unseen[held] = score(part, train.take(held))
        aside = np.flatnonzero(parts == number)
        unseen_anchors[aside] = score(part, anchors.take(aside))
    numbers = fit_features(train + anchors)
    numbers["letters"] = fit_letters(train.words, rest)
    # Cut points and means are those of rated sentences, with the starter pairs at A1 alone.
    starters = np.flatnonzero(anchors.ratings[:, 0] == 1)
    human, scores = train + anchors.take(starters), np.r_[unseen, unseen_anchors[starters]]
    numbers["cuts"] = cut_points(scores, human)
    numbers["means"] = {}
    for number, level in enumerate(LEVELS, 1):
        agreed = (human.ratings == number).all(1)
        numbers["means"][level] = round(float(np.average(scores[agreed], weights=human.weight[agreed])), 2)
    return numbers, unseen, unseen_anchors


def cut_points(scores: Any, rows: Rows) -> list[float]:
    """Between two neighbouring levels, the score that best separates the rows rated with only one of them.

    Both sides weigh less the more rows they have (by the fourth root): other texts have other shares of the levels.
    What is counted is smoothed over 0.1 of the score, or the cut would follow single rows.
    """
    grid, cuts = np.arange(1.2, 5.9, 0.01), []
    for number in range(1, 6):
        lower, upper = (rows.ratings == number).any(1), (rows.ratings == number + 1).any(1)
        lower, upper = (lower & ~upper) * rows.weight, (upper & ~lower) * rows.weight
        gain = upper / upper.sum() ** 0.25 - lower / lower.sum() ** 0.25
        share = 1 / (1 + np.exp(-(scores[None, :] - grid[:, None]) / 0.1))
        cuts.append(round(float(grid[np.argmax(share @ gain)]), 2))
    return cuts


def _short(numbers: Any) -> list[float]:
    return [float(f"{n:.6g}") for n in numbers]


def folds_by(groups: Any) -> list[Any]:
    return list(need("sklearn.model_selection").GroupKFold(5).split(groups, groups=groups))


def alike(sentences: list[str]) -> Any:
    """A number for each sentence, the same for those that share most of their words: versions of one sentence."""
    vectors = need("sklearn.feature_extraction.text").TfidfVectorizer(sublinear_tf=True).fit_transform(sentences)
    close = vectors @ vectors.T
    close.data[close.data < 0.45] = 0
    close.eliminate_zeros()
    return need("scipy.sparse.csgraph").connected_components(close, directed=False)[1]
