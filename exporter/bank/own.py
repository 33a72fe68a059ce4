"""A user's own sentences: JSON Lines in the user data of a webui, asked before the bank."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..common.errors import InputError, Option, Problem, TargetError
from ..common.files import atomic, target_error
from ..common.lock import only_one
from ..common.webui import find_webui
from ..language.levels import TRAINABLE
from ..pairs.checking import check_pair
from ..pairs.columns import Columns, Reading
from ..pairs.tables import TABLES, read_rows
from .bank import OWN, BankSentence
from .headwords import word_key

_IN_USER_DATA = Path("cefr-sentences", "bank.jsonl")


@dataclass(frozen=True)
class Added:
    """What became of sentences that were to be added: how many were, were there already, and those left out."""

    added: int
    there: int
    rejected: tuple[tuple[BankSentence, Problem], ...] = ()


def own_file(user_data: Path) -> Path:
    """Where a webui keeps them, by its user data."""
    return user_data / _IN_USER_DATA


def find_own_file(webui: Path | None, file: Path | None = None) -> Path | None:
    """`file`, else that of `webui`, else of the webui that is here or that this Python belongs to; None without any.

    Raises TargetError where `webui` is none.
    """
    if file is not None:
        return file
    if webui is not None:
        return own_file(find_webui(webui).user_data)
    for folder in (Path.cwd(), *Path(sys.prefix).parents[:2]):  # installer_files/env
        with suppress(TargetError):
            return own_file(find_webui(folder).user_data)
    return None


def read_own(file: Path | None) -> list[BankSentence]:
    """The sentences in `file`; none where there is no such file. Raises InputError for what cannot be read."""
    return read_table(file) if file is not None and file.is_file() and file.stat().st_size else []


def own_sentences(webui: Path | None, file: Path | None) -> list[BankSentence]:
    """The sentences that a user has (see `find_own_file`). Raises InputError also where `file` does not exist."""
    if file is not None and not file.is_file():
        raise InputError(
            "{option} {file} does not exist. Correct the path, or make it with `cefr-sentences bank add`.",
            option=Option("own"),
            file=file,
        )
    return read_own(find_own_file(webui, file))


def read_table(
    path: Path, level: str = "", note: Callable[[Problem], object] = lambda problem: None
) -> list[BankSentence]:
    """The sentences of any table of pairs; `level` is that of rows that do not say theirs.

    `note` is told what was guessed and left out. Raises InputError where it cannot be read, or a row has no level.
    """
    reading, rows, left = Reading(Columns(), ("word", "sentence")), [], 0
    for row in read_rows(path, reading=reading):
        word, sentence = " ".join(row.word.split()), " ".join(row.sentence.split())
        if not word or not sentence:
            left += bool(word or sentence)
            continue
        if (of := row.level.strip().upper() or level) not in TRAINABLE:
            raise InputError(
                "{file}, row {row}: the level is {level!r}. Write one of {levels} there, or give {option}.",
                file=path,
                row=row.number,
                level=of,
                levels=", ".join(TRAINABLE),
                option=Option("level"),
            )
        rows.append(BankSentence(word, row.pos.strip(), sentence, of, OWN))
    for problem in reading.notes:
        note(problem)
    if left:
        note(Problem("{n} rows without a word or without a sentence were left out.", {"n": left}))
    return rows


def add_own(file: Path, rows: Iterable[BankSentence]) -> Added:
    """Add `rows` to `file`, each sentence once a word; what fails a check is left out.

    Raises InputError where the file cannot be read, TargetError where it cannot be written or another process is
    writing it.
    """
    file = Path(os.path.realpath(file))  # a link stays one
    if file.suffix.lower() in TABLES and not file.suffix.lower().endswith(("jsonl", "ndjson")):
        if not file.exists():
            raise InputError("{file} ends like a table. Choose a name that ends with .jsonl.", file=file)
        if file.is_file():
            raise InputError(
                "{file} is a table, and adding to it would lose its other columns. Import it into a file of its own: "
                "cefr-sentences bank import {file} --own sentences.jsonl",
                file=file,
            )
    try:
        with only_one(file):
            there = read_own(file)
            added, before, rejected = _sorted_out(there, rows)
            if added:
                with atomic(file) as out:
                    out.writelines(row.json + "\n" for row in [*there, *added])
    except OSError as error:
        raise target_error(file, error) from error
    return Added(len(added), before, rejected)


def _sorted_out(
    there: Iterable[BankSentence], rows: Iterable[BankSentence]
) -> tuple[list[BankSentence], int, tuple[tuple[BankSentence, Problem], ...]]:
    """Those of `rows` to be added, how many are there already, and those that fail a check."""
    known = {(word_key(row.word), row.sentence) for row in there}
    added: list[BankSentence] = []
    rejected: list[tuple[BankSentence, Problem]] = []
    before = 0
    for row in rows:
        if problem := check_pair(row.word, row.sentence, pos=row.pos):
            rejected.append((row, problem))
        elif (key := (word_key(row.word), row.sentence)) in known:
            before += 1
        else:
            known.add(key)
            added.append(replace(row, source=OWN))
    return added, before, tuple(rejected)


def needed(file: Path | None) -> Path:
    """`file`. Raises InputError where there is none."""
    if file is None:
        raise InputError(
            "There is no webui here. Name its folder with {webui}, or the file of your own sentences with {own}.",
            webui=Option("webui"),
            own=Option("own"),
        )
    return file
