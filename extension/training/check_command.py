"""`cefr-sentences check`: what a trainer will make of a text file, before an hour is spent on it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="what a trainer will make of a text file",
        description="Token lengths of the records in a hard-cut text file, and how Training PRO's slicer would "
        "cut it: blocks, records cut in two, response tokens trained without their instruction, padding.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a hard-cut text file")
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
    from ...exporter.common.encoding import detect_encoding, open_text
    from ...exporter.records.slicer import report
    from ..models.loading import load_tokenizer

    if not 16 <= args.chunk <= 1_000_000:
        raise InputError(
            f"--chunk {args.chunk} is out of range: 16 to 1,000,000 tokens. Training PRO offers 32 to 2048."
        )
    if not args.file.is_file():
        raise InputError(f"{args.file} is not a file.")
    if args.file.suffix.lower() == ".json":
        raise InputError(f"{args.file} is JSON, which is not sliced. Check the .txt; convert-data --to txt makes one.")
    with open_text(args.file, detect_encoding(args.file)) as file:
        text = file.read().replace("\r", "")
    tokenizer = load_tokenizer(args.model)
    sizes: dict[str, int] = {}

    def count(piece: str) -> int:
        if piece not in sizes:
            sizes[piece] = len(tokenizer.encode(piece))
        return sizes[piece]

    found = report(text, count, args.chunk, args.overlap)
    print(json.dumps(asdict(found), indent=2) if args.json else describe(found, args.chunk, args.overlap))
    return 0


def describe(found: Any, chunk: int, overlap: bool) -> str:
    lengths = sorted(found.lengths)
    lines = [
        f"{found.records:,} records of {lengths[0]}-{lengths[-1]} tokens, the median {lengths[len(lengths) // 2]}",
        "",
    ]
    width = max(16, -(-(lengths[-1] - lengths[0] + 1) // 12 // 8) * 8)
    bins: dict[int, int] = {}
    for n in lengths:
        bins[n // width * width] = bins.get(n // width * width, 0) + 1
    most = max(bins.values())
    for low in range(min(bins), max(bins) + 1, width):
        n = bins.get(low, 0)
        lines.append(f"  {low:>5}-{low + width - 1:<5} {'#' * -(-40 * n // most):<40} {n:,}")
    share = found.orphaned / found.response if found.response else 0.0
    lines += [
        "",
        f"Records longer than the chunk of {chunk}: {found.longer:,}",
        f"Training PRO, chunk {chunk}, overlapping blocks {'on' if overlap else 'off'}:",
        f"  blocks                                    {found.blocks:>8,}   {found.blocks / found.records:.2f} a record"
        + (f", {found.overlapping:,} of them overlapping" if overlap else ""),
        f"  records cut in two                        {found.cut:>8,}   {found.cut / found.records:.0%}",
        f"  response tokens without their instruction {found.orphaned:>8,}   {share:.0%} of {found.response:,}",
        f"  padding                                   {found.padding:>8.0%}   of all tokens",
        f"Nothing is cut from a chunk length of {found.safe_chunk} on. cefr-sentences train never cuts a record.",
    ]
    if found.overlapping:
        lines.append(
            "Overlapping blocks begin in the middle of a record, so most of them have no instruction at any chunk "
            "length: switch 'Add overlapping blocks' off."
        )
    return "\n".join(lines)
