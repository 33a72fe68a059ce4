"""A deck of the Anki that runs on this machine, over its add-on AnkiConnect: its notes, and sentences into them."""

from __future__ import annotations

import csv
import io
import json
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from ...exporter.common.errors import InputError
from ...exporter.pairs.columns import Columns
from .fill_deck import NEEDED, Filling
from .sheet import SheetRow

ADDRESS, VERSION = "http://127.0.0.1:8765", 6
_SECONDS = 60
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this machine


@dataclass(frozen=True)
class Note:
    """A note with the names and the contents of its fields, in order."""

    id: int
    kind: str
    names: tuple[str, ...]
    cells: list[str]


def deck_notes(deck: str) -> list[Note]:
    """The notes of the deck of this name. Raises InputError: none, of several kinds, or Anki does not answer."""
    ids = _call("findNotes", query=f'deck:"{deck}"')
    notes = [_note(note) for note in _call("notesInfo", notes=ids)] if ids else []
    if not notes:
        raise InputError("Anki has no notes in a deck {deck}. Give the name as Anki shows it.", deck=repr(deck))
    if len(kinds := sorted({note.kind for note in notes})) > 1:
        raise InputError(
            "The deck {deck} has notes of several types: {kinds}. Move those to be filled to a deck of their own.",
            deck=repr(deck),
            kinds=", ".join(kinds),
        )
    return notes


def as_export(notes: Sequence[Note]) -> str:
    """`notes` of one kind as Anki exports them in plain text."""
    out = io.StringIO()
    out.write("#separator:tab\n#html:true\n#columns:")
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerows([notes[0].names, *(note.cells for note in notes)])
    return out.getvalue()


def fill(deck: str, columns: Columns, rows: Sequence[SheetRow]) -> int:
    """Write sentences into the empty example fields of `deck`, and nothing else; how many there are now.

    Raises InputError where Anki does not answer, or the notes have no fields for word and example.
    """
    filling = Filling.of(rows, columns)
    for note in deck_notes(deck):
        cells = filling.fields(note.names, note.cells, NEEDED)
        changed = {name: new for name, new, old in zip(note.names, cells, note.cells, strict=True) if new != old}
        if changed:
            _call("updateNoteFields", note={"id": note.id, "fields": changed})
    return filling.filled


def _note(note: dict[str, Any]) -> Note:
    fields = sorted(note["fields"].items(), key=lambda field: field[1]["order"])
    return Note(note["noteId"], note["modelName"], tuple(name for name, _ in fields), [f["value"] for _, f in fields])


def _call(action: str, **params: object) -> Any:
    """What AnkiConnect gives back. Raises InputError."""
    key = os.environ.get("ANKICONNECT_API_KEY")
    body = {"action": action, "version": VERSION, "params": params} | ({"key": key} if key else {})
    try:
        with _OPENER.open(urllib.request.Request(ADDRESS, json.dumps(body).encode()), timeout=_SECONDS) as response:
            reply = json.load(response)
        result, error = reply["result"], reply["error"]
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as cause:
        raise InputError(
            "Anki does not answer at {address}: {cause}. Start Anki with the add-on AnkiConnect (2055492159), or "
            "export the deck and give its file.",
            address=ADDRESS,
            cause=getattr(cause, "reason", cause),
        ) from None
    if error:
        raise InputError(
            "AnkiConnect refused {action}: {cause}. Where it wants a key, put it into ANKICONNECT_API_KEY.",
            action=action,
            cause=error,
        )
    return result
