"""The arguments of `cefr-sentences write`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...exporter.bank.command import add_own_option
from ...exporter.common.errors import InputError, Option
from ..models.prompt_form import PROMPT_FORMS
from .output_formats import OUTPUT_FORMATS
from .settings import BANK_MODES, EXERCISES, PAPERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="WORDS", nargs="?", help="a file with one word per line, a table with a word column, or -"
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
        "--strict",
        action="store_true",
        help="restrict the model to the words of the level and the requested words; with --api the server has to take "
        "a grammar, as llama.cpp's does",
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
        help="with --api: the prompt as plain text, or the list as a message for the model's chat template, which is "
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
    parser.add_argument(
        "--anki",
        metavar="DECK",
        help="a deck of the Anki that runs on this machine (with AnkiConnect), by its name, instead of WORDS: put the "
        "sentences into its empty example fields",
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
