"""Fitting the judge: rows of rated sentences -> the numbers of its `FittedJudge`. Part of `bench.fit_judge`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.features import features
from cefr_sentences.exporter.language.fitted import Regression, judge_of, letter_groups, letter_words, word_pairs
from cefr_sentences.exporter.language.judge import AnnotatedSentence
from cefr_sentences.exporter.language.levels import LEVELS

from .needs import need

# Beside everyday sentences, such as learners' books have, written for this project. The A1 ones alone would teach that
# "you" and a question mark are A1; hence those at A2-C1. A file of their own, not the starter pairs: the judge checks
# those. What each counts, against 1 for a rated one:
A1_WEIGHT, GRADED_WEIGHT = 0.3, 1.0
GRADED = Path(__file__).parent / "anchors.tsv"
# Everyday sentences of B1-C1 above all, written for this project and rated by two readers; both are instances of one
# language model. Part "test" is for measuring only; "deep" is for the
# deep judge, and its writer rated it twice.
EVERYDAY = Path(__file__).parent / "everyday.tsv"
RIDGE, LETTERS, PAIRS, LIKE = 100.0, 30.0, 10.0, 1.0
TREES = {
    "n_estimators": 250, "learning_rate": 0.05, "max_depth": 4, "min_samples_leaf": 20, "subsample": 0.6,
    "max_features": 0.3, "random_state": 0,
}  # fmt: skip
LEAST_ROWS = 8  # a group of letters in fewer sentences gets no weight


class Rows:
    """Sentences with their features, ratings (two each) and weights."""

    def __init__(self, sentences: Sequence[str], ratings: Any, weight: float = 1.0) -> None:
        read = [AnnotatedSentence.of(sentence) for sentence in sentences]
        self.sentences = list(sentences)
        self.x = np.array([features(reading.tokens, reading.structure, reading.items) for reading in read])
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


def read_everyday() -> dict[str, Rows]:
    """The parts of EVERYDAY: "fit", "deep" for that judge alone, "test", and "tricky", which is of the test too."""
    with EVERYDAY.open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    parts: dict[str, list[dict[str, str]]] = {"fit": [], "deep": [], "test": [], "tricky": []}
    for row in cells:
        parts["tricky" if row["voice"] == "tricky" else row["part"]].append(row)
    return {
        part: Rows([row["sentence"] for row in some], [(int(row["one"]), int(row["two"])) for row in some])
        for part, some in parts.items()
    }


def read_anchors() -> Rows:
    graded = [line.rstrip("\n").split("\t") for line in GRADED.open(encoding="utf-8")]
    easy = [sentence for level, sentence in graded if level == "A1"]
    harder = [(LEVELS.index(level) + 1, sentence) for level, sentence in graded if level != "A1"]
    return Rows(easy, np.full((len(easy), 2), 1), A1_WEIGHT) + Rows(
        [sentence for _, sentence in harder], [(level, level) for level, _ in harder], GRADED_WEIGHT
    )


def fit_linear(rows: Rows) -> dict[str, Any]:
    """The linear model, as the numbers of a Regression without trees, letters and pairs."""
    scaler = need("sklearn.preprocessing").StandardScaler().fit(rows.x, sample_weight=rows.weight)
    ridge = (
        need("sklearn.linear_model").Ridge(alpha=RIDGE).fit(scaler.transform(rows.x), rows.y, sample_weight=rows.weight)
    )
    return {
        "centre": short(scaler.mean_), "scale": short(scaler.scale_), "linear": short(ridge.coef_),
        "intercept": round(float(ridge.intercept_), 5), "roots": [], "depth": 0, "feature": [], "limit": [],
        "below": [], "above": [], "value": [], "letters": {}, "pairs": {},
    }  # fmt: skip


def fit_features(rows: Rows) -> dict[str, Any]:
    """The linear model and the trees."""
    linear = fit_linear(rows)
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
    intercept = round(linear["intercept"] + start, 5)
    return {**linear, "intercept": intercept, "roots": roots, "depth": TREES["max_depth"], **nodes}


def fit_letters(words: list[list[str]], rest: Any) -> dict[str, float]:
    """Weights of letter groups for what the features leave."""
    counter, counts = counted(words, lambda words: [g for word in words for g in letter_groups(word)], LEAST_ROWS)
    ridge = need("sklearn.linear_model").Ridge(alpha=LETTERS, solver="lsqr", fit_intercept=False).fit(counts, rest)
    return _weights(counter, ridge.coef_)


def fit_pairs(rows: Rows) -> tuple[dict[str, float], float]:
    """Weights of words and pairs of words in at least two rows, rare ones penalised less; and what to add to them."""
    counter, counts = counted(rows.words, word_pairs, 2)
    rarity = 1 + np.log(len(rows) / np.asarray((counts > 0).sum(axis=0))[0])
    ridge = need("sklearn.linear_model").Ridge(alpha=PAIRS, solver="lsqr")
    ridge.fit(counts @ need("scipy.sparse").diags(rarity), rows.y, sample_weight=rows.weight)
    return _weights(counter, ridge.coef_ * rarity / 2), float(ridge.intercept_)


def counted(words: list[list[str]], parts: Any, least: int) -> tuple[Any, Any]:
    """How often each sentence has what `parts` finds in its words, by the root of its length; the counter first."""
    counter = need("sklearn.feature_extraction.text").CountVectorizer(analyzer=parts, min_df=least)
    counts = counter.fit_transform(words).astype(float)
    return counter, need("scipy.sparse").diags(1 / np.sqrt([max(1, len(w)) for w in words])) @ counts


def _weights(counter: Any, found: Any) -> dict[str, float]:
    names = counter.get_feature_names_out()
    return {g: round(float(c), 4) for g, c in sorted(zip(names, found, strict=True)) if abs(c) >= 0.00005}


def score(numbers: dict[str, Any], rows: Rows) -> Any:
    return Regression(**numbers).predict(rows.x, rows.words)


def fit_encyclopedia(train: Rows, folds: list[Any]) -> tuple[dict[str, Any], Any]:
    """The model of all rows, and the scores of each row by a model that has not seen it.

    The letters are fitted to what the features leave in rows that they were not fitted on.
    """
    unseen, fitted = np.zeros(len(train)), []
    for seen, held in folds:
        fitted.append(fit_features(train.take(seen)))
        unseen[held] = score(fitted[-1], train.take(held))
    rest = train.y - unseen
    for part, (seen, held) in zip(fitted, folds, strict=True):
        letters = fit_letters(train.take(seen).words, rest[seen])
        unseen[held] = score({**part, "letters": letters}, train.take(held))
    return {**fit_features(train), "letters": fit_letters(train.words, rest)}, unseen


def fit_everyday(rows: Rows, anchors: Rows, folds: list[Any]) -> tuple[dict[str, Any], Any, Any]:
    """The same of the everyday rows and the anchors: the mean of the linear model, and of one by words alone.

    Trees add nothing here.
    """
    unseen, unseen_anchors = np.zeros(len(rows)), np.zeros(len(anchors))
    parts = np.arange(len(anchors)) % len(folds)

    def fitted(rows: Rows, anchors: Rows) -> dict[str, Any]:
        numbers = fit_linear(rows + anchors)
        halves, added = fit_pairs(rows + anchors)
        return {**numbers, "intercept": round(numbers["intercept"] + added, 5), "pairs": halves}

    for number, (seen, held) in enumerate(folds):
        aside = np.flatnonzero(parts == number)
        part = fitted(rows.take(seen), anchors.take(np.flatnonzero(parts != number)))
        unseen[held], unseen_anchors[aside] = score(part, rows.take(held)), score(part, anchors.take(aside))
    return fitted(rows, anchors), unseen, unseen_anchors


def fit_like(encyclopedia: Rows, everyday: Rows) -> tuple[list[float], float]:
    """Weights of the features that tell everyday sentences from those of an encyclopedia."""
    rows = encyclopedia + everyday
    scaler = need("sklearn.preprocessing").StandardScaler().fit(rows.x)
    told = need("sklearn.linear_model").LogisticRegression(C=LIKE, max_iter=1000)
    told.fit(scaler.transform(rows.x), np.arange(len(rows)) >= len(encyclopedia))
    weights = told.coef_[0] / scaler.scale_
    return short(weights), round(float(told.intercept_[0] - weights @ scaler.mean_), 5)


def fit(train: Rows, everyday: Rows, anchors: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of the judge; and what its two models say of the rows, by name: each by one that has not seen it."""
    encyclopedia, unseen_train = fit_encyclopedia(train, folds_by(alike(train.sentences)))
    of_daily, unseen_everyday, unseen_anchors = fit_everyday(everyday, anchors, folds_by(alike(everyday.sentences)))
    like, like_intercept = fit_like(train, everyday + anchors)
    # Cut points and means are those of rated sentences, with the anchors at A1 alone, where few are rated.
    easy = np.flatnonzero(anchors.ratings[:, 0] == 1)
    human = train + anchors.take(easy)
    cuts = cut_points(np.r_[unseen_train, score(encyclopedia, anchors.take(easy))], human)
    numbers = {
        "encyclopedia": encyclopedia, "everyday": of_daily, "like": like, "like_intercept": like_intercept,
        "everyday_cuts": everyday_cuts(unseen_everyday, everyday), "cuts": cuts, "means": {},
    }  # fmt: skip
    unseen = {
        "train": (unseen_train, score(of_daily, train)),
        "everyday": (score(encyclopedia, everyday), unseen_everyday),
        "anchors": (score(encyclopedia, anchors), unseen_anchors),
    }
    judge = judge_of(numbers)
    numbers["means"] = mean_scores(
        judge.blend(train.x, *unseen["train"]), train, judge.blend(anchors.x, *unseen["anchors"]), anchors
    )
    return numbers, unseen


def mean_scores(scores: Any, rows: Rows, of_anchors: Any, anchors: Rows) -> dict[str, float]:
    """The mean score of the rows of each level; the anchors count at A1 alone, where few are rated."""
    easy = np.flatnonzero(anchors.ratings[:, 0] == 1)
    human, of_human = rows + anchors.take(easy), np.r_[scores, of_anchors[easy]]
    means = {}
    for number, level in enumerate(LEVELS, 1):
        agreed = (human.ratings == number).all(1)
        means[level] = round(float(np.average(of_human[agreed], weights=human.weight[agreed])), 2)
    return means


def everyday_cuts(scores: Any, rows: Rows) -> list[float]:
    """Halfway between what separates the levels best and what finds as many of each level as the readers did.

    The first alone finds hardly a C1 sentence, because scores shrink towards the middle; the second alone errs more.
    """
    shares = [float((rows.ratings <= number).mean()) for number in range(1, 6)]
    best = np.asarray(cut_points(scores, rows))
    return [round(float(cut), 2) for cut in (np.quantile(scores, shares) + best) / 2]


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


def short(numbers: Any) -> list[float]:
    """The numbers with six digits."""
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
