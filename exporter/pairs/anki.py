"""Anki decks: `.apkg` is a zip archive with a SQLite database of notes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ..common.errors import InputError
from .columns import Reading
from .header import Cells

_NEWEST, DATABASES = "collection.anki21b", ("collection.anki21", "collection.anki2")
_MAX_BYTES = 1024**3
SEPARATOR = "\x1f"  # between the fields of a note


def read_apkg(path: Path, reading: Reading) -> Iterator[Cells]:
    """The notes of a deck, with the names of their fields."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            inside = archive.namelist()
            if _NEWEST in inside:  # its other database only says: please update Anki
                raise InputError(
                    "{file} is in Anki's newest format, which is not read here. Export the deck again with 'Support "
                    "older Anki versions', or as 'Notes in plain text'.",
                    file=path,
                )
            name = next((name for name in DATABASES if name in inside), None)
            if name is None:
                raise InputError("{file} holds no collection of notes. Export the deck from Anki again.", file=path)
            if archive.getinfo(name).file_size > _MAX_BYTES:
                raise InputError("{file} unpacks to more than 1 GB. Export a smaller deck.", file=path)
            database = Path(folder) / "notes"
            with archive.open(name) as packed, database.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            yield from _notes(database)
    except InputError:
        raise
    except Exception as error:  # what a damaged file leads to, in zipfile, zlib, sqlite3 and here
        raise InputError(
            "{file} is not a readable Anki deck: {error}. Export it as 'Notes in plain text'.", file=path, error=error
        ) from None


def field_names(models: str) -> dict[int, tuple[str, ...]]:
    """The names of the fields of each kind of note, and the tags. `models` is the column of that name, as JSON."""
    return {
        int(key): (*(str(f["name"]) for f in sorted(kind["flds"], key=lambda f: f["ord"])), "tags")
        for key, kind in json.loads(models).items()
    }


def _notes(database: Path) -> Iterator[Cells]:
    """The notes, numbered, each kind of note with its own names."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
        if not {"col", "notes"} <= tables:  # a view may have rows without end
            raise ValueError("it has no table of notes")
        (models,) = db.execute("select models from col").fetchone()
        names = field_names(models)
        notes = db.execute("select mid, flds, tags from notes order by id")
        for number, (kind, fields, tags) in enumerate(notes, 1):
            cells = tuple(fields.split(SEPARATOR))
            header = names.get(kind) or tuple(f"field {i}" for i in range(1, len(cells) + 1))
            yield number, header, (*cells[: len(header) - 1], tags.strip())
