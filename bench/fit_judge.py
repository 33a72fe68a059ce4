"""`python -m bench.fit_judge --data DIR`: fit both judges, measure them, and write all of it down.

DIR holds `sentence-levels/wiki-auto-{train,dev}.tsv`, the Wiki-Auto part of CEFR-SP (sentence, two ratings 1-6).
Needs scikit-learn and scipy, which nothing at run time does, and what the deep judge needs. Writes judge.json and
deep.json in `exporter/data/judge`; prints the tables of `docs/judge-measured.md`, and with --report puts them
between its marks. Some minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.language.features import NAMES
from cefr_sentences.exporter.language.fitted import PATH, judge_of
from cefr_sentences.extension.models import deep_judge

from .deep_model import fit_deep
from .judge_model import fit, read, read_anchors, read_everyday
from .judge_report import Judged, report

SOURCE = (
    "Fitted on the Wiki-Auto part of CEFR-SP (Arase, Uchida and Kajiwara: CEFR-Based Sentence Difficulty Annotation "
    "and Assessment, EMNLP 2022; CC BY-SA 3.0) and on sentences of cefr-sentences, bench/anchors.tsv and "
    "bench/everyday.tsv (CC0; the ratings of the latter are a language model's). "
    "See LICENSE.txt in this folder. Written by bench/fit_judge.py."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--report", type=Path, metavar="docs/judge-measured.md", help="put the tables between its marks"
    )
    args = parser.parse_args()
    started = time.perf_counter()
    levels, everyday = args.data / "sentence-levels", read_everyday()
    rows = {
        "train": read(levels / "wiki-auto-train.tsv"), "dev": read(levels / "wiki-auto-dev.tsv"),
        "anchors": read_anchors(), **everyday, "everyday": everyday["fit"],
    }  # fmt: skip
    numbers, unseen = fit(rows["train"], rows["everyday"], rows["anchors"])
    _write(PATH, {"features": NAMES, "model": numbers})
    states = deep_judge.hidden_states()
    deep_numbers, deep_unseen = fit_deep(numbers, unseen, rows, states)
    _write(deep_judge.PATH, {"model": deep_numbers})
    fitted = judge_of(numbers)
    deep = deep_judge.deep_judge_of(deep_numbers, fitted, states)
    text = report(
        rows,
        Judged(
            fitted,
            lambda some: fitted.predict(some.x, some.words),
            {name: fitted.blend(rows[name].x, *scores) for name, scores in unseen.items()},
        ),
        Judged(deep, lambda some: deep.predict(some.x, some.words, some.sentences), deep_unseen),
    )
    print(text)
    print(f"{time.perf_counter() - started:.0f} s")
    if args.report is not None:
        page = args.report.read_text(encoding="utf-8")
        begin, end = "<!-- figures: written by bench/fit_judge.py -->\n", "<!-- end of figures -->"
        args.report.write_text(page[: page.index(begin) + len(begin)] + text + "\n" + page[page.index(end) :])


def _write(path: Path, what: dict[str, Any]) -> None:
    path.write_text(json.dumps({"source": SOURCE, **what}, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1024:,.0f} KB")


if __name__ == "__main__":
    main()
