"""`cefr-sentences rate make` and `rate score`: what people think of the sentences, not knowing whose they are."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError

_VIEWS = {
    "natural": ("naturalness (1-5)", False),
    "level": ("mean level (A1 = 1 ... C2 = 6)", False),
    "at_level": ("at the level", True),
    "within_one": ("within one level", True),
    "proper": ("word used properly", True),
}
_QUESTIONS = {"natural": "naturalness", "level": "level", "proper": "word used properly"}


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "rate",
        help="a blind rating sheet, and its score",
        description="Let people rate sentences of base and adapter without knowing which is whose.",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="a sheet (CSV and HTML) from an evaluation, with the key apart")
    make.add_argument("evaluation", metavar="EVALUATION", type=Path, help="evaluation.json, or the report's folder")
    make.add_argument("--out", metavar="DIR", type=Path, required=True)
    make.add_argument("--n", type=int, default=50, help="how many words, with two sentences each (default 50)")
    make.add_argument("--seed", type=int, default=42)
    make.add_argument("--force", action="store_true", help="replace a sheet that is there")
    make.set_defaults(run=run_make)
    score = actions.add_parser("score", help="means, intervals and agreement of filled sheets")
    score.add_argument("key", metavar="KEY", type=Path, help="key.json")
    score.add_argument("raters", metavar="CSV", nargs="+", type=Path, help="a filled sheet for each rater")
    score.add_argument("--seed", type=int, default=42)
    score.add_argument("--json", action="store_true", help="print one JSON object")
    score.set_defaults(run=run_score)


def run_make(args: argparse.Namespace) -> int:
    from ...exporter.common.files import Publication
    from .folder import read_evaluation
    from .rating import make_sheet

    made = make_sheet(read_evaluation(args.evaluation), args.n, args.seed)
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
        raise InputError(f"Two sheets are by the same rater: {', '.join(sorted(names))}. Give each another name.")
    found = score_ratings(key, raters, args.seed)
    print(json.dumps(found, ensure_ascii=False, indent=2) if args.json else describe(found))
    return 0


def describe(found: dict[str, Any]) -> str:
    """The scores for people."""
    lines = [f"{'':<34}{'base':>22}{'adapter':>22}{'adapter less base':>24}"]
    for view, (label, share) in _VIEWS.items():
        cells = [_cell(found[part][view], share) for part in ("base", "adapter", "difference")]
        lines.append(f"{label:<34}{cells[0]:>22}{cells[1]:>22}{cells[2]:>24}")
    lines.append("In brackets the 95 % interval, by bootstrap over words.\n")
    for question, value in found["alpha"].items():
        said = "cannot be told: too few ratings, or all the same" if value is None else f"{value:.3f}"
        lines.append(f"Krippendorff's alpha, {_QUESTIONS[question]}: {said}")
    for name, rater in found["raters"].items():
        if rater["missing"]:
            lines.append(f"{name} left {rater['missing']} ratings out.")
    return "\n".join(lines)


def _cell(figure: dict[str, Any], share: bool) -> str:
    if figure["value"] is None:
        return "-"
    by, digits = (100, 0) if share else (1, 2)
    text = f"{by * figure['value']:.{digits}f}"
    if figure["low"] is not None:
        text += f" ({by * figure['low']:.{digits}f} to {by * figure['high']:.{digits}f})"
    return text + (" %" if share else "")
