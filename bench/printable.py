"""`python -m bench.printable`: which checks see the sentences that a teacher would not print, and at what cost.

`printable.tsv` has sentences of four kinds: of the embedded model with the demo's adapter (greedy and sampled at 0.8),
of WordNet (under its own licence, beside the file) and of the bank. Two readers judged each of them, without its source
or any score, by whether they would print it as an example of the word at the level. Both readers were instances of one
language model, so that they agree says less than the agreement of two people would. Half of the rows is for tuning,
the other half only for testing.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.profile import profiles
from cefr_sentences.extension.writing.checks import CHECKS, Candidate, failed
from cefr_sentences.extension.writing.doubt import SURE, printable

ROWS = Path(__file__).with_name("printable.tsv")


def read(half: str) -> list[dict[str, str]]:
    with ROWS.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["half"] in half]


def agreement(rows: Sequence[dict[str, str]]) -> tuple[float, float]:
    """The share of rows on which both readers agree, and Krippendorff's alpha for the two answers."""
    same = sum(row["one"] == row["two"] for row in rows) / len(rows)
    answers = Counter(row[reader] for row in rows for reader in ("one", "two"))
    total = answers.total()
    expected = 2 * answers["0"] * answers["1"] / (total * (total - 1))
    return same, 1 - (1 - same) / expected


def area(good: Sequence[float], bad: Sequence[float]) -> float:
    """How often a good one has the higher figure than a bad one: the area under the ROC curve."""
    pairs = [(a > b) + (a == b) / 2 for a in good for b in bad]
    return sum(pairs) / len(pairs)


def report(half: str) -> None:
    rows = [row for row in read(half) if row["one"] == row["two"]]
    levels: dict[int, Any] = {}
    for level in sorted({row["level"] for row in rows}):
        places = [i for i, row in enumerate(rows) if row["level"] == level]
        levels.update(zip(places, profiles([rows[i]["sentence"] for i in places], level), strict=True))
    found = [
        failed(Candidate(row["sentence"], row["word"], row["level"], levels[i], pos=row["pos"]))
        for i, row in enumerate(rows)
    ]
    good = [i for i, row in enumerate(rows) if row["one"] == "1"]
    bad = [i for i, row in enumerate(rows) if row["one"] == "0"]
    print(f"\n{half}: {len(good)} to print, {len(bad)} not")
    for name in [check.name for check in CHECKS if check.fails is not None]:
        print(
            f"  {name:<12} sees {sum(name in found[i] for i in bad):>4}, flags {sum(name in found[i] for i in good):>4}"
        )
    accepted = [i for i in range(len(rows)) if not found[i]]
    print(f"  none of them: {len(accepted)}, of which {sum(i in good for i in accepted)} to print")
    by_model = [(float(rows[i]["fluency"]), i in good) for i in accepted if rows[i]["fluency"]]
    sure = [[fluency for fluency, is_good in by_model if is_good == wanted] for wanted in (True, False)]
    print(f"  of the model's: {len(sure[0])} to print, {len(sure[1])} not; by fluency AUC {area(*sure):.2f}")
    if half == "tune":
        figures, answers = zip(*by_model, strict=True)
        print("    log-odds of printing: {:.2f} + {:.2f} fluency".format(*fit([[one] for one in figures], answers)))
    for limit in sorted({SURE, 0.45, 0.5, 0.55, 0.6}):
        ok = [is_good for fluency, is_good in by_model if printable(fluency) >= limit]
        print(
            f"    probability {limit} and more: {share(sum(ok), len(ok))} to print; ok {share(len(ok), len(by_model))}"
        )


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / max(1, whole):.0f} %)"


def fit(
    figures: Sequence[Sequence[float]], answers: Sequence[bool], ridge: float = 1.0, steps: int = 50
) -> list[float]:
    """Intercept and slopes of the logistic regression of the answers on the figures, by Newton's method.

    The slopes are drawn to 0 by `ridge`, for figures in units of their standard deviations.
    """
    x, y = np.array(figures), np.array(answers, dtype=float)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    penalty = ridge * np.diag([0.0, *np.ones(x.shape[1])])
    weights = np.zeros(z.shape[1])
    for _ in range(steps):
        odds = 1 / (1 + np.exp(-z @ weights))
        curve = (z * (odds * (1 - odds))[:, None]).T @ z + penalty
        weights -= np.linalg.solve(curve, z.T @ (odds - y) + penalty @ weights)
    slopes = weights[1:] / spread
    return [float(weights[0] - slopes @ mean), *slopes.tolist()]


def main() -> None:
    rows = read("tune test")
    same, alpha = agreement(rows)
    print(f"{len(rows)} sentences; the readers agree on {100 * same:.1f} %, alpha {alpha:.2f}")
    for source in sorted({row["source"] for row in rows}):
        some = [row for row in rows if row["source"] == source]
        print(
            f"  {source:<10} {sum(row['one'] == row['two'] == '1' for row in some):>4} of {len(some)} printed by both"
        )
    for half in ("tune", "test"):
        report(half)


if __name__ == "__main__":
    main()
