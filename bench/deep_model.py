"""Fitting the judge `deep`: hidden states of everyday sentences -> its numbers. Part of `bench.fit_judge`."""

from __future__ import annotations

from typing import Any

import numpy as np
from cefr_sentences.exporter.language.fitted import judge_of
from cefr_sentences.extension.models.deep_judge import States, deep_judge_of, deepened

from .judge_model import Rows, alike, everyday_cuts, folds_by, mean_scores, score, short
from .needs import need

RIDGE = 500.0


def fit_deep(
    numbers: dict[str, Any], unseen: dict[str, Any], rows: dict[str, Rows], states: States
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of the deep judge; and the scores of `rows`, each by models that have not seen it, by name.

    `numbers` and `unseen` are those of the fitted judge, of whose rows "deep" is not one.
    """
    everyday, anchors = rows["everyday"] + rows["deep"], rows["anchors"]
    of_everyday, of_anchors = states(everyday.sentences), states(anchors.sentences)
    said, said_anchors = np.zeros(len(everyday)), np.zeros(len(anchors))
    parts = np.arange(len(anchors)) % 5
    for number, (seen, held) in enumerate(folds_by(alike(everyday.sentences))):
        others, aside = np.flatnonzero(parts != number), np.flatnonzero(parts == number)
        some = everyday.take(seen) + anchors.take(others)
        weights, intercept = _ridge(np.r_[of_everyday[seen], of_anchors[others]], some)
        said[held], said_anchors[aside] = (
            of_everyday[held] @ weights + intercept,
            of_anchors[aside] @ weights + intercept,
        )
    shallow = np.r_[unseen["everyday"][1], score(numbers["everyday"], rows["deep"])]
    found = deepened(shallow, said)
    weights, intercept = _ridge(np.r_[of_everyday, of_anchors], everyday + anchors)
    own = {
        "weights": short(weights), "intercept": round(intercept, 5), "everyday_cuts": everyday_cuts(found, everyday),
        "means": {},
    }  # fmt: skip
    judge = deep_judge_of(own, judge_of(numbers), states)
    train, blend = rows["train"], judge.fitted.blend
    encyclopedia = np.r_[unseen["everyday"][0], score(numbers["encyclopedia"], rows["deep"])]
    scores = {
        "train": blend(train.x, unseen["train"][0], judge.everyday(train.x, unseen["train"][1], train.sentences)),
        **_apart(blend(everyday.x, encyclopedia, found), len(rows["everyday"])),
        "anchors": blend(anchors.x, unseen["anchors"][0], deepened(unseen["anchors"][1], said_anchors)),
    }
    own["means"] = mean_scores(scores["train"], train, scores["anchors"], anchors)
    return own, scores


def _apart(scores: Any, of_everyday: int) -> dict[str, Any]:
    return {"everyday": scores[:of_everyday], "deep": scores[of_everyday:]}


def _ridge(states: Any, rows: Rows) -> tuple[Any, float]:
    """Weights of the states, and the intercept."""
    scaler = need("sklearn.preprocessing").StandardScaler().fit(states, sample_weight=rows.weight)
    ridge = need("sklearn.linear_model").Ridge(alpha=RIDGE)
    ridge.fit(scaler.transform(states), rows.y, sample_weight=rows.weight)
    weights = ridge.coef_ / scaler.scale_
    return weights, float(ridge.intercept_ - weights @ scaler.mean_)
