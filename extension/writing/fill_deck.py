"""A user's own Anki deck again, with sentences in its empty example fields; everything else stays as it was."""

from __future__ import annotations

import csv
import html
import io
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ...exporter.common.encoding import detect_encoding, open_text
from ...exporter.common.errors import InputError, Option
from ...exporter.pairs.anki import DATABASES, SEPARATOR, field_names
from ...exporter.pairs.columns import Columns
from ...exporter.pairs.delimited import anki_export
from ...exporter.pairs.wordlist import entry_text
from .sheet import SheetRow

NEEDED = ("word", "sentence")


@dataclass
class Filling:
    """The accepted sentences by word, and how many fields have got one."""

    sentences: dict[str, str]
    columns: Columns
    filled: int = 0
    html: bool = True

    @classmethod
    def of(cls, rows: Sequence[SheetRow], columns: Columns) -> Filling:
        return cls({row.word: row.sentence for row in reversed(rows) if row.accepted and row.sentence}, columns)

    def fields(self, names: Sequence[str], cells: list[str], needed: Sequence[str] = ()) -> list[str]:
        """The `cells` of a note with a sentence where its example is empty. Raises InputError for a needed column."""
        places = self.columns.find(names, needed)
        if places.word is None or not places.sentences or places.sentences[0] >= len(cells):
            return cells
        at = places.sentences[0]
        sentence = self.sentences.get(entry_text(cells[places.word]), "")
        if not sentence or entry_text(cells[at]):
            return cells
        self.filled += 1
        return [*cells[:at], html.escape(sentence, quote=False) if self.html else sentence, *cells[at + 1 :]]


def filled_deck(source: str | None, columns: Columns, rows: Sequence[SheetRow]) -> tuple[bytes, int]:
    """The deck `source`, `.apkg` or notes in plain text, and how many of its fields have got a sentence.

    Raises InputError where it is not a deck, or has no fields for word and example.
    """
    filling = Filling.of(rows, columns)
    path = Path(source or "")
    if not path.is_file():
        raise _no_deck(path)
    if zipfile.is_zipfile(path):
        return _package(path, filling), filling.filled
    return _notes(path, filling), filling.filled


def _no_deck(path: Path) -> InputError:
    return InputError(
        "{option} fills the decks of Anki, and {file} is none. Export it as .apkg, or as 'Notes in plain text'.",
        option=Option("fill"),
        file=path,
    )


def _notes(path: Path, filling: Filling) -> bytes:
    with open_text(path, detect_encoding(path)) as file:
        lines = file.readlines()
    export = anki_export(lines)
    if export is None:
        raise _no_deck(path)
    filling.html = any(line.strip().lower() == "#html:true" for line in lines[: export.lines])
    out = io.StringIO()
    out.writelines(lines[: export.lines])
    writer = csv.writer(out, delimiter=export.separator, lineterminator="\n")
    for cells in csv.reader(lines[export.lines :], delimiter=export.separator):
        names = export.names or [f"column {i}" for i in range(1, len(cells) + 1)]
        writer.writerow(filling.fields(names, cells, NEEDED))
    return out.getvalue().encode()


def _package(path: Path, filling: Filling) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as copy:
        database = next((name for name in DATABASES if name in archive.namelist()), "")
        if not database:
            raise _no_deck(path)
        for name in archive.namelist():
            data = archive.read(name)
            copy.writestr(name, _collection(data, filling) if name == database else data)
    return packed.getvalue()


def _collection(data: bytes, filling: Filling) -> bytes:
    """The database of notes; a changed one is newer, so that Anki takes it over when the deck is imported."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "notes"
        file.write_bytes(data)
        with closing(sqlite3.connect(file)) as db:
            names = field_names(db.execute("select models from col").fetchone()[0])
            notes = db.execute("select id, mid, flds from notes order by id").fetchall()
            kinds = {kind for _, kind, _ in notes}
            for number, kind, fields in notes:
                needed = NEEDED if len(kinds) == 1 else ()
                cells = fields.split(SEPARATOR)
                new = filling.fields(names.get(kind, ())[:-1], cells, needed)
                if new is not cells:
                    changed = (SEPARATOR.join(new), int(time.time()), number)
                    db.execute("update notes set flds = ?, mod = ?, usn = -1 where id = ?", changed)
            db.commit()
        return file.read_bytes()
