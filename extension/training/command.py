"""`cefr-sentences train`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.errors import InputError
from ...exporter.levels import TRAINABLE, parse_level
from .settings import PROJECTIONS, TrainSettings

if TYPE_CHECKING:
    from .plan import Plan

_HELP = {
    "rank": "LoRA rank",
    "alpha": "LoRA alpha",
    "dropout": "LoRA dropout",
    "epochs": "passes over the records",
    "learning_rate": "peak learning rate",
    "scheduler": "cosine, linear or constant_with_warmup",
    "optimizer": "adamw_torch or adafactor (less memory)",
    "save": "when a copy is kept on the way: epoch, loss (fallen by a tenth) or end (none)",
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
    parser.add_argument(
        "dataset", metavar="DATASET", nargs="?", type=Path, help="a file the exporter wrote, in any format"
    )
    parser.add_argument("--model", help="Transformers folder, hub name, or 'embedded'")
    parser.add_argument("--level", help="A1, A2, B1, B2 or C1; that of the records")
    parser.add_argument(
        "--out",
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
    parser.add_argument(
        "--resume",
        metavar="DIR",
        type=Path,
        help="go on with the unfinished run in this adapter folder, with the settings it was begun with",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ..host.standalone import check_model_name, load
    from .artifacts import new_folder
    from .plan import Plan, carry_out

    if args.resume is not None:
        plan, out = Plan.load(args.resume), args.resume
        plan.records()
    else:
        if missing := [name for name in ("dataset", "model", "level", "out") if getattr(args, name) is None]:
            needed = ", ".join("DATASET" if name == "dataset" else f"--{name}" for name in missing)
            raise InputError(f"train needs {needed}, or --resume DIR.")
        plan, out = _plan(args), args.out
        check_model_name(plan.model)
        plan.records()
    folder = nullcontext() if args.resume is not None else new_folder(out, force=args.force)
    with folder, _stop_on_interrupt() as stop:
        loaded = load(plan.model)
        outcome = carry_out(loaded, plan, out, resume=args.resume is not None, report=print_entry, stop=stop.is_set)
    print(describe(outcome, out))
    return 0


def _plan(args: argparse.Namespace) -> Plan:
    from .plan import Plan

    values = {f.name: getattr(args, f.name) for f in fields(TrainSettings) if f.name in _HELP}
    projections = tuple(p.strip() for p in args.projections.split(",") if p.strip())
    settings = TrainSettings(level=parse_level(args.level, TRAINABLE), projections=projections, **values)
    return Plan(settings, args.dataset, args.eval or eval_beside(args.dataset), args.model)


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C ends the run after its step, with all it has; the second ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: object) -> None:
        print("Stopping after this step, with all it has; once more to stop at once.", file=sys.stderr, flush=True)
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def eval_beside(dataset: Path) -> Path | None:
    """The evaluation file the exporter wrote beside `dataset`, if it is there."""
    path = dataset.with_name(f"{dataset.stem}_eval{dataset.suffix}")
    return path if path.is_file() else None


def print_entry(entry: dict[str, Any]) -> None:
    """One line of the log on stderr, so that a long run shows that it lives."""
    if "eval_loss" in entry:
        line = f"epoch {entry['epoch']:.2f}  evaluation loss {entry['eval_loss']:.3f}"
    else:
        line = f"step {entry['current_steps']}/{entry['total_steps']}  loss {entry['loss']:.3f}"
    print(line, file=sys.stderr, flush=True)


def describe(outcome: Any, out: Path) -> str:
    stopped = f" (stopped; {outcome.planned:,} were planned)" if outcome.stopped else ""
    lines = [
        f"Trained on {outcome.records:,} records in {outcome.steps:,} steps{stopped} and {outcome.seconds:,.0f} s; "
        f"training loss {outcome.train_loss:.3f}."
    ]
    if outcome.longer:
        lines.append(
            f"{outcome.longer:,} records were longer than {outcome.settings.cutoff} tokens and left out; see --cutoff."
        )
    if losses := outcome.eval_losses:
        lines.append(f"Loss on the evaluation records: {losses[0]:.3f} before, {losses[-1]:.3f} after.")
    lines.append(f"The adapter is in {out}")
    if outcome.stopped:
        lines.append(f"Go on where it stopped: cefr-sentences train --resume {out}")
    return "\n".join(lines)
