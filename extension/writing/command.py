"""`cefr-sentences write`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.bank.command import add_own_option
from ...exporter.common.errors import InputError, Option, out_of_range
from ...exporter.common.files import refuse_existing
from ...exporter.common.progress import Progress
from ...exporter.language.levels import TRAINABLE, parse_level
from ..models.prompt_form import PROMPT_FORMS
from .output_formats import OUTPUT_FORMATS, as_dict, check_target, save, write_sheet
from .settings import BANK_MODES, EXERCISES, PAPERS

if TYPE_CHECKING:
    from ...exporter.pairs.wordlist import ListedWord
    from .journal import Journal


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "write",
        help="words into sentences",
        description="Find a sentence for each word in your own sentences and in the bank, ask a model for the others, "
        "check each one, ask again where a check fails, and say what is wrong with those that are rejected in the end. "
        "Word, form and level are checked; please read before printing, the doubtful ones first.",
    )
    parser.add_argument(
        "source", metavar="WORDS", nargs="?", help="a file with one word a line, a table with a word column, or -"
    )
    parser.add_argument(
        "--columns", metavar="word=W,pos=P", help="names or numbers of columns, if they are not recognized"
    )
    parser.add_argument("--sheet", metavar="NAME", help="the sheet of an Excel file (default: those named like levels)")
    parser.add_argument("--words", metavar="A,B,C", help="the words themselves, instead of a file")
    parser.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1")
    parser.add_argument(
        "--levels-from-list",
        action="store_true",
        help="ask each word at the level that the list says, and at --level where it says none (without it, words of "
        "other levels are left out)",
    )
    _add_bank(parser)
    _add_model(parser)
    _add_choice(parser)
    add_prompt_form(parser)
    _add_output(parser)
    parser.set_defaults(run=run)


def _add_bank(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bank",
        choices=BANK_MODES,
        default=BANK_MODES[0],
        help="first (default): your own sentences, then the bank, and the model for what they lack; only: no model; "
        "beside: the bank's and the model's; off: the model alone",
    )
    add_own_option(parser)
    parser.add_argument("--per-word", metavar="N", type=int, default=1, help="sentences for each word (default 1)")


def _add_model(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--model", help="Transformers folder, hub name, or 'embedded'")
    where.add_argument(
        "--api",
        metavar="URL",
        help="an OpenAI-compatible server, like the webui's own with --api: http://127.0.0.1:5000; its key, if it "
        "needs one, is read from OPENAI_API_KEY",
    )
    parser.add_argument("--adapter", metavar="DIR", type=Path, help="an adapter folder, as in user_data/loras/NAME")
    parser.add_argument(
        "--batch", type=int, default=0, help="answers written at once, at most (default: as many as fit)"
    )
    parser.add_argument("--parallel", type=int, default=4, help="with --api: questions at once (default 4)")
    parser.add_argument("--timeout", type=float, default=300, help="with --api: seconds for an answer (default 300)")
    parser.add_argument("--api-model", metavar="NAME", default="", help="with --api: the model, where it has several")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--critic",
        metavar="MODEL|URL",
        help="a larger model, as with --model or --api, that says of each sentence whether it should be printed; the "
        "others are doubtful",
    )
    parser.add_argument(
        "--guess",
        action="store_true",
        help="with --model: say for each sentence how well its word can be guessed among ten; takes as long again on a "
        "CPU (done for --exercise choices, too)",
    )
    parser.add_argument("--candidates", type=int, default=4, help="sentences to choose from for each word (default 4)")
    parser.add_argument("--tries", type=int, default=4, help="how often a word is asked for at most (default 4)")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.5,
        help="of all candidates but the first; 0.3 higher when a word is asked for again (default 0.5)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="restrict the model to the words of the level and the requested words"
    )
    parser.add_argument(
        "--any-topic", action="store_true", help="accept violence, sex, drugs, gambling and swear words from the model"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default 0)")
    parser.add_argument(
        "--training",
        metavar="FILE",
        type=Path,
        help="training file whose sentences may not be repeated (default: the adapter's own, if it still exists)",
    )


def add_prompt_form(parser: argparse.ArgumentParser) -> None:
    """How a server is asked."""
    parser.add_argument(
        "--form",
        choices=PROMPT_FORMS,
        help="with --api: our prompt as plain text, or the list as a message for the model's chat template, which is "
        "what an adapter trained with --form chat expects (default instruct)",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    formats = ", ".join(f"{f.ending} ({f.name})" for f in OUTPUT_FORMATS)
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help=f"the ending decides: {formats}; the same command resumes after an interruption",
    )
    parser.add_argument(
        "--fill",
        metavar="DECK",
        type=Path,
        help="where WORDS is an Anki deck (.apkg, or notes in plain text): save it as DECK with sentences in its empty "
        "example fields, and everything else as it was",
    )
    parser.add_argument("--title", default="", help="of a worksheet (default: the level)")
    parser.add_argument(
        "--exercise",
        choices=EXERCISES,
        default=EXERCISES[0],
        help="of a worksheet: gaps with a box of words (default), or with four words to choose from; --seed mixes them",
    )
    parser.add_argument("--paper", choices=PAPERS, default=PAPERS[0], help="of a .docx worksheet (default A4)")
    parser.add_argument("--force", action="store_true", help="replace FILE, and what another job has begun for it")
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def prompt_form_of_server(args: argparse.Namespace) -> str:
    """The prompt form that was asked for, else `instruct`. Raises InputError where no server is asked."""
    if args.form is not None and args.api is None:
        raise InputError(
            "{form} goes with {api}. With {model} the adapter's folder says how it was trained.",
            form=Option("form"),
            api=Option("api"),
            model=Option("model"),
        )
    return args.form or "instruct"


def run(args: argparse.Namespace) -> int:
    from ...exporter.bank.bank import Bank
    from ...exporter.bank.own import own_sentences
    from ...exporter.pairs.columns import Columns
    from .fill_deck import filled_deck
    from .guess import guessed
    from .known import training_sentences
    from .settings import WriteSettings
    from .sheet import Look, Sheet
    from .summary import describe
    from .write import write_sentences
    from .writer import Writer

    level = parse_level(args.level, TRAINABLE)
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
    words = _words(args, level)
    _check(args, level)
    known = training_sentences(args.training, args.adapter)
    bank = None if args.bank == "off" else Bank(own_sentences(args.webui, args.own))
    writer = Writer(args, prompt_form_of_server(args))
    line, out = Progress(), args.out
    with ExitStack() as stack:
        stack.callback(line.close)
        journal = None if out is None else stack.enter_context(_journal(args, words, level))
        rows = write_sentences(
            None if args.bank == "only" or not _names_model(args) else writer.ask,
            words,
            settings,
            bank=bank,
            known=known,
            done=journal.rows if journal else (),
            finished=journal.add if journal else lambda row: None,
            progress=lambda attempt, done, total: line("Writing" if attempt == 1 else "Trying again", done, total),
            critic=writer.criticise if args.critic else None,
        )
        if args.guess or (args.exercise == "choices" and args.model is not None):  # which words do not fit?
            rows = guessed(rows, level, writer.score)
        if journal is not None and out is not None:
            adapter = args.adapter.resolve().name if args.adapter else ""
            look = Look(args.title, args.exercise, args.seed, args.paper)
            sheet = Sheet(tuple(rows), level, adapter, args.strict, look, args.bank, args.levels_from_list)
            write_sheet(out, sheet, force=args.force)
            journal.remove()
        if args.fill is not None:
            data, filled = filled_deck(args.source, Columns.parse(args.columns), rows)
            save(args.fill, data)
            print(f"{filled} example fields filled: {args.fill}", file=sys.stderr)
    if args.json:
        print(json.dumps([as_dict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        print(describe(rows, args.per_word, all_rows=out is None))
    if out is not None:
        print(f"Written: {out}", file=sys.stderr)
    return 0


def _words(args: argparse.Namespace, level: str) -> list[ListedWord]:
    """The words that were given, without those that their list has at another level."""
    from ...exporter.pairs.columns import Columns
    from .words import read_words, split_words

    if (args.source is None) == (args.words is None):
        raise InputError(
            "Give the words either as a file (or - for standard input) or with {option} a,b,c.", option=Option("words")
        )
    if args.words is not None:
        return split_words(args.words)
    if args.source != "-" and not os.path.lexists(args.source):
        raise InputError(
            "{file} does not exist. To give the words themselves, use {option} {file}.",
            file=args.source,
            option=Option("words"),
        )
    words = read_words(args.source, Columns.parse(args.columns), args.sheet)
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
        print(f"Note: {here.other_level} words are left out: they are of another level than {levels}.", file=sys.stderr)
    if args.levels_from_list:
        print(f"Levels from the list: {here.counts(level)}.", file=sys.stderr)
    return [*here.words]


def _check(args: argparse.Namespace, level: str) -> None:
    """Refuse what cannot work before a model is loaded. Raises CefrError."""
    from ...exporter.pairs.columns import Columns
    from ..models.adapter import check_adapter
    from ..models.loading import check_model_name
    from ..models.server import endpoint
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
