"""`cefr-sentences write`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ...exporter.errors import InputError
from ...exporter.levels import TRAINABLE, parse_level


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "write",
        help="words into sentences",
        description="Ask a model for one sentence for each word, and check that the word is in it.",
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
        help="an OpenAI-compatible server, like the webui's own with --api: http://127.0.0.1:5000",
    )
    parser.add_argument("--adapter", metavar="DIR", type=Path, help="an adapter folder, as in user_data/loras/NAME")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ..host import api
    from ..host.base import GREEDY
    from ..host.standalone import check_adapter, check_model_name, load
    from .generate import generate
    from .sentences import Ask, write_sentences
    from .words import read_words, split_words

    level = parse_level(args.level, TRAINABLE)
    if (args.source is None) == (args.words is None):
        raise InputError("Give the words either as a file (or - for standard input) or with --words a,b,c.")
    words = split_words(args.words) if args.words is not None else read_words(args.source)
    if args.model is not None:
        check_model_name(args.model)
    elif args.adapter is not None:
        raise InputError("--adapter goes with --model. With --api, apply the adapter on the server.")
    if args.adapter is not None:
        trained_for = check_adapter(args.adapter).get("level")
        if trained_for not in (None, level):
            print(f"Note: {args.adapter} was trained for {trained_for}, not for {level}.", file=sys.stderr)
    if args.api is not None:
        ask: Ask = partial(api.ask, args.api, sampling=GREEDY, progress=lambda done, total: None)
    else:
        loaded = load(str(args.model), args.adapter)
        ask = partial(generate, loaded.model, loaded.tokenizer, form=loaded.form)
    rows = write_sentences(ask, words, level)
    if args.json:
        print(json.dumps([asdict(r) for r in rows], ensure_ascii=False, indent=2))
    else:
        print(describe(rows))
    return 0


def describe(rows: Any) -> str:
    width = max(len(r.word) for r in rows)
    marks = {True: " ", False: "!"}
    lines = [
        f"{marks[r.used]} {r.word:<{width}}  {r.sentence if r.sentence is not None else '(no sentence)'}" for r in rows
    ]
    used = sum(r.used for r in rows)
    lines.append(
        f"\n{used} of {len(rows)} words used" + ("; the others are marked with !" if used < len(rows) else ".")
    )
    return "\n".join(lines)
