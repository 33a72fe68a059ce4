"""`cefr-sentences write`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError
from ...exporter.common.progress import Progress
from ...exporter.language.levels import TRAINABLE, parse_level
from ..models.form import FORMS

if TYPE_CHECKING:
    from .check import Row
    from .write import Ask

BATCH = 32


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "write",
        help="words into sentences",
        description="Ask a model for a sentence for each word, check each one, ask again for what fails, and say "
        "what is wrong with what fails in the end.",
    )
    parser.add_argument(
        "source",
        metavar="WORDS",
        nargs="?",
        help="a file with one word a line, a table with a word column, or -",
    )
    parser.add_argument("--words", metavar="A,B,C", help="the words themselves, instead of a file")
    parser.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--model", help="Transformers folder, hub name, or 'embedded'")
    where.add_argument(
        "--api",
        metavar="URL",
        help="an OpenAI-compatible server, like the webui's own with --api: http://127.0.0.1:5000; its key, if it "
        "wants one, is taken from OPENAI_API_KEY",
    )
    parser.add_argument("--adapter", metavar="DIR", type=Path, help="an adapter folder, as in user_data/loras/NAME")
    parser.add_argument("--candidates", type=int, default=4, help="sentences to choose from for each word (default 4)")
    parser.add_argument("--tries", type=int, default=4, help="how often at most a word is asked for (default 4)")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.5,
        help="of all candidates but the first; what is asked again is drawn 0.3 hotter (default 0.5)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="let the model use no other words than those of the level and the asked"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default 0)")
    parser.add_argument(
        "--training",
        metavar="FILE",
        type=Path,
        help="training file whose sentences may not be repeated (default: the adapter's own, where it is still there)",
    )
    parser.add_argument("--batch", type=int, default=BATCH, help=f"answers written at once (default {BATCH})")
    parser.add_argument("--parallel", type=int, default=4, help="with --api: questions at once (default 4)")
    parser.add_argument("--timeout", type=float, default=300, help="with --api: seconds for an answer (default 300)")
    parser.add_argument("--api-model", metavar="NAME", default="", help="with --api: the model, where it has several")
    add_form(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help=".csv, .json, .jsonl, or for Anki .tsv, .apkg; given again after an interruption, it asks only the rest",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE, and what another job has begun for it")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.set_defaults(run=run)


def add_form(parser: argparse.ArgumentParser) -> None:
    """How a server is asked."""
    parser.add_argument(
        "--form",
        choices=FORMS,
        help="with --api: our prompt as it stands, or the list as a message for the model's chat template, which is "
        "what an adapter trained with --form chat expects (default instruct)",
    )


def form_of_server(args: argparse.Namespace) -> str:
    """The form that was asked for, else our own. Raises InputError where no server is asked."""
    if args.form is not None and args.api is None:
        raise InputError("--form goes with --api. With --model the adapter's folder says how it was trained.")
    return args.form or "instruct"


def run(args: argparse.Namespace) -> int:
    from ..models.loading import check_adapter, check_model_name
    from .journal import Journal, adapter_fingerprint, head
    from .known import training_sentences
    from .out import as_dict, check_target, write_sheet
    from .words import read_words, split_words
    from .write import WriteSettings, write_sentences

    level = parse_level(args.level, TRAINABLE)
    settings = WriteSettings(level, args.candidates, args.tries, args.temperature, args.seed)
    if (args.source is None) == (args.words is None):
        raise InputError("Give the words either as a file (or - for standard input) or with --words a,b,c.")
    words = split_words(args.words) if args.words is not None else read_words(args.source)
    if not 1 <= args.batch <= 1024:
        raise InputError(f"--batch {args.batch} is out of range: 1 to 1024.")
    if args.model is not None:
        check_model_name(args.model)
    elif args.adapter is not None:
        raise InputError("--adapter goes with --model. With --api, apply the adapter on the server.")
    form = form_of_server(args)
    if args.adapter is not None:
        trained_for = check_adapter(args.adapter).get("level")
        if trained_for not in (None, level):
            print(f"Note: {args.adapter} was trained for {trained_for}, not for {level}.", file=sys.stderr)
    if args.out is not None:
        check_target(args.out, force=args.force)
    known = training_sentences(args.training, args.adapter)

    line, out = Progress(), args.out
    with ExitStack() as stack:
        stack.callback(line.close)
        journal = None
        if out is not None:
            who = {"model": args.model or args.api, "adapter": adapter_fingerprint(args.adapter)}
            job = head(words, level=level, **who, api_model=args.api_model, form=form, strict=args.strict)
            journal = stack.enter_context(Journal(out, job, force=args.force))
            if journal.rows:
                print(f"{len(journal.rows)} rows are there from before.", file=sys.stderr)
        rows = write_sentences(
            _asker(args),
            words,
            settings,
            known=known,
            done=journal.rows if journal else (),
            finished=journal.add if journal else lambda row: None,
            progress=lambda attempt, done, total: line("Writing" if attempt == 1 else "Once more", done, total),
        )
        if journal is not None and out is not None:
            write_sheet(out, rows, level, args.adapter.resolve().name if args.adapter else "", force=args.force)
            journal.remove()
    if args.json:
        print(json.dumps([as_dict(r) for r in rows], ensure_ascii=False, indent=2))
    else:
        print(describe(rows if args.out is None else [r for r in rows if not r.stands], rows))
    if args.out is not None:
        print(f"Written: {args.out}", file=sys.stderr)
    return 0


def _asker(args: argparse.Namespace) -> Ask:
    """Who answers: a server, or a model, which is loaded now."""
    if args.api is not None:
        from ..models.host import NO_STRICT
        from ..models.server import Server

        local = args.api.startswith(("https://", "http://127.", "http://localhost", "http://[::1]"))
        if os.environ.get("OPENAI_API_KEY") and not local:
            print(f"Note: OPENAI_API_KEY goes to {args.api} unencrypted. Unset it, or use https.", file=sys.stderr)
        if args.strict:
            raise InputError(f"--strict goes with --model. {NO_STRICT}")

        return Server(args.api, args.parallel, args.timeout, model=args.api_model, form=form_of_server(args)).ask
    from ..models.generate import generate
    from ..models.loading import load

    loaded = load(str(args.model), args.adapter)
    # The model is ours alone: an adapter that is part of the weights costs nothing.
    model = loaded.model.merge_and_unload() if args.adapter is not None else loaded.model
    return partial(generate, model, loaded.tokenizer, batch=args.batch, form=loaded.form, strict=args.strict)


def describe(shown: Sequence[Row], rows: Sequence[Row] | None = None) -> str:
    """Some rows for people, and what became of all of them."""
    from .write import counted

    rows = shown if rows is None else rows
    width = min(30, max((len(r.word) for r in shown), default=0))
    lines = []
    for row in shown:
        said = row.sentence if row.sentence is not None else "(no sentence)"
        lines.append(f"{' ' if row.stands else '!'} {row.word:<{width}}  {said}")
        if not row.stands:
            lines.append(f"  {'':<{width}}  ^ {row.why}")
    n = counted(rows)
    asked = n["words"] - n["skipped"]
    first = f" ({n['first']} at the first try)" if n["first"] < n["ok"] else ""
    lines.append(f"{'' if not lines else chr(10)}{n['ok']} of {asked} words have a sentence that stands{first}.")
    if n["flagged"]:
        lines.append(f"{n['flagged']} are marked with ! and say why.")
    if n["skipped"]:
        lines.append(f"{n['skipped']} were not asked for: repeated, or no words.")
    return "\n".join(lines)
