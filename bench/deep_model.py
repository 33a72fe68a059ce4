"""Fitting the judge `deep`: hidden states of everyday sentences -> its numbers. Part of `bench.fit_judge`."""

from __future__ import annotations

from typing import Any

import numpy as np
from cefr_sentences.exporter.language.fitted import judge_of
from cefr_sentences.extension.models.deep_judge import LEAST, States, deepened

from .judge_model import Rows, alike, everyday_cuts, folds_by, mean_scores, score, short
from .needs import need

RIDGE, FOLDS = 500.0, 5


def fit_deep(
    numbers: dict[str, Any], unseen: dict[str, Any], rows: dict[str, Rows], states: States
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of the deep judge; and the scores of `rows`, each by models that have not seen it, by name.

    `numbers` and `unseen` are those of the fitted judge, of whose rows "deep" is not one. Of an encyclopedia the
    sentences count that the judge reads, by how much they are like everyday English.
    """
    fitted, train, anchors = judge_of(numbers), rows["train"], rows["anchors"]
    share = fitted.everyday_share(train.x)
    read = np.flatnonzero(share >= LEAST)
    near, everyday = train.take(read), rows["everyday"] + rows["deep"]
    near.weight = share[read]
    parts = np.r_[_parts(everyday), np.arange(len(anchors)) % FOLDS, _parts(near)]
    known = everyday + anchors + near
    of_known = states(known.sentences)
    said = np.zeros(len(known))
    for number in range(FOLDS):
        seen, held = np.flatnonzero(parts != number), np.flatnonzero(parts == number)
        weights, intercept = _ridge(of_known[seen], known.take(seen))
        said[held] = of_known[held] @ weights + intercept
    of_everyday, of_anchors, of_near = np.split(said, np.cumsum([len(everyday), len(anchors)]))

    encyclopedia = np.r_[unseen["everyday"][0], score(numbers["encyclopedia"], rows["deep"])]
    found = deepened(np.r_[unseen["everyday"][1], score(numbers["everyday"], rows["deep"])], of_everyday)
    of_train = unseen["train"][1].copy()
    of_train[read] = deepened(of_train[read], of_near)
    weights, intercept = _ridge(of_known, known)
    own = {"weights": short(weights), "intercept": round(intercept, 5), "everyday_cuts": everyday_cuts(found, everyday)}
    blend = judge_of({**numbers, "everyday_cuts": own["everyday_cuts"]}).blend
    of_all = blend(everyday.x, encyclopedia, found)
    scores = {
        "train": blend(train.x, unseen["train"][0], of_train),
        "everyday": of_all[: len(rows["everyday"])],
        "deep": of_all[len(rows["everyday"]) :],
        "anchors": blend(anchors.x, unseen["anchors"][0], deepened(unseen["anchors"][1], of_anchors)),
    }
    return {**own, "means": mean_scores(scores["train"], train, scores["anchors"], anchors)}, scores


def _parts(rows: Rows) -> Any:
    """The number of the fold in which each row is held back, the same for versions of one sentence."""
    parts = np.zeros(len(rows), int)
    for number, (_, held) in enumerate(folds_by(alike(rows.sentences))):
        parts[held] = number
    return parts


def _ridge(states: Any, rows: Rows) -> tuple[Any, float]:
    """Weights of the states, and the intercept."""
    scaler = need("sklearn.preprocessing").StandardScaler().fit(states, sample_weight=rows.weight)
    ridge = need("sklearn.linear_model").Ridge(alpha=RIDGE)
    ridge.fit(scaler.transform(states), rows.y, sample_weight=rows.weight)
    weights = ridge.coef_ / scaler.scale_
    return weights, float(ridge.intercept_ - weights @ scaler.mean_)
