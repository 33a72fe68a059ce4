"""`cefr-sentences write`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError, Option, out_of_range
from ...exporter.common.progress import Progress
from ...exporter.common.targets import refuse_existing, refuse_overwriting
from ...exporter.language.levels import TRAINABLE, parse_level
from .arguments import add_arguments, prompt_form_of_server
from .output_formats import as_dict, check_target, save, write_sheet
from .settings import WriteSettings

if TYPE_CHECKING:
    from ...exporter.pairs.wordlist import ListedWord, WordList
    from .journal import Journal
    from .sheet import SheetRow


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "write",
        help="write sentences for words",
        description="Find a sentence for each word in your own sentences and in the bank, ask a model for the others, "
        "check each one, ask again if a check fails, and say what is wrong with those that are rejected in the end. "
        "Word, form and level are checked; please read before printing, the doubtful ones first.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from .summary import describe

    level = parse_level(args.level, TRAINABLE)
    words = _words(args, level)
    _check(args, level)
    rows = _written(args, level, words)
    if args.json:
        print(json.dumps([as_dict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        print(describe(rows, args.per_word, all_rows=args.out is None))
    if args.out is not None:
        print(f"Written: {args.out}", file=sys.stderr)
    return 0


def _written(args: argparse.Namespace, level: str, words: list[ListedWord]) -> list[SheetRow]:
    """The rows for `words`, in the files that were asked for, too."""
    from ...exporter.bank.bank import Bank
    from ...exporter.bank.own import own_sentences
    from .guess import guessed
    from .known import training_sentences
    from .write import write_sentences
    from .writer import Writer

    settings = WriteSettings(
        level,
        args.candidates,
        args.tries,
        args.temperature,
        args.seed,
        per_word=args.per_word,
        beside=args.bank == "beside",
        classroom=not args.any_topic,
        levels_from_list=args.levels_from_list,
    )
    writer = Writer(
        args.model,
        args.adapter,
        args.api,
        args.strict,
        args.critic,
        batch=args.batch,
        parallel=args.parallel,
        timeout=args.timeout,
        api_model=args.api_model,
        prompt_form=prompt_form_of_server(args),
    )
    line = Progress()
    with ExitStack() as stack:
        stack.callback(line.close)
        journal = None if args.out is None else stack.enter_context(_journal(args, words, level))
        rows = write_sentences(
            None if args.bank == "only" or not _names_model(args) else writer.ask,
            words,
            settings,
            bank=None if args.bank == "off" else Bank(own_sentences(args.webui, args.own)),
            known=training_sentences(args.training, args.adapter),
            done=journal.rows if journal else (),
            finished=journal.add if journal else lambda row: None,
            progress=lambda attempt, done, total: line("Writing" if attempt == 1 else "Trying again", done, total),
            critic=writer.criticise if args.critic else None,
            reader=writer.reader if args.model is not None else None,
        )
        if args.guess or (args.exercise == "choices" and args.model is not None):  # which words do not fit?
            rows = guessed(rows, level, writer.reader.score)
        _save(args, level, rows)
        if journal is not None:
            journal.remove()
    return rows


def _save(args: argparse.Namespace, level: str, rows: list[SheetRow]) -> None:
    """Write the files that were asked for."""
    from ...exporter.pairs.columns import Columns
    from .fill_deck import filled_deck
    from .running_anki import fill
    from .sheet import Look, Sheet

    if args.out is not None:
        adapter = args.adapter.resolve().name if args.adapter else ""
        look = Look(args.title, args.exercise, args.seed, args.paper)
        sheet = Sheet(tuple(rows), level, adapter, args.strict, look, args.bank, args.levels_from_list)
        write_sheet(args.out, sheet, force=args.force)
    if args.fill is not None:
        data, filled = filled_deck(args.source, Columns.parse(args.columns), rows)
        save(args.fill, data)
        print(f"{filled} example fields filled: {args.fill}", file=sys.stderr)
    if args.anki is not None:
        filled = fill(args.anki, Columns.parse(args.columns), rows)
        print(f"{filled} example fields filled in Anki: {args.anki}", file=sys.stderr)


def _words(args: argparse.Namespace, level: str) -> list[ListedWord]:
    """The words that were given, without those that their list has at another level."""
    from ...exporter.pairs.columns import Columns
    from .words import read_words, split_words

    if sum(given is not None for given in (args.source, args.words, args.anki)) != 1:
        raise InputError(
            "Give the words either as a file (or - for standard input) or with {option} a,b,c.", option=Option("words")
        )
    if args.words is not None:
        return split_words(args.words)
    if not args.anki and args.source not in ("-", "") and not os.path.lexists(args.source):
        raise InputError(
            "{file} does not exist. To give the words themselves, use {option} {file}.",
            file=args.source,
            option=Option("words"),
        )
    words = _deck_words(args) if args.anki else read_words(args.source, Columns.parse(args.columns), args.sheet)
    for note in words.notes:
        print(f"Note: {note}", file=sys.stderr)
    here = words.at(*TRAINABLE) if args.levels_from_list else words.at(level)
    if not here.words:
        raise InputError(
            "{file} has no word of level {level}. Choose another level, or ask each word at its own with {option}.",
            file=args.source,
            level=level,
            option=Option("levels_from_list"),
        )
    if here.other_level:
        levels = ", ".join(TRAINABLE) if args.levels_from_list else level
        print(f"Note: words of another level than {levels} are left out: {here.other_level}.", file=sys.stderr)
    if args.levels_from_list:
        print(f"Levels from the list: {here.counts(level)}.", file=sys.stderr)
    return [*here.words]


def _deck_words(args: argparse.Namespace) -> WordList:
    """The words of the running Anki's deck, read as those of an exported one."""
    from ...exporter.pairs.columns import Columns
    from .fill_deck import filled_deck
    from .running_anki import as_export, deck_notes
    from .words import read_words

    notes = deck_notes(args.anki)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deck.txt"
        file.write_text(as_export(notes), encoding="utf-8")
        filled_deck(str(file), Columns.parse(args.columns), ())  # says what is wrong with it
        return read_words(str(file), Columns.parse(args.columns))


def _check(args: argparse.Namespace, level: str) -> None:
    """Refuse what cannot work before a model is loaded. Raises CefrError."""
    from ...exporter.bank.own import find_own_file
    from ...exporter.pairs.columns import Columns
    from ..models.adapter import check_adapter
    from ..models.address import endpoint
    from ..models.loading import check_model_name
    from .fill_deck import filled_deck
    from .writer import is_url

    if not 0 <= args.batch <= 1024:
        raise out_of_range("batch", args.batch, 0, 1024)
    if args.bank in ("beside", "off") and not _names_model(args):
        raise InputError(
            "{bank} {mode} asks a model. Name it with {model} or {api}.",
            bank=Option("bank"),
            mode=args.bank,
            model=Option("model"),
            api=Option("api"),
        )
    if args.guess and args.model is None:
        raise InputError("{guess} needs {model}.", guess=Option("guess"), model=Option("model"))
    if args.model is not None:
        check_model_name(args.model)
    elif args.adapter is not None:
        raise InputError(
            "{adapter} goes with {model}. With {api}, apply the adapter on the server.",
            adapter=Option("adapter"),
            model=Option("model"),
            api=Option("api"),
        )
    prompt_form_of_server(args)
    if args.critic is not None and is_url(args.critic):
        endpoint(args.critic, "chat")
    elif args.critic is not None:
        check_model_name(args.critic)
    if args.adapter is not None:
        trained_for = check_adapter(args.adapter).level
        if trained_for not in ("", level):
            print(f"Note: {args.adapter} was trained for {trained_for}, not for {level}.", file=sys.stderr)
    own = None if args.bank == "off" else find_own_file(args.webui, args.own)
    refuse_overwriting([args.out, args.fill], [args.source, args.training, own])
    if args.out is not None:
        check_target(args.out, force=args.force)
    if args.fill is not None:
        refuse_existing([args.fill], force=args.force)
        filled_deck(args.source, Columns.parse(args.columns), ())  # says what is wrong with it


def _names_model(args: argparse.Namespace) -> bool:
    return args.model is not None or args.api is not None


def _journal(args: argparse.Namespace, words: Sequence[ListedWord], level: str) -> Journal:
    from .journal import Journal, adapter_fingerprint, head

    job = head(
        words,
        level=level,
        model=args.model or args.api,
        adapter=adapter_fingerprint(args.adapter),
        api_model=args.api_model,
        form=prompt_form_of_server(args),
        strict=args.strict,
        bank=args.bank,
        per_word=args.per_word,
        levels_from_list=args.levels_from_list,
        critic=args.critic,
    )
    journal = Journal(args.out, job, force=args.force)
    if journal.rows:
        print(f"Resuming: {len(journal.rows)} rows are done already.", file=sys.stderr)
    return journal
