"""`cefr-sentences level`."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..common.errors import STDIN, InputError, Problem
from .judges import DEFAULT, JUDGES, find_judge
from .levels import LEVELS, parse_level

if TYPE_CHECKING:
    from .judge import Judge
    from .profile import Profile

_BATCH = 1000
_WRAPPED = 50  # characters; shorter lines end where they end
_ENDS = ".!?…:\"'”’)"
_STOP = re.compile(r"[.!?…][\"'”’)]*(?:\s|$)")
_NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+")
_TIMES = re.compile(r"[\d:,.]+ --> [\d:,.]+")  # of subtitles
_HEADING = re.compile(r"#{1,6}\s|[-=*_]{3,}$")  # of Markdown


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "level",
        help="how hard sentences are",
        description="The CEFR level of each sentence, its score (1.0 is A1, 6.0 is C2), and why: its grammar and its "
        "hardest words.",
        epilog="Text is split into sentences; in a table, the column of sentences is judged. "
        "Exit codes: 0 done; 2 the input cannot be read.",
    )
    parser.add_argument(
        "source",
        metavar="FILE",
        help="a text file, a table with a column of sentences (CSV, Excel, JSON ...), or - for text on standard input",
    )
    parser.add_argument("--columns", metavar="sentence=NAME", help="the column of sentences, where its name is unusual")
    parser.add_argument("--target", metavar="LEVEL", help="name the words above this level, not above the sentence's")
    parser.add_argument(
        "--judge",
        choices=list(JUDGES),
        default=DEFAULT,
        help="fitted (default), or deep, which a small language model helps: better at everyday English, slower",
    )
    parser.add_argument(
        "--json", action="store_true", help="print an array of {sentence, score, level, above, grammar}"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    target = parse_level(args.target) if args.target else None
    judge = find_judge(args.judge)
    judged = _profiles(_sentences(args.source, args.columns), target, judge)
    first = next(judged, None)
    if first is None:
        raise InputError(
            "{source} has no sentence: every line is blank. Give one sentence a line.", source=Path(args.source)
        )
    rows = chain([first], judged)
    if args.json:
        _print_json(rows)
    else:
        _print_table(rows, target, judge)
    return 0


def _sentences(source: str, columns: str | None) -> Iterator[str]:
    """The sentences of a text or a table, one after the other. What is left out of a text is said at its end."""
    from ..pairs.columns import Columns, Reading
    from ..pairs.markup import without_markup
    from ..pairs.tables import TABLES, read_rows
    from .sentences import split_sentences

    path, headings, reading = Path(source), 0, Reading(Columns.parse(columns), ("sentence",))
    if said := _strings(path):
        texts = iter(said)
    elif path.suffix.lower() in TABLES and path.is_file():
        texts = (row.sentence for row in read_rows(path, reading=reading))
    else:
        texts = chain.from_iterable(map(_paragraphs, _blocks(_lines(source, reading.notes))))
    for text in texts:
        if _HEADING.match(text):
            headings += 1
            continue
        number = _NUMBER.match(text)
        begin = number.end() if number else 0
        yield from split_sentences(" ".join((text[:begin] + without_markup(text[begin:])).split()))
    for note in reading.notes:
        print(f"Note: {note}", file=sys.stderr)
    if headings:
        print(f"Note: {headings:,} headings and rules were left out.", file=sys.stderr)


def _strings(path: Path) -> list[str]:
    """The texts of a JSON list of them; none where the file is anything else."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return []
    try:
        texts = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return []  # which the reader of tables says better
    return texts if isinstance(texts, list) and all(isinstance(text, str) for text in texts) else []


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
    """Lines between blank lines, at most a thousand."""
    block: list[str] = []
    for line in lines:
        if (not line or len(block) == _BATCH) and block:
            yield block
            block = []
        if line:
            block.append(line)
    yield block


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Lines as paragraphs: a long one without an end mark goes on where the next begins with a small letter.

    So does a short one that a capital began, where the text has full stops. With a capital a long one goes on too where
    the text has full stops, and its first word had no room: wrapped text. The number and the times of a subtitle are
    left out.
    """
    timed = next((i for i, line in enumerate(lines[:2], 1) if _TIMES.match(line)), 0)
    lines = lines[timed:]
    width = max(map(len, lines), default=0)
    stops = any(map(_STOP.search, lines))
    paragraph, last = "", ""
    for line in lines:
        full = len(last) + len(line.split()[0]) >= width
        long, small = len(last) >= _WRAPPED, line[0].islower()
        goes_on = (small or (stops and full)) if long else (small and stops and paragraph[:1].isupper())
        if last and goes_on and not _ended(last, line):
            paragraph = f"{paragraph} {line}"
        else:
            if paragraph:
                yield paragraph
            paragraph = line
        last = "" if _HEADING.match(line) else line
    if paragraph:
        yield paragraph


def _ended(last: str, line: str) -> bool:
    """Whether a sentence ends with the line `last`, above `line`: not with "at 9 p.m." above "on Friday"."""
    from .sentences import count_sentences

    if last[-1] != ".":
        return last[-1] in _ENDS
    after = "Name" if line[0].islower() else line  # what is small begins no sentence
    return count_sentences(f"{last} {after}") == count_sentences(last) + count_sentences(after)


def _lines(source: str, notes: list[Problem]) -> Iterator[str]:
    """The lines without outer spaces; `notes` get what was guessed. Raises InputError when `source` is not text."""
    from ..common.encoding import detect_encoding, guessed, open_text
    from ..common.ordinary import ordinary

    path = Path(source)
    if path.is_dir():
        raise InputError("{file} is a folder. Give a text file with one sentence a line.", file=source)
    if path != STDIN and not path.exists():
        raise InputError("{file} does not exist. Give a text file with one sentence a line, or - .", file=source)
    with ordinary(path) as whole:  # what comes through a pipe is read twice, too
        encoding = detect_encoding(whole)
        notes += guessed(encoding)
        yield from _pieces(open_text(whole, encoding))


def _pieces(file: TextIO) -> Iterator[str]:
    with file:
        for line in file:
            for piece in line.split("\r"):
                yield piece.strip()


def _profiles(lines: Iterator[str], target: str | None, judge: Judge) -> Iterator[tuple[str, Profile]]:
    from .profile import profiles

    while batch := list(islice(lines, _BATCH)):
        yield from zip(batch, profiles(batch, target, judge), strict=True)


def _print_json(rows: Iterator[tuple[str, Profile]]) -> None:
    before = "[\n"
    for sentence, profile in rows:
        cells = {
            "sentence": sentence,
            "score": None if math.isnan(profile.score) else round(profile.score, 3),
            "level": profile.level or None,
            "above": list(profile.above),
            "grammar": [str(item) for item in profile.grammar],
        }
        print(before + json.dumps(cells, ensure_ascii=False), end="")
        before = ",\n"
    print("\n]")


def _print_table(rows: Iterator[tuple[str, Profile]], target: str | None, judge: Judge) -> None:
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
        print(f"; human {target} sentences have {judge.means[target]:.2f}." if target else ".", end="")
    if counts[""]:
        print(f" {counts['']:,} without an English word.", end="")
    print()
