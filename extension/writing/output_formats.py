"""The formats in which a sheet is written, chosen by the ending of the file's name.

To add a format, add it to OUTPUT_FORMATS: the command's help and the tab's downloads are made from that list.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError, Option
from ...exporter.common.files import atomic, table_cell, target_error
from ...exporter.common.lock import folder_of
from ...exporter.common.shell import PIP
from ...exporter.common.targets import refuse_existing
from .anki import anki_package, anki_table
from .worksheet import worksheet_document, worksheet_page

if TYPE_CHECKING:
    from .sheet import Sheet, SheetRow

_COLUMNS = (
    "word",
    "sentence",
    "used",
    "status",
    "reason",
    "level",
    "score",
    "above",
    "target",
    "adapter",
    "tries",
    "source",
    "bank_level",
    "guess",
)
# What a module is called where it is installed from.
_PACKAGES = {"docx": "python-docx"}


@dataclass(frozen=True)
class OutputFormat:
    """`name` is what people call it; `render` makes the file's bytes; `needs` names a package that may be missing.

    The tab offers it for download where `in_tab` is set, as a file whose name begins with `stem`.
    """

    ending: str
    name: str
    render: Callable[[Sheet], bytes]
    needs: str = ""
    in_tab: bool = False
    stem: str = "sentences"

    @property
    def available(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def file_name(self, level: str) -> str:
        return f"{self.stem}-{level.lower()}{self.ending}"


def as_dict(row: SheetRow) -> dict[str, Any]:
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
        "printable": None if row.printable is None else round(row.printable, 3),
        "guess": None if row.guess is None else round(row.guess, 3),
        "misfits": list(row.misfits),
        "tries": row.tries,
        "source": row.source,
        "bank_level": row.bank_level,
        "frame": row.frame,
        "columns": dict(row.columns),
    }


def check_target(path: Path, *, force: bool) -> OutputFormat:
    """The format of `path`. Raises InputError or TargetError for what cannot be written, before a model is asked."""
    fitting = [f for f in OUTPUT_FORMATS if path.name.lower().endswith(f.ending)]
    if not fitting:
        raise InputError(
            "{option} {file}: the name must end in {endings}.",
            option=Option("out"),
            file=path,
            endings=", ".join(f.ending for f in OUTPUT_FORMATS),
        )
    chosen = max(fitting, key=lambda f: len(f.ending))
    if not chosen.available:
        raise InputError(
            "{file} needs the package {package}, which is not installed: {pip} {package}. Or choose another "
            "ending: {endings}.",
            file=path,
            pip=PIP,
            package=_PACKAGES.get(chosen.needs, chosen.needs),
            endings=", ".join(f.ending for f in OUTPUT_FORMATS if f.available),
        )
    refuse_existing([path], force=force)
    return chosen


def write_sheet(path: Path, sheet: Sheet, *, force: bool = False) -> None:
    """Write `sheet` to `path`, whole or not at all.

    CSV and JSON hold every row with its status and reasons, in the order of the list. Anki decks and worksheets are
    what learners see: accepted sentences. Doubtful ones have a tag there, or their numbers on the page of answers.

    Raises:
        InputError: an unknown ending, or the package for it is not installed.
        TargetError: the file exists and `force` is not set, or it cannot be written.
    """
    save(path, check_target(path, force=force).render(sheet))


def save(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all. Raises TargetError."""
    try:
        with folder_of(path), atomic(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise target_error(path, error) from error


def _csv(sheet: Sheet) -> bytes:
    text = io.StringIO("\ufeff", newline="")  # Excel needs the mark to read the file as UTF-8
    text.seek(0, io.SEEK_END)
    writer, columns = csv.writer(text, lineterminator="\r\n"), sheet.columns
    # A column of the list may have the name of one that is always there.
    writer.writerow([*_COLUMNS, *(f"{name} (list)" if name in _COLUMNS else table_cell(name) for name in columns)])
    for row in sheet.rows:
        score = "" if row.score is None else f"{row.score:.2f}"
        used = "yes" if row.used else "no"
        cells = (row.word, row.sentence or "", used, row.status, row.why, row.level, score, ", ".join(row.above))
        listed = dict(row.columns)
        guess = "" if row.guess is None else f"{row.guess:.2f}"
        after = [sheet.target(row), sheet.adapter, row.tries, row.source, row.bank_level, guess]
        writer.writerow([*map(table_cell, cells), *after, *(table_cell(listed.get(n, "")) for n in columns)])
    return text.getvalue().encode()


def _dicts(sheet: Sheet) -> list[dict[str, Any]]:
    return [{**as_dict(row), "target": sheet.target(row), "adapter": sheet.adapter} for row in sheet.rows]


def _json(sheet: Sheet) -> bytes:
    return (json.dumps(_dicts(sheet), ensure_ascii=False, indent=2) + "\n").encode()


def _json_lines(sheet: Sheet) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _dicts(sheet)).encode()


OUTPUT_FORMATS = (
    OutputFormat(".csv", "CSV", _csv, in_tab=True),
    OutputFormat(".json", "JSON", _json),
    OutputFormat(".jsonl", "JSON Lines", _json_lines),
    OutputFormat(".tsv", "Anki (TSV)", anki_table, in_tab=True, stem="anki"),
    OutputFormat(".apkg", "Anki package", anki_package, needs="genanki", in_tab=True, stem="anki"),
    OutputFormat(".html", "Worksheet", worksheet_page, in_tab=True, stem="worksheet"),
    OutputFormat(".docx", "Worksheet for Word", worksheet_document, needs="docx", in_tab=True, stem="worksheet"),
)
