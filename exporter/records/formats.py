"""The training file formats, written. A new one is an entry in `FORMATS`; everything else derives from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ..common.encoding import detect_encoding, open_text
from ..common.errors import InputError, Option, Problem
from .prompt import HARD_CUT, Record

ROW = Problem("{file}, row {row}: {error} Correct that row, or take it out.").message
RECORD = Problem("{file}, record {row}: {error} Correct that record, or take it out.").message


@dataclass(frozen=True)
class Format:
    """One file format.

    A file is `begin`, then what `write` makes of each record with `between` between them, then `end`. `keys` are those
    of a JSON row. `reading` knows all formats of this file; another one brings its own reader: `split` cuts the file's
    text into one piece a record, and `read` makes a record of a piece; both raise InputError.
    """

    name: str
    suffix: str  # what follows NAME in the file name
    used_by: str
    write: Callable[[Record], str]
    read: Callable[[Any], Record] | None = None
    split: Callable[[Path, str], list[Any]] = lambda path, text: text.splitlines()
    begin: str = ""
    between: str = "\n"
    end: str = ""
    keys: tuple[str, ...] = ()
    position: str = ROW

    @property
    def extension(self) -> str:
        return f".{self.suffix.rpartition('.')[2]}"

    @property
    def tail(self) -> str:
        """What follows NAME before the extension."""
        return self.suffix.removesuffix(self.extension)

    def path(self, folder: Path, name: str, side: str = "train") -> Path:
        return folder / f"{name}{self.tail}{'_eval' if side == 'eval' else ''}{self.extension}"


def _json_array(
    name: str, suffix: str, used_by: str, row: Callable[[Record], dict[str, Any]], keys: tuple[str, ...]
) -> Format:
    """An array with an object for each record: the webui lists nothing else."""
    return Format(
        name,
        suffix,
        used_by,
        write=lambda record: json.dumps(row(record), ensure_ascii=False),
        begin="[\n",
        between=",\n",
        end="\n]\n",
        keys=keys,
    )


def _chat_row(record: Record) -> dict[str, Any]:
    user, assistant = record.instruction, record.output
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]}


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("txt", ".txt", "Training PRO, raw text file", write=lambda record: record.text, between=HARD_CUT),
        _json_array(
            "json",
            ".json",
            "Training PRO, formatted dataset with cefr-sentences",
            row=lambda record: {"instruction": record.instruction, "output": record.output},
            keys=("instruction", "output"),
        ),
        _json_array("chat", "_chat.json", "webui v4 Training tab, chat dataset", _chat_row, keys=("messages",)),
        _json_array(
            "text",
            "_text.json",
            "webui v4 Training tab, text dataset",
            row=lambda record: {"text": record.text},
            keys=("text",),
        ),
    )
}


def parse_formats(text: str) -> list[Format]:
    """Raises InputError unless `text` is a comma-separated list of format names."""
    names = [n.strip().lower() for n in text.split(",") if n.strip()]
    if not names or any(n not in FORMATS for n in names):
        raise InputError(
            "{option} {text!r}: choose from {formats}, separated by commas.",
            option=Option("formats"),
            text=text,
            formats=", ".join(FORMATS),
        )
    return [FORMATS[n] for n in dict.fromkeys(names)]


class RecordWriter:
    """Writes records to an open file one by one; `close` adds what the format needs at the end."""

    def __init__(self, file: TextIO, to: Format) -> None:
        self._file, self._format, self._next = file, to, to.begin

    def write(self, record: Record) -> None:
        self._file.write(self._next + self._format.write(record))
        self._next = self._format.between

    def close(self) -> None:
        self._file.write(self._format.end)


def format_of(path: Path) -> Format:
    """The format whose name an exported training file has, by its ending and the first key of its first row."""
    formats = [f for f in FORMATS.values() if f.extension == path.suffix.lower()] or [FORMATS["txt"]]
    if len(formats) == 1:
        return formats[0]
    with open_text(path, detect_encoding(path, line_limit=False)) as file:
        match = re.match(r'\s*\[\s*\{\s*"(\w+)"', file.read(4000))
    return next((f for f in formats if match and match[1] in f.keys), formats[0])


def eval_beside(dataset: Path) -> Path | None:
    """The evaluation file that was exported with `dataset`, if it is there."""
    path = dataset.with_name(f"{dataset.stem}_eval{dataset.suffix}")
    return path if path.is_file() else None


def training_beside(dataset: Path) -> Path | None:
    """The training file that was exported with the evaluation file `dataset`, if it is there."""
    stem = dataset.stem
    path = dataset.with_name(stem.removesuffix("_eval") + dataset.suffix)
    return path if stem.endswith("_eval") and path.is_file() else None
