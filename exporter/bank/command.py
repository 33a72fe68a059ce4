"""`cefr-sentences bank` and `cefr-sentences starter`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import InputError, Option
from ..language.levels import TRAINABLE, parse_level

if TYPE_CHECKING:
    from .bank import BankSentence

SHOWN = 20  # sentences for other words


def add_commands(commands: Any) -> None:
    _add_starter(commands)
    bank = commands.add_parser(
        "bank",
        help="example sentences by word: those that come with the package, and your own",
        description="The bank answers `write` before a model does. Your own sentences come first; they are in "
        "user_data/cefr-sentences/bank.jsonl of the webui that is here or that this Python belongs to.",
        epilog="Exit codes: 0 done; 2 an argument or a file is wrong, and nothing was changed.",
    )
    what = bank.add_subparsers(title="what to do", dest="what", metavar="WHAT", required=True)
    coverage = what.add_parser("coverage", help="how many words of a list have a sentence, at which level")
    coverage.add_argument(
        "source", metavar="WORDS", help="a file with one word per line, a table with a word column, or -"
    )
    coverage.add_argument("--missing", action="store_true", help="only the words without a sentence, one per line")
    coverage.add_argument("--json", action="store_true", help="print one JSON object")
    coverage.set_defaults(run=run_coverage)
    search = what.add_parser("search", help="the sentences for a word")
    search.add_argument("word", metavar="WORD")
    search.set_defaults(run=run_search)
    add = what.add_parser("add", help="add a sentence of your own")
    add.add_argument("word", metavar="WORD")
    add.add_argument("sentence", metavar="SENTENCE")
    add.add_argument("--level", required=True, help="A1, A2, B1, B2 or C1")
    add.add_argument("--pos", default="", help="part of speech, like noun or verb")
    add.set_defaults(run=run_add)
    take_in = what.add_parser(
        "import", aliases=["merge"], help="add the sentences of tables, or of other people's banks"
    )
    take_in.add_argument("files", metavar="FILE", nargs="+", type=Path)
    take_in.add_argument("--level", help="of rows that do not say theirs")
    take_in.set_defaults(run=run_import)
    export = what.add_parser("export", help="save your own sentences as a table")
    export.add_argument("out", metavar="FILE", type=Path, help="a .csv, .tsv, .json or .jsonl file")
    export.add_argument("--force", action="store_true", help="replace FILE")
    export.set_defaults(run=run_export)
    for parser in (coverage, search, add, take_in, export):
        add_own_option(parser)


def add_own_option(parser: argparse.ArgumentParser) -> None:
    """Which file of own sentences."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--webui",
        metavar="DIR",
        type=Path,
        help="the webui whose user data have your own sentences, in cefr-sentences/bank.jsonl (default: the webui that "
        "is here or that this Python belongs to; without one there are none)",
    )
    where.add_argument("--own", metavar="FILE", type=Path, help="the file of your own sentences itself, wherever it is")


def _add_starter(commands: Any) -> None:
    parser = commands.add_parser(
        "starter",
        help="the word-sentence pairs that come with this package: list, show or save them",
        description="The pairs that come with this package: words of each level, A1 to C1, with their sentences, "
        "under CC0. Without LEVEL: how many there are of each; with it: the words and their sentences.",
        epilog="`cefr-sentences export starter --level A1 ...` makes training files from them. "
        "Exit codes: 0 done; 2 an argument is wrong or the file cannot be written.",
    )
    parser.add_argument("level", metavar="LEVEL", nargs="?", help="A1, A2, B1, B2 or C1")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--words", action="store_true", help="the words only, one per line")
    how.add_argument("--out", metavar="FILE", type=Path, help="save the pairs to a .csv, .tsv, .json or .jsonl file")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    parser.set_defaults(run=run_starter)


def run_starter(args: argparse.Namespace) -> int:
    from .bank import bank_rows
    from .tables import save

    if args.level is None:
        if args.words or args.out:
            raise InputError(
                "{option} needs a level: one of {levels}.",
                option=Option("words" if args.words else "out"),
                levels=", ".join(TRAINABLE),
            )
        print("level  words  sentences")
        for level in TRAINABLE:
            rows = bank_rows(level)
            print(f"{level:<5}{len({row.word.casefold() for row in rows}):>7,}{len(rows):>11,}")
        return 0
    rows = bank_rows(parse_level(args.level, TRAINABLE))
    if args.out:
        save(rows, args.out, force=args.force)
        return 0
    words = _by_word(rows)
    blocks = ["\n".join([word, *(f"  {row.sentence}" for row in some)]) for word, some in words.items()]
    print("\n".join(words) if args.words else "\n\n".join(blocks))
    return 0


def _by_word(rows: Sequence[BankSentence]) -> dict[str, list[BankSentence]]:
    by_key: dict[str, list[BankSentence]] = {}
    for row in rows:
        by_key.setdefault(row.word.casefold(), []).append(row)
    return {some[0].word: some for some in by_key.values()}


def run_coverage(args: argparse.Namespace) -> int:
    from ..pairs.wordlist import read_word_list
    from .bank import Bank
    from .own import own_sentences

    read, bank = read_word_list(args.source), Bank(own_sentences(args.webui, args.own))
    words = read.words
    for note in read.notes:
        print(f"Note: {note}", file=sys.stderr)
    levels: Counter[str] = Counter()
    absent = []
    for word in words:
        rows = bank.find(word.entry, TRAINABLE[0])
        levels.update([min(row.level for row in rows)] if rows else ())
        absent += [] if rows else [word.text]
    there = {level: levels[level] for level in TRAINABLE}
    if args.json:
        print(json.dumps({"words": len(words), "levels": there, "missing": absent}, ensure_ascii=False, indent=2))
    elif args.missing:
        print("\n".join(absent))
    else:
        print(f"{len(words) - len(absent):,} of {len(words):,} words have a sentence; by its lowest level:")
        print("  ".join(f"{level} {n:,}" for level, n in there.items()))
        if absent:
            more = f", and {len(absent) - SHOWN:,} more (--missing lists all)" if len(absent) > SHOWN else ""
            print(f"Missing: {', '.join(absent[:SHOWN])}{more}")
    return 0


def run_search(args: argparse.Namespace) -> int:
    from ..language.entry import Entry
    from .bank import OWN, Bank
    from .own import own_sentences

    bank, entry = Bank(own_sentences(args.webui, args.own)), Entry.parse(args.word)
    others = bank.containing(entry)
    rows = bank.find(entry, TRAINABLE[0]) if bank.of(entry) else []
    for row in rows:
        print(f"{row.level} {row.pos or '-':<12} {row.sentence}{' (your own)' if row.source == OWN else ''}")
    if others:
        print(
            f"\nIn {len(others):,} sentences for other words:" if rows else f"Only in {len(others):,} other sentences:"
        )
        for row in others[:SHOWN]:
            print(f"{row.level} {row.word:<12} {row.sentence}")
    if not rows and not others:
        print("It is in no sentence of the bank. `cefr-sentences bank add` adds one of yours.")
    return 0


def run_add(args: argparse.Namespace) -> int:
    from ..pairs.header import names_part
    from .bank import OWN, BankSentence

    level = parse_level(args.level, TRAINABLE)
    if args.pos.strip() and not names_part(args.pos.strip()):
        raise InputError(
            "{option} {pos!r} is not a part of speech. Write one like noun, verb or adverb, or leave it out.",
            option=Option("pos"),
            pos=args.pos,
        )
    word, sentence = (" ".join(text.split()) for text in (args.word, args.sentence))
    return _take(args, [BankSentence(word, args.pos.strip(), sentence, level, OWN)])


def run_import(args: argparse.Namespace) -> int:
    from .own import read_table

    level = parse_level(args.level, TRAINABLE) if args.level else ""
    rows: list[BankSentence] = []
    for file in args.files:
        rows += read_table(file, level, lambda note, file=file: print(f"Note: {file}: {note}", file=sys.stderr))
    return _take(args, rows)


def _take(args: argparse.Namespace, rows: Sequence[BankSentence]) -> int:
    from .own import add_own, find_own_file, needed

    file = needed(find_own_file(args.webui, args.own))
    done = add_own(file, rows)
    if len(rows) == 1 and done.rejected:
        raise InputError(
            "{word!r}: {problem}. Correct it, and add it again.", word=rows[0].word, problem=done.rejected[0][1]
        )
    for row, problem in done.rejected[:SHOWN]:
        print(f"  left out: {row.word}: {row.sentence} ({problem})")
    left = f", {len(done.rejected):,} left out" if done.rejected else ""
    print(f"{done.added:,} added, {done.there:,} there already{left} -> {file}")
    return 0


def run_export(args: argparse.Namespace) -> int:
    from ..common.targets import refuse_overwriting
    from .own import find_own_file, needed, own_sentences
    from .tables import save

    file = needed(find_own_file(args.webui, args.own))
    rows = own_sentences(args.webui, args.own)
    if not rows:
        raise InputError("{file} has no sentences yet. Add one with `cefr-sentences bank add`.", file=file)
    refuse_overwriting([args.out], [file])
    save(rows, args.out, force=args.force)
    return 0
