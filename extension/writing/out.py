"""Sheets as files: CSV, JSON, JSON Lines, Anki's TSV and Anki packages, by the ending of the name."""

from __future__ import annotations

import csv
import hashlib
import html
import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from ...exporter.common.errors import InputError, TargetError
from ...exporter.common.files import Publication, no_formula, refuse_existing, target_error
from .check import Row

# What the rows have in common: target and adapter.
About = dict[str, str]
_COLUMNS = ("word", "sentence", "used", "status", "reason", "level", "score", "above", "target", "adapter", "tries")
GENANKI = "Anki packages need genanki, which is not installed: pip install genanki. A .tsv file goes into Anki as well."


def as_dict(row: Row) -> dict[str, Any]:
    """A row for JSON."""
    return {
        "word": row.word,
        "sentence": row.sentence,
        "used": row.used,
        "status": row.status,
        "reasons": list(row.reasons),
        "why": row.why,
        "level": row.level,
        "score": None if row.score is None else round(row.score, 3),
        "above": list(row.above),
        "fluency": None if row.fluency is None else round(row.fluency, 3),
        "tries": row.tries,
    }


def check_target(path: Path, *, force: bool) -> None:
    """Refuse what cannot be written before anything is asked. Raises InputError or TargetError."""
    if path.suffix.lower() not in WRITERS:
        raise InputError(f"--out {path}: the name must end in {', '.join(WRITERS)}.")
    if path.suffix.lower() == ".apkg" and not has_genanki():
        raise InputError(GENANKI)
    refuse_existing([path], force=force)


def write_sheet(path: Path, rows: Sequence[Row], target: str, adapter: str = "", *, force: bool = False) -> None:
    """Write `rows`, asked for at level `target` of `adapter`, to `path`, whole or not at all.

    CSV and JSON hold every row with its reason. An Anki deck is what learners see: only sentences that stand.

    Raises:
        InputError: an unknown ending, or genanki is not installed.
        TargetError: the file exists and `force` is not set, or cannot be written.
    """
    check_target(path, force=force)
    WRITERS[path.suffix.lower()](path, rows, {"target": target, "adapter": adapter}, force)


def has_genanki() -> bool:
    return importlib.util.find_spec("genanki") is not None


def _text(form: Callable[[TextIO, Sequence[Row], About], object]) -> Callable[[Path, Sequence[Row], About, bool], None]:
    def write(path: Path, rows: Sequence[Row], about: About, force: bool) -> None:
        with Publication(force=force) as publication:
            form(publication.file(path), rows, about)

    return write


def _csv(file: TextIO, rows: Sequence[Row], about: About) -> None:
    file.write("\ufeff")  # Excel wants to be told that it is UTF-8
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        score = "" if row.score is None else f"{row.score:.2f}"
        used = "yes" if row.used else "no"
        found = (row.word, row.sentence or "", used, row.status, row.why, row.level, score, ", ".join(row.above))
        writer.writerow([*map(no_formula, found), about["target"], about["adapter"], row.tries])


def _json(file: TextIO, rows: Sequence[Row], about: About) -> None:
    found = [{**as_dict(row), **about} for row in rows]
    file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def _jsonl(file: TextIO, rows: Sequence[Row], about: About) -> None:
    for row in rows:
        file.write(json.dumps({**as_dict(row), **about}, ensure_ascii=False) + "\n")


def _anki(file: TextIO, rows: Sequence[Row], about: About) -> None:
    file.write("#separator:tab\n#html:false\n#tags column:3\n")
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    for row in rows:
        if row.stands:
            writer.writerow([" ".join(str(row.sentence).split()), row.word, f"cefr::{about['target']}"])


def _apkg(path: Path, rows: Sequence[Row], about: About, force: bool) -> None:
    try:
        import genanki
    except ImportError:
        raise InputError(GENANKI) from None
    target = about["target"]
    card = {
        "name": "Sentence, word",
        "qfmt": "{{Sentence}}",
        "afmt": '{{FrontSide}}<hr id="answer"><b>{{Word}}</b>',
    }
    fields = [{"name": "Sentence"}, {"name": "Word"}]
    model = genanki.Model(_number("model"), "CEFR sentence", fields=fields, templates=[card])
    deck = genanki.Deck(_number(f"deck {target}"), f"CEFR sentences {target}")
    for row in rows:
        if row.stands:
            # The same word at the same level is the same note: a later deck replaces its sentence.
            guid = genanki.guid_for("cefr-sentences", target, row.word.casefold())
            texts = [html.escape(str(row.sentence)), html.escape(row.word)]
            deck.add_note(genanki.Note(model=model, fields=texts, guid=guid, tags=[f"cefr::{target}"]))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        genanki.Package(deck).write_to_file(str(part))
        refuse_existing([path], force=force)
        part.replace(path)
    except TargetError:
        raise
    except OSError as error:
        raise target_error(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _number(name: str) -> int:
    """A number of Anki's kind that stays the same from deck to deck."""
    return int.from_bytes(hashlib.sha256(f"cefr-sentences {name}".encode()).digest()[:4], "big") | 1 << 30


WRITERS: dict[str, Callable[[Path, Sequence[Row], About, bool], None]] = {
    ".csv": _text(_csv),
    ".json": _text(_json),
    ".jsonl": _text(_jsonl),
    ".tsv": _text(_anki),
    ".apkg": _apkg,
}
