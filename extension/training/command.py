"""`cefr-sentences train`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import STDIN, InputError, Option, Problem
from ...exporter.common.lock import named
from ...exporter.common.targets import refuse_overwriting
from ...exporter.records.formats import eval_beside
from .fields import add_options, given
from .log import End, Halved, LogEntry, LogLine, Resume, Start
from .processes import first
from .settings import SETTINGS
from .source import RecipeSource

if TYPE_CHECKING:
    from .plan import Plan

# What a new run needs besides its settings, and what a resumed one already has.
_NEEDED = ("dataset", "model", "level", "out")
_BEGUN_WITH = (*SETTINGS, *_NEEDED, "eval", "recipe")


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a LoRA adapter on records",
        description="Train a LoRA adapter on a training file, with the loss on the answers.",
    )
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        nargs="?",
        type=Path,
        help="a file the exporter wrote, or other trainers' JSON, JSON Lines or hard-cut text with '### Response:'",
    )
    parser.add_argument(
        "--recipe", help="fast, classic or a YAML file (default fast); it decides what the options below leave out"
    )
    parser.add_argument("--model", help="Transformers folder, hub name, or 'embedded'")
    parser.add_argument("--level", help="A1, A2, B1, B2 or C1; that of the records")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the adapter folder, as in user_data/loras/NAME")
    parser.add_argument(
        "--eval", metavar="FILE", type=Path, help="default: the exporter's eval file beside DATASET, if any"
    )
    add_options(parser, SETTINGS)
    # Its name while TensorBoard was the only tracker.
    parser.add_argument(
        "--tensorboard", action="store_const", const="tensorboard", dest="report_to", help=argparse.SUPPRESS
    )
    parser.add_argument("--force", action="store_true", help="replace the adapter folder")
    parser.add_argument(
        "--resume",
        metavar="DIR",
        type=Path,
        help="continue the unfinished run in this adapter folder, with the settings it was started with",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ..models.loading import check_model_name, load
    from .artifacts import run_folder
    from .plan import Plan
    from .preflight import FEW_RECORDS, package_problems, problem
    from .run import carry_out

    resume = args.resume is not None
    if resume:
        if settled := [name for name in _BEGUN_WITH if getattr(args, name) is not None]:
            raise InputError(
                "--resume continues with the settings that the run was started with. Leave out {options}.",
                options=_options(settled),
            )
        plan, out = Plan.load(args.resume), named(args.resume)
    else:
        if missing := [name for name in _NEEDED if getattr(args, name) is None]:
            raise InputError("train needs {options}, or --resume DIR.", options=_options(missing))
        plan, out = _plan(args), named(args.out)
        check_model_name(plan.model)
        refuse_overwriting([out], [plan.dataset, plan.eval])
    records, _ = plan.records(note=_say)
    if len(records) < FEW_RECORDS:
        _say(problem("few_records", records=len(records), needed=FEW_RECORDS))
    if problems := package_problems(plan.settings):
        raise InputError(*problems)
    folder = run_folder(out, resume=resume, force=args.force) if first() else nullcontext()
    with folder, _stop_on_interrupt() as stop:
        loaded = load(plan.model, four_bit=plan.settings.four_bit)
        outcome = carry_out(loaded, plan, out, resume=resume, report=print_line, stop=stop.is_set)
    if first():
        print(describe(outcome, out))
    return 0


def _say(problem: Problem) -> None:
    """A note on stderr, once for all processes of a run."""
    if first():
        print(f"Note: {problem}", file=sys.stderr, flush=True)


def _options(names: list[str]) -> str:
    return ", ".join("DATASET" if name == "dataset" else str(Option(name)) for name in names)


def _plan(args: argparse.Namespace) -> Plan:
    from ..recipes import KINDS, recipe
    from .plan import Plan

    for path in (args.dataset, args.eval):
        if path == STDIN or (path and path.is_fifo()):
            raise InputError("Training reads {file} more than once, also to continue. Save it in a file.", file=path)
    settings, source = recipe(args.level, args.recipe or KINDS[0]).changed(given(args, SETTINGS))
    return Plan(settings, args.dataset, args.eval or eval_beside(args.dataset), args.model, source)


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C ends the run after the current step and keeps what it has; the second ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: object) -> None:
        print(
            "Stopping after this step; what is learned is kept. Press Ctrl-C again to stop at once.",
            file=sys.stderr,
            flush=True,
        )
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def print_line(line: LogLine) -> None:
    """A line of the log on stderr, so that a long run is seen to make progress."""
    said = _said(line)
    if said:
        print(said, file=sys.stderr, flush=True)


def _said(line: LogLine) -> str:
    match line:
        case Start():
            return recipe_said(line.recipe)
        case Halved():
            return f"The batch did not fit into memory. Now {line.micro_batch} records at a time, with the same result."
        case LogEntry(eval_loss=float(loss)):
            return f"epoch {line.epoch:.2f}  evaluation loss {loss:.3f}"
        case LogEntry():
            result = "skipped: its gradients were not finite" if line.skipped else f"loss {line.loss:.3f}"
            return f"step {line.current_steps}/{line.total_steps}  {result}"
        case Resume() | End():
            return ""


def recipe_said(recipe: RecipeSource) -> str:
    """The recipe, what was changed in it, and what it comes to for these data."""
    lines = [f"Recipe {recipe.name}"] if recipe.name else []
    if recipe.changed:
        lines.append(
            "  changed: " + ", ".join(f"{name} {SETTINGS[name].text(v)}" for name, v in recipe.changed.items())
        )
    if resolved := recipe.resolved:
        memory = f", about {resolved.memory_bytes / 1e9:.1f} GB" if resolved.memory_bytes else ""
        every = f"every {resolved.evaluation_every}" if resolved.evaluation_every else "before the first"
        lines.append(
            f"  for these data: {resolved.steps:,} steps, {resolved.warmup_steps:,} of them warmup; "
            f"evaluation {every}; longest record {resolved.longest_record} tokens; "
            f"{resolved.records_at_a_time} records at a time, {resolved.accumulation} times a step{memory}"
        )
        if resolved.checkpointing == "on":
            lines.append("  Activations are computed twice, because they would not fit into memory otherwise.")
    return "\n".join(lines)


def describe(outcome: Any, out: Path) -> str:
    """What a run came to, as the command says it at its end."""
    stopped = f" (stopped; {outcome.planned:,} were planned)" if outcome.stopped else ""
    lines = [
        f"Trained on {outcome.records:,} records in {outcome.steps:,} steps{stopped} and {outcome.seconds:,.0f} s; "
        f"training loss {outcome.train_loss:.3f}."
    ]
    if outcome.longer:
        cutoff = outcome.settings.cutoff
        lines.append(f"{outcome.longer:,} records were left out: longer than {cutoff} tokens, see --cutoff.")
    if outcome.skipped:
        lines.append(f"{outcome.skipped:,} steps were skipped, because their gradients were not finite.")
    if losses := outcome.eval_losses:
        lines.append(f"Loss on the evaluation records: {losses[0]:.3f} before, {outcome.kept_loss:.3f} after.")
    if outcome.early:
        lines.append(f"It did not fall any further, so the run ended before its {outcome.planned:,} steps.")
    if outcome.kept < outcome.steps:
        lines.append(f"The adapter is that of step {outcome.kept:,}, the best; the last one is a checkpoint beside it.")
    lines.append(f"The adapter is in {out}")
    if outcome.stopped:
        lines.append(f"To resume it: cefr-sentences train --resume {out}")
    return "\n".join(lines)
