"""`cefr-sentences starter`."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from ..common.errors import InputError, Option
from ..language.levels import TRAINABLE, parse_level

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
_Pairs = Sequence[tuple[str, str]]


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "starter",
        help="the word-sentence pairs that come with this package: list, show or save them",
        description="The starter pairs: words of each level, A1 to C1, with four sentences each, under CC0. "
        "Without LEVEL: how many there are of each; with it: the words and their sentences.",
        epilog="`cefr-sentences export starter --level A1 ...` makes training files from them. "
        "Exit codes: 0 done; 2 an argument is wrong or the file cannot be written.",
    )
    parser.add_argument("level", metavar="LEVEL", nargs="?", help="A1, A2, B1, B2 or C1")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--words", action="store_true", help="the words only, one a line")
    how.add_argument("--out", metavar="FILE", type=Path, help="save the pairs to a .csv, .tsv, .json or .jsonl file")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.level is None:
        if args.words or args.out:
            raise InputError(
                "{option} needs a level: one of {levels}.",
                option=Option("words" if args.words else "out"),
                levels=", ".join(TRAINABLE),
            )
        _list()
        return 0
    level = parse_level(args.level, TRAINABLE)
    if args.out:
        save(level, args.out, force=args.force)
        return 0
    pairs = _pairs(level)
    for at, (word, sentence) in enumerate(pairs):
        first = at == 0 or pairs[at - 1][0] != word
        if args.words:
            if first:
                print(word)
            continue
        if first:
            print(f"{'' if at == 0 else chr(10)}{word}")
        print(f"  {sentence}")
    return 0


def save(level: str, path: Path, *, force: bool = False) -> None:
    """Write the pairs of `level` to `path`, as a table or as JSON by its suffix, with a level column.

    Raises:
        InputError: another suffix.
        TargetError: `path` exists and `force` is not set, or it cannot be written.
    """
    from ..common.files import Publication

    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            "{file}: the name must end in one of {suffixes}, which says the format.",
            file=path,
            suffixes=", ".join(SUFFIXES),
        )
    pairs = _pairs(level)
    with Publication(force=force) as publication:
        _write(publication.file(path), suffix, level, pairs)
    print(f"{len(pairs):,} pairs -> {path}")


def _write(file: TextIO, suffix: str, level: str, pairs: _Pairs) -> None:
    rows = [{"word": word, "sentence": sentence, "level": level} for word, sentence in pairs]
    if suffix in (".json", ".jsonl"):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        file.write("\n".join(lines) + "\n" if suffix == ".jsonl" else "[\n" + ",\n".join(lines) + "\n]\n")
    elif suffix == ".csv":
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:  # no starter sentence has a tab, so no cell needs quotation marks
        file.write("".join("\t".join(cells) + "\n" for cells in (list(rows[0]), *(row.values() for row in rows))))


def _pairs(level: str) -> _Pairs:
    from .checking import load_pairs, starter_pairs

    return list(load_pairs(starter_pairs(level), level))


def _list() -> None:
    print("level  words  sentences")
    for level in TRAINABLE:
        pairs = _pairs(level)
        print(f"{level:<5}{len({word for word, _ in pairs}):>7,}{len(pairs):>11,}")
