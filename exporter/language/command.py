"""`cefr-sentences level`."""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import InputError
from .levels import LEVELS, parse_level

if TYPE_CHECKING:
    from .profile import Profile

_BATCH = 1000


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "level",
        help="how hard sentences are",
        description="The CEFR level of each sentence, its score (1.0 is A1, 6.0 is C2), and the words above the level.",
        epilog="One sentence a line; blank lines are skipped. Exit codes: 0 done; 2 the input cannot be read.",
    )
    parser.add_argument("source", metavar="FILE", help="a text file with one sentence a line, or - for standard input")
    parser.add_argument("--target", metavar="LEVEL", help="name the words above this level, not above the sentence's")
    parser.add_argument("--json", action="store_true", help="print an array of {sentence, score, level, above}")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    target = parse_level(args.target) if args.target else None
    judged = _profiles(_lines(args.source), target)
    first = next(judged, None)
    if first is None:
        raise InputError(
            "{source} has no sentence: every line is blank. Give one sentence a line.", source=_name(args.source)
        )
    rows = chain([first], judged)
    if args.json:
        _print_json(rows)
    else:
        _print_table(rows, target)
    return 0


def _name(source: str) -> str:
    return "Standard input" if source == "-" else source


def _lines(source: str) -> Iterator[str]:
    """The lines that are not blank, without outer spaces. Raises InputError when `source` is not text."""
    from ..common.encoding import detect_encoding, open_text

    if source == "-":
        data = sys.stdin.buffer.read()
        if not data.strip(b"\xef\xbb\xbf\r\n\t "):
            raise InputError("Standard input is empty. Give one sentence a line.")
        if b"\0" in data:
            raise InputError("Standard input is not text: it contains zero bytes. Give one sentence a line, in UTF-8.")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1254", errors="replace")
        file: Any = io.StringIO(text)
    else:
        path = Path(source)
        if path.is_dir():
            raise InputError("{file} is a folder. Give a text file with one sentence a line.", file=source)
        if not path.exists():
            raise InputError("{file} does not exist. Give a text file with one sentence a line, or - .", file=source)
        file = open_text(path, detect_encoding(path))
    with file:
        for line in file:
            for piece in line.split("\r"):
                if sentence := piece.strip():
                    yield sentence


def _profiles(lines: Iterator[str], target: str | None) -> Iterator[tuple[str, Profile]]:
    from .profile import profiles

    while batch := list(islice(lines, _BATCH)):
        yield from zip(batch, profiles(batch, target), strict=True)


def _print_json(rows: Iterator[tuple[str, Profile]]) -> None:
    before = "[\n"
    for sentence, profile in rows:
        cells = {
            "sentence": sentence,
            "score": None if math.isnan(profile.score) else round(profile.score, 3),
            "level": profile.level or None,
            "above": list(profile.above),
        }
        print(before + json.dumps(cells, ensure_ascii=False), end="")
        before = ",\n"
    print("\n]")


def _print_table(rows: Iterator[tuple[str, Profile]], target: str | None) -> None:
    from .profile import mean_score

    counts: Counter[str] = Counter()
    total = 0.0
    for sentence, profile in rows:
        counts[profile.level] += 1
        total += 0.0 if math.isnan(profile.score) else profile.score
        score = "  - " if math.isnan(profile.score) else f"{profile.score:.2f}"
        why = "; ".join(profile.why)
        print(f"{score}  {profile.level or '- ':<2}  {sentence if len(sentence) <= 200 else sentence[:197] + '...'}")
        print(f"          {why if len(why) <= 300 else why[:297] + '...'}")
    judged = sum(n for level, n in counts.items() if level)
    levels = ", ".join(f"{level} {counts[level]:,}" for level in LEVELS if counts[level])
    print(f"\n{judged:,} sentence{'' if judged == 1 else 's'}: {levels or 'none in English'}.", end="")
    if judged:
        print(f" Mean score {total / judged:.2f}", end="")
        print(f"; human {target} sentences have {mean_score(target):.2f}." if target else ".", end="")
    if counts[""]:
        print(f" {counts['']:,} without an English word.", end="")
    print()
