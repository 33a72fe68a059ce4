"""`python -m bench.readability --data DIR`: the readability index of human-rated sentences, level by level.

DIR holds `sentence-levels/wiki-auto-{train,dev}.tsv`, the Wiki-Auto part of CEFR-SP (sentence, two ratings 1-6).
Writes `exporter/data/judge/readability.json`, which the evaluation report shows beside its own figures, and prints it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from cefr_sentences.exporter.language.levels import LEVELS
from cefr_sentences.exporter.language.profile import profiles
from cefr_sentences.extension.evaluation.metrics import RATED, readability

SOURCE = (
    "Automated Readability Index of the Wiki-Auto part of CEFR-SP (Arase, Uchida and Kajiwara: CEFR-Based Sentence "
    "Difficulty Annotation and Assessment, EMNLP 2022; CC BY-SA 3.0). `levels`: the sentences to which both annotators "
    "gave the level. `spearman`: rank correlation with the mean of the two ratings, and on the development part with "
    "the judge's score. See LICENSE.txt in this folder. Written by bench/readability.py."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "sentence-levels"
    rows = {part: _read(folder / f"wiki-auto-{part}.tsv") for part in ("train", "dev")}
    indices = {part: [readability(sentence) for sentence, *_ in some] for part, some in rows.items()}
    levels: dict[str, dict[str, float]] = {}
    for number, level in enumerate(LEVELS, 1):
        indices_of_level = [
            index
            for part, some in rows.items()
            for (_, *ratings), index in zip(some, indices[part], strict=True)
            if ratings == [number, number]
        ]
        levels[level] = {
            "sentences": len(indices_of_level),
            "mean": round(float(np.mean(indices_of_level)), 2),
            "deviation": round(float(np.std(indices_of_level)), 2),
        }
    spearman = {part: _spearman(indices[part], [a + b for _, a, b in some]) for part, some in rows.items()}
    judged = [profile.score for profile in profiles([sentence for sentence, *_ in rows["dev"]])]
    spearman["judge"] = _spearman(indices["dev"], judged)
    sizes = {part: len(some) for part, some in rows.items()}
    text = json.dumps({"source": SOURCE, "sentences": sizes, "spearman": spearman, "levels": levels}, indent=1) + "\n"
    RATED.write_text(text, encoding="utf-8")
    print(text)


def _read(path: Path) -> list[tuple[str, int, int]]:
    cells = [line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8")]
    return [(c[0], int(c[1]), int(c[2])) for c in cells]


def _spearman(one: Any, two: Any) -> float:
    return round(float(np.corrcoef(_ranks(one), _ranks(two))[0, 1]), 3)


def _ranks(values: Any) -> Any:
    """Ranks; equal values share the mean of theirs."""
    _, where, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[where]


if __name__ == "__main__":
    main()
