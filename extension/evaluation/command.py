"""`cefr-sentences evaluate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ...exporter.errors import InputError


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="the model without and with the adapter",
        description="Response loss, perplexity, well-formed lists and words used, of the same model with the "
        "adapter off and on. Use a file the adapter was not trained on: NAME_eval.txt.",
    )
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="an evaluation file the exporter wrote")
    parser.add_argument("--model", required=True, help="Transformers folder, hub name, or 'embedded'")
    parser.add_argument(
        "--adapter", metavar="DIR", type=Path, help="an adapter folder; without it only the base is scored"
    )
    parser.add_argument("--prompts", type=int, default=15, help="how many records to answer (default 15)")
    parser.add_argument("--json", action="store_true", help="print the scores and answers as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ...exporter.formats import read_records
    from ..host.standalone import check_adapter, check_model_name, load
    from .compare import compare, table

    if args.prompts < 1:
        raise InputError(f"--prompts {args.prompts} is out of range: at least 1.")
    check_model_name(args.model)
    if args.adapter is not None:
        check_adapter(args.adapter)
    records = read_records(args.dataset)
    loaded = load(args.model, args.adapter)
    found = compare(loaded.model, loaded.tokenizer, records, args.prompts)
    print(json.dumps(found, ensure_ascii=False, indent=2) if args.json else table(found))
    return 0
