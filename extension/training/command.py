"""`cefr-sentences train`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...exporter.errors import InputError
from ...exporter.levels import TRAINABLE, parse_level
from .settings import PROJECTIONS, TrainSettings

_HELP = {
    "rank": "LoRA rank",
    "alpha": "LoRA alpha",
    "dropout": "LoRA dropout",
    "epochs": "passes over the records",
    "learning_rate": "peak learning rate",
    "scheduler": "cosine, linear or constant_with_warmup",
    "warmup": "share of the steps in which the learning rate rises",
    "batch": "records a step of the optimizer",
    "micro_batch": "at most so many records at a time: less memory, same result",
    "word_weight": "weight of the requested words' own tokens in the loss",
    "cutoff": "longest record in tokens; longer ones are left out and counted",
    "seed": "random seed",
}


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="records into a LoRA adapter",
        description="Train a LoRA adapter on a training file of ours, with the loss on the answers only.",
    )
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="a file the exporter wrote, in any format")
    parser.add_argument("--model", required=True, help="Transformers folder, hub name, or 'embedded'")
    parser.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1; that of the records")
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        type=Path,
        help="the adapter folder, as in user_data/loras/NAME",
    )
    parser.add_argument(
        "--eval", metavar="FILE", type=Path, help="default: the exporter's eval file beside DATASET, if any"
    )
    parser.add_argument(
        "--projections", default="q,k,v,o", help=f"layers to train, from {','.join(PROJECTIONS)} (default q,k,v,o)"
    )
    for field in fields(TrainSettings):
        if field.name in _HELP:
            flag = "--" + field.name.replace("_", "-")
            kind: Any = {"int": int, "float": float, "str": str}[str(field.type)]
            parser.add_argument(
                flag, type=kind, default=field.default, help=f"{_HELP[field.name]} (default {field.default})"
            )
    parser.add_argument("--force", action="store_true", help="replace the adapter folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ...exporter.formats import read_records
    from ..host.standalone import check_model_name, load
    from .artifacts import prepare_folder
    from .run import train

    level = parse_level(args.level, TRAINABLE)
    values = {f.name: getattr(args, f.name) for f in fields(TrainSettings) if f.name in _HELP}
    projections = tuple(p.strip() for p in args.projections.split(",") if p.strip())
    settings = TrainSettings(level=level, projections=projections, **values)
    check_model_name(args.model)
    records = read_records(args.dataset)
    check_levels(args.dataset, records, level)
    eval_file = args.eval or eval_beside(args.dataset)
    eval_records = read_records(eval_file) if eval_file else []
    check_levels(eval_file, eval_records, level)
    prepare_folder(args.out, force=args.force)
    try:
        loaded = load(args.model)
        outcome = train(
            loaded, records, eval_records, settings, args.out, dataset=args.dataset.name, report=print_entry
        )
    finally:
        if not any(args.out.iterdir()):
            args.out.rmdir()
    print(describe(outcome, args.out))
    return 0


def eval_beside(dataset: Path) -> Path | None:
    """The evaluation file the exporter wrote beside `dataset`, if it is there."""
    path = dataset.with_name(f"{dataset.stem}_eval{dataset.suffix}")
    return path if path.is_file() else None


def check_levels(path: Path | None, records: Any, level: str) -> None:
    """Raises InputError when a record of `path` is of another level than `level`."""
    for number, record in enumerate(records, 1):
        if record.level != level:
            raise InputError(
                f"{path}, record {number} is of level {record.level}, not {level}. Use --level {record.level}."
            )


def print_entry(entry: dict[str, Any]) -> None:
    """One line of the log on stderr, so that a long run shows that it lives."""
    if "eval_loss" in entry:
        line = f"epoch {entry['epoch']:.2f}  evaluation loss {entry['eval_loss']:.3f}"
    else:
        line = f"step {entry['current_steps']}/{entry['total_steps']}  loss {entry['loss']:.3f}"
    print(line, file=sys.stderr, flush=True)


def describe(outcome: Any, out: Path) -> str:
    lines = [
        f"Trained on {outcome.records:,} records in {outcome.steps:,} steps and {outcome.seconds:,.0f} s; "
        f"training loss {outcome.train_loss:.3f}."
    ]
    if outcome.longer:
        lines.append(
            f"{outcome.longer:,} records were longer than {outcome.settings.cutoff} tokens and left out; see --cutoff."
        )
    if losses := outcome.eval_losses:
        lines.append(f"Loss on the evaluation records: {losses[0]:.3f} before, {losses[-1]:.3f} after.")
    lines.append(f"The adapter is in {out}")
    return "\n".join(lines)
