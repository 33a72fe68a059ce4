"""`cefr-sentences rate make` and `rate score`: what people think of sentences without knowing who wrote them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError
from ..training.fields import LANGUAGES

if TYPE_CHECKING:
    from .rating import Scores
    from .result import Figure

_QUESTIONS = {"natural": "naturalness", "level": "level", "proper": "word used properly"}


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "rate",
        help="a blind rating sheet, and its score",
        description="Let people rate sentences of base and adapter without knowing which wrote them.",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="a sheet (CSV and HTML) from an evaluation, and its key")
    make.add_argument("evaluation", metavar="EVALUATION", type=Path, help="evaluation.json, or the report's folder")
    make.add_argument("--out", metavar="DIR", type=Path, required=True)
    make.add_argument("--n", type=int, default=50, help="how many words, with two sentences each (default 50)")
    make.add_argument("--seed", type=int, default=42)
    make.add_argument("--language", choices=LANGUAGES, default="en", help="of the page for the raters (default en)")
    make.add_argument("--force", action="store_true", help="replace an existing sheet")
    make.set_defaults(run=run_make)
    score = actions.add_parser("score", help="means, intervals and agreement of filled-in rating sheets")
    score.add_argument("key", metavar="KEY", type=Path, help="key.json")
    score.add_argument("raters", metavar="CSV", nargs="+", type=Path, help="a filled-in rating sheet for each rater")
    score.add_argument("--seed", type=int, default=42)
    score.add_argument("--json", action="store_true", help="print one JSON object")
    score.set_defaults(run=run_score)


def run_make(args: argparse.Namespace) -> int:
    from ...exporter.common.files import Publication
    from ...exporter.common.targets import refuse_overwriting
    from .folder import data_of, read_evaluation
    from .rating import make_sheet

    made = make_sheet(read_evaluation(args.evaluation), args.n, args.seed, args.language)
    refuse_overwriting([args.out / name for name in made], [data_of(args.evaluation)])
    with Publication(force=args.force) as publication:
        for name, data in made.items():
            publication.file(args.out / name).write(data.decode())
    items = len(json.loads(made["key.json"])["items"])
    print(
        f"{items} sentences for {items // 2} words.\n"
        f"For the raters: {args.out / 'ratings.html'} (in a browser) or {args.out / 'ratings.csv'}\n"
        f"For you alone: {args.out / 'key.json'}"
    )
    return 0


def run_score(args: argparse.Namespace) -> int:
    from .rating import read_key, read_ratings, score_ratings

    key = read_key(args.key)
    raters = [read_ratings(path, key) for path in args.raters]
    names = [rater.name for rater in raters]
    if len(set(names)) < len(names):
        raise InputError(
            "Two sheets are by the same rater: {raters}. Give each rater another name.",
            raters=", ".join(sorted(names)),
        )
    scores = score_ratings(key, raters, args.seed)
    print(json.dumps(scores.to_json(), ensure_ascii=False, indent=2) if args.json else describe(scores))
    return 0


def describe(scores: Scores) -> str:
    """The scores for people."""
    from .rating import VIEWS

    lines = [f"{'':<34}{'base':>22}{'adapter':>22}{'adapter less base':>24}"]
    for view, look in VIEWS.items():
        base, adapter, difference = (
            _cell(means[view], look.share) for means in (scores.base, scores.adapter, scores.difference)
        )
        lines.append(f"{look.label:<34}{base:>22}{adapter:>22}{difference:>24}")
    lines.append("In brackets the 95 % interval, by bootstrap over words.\n")
    for question, value in scores.alpha.items():
        said = "cannot be told: too few ratings, or all the same" if value is None else f"{value:.3f}"
        lines.append(f"Krippendorff's alpha, {_QUESTIONS[question]}: {said}")
    lines += [f"{name} left {missing} ratings out." for name, missing in scores.missing.items() if missing]
    return "\n".join(lines)


def _cell(mean: Figure, share: bool) -> str:
    if mean.value is None:
        return "-"
    by, digits = (100, 0) if share else (1, 2)
    text = f"{by * mean.value:.{digits}f}"
    if mean.low is not None and mean.high is not None:
        text += f" ({by * mean.low:.{digits}f} to {by * mean.high:.{digits}f})"
    return text + (" %" if share else "")
