"""`python -m bench.fit_judge --data DIR`: fit the judge, measure it, and write both down.

DIR holds `sentence-levels/wiki-auto-{train,dev}.tsv`, the Wiki-Auto part of CEFR-SP (sentence, two ratings 1-6).
Needs scikit-learn and scipy, which nothing at run time does. Writes `exporter/data/judge/judge.json`; prints the
tables of `docs/judge.md`, and with --report puts them between its marks. A minute or two on one core.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from cefr_sentences.exporter.language.features import NAMES
from cefr_sentences.exporter.language.fitted import PATH

from .judge_model import fit, read, read_anchors, read_everyday
from .judge_report import report

SOURCE = (
    "Fitted on the Wiki-Auto part of CEFR-SP (Arase, Uchida and Kajiwara: CEFR-Based Sentence Difficulty Annotation "
    "and Assessment, EMNLP 2022; CC BY-SA 3.0) and on sentences of cefr-sentences, bench/anchors.tsv and "
    "bench/everyday.tsv (CC0; the ratings of the latter are a language model's). "
    "See LICENSE.txt in this folder. Written by bench/fit_judge.py."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--report", type=Path, metavar="docs/judge.md", help="put the tables between its marks")
    args = parser.parse_args()
    started = time.perf_counter()
    train = read(args.data / "sentence-levels" / "wiki-auto-train.tsv")
    dev = read(args.data / "sentence-levels" / "wiki-auto-dev.tsv")
    everyday, anchors = read_everyday(), read_anchors()
    numbers, unseen = fit(train, everyday["fit"], anchors)
    PATH.write_text(json.dumps({"source": SOURCE, "features": NAMES, "model": numbers}, separators=(",", ":")) + "\n")
    text = report(train, dev, everyday, anchors, numbers, unseen)
    print(text)
    print(f"{PATH.name}: {PATH.stat().st_size / 1024:,.0f} KB, {time.perf_counter() - started:.0f} s")
    if args.report is not None:
        page = args.report.read_text(encoding="utf-8")
        begin, end = "<!-- figures: written by bench/fit_judge.py -->\n", "<!-- end of figures -->"
        args.report.write_text(page[: page.index(begin) + len(begin)] + text + "\n" + page[page.index(end) :])


if __name__ == "__main__":
    main()
