"""`cefr-sentences demo`: the main job from beginning to end, on a scratch webui folder."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence, Set
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from ..exporter.common.errors import InputError, TargetError
from ..exporter.language.levels import TRAINABLE, parse_level

if TYPE_CHECKING:
    from ..exporter.bank.bank import BankSentence
    from .models.loading import Loaded
    from .writing.sheet import SheetRow

# Twenty words of level A1 (CEFR-J); no sentence that the demo trains on has one of them.
NEW_WORDS = {
    "A1": [
        "above",
        "address",
        "church",
        "cookie",
        "doll",
        "health",
        "healthy",
        "jeans",
        "knee",
        "laugh",
        "kite",
        "magazine",
        "message",
        "skirt",
        "supermarket",
        "telephone",
        "toilet",
        "towel",
        "travel",
        "ugly",
    ]
}
NAME = "demo"
WORDS = 240  # of the bank, for the training
_STAND_IN = "# A stand-in, so that this folder is laid out like text-generation-webui.\n"


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="the whole path on sentences of the bank and the embedded model",
        description="Export sentences of the bank into a scratch webui folder, train a model on them, compare it "
        "before and after on words it has never seen, and write sentences for twenty new words.",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("demo"), help="scratch folder (default: demo)")
    parser.add_argument("--level", default="A1")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--records", type=int, default=240, help="records for training and evaluation (default 240)")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ..exporter.bank.tables import save
    from ..exporter.common.files import atomic
    from ..exporter.common.progress import Progress
    from ..exporter.common.webui import find_webui
    from ..exporter.records.export import ExportSettings, export
    from ..exporter.records.reading import read_records
    from ..exporter.records.summary import describe as describe_export
    from .evaluation.compare import evaluate, table
    from .evaluation.task import of_records
    from .models.loading import check_model_name, load
    from .recipes import recipe
    from .training.artifacts import run_folder
    from .training.command import describe as describe_training
    from .training.command import print_line
    from .training.plan import Plan
    from .training.run import carry_out
    from .writing.summary import describe as describe_sentences

    level = parse_level(args.level, TRAINABLE)
    if level not in NEW_WORDS:
        raise InputError("The demo has new words for {levels} only. Choose one of these.", levels=", ".join(NEW_WORDS))
    check_model_name(args.model)
    settings = replace(recipe(level).settings, epochs=args.epochs)
    clock = _clock()
    webui = find_webui(scratch_webui(args.out))
    adapter = webui.loras / f"{NAME}-{level.lower()}"

    print(f"1. Export {WORDS} words of the bank into {webui.datasets}\n")
    pairs = args.out / "pairs.json"
    save(sample(level), pairs, force=True)
    chosen = ExportSettings(level=level, name=NAME, records=args.records)
    exported = export(pairs, chosen, webui, force=True)
    print(describe_export(exported), "\n")

    print(f"2. Train a LoRA adapter on {args.model}\n", flush=True)
    plan = Plan(settings, exported.files["train_txt"], None, args.model)
    records = read_records(plan.dataset)
    held_out = read_records(exported.files["eval_txt"])
    with run_folder(adapter, force=True):
        # The evaluation below measures both losses; the training need not.
        outcome = carry_out(load(args.model), plan, adapter, report=print_line)
    print(describe_training(outcome, adapter), clock(), "\n")

    print("3. Before and after, on words no training record asks for\n", flush=True)
    loaded = load(args.model, adapter)
    with closing(Progress()) as line:
        task = of_records(held_out, 8, training=tuple(records))
        evaluation = evaluate(loaded.model, loaded.tokenizer, task, line)
    print(table(evaluation), clock(), "\n")

    print("4. Twenty new words\n", flush=True)
    rows = _new_sentences(loaded, level, {word for record in records for word in record.words})
    print(describe_sentences(rows), "\n")
    print(_extremes(rows), clock(), "\n")

    report = args.out / "demo.json"
    found = {"export": exported.with_files(), "evaluation": evaluation.to_json(), "seconds": outcome.seconds}
    with atomic(report) as file:
        json.dump(found, file, ensure_ascii=False, indent=2)
    print(f"Training files  {webui.datasets}\nAdapter         {adapter}\nScores, answers {report}")
    return 0


def _new_sentences(loaded: Loaded, level: str, trained: Set[str]) -> list[SheetRow]:
    """Sentences for those of NEW_WORDS that are not in `trained`."""
    from ..exporter.common.progress import Progress
    from .models.generate import generate
    from .writing.write import WriteSettings, write_sentences

    with closing(Progress()) as line:
        return write_sentences(
            partial(generate, loaded.model, loaded.tokenizer),
            [word for word in NEW_WORDS[level] if word not in trained],
            WriteSettings(level),
            progress=lambda attempt, done, total: line("Writing" if attempt == 1 else "Trying again", done, total),
        )


def _extremes(rows: Sequence[SheetRow]) -> str:
    """The three sentences that the model is surest of, and the three that it is least sure of."""
    written = sorted((row for row in rows if row.accepted), key=lambda row: row.fluency or 0.0, reverse=True)
    few = min(3, len(written) // 2)
    parts = {"To be proud of": written[:few], "To doubt": written[len(written) - few :]}
    return "\n".join(f"{name}:\n" + "".join(f"  {row.sentence}\n" for row in some) for name, some in parts.items())


def sample(level: str, seed: int = 42) -> list[BankSentence]:
    """The sentences of WORDS words of the bank that have none of NEW_WORDS in any form, drawn by `seed`."""
    from ..exporter.bank.bank import bank_rows
    from ..exporter.language.entry import Entry

    new = [Entry.parse(word) for word in NEW_WORDS.get(level, ())]
    rows = [row for row in bank_rows(level) if not any(entry.uses(row.sentence) for entry in new)]
    words = sorted({row.word for row in rows})
    drawn = {*Random(seed).sample(words, min(WORDS, len(words)))}
    return [row for row in rows if row.word in drawn]


def scratch_webui(folder: Path) -> Path:
    """A folder laid out like a webui's, for the demo to fill. Raises TargetError unless it is ours or empty."""
    marker = folder / "server.py"
    ours = marker.is_file() and marker.read_bytes() == _STAND_IN.encode()
    if folder.exists() and not ours and any(folder.iterdir()):
        raise TargetError(f"{folder} holds other things. Choose another folder with --out.")
    for part in ("modules", "user_data/training/datasets", "user_data/training/formats", "user_data/loras"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    marker.write_bytes(_STAND_IN.encode())
    return folder


def _clock() -> Callable[[], str]:
    started = time.monotonic()
    return lambda: f"[{time.monotonic() - started:,.0f} s so far]"
