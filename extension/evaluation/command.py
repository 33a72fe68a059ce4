"""`cefr-sentences evaluate`; `rate` comes with it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.common.ordinary import content
from ...exporter.common.progress import Progress
from ...exporter.common.targets import refuse_overwriting
from ...exporter.language.judges import DEFAULT, JUDGES
from ...exporter.language.levels import TRAINABLE, parse_level
from ..training.fields import LANGUAGES
from . import rate_command
from .result import RESERVED


def add_commands(commands: Any) -> None:
    rate_command.add_commands(commands)
    parser = commands.add_parser(
        "evaluate",
        help="the model without and with the adapter",
        description="Response loss and perplexity, and what the sentences are like, of the same model with the adapter "
        "off and on, beside the bank's sentences. Use a file the adapter was not trained on: "
        "NAME_eval.txt.",
    )
    parser.add_argument(
        "dataset", metavar="DATASET", nargs="?", type=Path, help="an evaluation file the exporter wrote"
    )
    parser.add_argument(
        "--words", metavar="FILE", help="ask for these words instead (a list, a table, or -); no loss then"
    )
    parser.add_argument("--level", help="the level of --words (default: the adapter's)")
    parser.add_argument("--model", help="Transformers folder, hub name, or 'embedded'")
    parser.add_argument(
        "--adapter", metavar="DIR", type=Path, help="an adapter folder; without it only the base is scored"
    )
    parser.add_argument(
        "--train",
        metavar="FILE",
        type=Path,
        help="the training file, to tell which words and sentences are known from it "
        "(default: NAME.txt beside NAME_eval.txt, or the one the adapter names)",
    )
    parser.add_argument("--prompts", type=int, default=15, help="how many records to answer (default 15)")
    parser.add_argument("--temperature", type=float, default=0.0, help="draw the answers; default 0, greedy")
    parser.add_argument(
        "--judge", choices=list(JUDGES), default=DEFAULT, help="what says how hard sentences are, as for level"
    )
    parser.add_argument("--seed", type=int, default=42, help="decides everything that is drawn (default 42)")
    parser.add_argument(
        "--beside",
        metavar="NAME=FILE",
        action="append",
        default=[],
        help="measure these sentences too: what write --json printed for the same words; may be given several times",
    )
    parser.add_argument(
        "--compare",
        metavar="JSON",
        nargs="+",
        type=Path,
        help="evaluate nothing: put the evaluation.json files of several runs side by side; needs --out",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="write a report: Markdown, HTML, JSON, plots at 300 DPI"
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the report (default en)")
    parser.add_argument("--force", action="store_true", help="write the report also beside other files in DIR")
    parser.add_argument("--json", action="store_true", help="print everything measured as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from .folder import OURS, check_folder, data_of

    if args.out is not None:
        beside = [given.partition("=")[2] for given in args.beside]
        reads = [args.dataset, args.words, args.train, *beside, *map(data_of, args.compare or ())]
        refuse_overwriting([args.out / name for name in OURS], reads)
        check_folder(args.out, force=args.force)
    if args.compare is not None:
        return _compare(args)
    from ..models.adapter import check_adapter
    from ..models.loading import check_model_name, load
    from ..models.metadata import Metadata
    from ..tab.languages import voice
    from .about import about
    from .compare import evaluate, table

    if args.model is None:
        raise InputError(
            "Choose a model with {model}: a Transformers folder, a hub name, or 'embedded'.", model=Option("model")
        )
    check_model_name(args.model)
    trained = check_adapter(args.adapter) if args.adapter is not None else Metadata()
    task, training, notes = _task(args, trained)
    beside = _beside(args.beside, task.lists)
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    loaded = load(args.model, args.adapter)
    source = str(args.dataset) if args.words is None else args.words
    with closing(Progress()) as line:
        measured = evaluate(loaded.model, loaded.tokenizer, task, line, beside, loaded.prompt_form)
    say = voice(args.language)
    evaluation = replace(measured, about=about(loaded, args.adapter, source, training, task, notes, say))
    if args.out is not None:
        from .report import write_report

        write_report(evaluation, args.out, say, force=args.force)
    as_json = partial(json.dumps, ensure_ascii=False, indent=2, allow_nan=False)
    print(as_json(evaluation.to_json()) if args.json else table(evaluation))
    if args.out is not None and not args.json:
        print(f"Report: {args.out / 'report.html'}")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from ..tab.languages import voice
    from .across import write_comparison

    if args.out is None:
        raise InputError("--compare needs --out DIR for the comparison.")
    if args.dataset is not None or args.words is not None:
        raise InputError("--compare evaluates nothing: give it evaluation.json files, and no dataset or words.")
    print(write_comparison(args.compare, args.out, voice(args.language), force=args.force), end="")
    return 0


def _task(args: argparse.Namespace, trained: Any) -> tuple[Any, Path | None, list[Problem]]:
    """The task, the training file behind it, and what the reader has to know about them."""
    from ...exporter.records.formats import training_beside
    from ...exporter.records.reading import read_records
    from ..training.artifacts import training_of
    from .about import remarks
    from .task import Task, of_records, training_records

    notes = []
    if (args.dataset is None) == (args.words is None):
        raise InputError("Give either an evaluation file or --words FILE.")
    if args.prompts < 1:
        raise InputError(
            "{setting} {value} is out of range: at least 1.", setting=Option("prompts"), value=args.prompts
        )
    training = args.train
    if training is None and args.dataset is not None:
        training = training_beside(args.dataset)
    if training is None and args.adapter is not None:
        training = training_of(args.adapter, trained)
    # The evaluation file first: what is wrong with it is what the user asked about.
    records = read_records(args.dataset) if args.dataset is not None else []
    known = training_records(training)
    more: dict[str, Any] = {"training": known, "seed": args.seed, "temperature": args.temperature, "judge": args.judge}
    if args.words is not None:
        if not (args.level or trained.level):
            raise InputError("Say at which level the words are asked for with {level}.", level=Option("level"))
        level = parse_level(args.level or trained.level, TRAINABLE)
        lists, left_out = _lists(args.words)
        notes += left_out
        task = Task(level, lists, **more)
    else:
        task = of_records(records, args.prompts, **more)
        if args.level is not None and parse_level(args.level, TRAINABLE) != task.level:
            raise InputError(
                "{file} is of level {level}, not {other}. Leave out {option}, or give another file.",
                file=args.dataset,
                level=task.level,
                other=args.level,
                option=Option("level"),
            )
    notes += remarks(trained, task, training)
    return task, training, notes


def _lists(source: str) -> tuple[tuple[tuple[str, ...], ...], list[Problem]]:
    """The words of `--words` in lists as the model is asked for them, and notes about what was left out."""
    from ..writing.lists import even_lists
    from ..writing.words import key, read_words, why_no_word

    read = read_words(source)
    given = [word.text for word in read.words]
    words = list({key(word): word for word in given if not why_no_word(word)}.values())
    if not words:
        raise InputError("{file} holds no word to ask for. Give one word per line.", file=source)
    left = len(given) - len(words)
    said = "{left} of {entries} entries are repeated or no words, and were not asked for."
    notes = [*read.notes, *([Problem(said, {"left": left, "entries": len(given)})] if left else ())]
    return tuple(map(tuple, even_lists(words))), notes


def _beside(given: list[str], lists: Any) -> dict[str, list[list[str | None]]]:
    """The sentences of each NAME=FILE for the words of `lists`. Raises InputError."""
    written: dict[str, list[list[str | None]]] = {}
    for one in given:
        name, sign, file = one.partition("=")
        if not sign or not name.strip() or name in RESERVED or name in written:
            raise InputError(
                "{option} {given!r}: give a new name and a file, as in {option} strict=strict.json.",
                option=Option("beside"),
                given=one,
            )
        written[name] = _written(name, Path(file), lists)
    return written


def _written(name: str, path: Path, lists: Any) -> list[list[str | None]]:
    try:
        rows = json.loads(content(path).decode("utf-8-sig"))
        pairs = [(str(r["word"]).casefold(), r["sentence"]) for r in rows if r.get("status") != "skipped"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "{file} is not a JSON array of objects with word and sentence, as write --json prints it: {cause!r}.",
            file=path,
            cause=error,
        ) from None
    by_word = dict(pairs)
    if len(by_word) < len(pairs):
        raise InputError(
            "{file} ({name}) has several sentences for {word!r}, and one is measured for each word. Write them with "
            "{option} 1, or keep one.",
            file=path,
            name=name,
            word=next(word for word, times in Counter(word for word, _ in pairs).items() if times > 1),
            option=Option("per_word"),
        )
    # Half a character (a lone surrogate) could not be written into the report.
    if any(not isinstance(s, str | None) or re.search("[\ud800-\udfff]", s or "") for s in by_word.values()):
        raise InputError("{file}: a sentence is neither text nor null.", file=path)
    missing = [word for words in lists for word in words if word.casefold() not in by_word]
    if missing:
        raise InputError(
            "{file} ({name}) has no row for {count} of the words asked for, {word!r} first. Write sentences for the "
            "same words.",
            file=path,
            name=name,
            count=f"{len(missing):,}",
            word=missing[0],
        )
    return [[by_word[word.casefold()] for word in words] for words in lists]
