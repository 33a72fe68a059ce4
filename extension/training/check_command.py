"""`cefr-sentences check`: what a trainer will make of a training file, before an hour is spent on it."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, Option


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="how a trainer would cut and read a training file",
        description="Token lengths of the records in a training file, and how Training PRO's slicer would cut it as "
        "text: blocks, records cut in two, response tokens trained without their instruction, padding.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a training file: text, JSON or JSON Lines")
    parser.add_argument(
        "--model",
        required=True,
        help="Transformers folder, hub name, or 'embedded'; only its tokenizer is read",
    )
    parser.add_argument("--chunk", type=int, default=256, help="chunk length in tokens (default 256)")
    parser.add_argument(
        "--overlap",
        action="store_true",
        help="with 'Add overlapping blocks', as Training PRO has it by default",
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ...exporter.records.reading import read_training
    from ...exporter.records.slicer import report

    if not 16 <= args.chunk <= 1_000_000:
        raise InputError(
            "{setting} {value} is out of range: 16 to 1,000,000 tokens. Training PRO offers 32 to 2048.",
            setting=Option("chunk"),
            value=args.chunk,
        )
    read = read_training(args.file)
    for note in read.notes:
        print(f"Note: {note}", file=sys.stderr)
    texts = [record.text for record in read.records]
    cut = report(read.text, texts, _counter(args.model), args.chunk, args.overlap)
    if cut.rewritten:
        print(
            "Note: these are the figures of the records as text, as convert-data --to txt writes it.", file=sys.stderr
        )
    print(json.dumps(asdict(cut), indent=2) if args.json else describe(cut, args.chunk, args.overlap, not read.notes))
    return 0


def _counter(model: str) -> Callable[[str], int]:
    """Counts the tokens of a text, of each text once."""
    from ..models.loading import load_tokenizer

    tokenizer = load_tokenizer(model)
    return cache(lambda piece: len(tokenizer.encode(piece)))


def describe(cut: Any, chunk: int, overlap: bool, clean: bool = True) -> str:
    """The slicer's report as the command prints it; `clean`: there is a hard cut where each record ends."""
    share = cut.orphaned / cut.response if cut.response else 0.0
    overlapping = f", {cut.overlapping:,} of them overlapping" if cut.overlapping else ""
    lines = [
        *_histogram(sorted(cut.lengths)),
        "",
        f"Records longer than the chunk of {chunk}: {cut.longer:,}",
        f"Training PRO, chunk {chunk}, overlapping blocks {'on' if overlap else 'off'}:",
        f"  blocks                                    {cut.blocks:>8,}   {cut.blocks / cut.records:.2f} a record"
        f"{overlapping}",
        f"  records cut in two                        {cut.cut:>8,}   {cut.cut / cut.records:.0%}",
        f"  response tokens without their instruction {cut.orphaned:>8,}   {share:.0%} of {cut.response:,}",
        f"  padding                                   {cut.padding:>8.0%}   of all tokens",
        f"{'From' if clean else 'With clean cuts, from'} a chunk length of {cut.safe_chunk} on, nothing is cut. "
        "cefr-sentences train never cuts a record.",
    ]
    if cut.overlapping:
        lines.append(
            "Overlapping blocks begin in the middle of a record, so most of them have no instruction at any chunk "
            "length: switch 'Add overlapping blocks' off."
        )
    return "\n".join(lines)


def _histogram(lengths: Sequence[int]) -> list[str]:
    """How many records there are of which length, `lengths` in ascending order; in about a dozen bars."""
    shortest, longest, median = lengths[0], lengths[-1], lengths[len(lengths) // 2]
    width = max(16, -(-(longest - shortest + 1) // 12 // 8) * 8)
    bars = Counter(length // width * width for length in lengths)
    most = max(bars.values())
    lines = [f"{len(lengths):,} records of {shortest}-{longest} tokens, the median {median}", ""]
    for low in range(min(bars), max(bars) + 1, width):
        bar = "#" * -(-40 * bars[low] // most)
        lines.append(f"  {low:>5}-{low + width - 1:<5} {bar:<40} {bars[low]:,}")
    return lines
