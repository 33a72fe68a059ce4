"""`cefr-sentences export` and `cefr-sentences convert-data`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import InputError, Option
from ..language.levels import TRAINABLE, parse_level
from .formats import FORMATS, parse_formats
from .mix import DEFAULT_MIX

if TYPE_CHECKING:
    from ..common.webui import Webui


def add_commands(commands: Any) -> None:
    """Add this room's subcommands to argparse's subparsers."""
    _add_export(commands)
    _add_convert(commands)


def _add_export(commands: Any) -> None:
    export = commands.add_parser(
        "export",
        help="turn word-sentence pairs into training files",
        description="Read word-sentence pairs, check them, and write training files in these formats: "
        + "; ".join(f"{f.name} ({f.used_by})" for f in FORMATS.values())
        + ".",
        epilog="Exit codes: 0 done; 2 the input or an argument is wrong, and nothing was written.",
    )
    export.add_argument(
        "pairs",
        metavar="PAIRS",
        help="JSON, JSON Lines, CSV, TSV, Parquet, .xlsx, an Anki deck (.apkg, notes in plain text) or a save_to_disk "
        "folder; - for standard input; 'starter' for the sentences of the bank",
    )
    export.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1")
    export.add_argument("--name", help="name of the files (default: from PAIRS)")
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--webui", metavar="DIR", type=Path, help="a TextGen (text-generation-webui): into its datasets folder"
    )
    where.add_argument("--out", metavar="DIR", type=Path, help="any other folder")
    export.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if it was moved")
    export.add_argument(
        "--columns", metavar="word=W,sentence=S", help="names or numbers of columns, if they are not recognized"
    )
    export.add_argument("--sheet", metavar="NAME", help="the sheet of an Excel file (default: those named like levels)")
    export.add_argument(
        "--records",
        type=int,
        default=2000,
        help="how many records, train and eval (default 2000; the tab starts with 400, trained in a fifth of the time)",
    )
    export.add_argument(
        "--mix", default=DEFAULT_MIX, help=f"words per record : percent of the records (default {DEFAULT_MIX})"
    )
    export.add_argument(
        "--eval-share",
        "--eval",  # its name before, which train has for a file
        dest="eval_share",
        type=float,
        default=0.1,
        help="share of the records for evaluation (default 0.1)",
    )
    export.add_argument(
        "--split",
        choices=("words", "records"),
        default="words",
        help="hold out whole words for evaluation (default), or use all pairs on both sides, which leaks",
    )
    export.add_argument("--formats", default=",".join(FORMATS), help="separated by commas (default: %(default)s)")
    export.add_argument("--seed", type=int, default=42)
    export.add_argument("--keep", action="store_true", help="use pairs even if they fail a check")
    export.add_argument("--force", action="store_true", help="replace files of the same name")
    export.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    export.set_defaults(run=run_export)


def _add_convert(commands: Any) -> None:
    convert = commands.add_parser(
        "convert-data",
        help="convert a training file into another format",
        description="Convert a training file, also another trainer's, into another format, losslessly. If a row is "
        "not a record, its number is shown and nothing is written.",
    )
    convert.add_argument("file", metavar="FILE", type=Path)
    convert.add_argument("--to", required=True, choices=tuple(FORMATS))
    convert.add_argument("--out", metavar="FILE", type=Path, help="default: beside the source")
    convert.add_argument("--force", action="store_true", help="replace the file")
    convert.set_defaults(run=run_convert)


def run_export(args: argparse.Namespace) -> int:
    from ..common.progress import Progress
    from ..pairs.checking import starter_pairs
    from ..pairs.columns import Columns
    from .export import ExportSettings, export
    from .mix import Mix
    from .summary import describe

    level = parse_level(args.level, TRAINABLE)
    source = Path(args.pairs)
    if args.pairs == "starter" and not source.is_file():
        source = starter_pairs(level)
    settings = ExportSettings(
        level=level,
        name=args.name or (f"starter-{level.lower()}" if args.pairs == "starter" else source.stem),
        records=args.records,
        mix=Mix.parse(args.mix),
        eval_share=args.eval_share,
        split=args.split,
        formats=tuple(parse_formats(args.formats)),
        seed=args.seed,
        keep=args.keep,
    )
    progress = Progress()
    try:
        summary = export(
            source,
            settings,
            _target(args),
            columns=Columns.parse(args.columns),
            sheet=args.sheet,
            force=args.force,
            progress=progress,
        )
    finally:
        progress.close()
    print(json.dumps(summary.with_files(), ensure_ascii=False, indent=2) if args.json else describe(summary))
    return 0


def _target(args: argparse.Namespace) -> Webui | Path:
    from ..common.webui import find_webui

    if args.webui is not None:
        return find_webui(args.webui, args.user_data_dir)
    if args.user_data_dir is not None:
        raise InputError(
            "{option} is only for {webui}. With {out}, give the folder itself.",
            option=Option("user_data_dir"),
            webui=Option("webui"),
            out=Option("out"),
        )
    return args.out


def run_convert(args: argparse.Namespace) -> int:
    from .convert import convert_data

    converted = convert_data(args.file, FORMATS[args.to], args.out, force=args.force)
    for note in converted.notes:
        print(f"Note: {note}", file=sys.stderr)
    print(f"{converted.records:,} records -> {converted.path}")
    return 0
