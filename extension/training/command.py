"""`cefr-sentences train`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError
from ...exporter.records.formats import eval_beside
from .processes import first
from .settings import CHOICES, PROJECTIONS, TrainSettings

if TYPE_CHECKING:
    from .plan import Plan
    from .watch import Report

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
    "cutoff": "longest record in tokens; longer ones are left out and counted; 0: no limit",
    "evaluations": "how often the loss on the evaluation records is measured",
    "patience": "end after so many evaluations without a better one; 0: never",
    "keep": "the adapter that is the result: best (on the evaluation records) or last",
    "form": "instruct (the ### lines) or chat (the tokenizer's own template)",
    "loss_on": "answer, or all: the prompts too",
    "checkpointing": "activations computed twice for less memory: auto, on or off",
    "seed": "random seed",
}


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="records into a LoRA adapter",
        description="Train a LoRA adapter on a training file, with the loss on the answers.",
    )
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        nargs="?",
        type=Path,
        help="a file the exporter wrote, in any format, or hard-cut text with '### Response:'",
    )
    parser.add_argument(
        "--recipe", help="fast, classic or a YAML file (default fast); it sets what the options below leave out"
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
    parser.add_argument("--projections", help=f"layers to train, from {','.join(PROJECTIONS)}")
    for field in fields(TrainSettings):
        if field.name in _HELP:
            flag = "--" + field.name.replace("_", "-")
            kind: Any = {"int": int, "float": float, "str": str}[str(field.type)]
            parser.add_argument(flag, type=kind, help=_HELP[field.name], choices=CHOICES.get(field.name))
    parser.add_argument("--four-bit", action="store_true", help="load the base in 4 bits (QLoRA; needs a CUDA GPU)")
    parser.add_argument(
        "--tensorboard", action="store_true", help="write event files too, into the adapter folder (needs tensorboard)"
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
    from ..models.loading import check_model_name, load
    from .artifacts import new_folder
    from .plan import Plan, carry_out

    if args.resume is not None:
        options = (*_HELP, "projections", "dataset", "model", "level", "out", "eval", "recipe")
        if given := [name for name in options if getattr(args, name) is not None]:
            said = ", ".join("DATASET" if name == "dataset" else f"--{name.replace('_', '-')}" for name in given)
            raise InputError(f"--resume goes on with the settings the run was begun with; leave out {said}.")
        plan, out = Plan.load(args.resume), args.resume
        plan.records()
    else:
        if missing := [name for name in ("dataset", "model", "level", "out") if getattr(args, name) is None]:
            needed = ", ".join("DATASET" if name == "dataset" else f"--{name}" for name in missing)
            raise InputError(f"train needs {needed}, or --resume DIR.")
        plan, out = _plan(args), args.out
        check_model_name(plan.model)
        plan.records()
    if args.tensorboard:
        from .tensorboard import check_tensorboard

        check_tensorboard()
    resume = args.resume is not None
    folder = nullcontext() if resume or not first() else new_folder(out, force=args.force)
    with folder, _stop_on_interrupt() as stop:
        loaded = load(plan.model, four_bit=plan.four_bit)
        with _reports(out, tensorboard=args.tensorboard and first()) as report:
            outcome = carry_out(loaded, plan, out, resume=resume, report=report, stop=stop.is_set)
    if first():
        print(describe(outcome, out))
    return 0


@contextmanager
def _reports(out: Path, *, tensorboard: bool) -> Iterator[Report]:
    """Who is told of each entry of the log: the screen, and TensorBoard's files when they are wanted."""
    if not tensorboard:
        yield print_entry
        return
    from .tensorboard import board

    with closing(board(out)) as files:

        def both(entry: dict[str, Any]) -> None:
            files.add(entry)
            print_entry(entry)

        yield both


def _plan(args: argparse.Namespace) -> Plan:
    from ..recipes import KINDS, recipe
    from .plan import Plan

    found = recipe(args.level, args.recipe or KINDS[0])
    changed = {f.name: getattr(args, f.name) for f in fields(TrainSettings) if f.name in _HELP}
    if args.projections is not None:
        changed["projections"] = tuple(p.strip() for p in args.projections.split(",") if p.strip())
    changed = {name: value for name, value in changed.items() if value is not None}
    said = {"name": found.name, "says": asdict(found.settings), "changed": changed}
    settings = replace(found.settings, **changed)
    unseen = args.eval or eval_beside(args.dataset)
    return Plan(settings, args.dataset, unseen, args.model, said, four_bit=args.four_bit)


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


def print_entry(entry: dict[str, Any]) -> None:
    """What the log says, on stderr, so that a long run shows that it lives."""
    if entry.get("event") == "start":
        line = recipe_said(entry["recipe"])
    elif entry.get("event") == "halved":
        line = f"The batch did not fit into memory: now {entry['micro_batch']} records at a time, same result."
    elif "eval_loss" in entry:
        line = f"epoch {entry['epoch']:.2f}  evaluation loss {entry['eval_loss']:.3f}"
    else:
        line = f"step {entry['current_steps']}/{entry['total_steps']}  loss {entry['loss']:.3f}"
    print(line, file=sys.stderr, flush=True)


def recipe_said(recipe: dict[str, Any]) -> str:
    """The recipe, what was changed in it, and what it comes to for these data."""
    lines = [f"Recipe {recipe['name']}"] if "name" in recipe else []
    if changed := recipe.get("changed"):
        lines.append("  changed: " + ", ".join(f"{name} {value}" for name, value in changed.items()))
    found = recipe["resolved"]
    memory = f", about {found['memory_bytes'] / 1e9:.1f} GB" if found["memory_bytes"] else ""
    every = f"every {found['evaluation_every']}" if found["evaluation_every"] else "before the first"
    lines.append(
        f"  for these data: {found['steps']:,} steps, {found['warmup_steps']:,} to warm up; evaluation {every}; "
        f"longest record {found['longest_record']} tokens; {found['records_at_a_time']} records at a time, "
        f"{found['accumulation']} times a step{memory}"
    )
    if found["checkpointing"] == "on":
        lines.append("  Activations are computed twice, because the memory would not do otherwise.")
    return "\n".join(lines)


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
        lines.append(f"Loss on the evaluation records: {losses[0]:.3f} before, {outcome.kept_loss:.3f} after.")
    if outcome.early:
        lines.append(f"It fell no more, so the run ended before its {outcome.planned:,} steps.")
    if outcome.kept < outcome.steps:
        lines.append(f"The adapter is that of step {outcome.kept:,}, the best; the last one is a checkpoint beside it.")
    lines.append(f"The adapter is in {out}")
    if outcome.stopped:
        lines.append(f"Go on where it stopped: cefr-sentences train --resume {out}")
    return "\n".join(lines)
