"""`cefr-sentences export` and `cefr-sentences convert-data`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import InputError
from ..language.levels import TRAINABLE, parse_level

if TYPE_CHECKING:
    from ..common.webui import Webui


def add_commands(commands: Any) -> None:
    """Add this room's subcommands to argparse's subparsers."""
    export = commands.add_parser(
        "export",
        help="word-sentence pairs into training files",
        description="Read word-sentence pairs, check them, and write training files: hard-cut text, "
        "instruction JSON, chat JSON and text JSON.",
        epilog="Exit codes: 0 done; 2 the input or an argument is wrong, and nothing was written.",
    )
    export.add_argument(
        "pairs",
        metavar="PAIRS",
        help="JSON, JSON Lines, CSV, TSV, Parquet, .xlsx or a save_to_disk folder; 'starter' for the pairs of ours",
    )
    export.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1")
    export.add_argument("--name", help="name of the files (default: from PAIRS)")
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument("--webui", metavar="DIR", type=Path, help="a text-generation-webui: into its datasets folder")
    where.add_argument("--out", metavar="DIR", type=Path, help="any other folder")
    export.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if they were moved")
    export.add_argument("--columns", metavar="word=W,sentence=S", help="column names, where they are not found")
    export.add_argument("--records", type=int, default=2000, help="how many records, train and eval (default 2000)")
    export.add_argument(
        "--mix", default="10:70,8-9:20,6-7:10", help="words a record : percent (default 10:70,8-9:20,6-7:10)"
    )
    export.add_argument(
        "--eval",
        dest="eval_share",
        type=float,
        default=0.1,
        help="share of the records for evaluation (default 0.1)",
    )
    export.add_argument(
        "--split",
        choices=("words", "records"),
        default="words",
        help="keep whole words apart for evaluation (default), or draw both sides from all pairs, which leaks",
    )
    export.add_argument("--formats", default="txt,json,chat,text", help="default txt,json,chat,text")
    export.add_argument("--seed", type=int, default=42)
    export.add_argument("--keep", action="store_true", help="use pairs that fail a check all the same")
    export.add_argument("--force", action="store_true", help="replace files of that name")
    export.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    export.set_defaults(run=run_export)

    convert = commands.add_parser(
        "convert-data",
        help="a training file into another format",
        description="Convert a training file between the four formats, losslessly; anything that is not a "
        "record of ours is refused with its row, and nothing is written.",
    )
    convert.add_argument("file", metavar="FILE", type=Path)
    convert.add_argument("--to", required=True, choices=("txt", "json", "chat", "text"))
    convert.add_argument("--out", metavar="FILE", type=Path, help="default: beside the source")
    convert.add_argument("--force", action="store_true", help="replace the file")
    convert.set_defaults(run=run_convert)


def run_export(args: argparse.Namespace) -> int:
    from ..common.progress import Progress
    from ..pairs.checking import starter_pairs
    from ..pairs.columns import Columns
    from .export import ExportSettings, export
    from .formats import parse_formats
    from .mix import Mix

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
            force=args.force,
            progress=progress,
        )
    finally:
        progress.close()
    print(json.dumps(summary, ensure_ascii=False, indent=2) if args.json else describe(summary))
    return 0


def _target(args: argparse.Namespace) -> Webui | Path:
    from ..common.webui import find_webui

    if args.webui is not None:
        return find_webui(args.webui, args.user_data_dir)
    if args.user_data_dir is not None:
        raise InputError("--user-data-dir goes with --webui. With --out, give the folder itself.")
    return args.out


def run_convert(args: argparse.Namespace) -> int:
    from .convert import convert_data
    from .formats import FORMATS

    target, records = convert_data(args.file, FORMATS[args.to], args.out, force=args.force)
    print(f"{records:,} records -> {target}")
    return 0


def describe(summary: dict[str, Any]) -> str:
    """The summary of an export as a table for people."""
    rows = summary["rows"]
    left_out = [
        (rows["other_level"], "of another level"),
        (rows["doubled"], "doubled"),
        (rows["blank"], "with a blank word or sentence"),
        (rows["rejected"], "rejected"),
    ]
    lines = [f"{summary['source']} -> {summary['name']}, level {summary['level']}", ""]
    lines.append(f"  rows read       {rows['read']:>9,}")
    lines += [f"  - {what:<30}{n:>9,}" for n, what in left_out if n]
    lines.append(
        f"  = pairs used    {rows['used']:>9,}   {summary['words']:,} words, {summary['sentences']:,} sentences"
    )
    if rows["kept_despite_a_failed_check"]:
        lines.append(f"    of them kept although they failed a check: {rows['kept_despite_a_failed_check']:,}")
    if summary["cleaned"]["smart_quotes"]:
        lines.append(f"    typographic quotes made straight in {summary['cleaned']['smart_quotes']:,} cells")
    failed = summary["first_failed_rows"]
    lines += [f"    row {r['row']}: {r['word']!r:.40}: {r['reason']}" for r in failed]
    if (more := rows["rejected"] + rows["kept_despite_a_failed_check"] - len(failed)) > 0:
        lines.append(f"    and {more:,} more")
    lines += ["", "           records   words  sentences  uses of each sentence   words a record"]
    for side, made in summary["sides"].items():
        low, high = made["uses_per_sentence"]
        sizes = ", ".join(f"{n}: {c:,}" for n, c in made["words_per_record"].items())
        uses = f"{low}" if low == high else f"{low}-{high}"
        lines.append(
            f"  {side:<7}{made['records']:>9,}{made['words']:>8,}{made['sentences']:>11,}  {uses:<22}  {sizes}"
        )
    for side, made in summary["sides"].items():
        if over := made["words_with_too_large_a_share"]:
            shown = ", ".join(over[:8]) + (f" and {len(over) - 8} more" if len(over) > 8 else "")
            lines.append(
                f"  ! {side}: sentences cannot be used equally often, because a word stands once in a record and "
                f"these own too many sentences: {shown}."
            )
    if summary["split"] == "records":
        lines.append(
            "  ! --split records leaks: the evaluation has the training's own sentences, so its loss flatters."
        )
    lines += ["", "Files:"] + [f"  {path}" for path in summary["files"].values()]
    if rejected := summary["files"].get("rejected"):
        lines.append(f"Every failed row with its reason is in {Path(rejected).name}.")
    return "\n".join(lines)
