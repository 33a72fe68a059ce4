"""A sheet as notes for Anki: a sentence with a gap, and the word by its meaning."""

from __future__ import annotations

import csv
import hashlib
import html
import io
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .sheet import Sheet, SheetRow

_FIELDS = ("Sentence with gap", "Word", "Part of speech", "Meaning", "Sentence", "More")
_HINT = '<div class="hint">{{Part of speech}}{{#Meaning}} &middot; {{Meaning}}{{/Meaning}}</div>'
_MORE = '{{#More}}<div class="hint">{{More}}</div>{{/More}}'
# Anki makes no second card where its front is empty, that is, where the list has no meaning.
_CARDS = (
    {
        "name": "Gap",
        "qfmt": "{{Sentence with gap}}" + _HINT,
        "afmt": '{{Sentence}}<hr id="answer"><b>{{Word}}</b>' + _HINT + _MORE,
    },
    {
        "name": "Meaning to word",
        "qfmt": '{{#Meaning}}{{Meaning}}<div class="hint">{{Part of speech}}</div>{{/Meaning}}',
        "afmt": '{{FrontSide}}<hr id="answer"><b>{{Word}}</b><br>{{Sentence}}' + _MORE,
    },
)
_CSS = ".card{font:20px/1.5 sans-serif;text-align:center}.hint{font-size:75%;color:#777}"


def anki_table(sheet: Sheet) -> bytes:
    """Notes in plain text, which Anki imports into any note type; a later table updates the same notes."""
    text = io.StringIO(newline="")
    columns = "\t".join(["Id", *_FIELDS, "Tags"])
    text.write(f"#separator:tab\n#html:false\n#columns:{columns}\n#guid column:1\n#tags column:{len(_FIELDS) + 2}\n")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    for note_id, row in _notes(sheet):
        writer.writerow([note_id, *(" ".join(cell.split()) for cell in _cells(row)), " ".join(_tags(row, sheet))])
    return text.getvalue().encode()


def anki_package(sheet: Sheet) -> bytes:
    """A deck with its own note type and both cards."""
    import genanki

    fields = [{"name": name} for name in _FIELDS]
    model = genanki.Model(_number("model 2"), "CEFR sentence with gap", fields=fields, templates=[*_CARDS], css=_CSS)
    deck = genanki.Deck(_number(f"deck {sheet.level}"), f"CEFR sentences {sheet.level}")
    for note_id, row in _notes(sheet):
        cells = [html.escape(cell, quote=False) for cell in _cells(row)]
        deck.add_note(genanki.Note(model=model, fields=cells, guid=note_id, tags=_tags(row, sheet)))
    package = io.BytesIO()
    genanki.Package(deck).write_to_file(package)
    return package.getvalue()


def _notes(sheet: Sheet) -> Iterator[tuple[str, SheetRow]]:
    """The accepted rows, each with its id: that of the same word, part of speech and level stays the same."""
    times: Counter[tuple[str, str]] = Counter()
    for row in sheet.rows:
        if row.accepted:
            what = (row.word.casefold(), row.listed_pos.casefold())
            times[what] += 1
            name = "\t".join(["cefr-sentences", sheet.level, *what, str(times[what])])
            yield hashlib.sha256(name.encode()).hexdigest()[:10], row


def _cells(row: SheetRow) -> tuple[str, ...]:
    more = "; ".join(f"{name}: {cell}" for name, cell in row.columns if cell and cell not in (row.pos, row.meaning))
    return row.gapped, row.word, row.pos, row.meaning, row.sentence or "", more


def _tags(row: SheetRow, sheet: Sheet) -> list[str]:
    return [f"cefr::{sheet.target(row)}", *(["cefr::doubtful"] if row.doubtful else [])]


def _number(name: str) -> int:
    """A number of Anki's kind that stays the same from deck to deck."""
    return int.from_bytes(hashlib.sha256(f"cefr-sentences {name}".encode()).digest()[:4], "big") | 1 << 30
