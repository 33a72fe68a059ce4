"""The four training file formats, written and read: hard-cut text, instruction JSON, chat JSON, text JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ..common.errors import InputError
from ..common.textfile import check_json_size, detect_encoding, open_text
from .prompt import HARD_CUT, Example, Record, parse_example, parse_record, parse_text_record


@dataclass(frozen=True)
class Format:
    """One file format. JSON formats are arrays with an object a record: the webui lists nothing else."""

    name: str
    suffix: str  # what follows NAME in the file name
    to_object: Callable[[Record], dict[str, Any]] | None  # None: hard-cut text
    used_by: str

    def path(self, folder: Path, name: str, side: str = "train") -> Path:
        stem, ext = self.suffix.rsplit(".", 1)
        return folder / f"{name}{stem}{'_eval' if side == 'eval' else ''}.{ext}"


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("txt", ".txt", None, "Training PRO, raw text file"),
        Format(
            "json",
            ".json",
            lambda r: {"instruction": r.instruction, "output": r.output},
            "Training PRO, formatted dataset with cefr-sentences",
        ),
        Format(
            "chat",
            "_chat.json",
            lambda r: {
                "messages": [
                    {"role": "user", "content": r.instruction},
                    {"role": "assistant", "content": r.output},
                ]
            },
            "webui v4 Training tab, chat dataset",
        ),
        Format("text", "_text.json", lambda r: {"text": r.text}, "webui v4 Training tab, text dataset"),
    )
}


def parse_formats(text: str) -> list[Format]:
    """Raises InputError unless `text` is a comma list of format names."""
    names = [n.strip().lower() for n in text.split(",") if n.strip()]
    unknown = [n for n in names if n not in FORMATS]
    if unknown or not names:
        raise InputError(f"--formats {text!r}: choose from {', '.join(FORMATS)}, separated by commas.")
    return [FORMATS[n] for n in dict.fromkeys(names)]


class RecordWriter:
    """Writes records to an open file one by one; `close` adds what the format needs at the end."""

    def __init__(self, file: TextIO, to: Format) -> None:
        self._file, self._format, self._count = file, to, 0

    def write(self, record: Record) -> None:
        first, self._count = self._count == 0, self._count + 1
        if self._format.to_object is None:
            self._file.write(("" if first else HARD_CUT) + record.text)
        else:
            line = json.dumps(self._format.to_object(record), ensure_ascii=False)
            self._file.write(("[\n" if first else ",\n") + line)

    def close(self) -> None:
        if self._format.to_object is not None:
            self._file.write("[]\n" if self._count == 0 else "\n]\n")


def format_of(path: Path) -> Format:
    """The format of a training file of ours, by its ending and the first key of its first row."""
    if path.suffix.lower() != ".json":
        return FORMATS["txt"]
    with open_text(path, detect_encoding(path, line_limit=False)) as file:
        match = re.match(r'\s*\[\s*\{\s*"(\w+)"', file.read(4000))
    return FORMATS[{"messages": "chat", "text": "text"}.get(match[1] if match else "", "json")]


def read_records(path: Path) -> list[Record]:
    """The records of a training file of ours, in whichever of the four formats.

    Raises:
        InputError: something in it is not a record of ours, with the position of the first such row.
    """
    return [record for _, record in numbered_records(path)]


def read_examples(path: Path) -> list[Record | Example]:
    """The records of a training file, and where hard-cut text is not ours, its examples as they stand.

    Raises:
        InputError: no such file, not text, JSON that is not ours, or nothing in it.
    """
    try:
        return list(read_records(path))
    except InputError:
        if path.suffix.lower() == ".json" or not path.is_file():
            raise
    with open_text(path, detect_encoding(path)) as file:
        text = file.read().replace("\r\n", "\n")
    pieces = [piece.strip("\n") for piece in text.split(HARD_CUT)]
    found = [_record_or_example(piece) for piece in pieces if piece.strip()]
    if not found:
        raise InputError(f"{path} is empty.")
    return found


def _record_or_example(piece: str) -> Record | Example:
    try:
        return parse_text_record(piece)
    except InputError:
        return parse_example(piece)


def numbered_records(path: Path) -> Iterator[tuple[int, Record]]:
    if not path.is_file():
        raise InputError(f"{path} is not a file." if path.exists() else f"{path} does not exist.")
    is_json = path.suffix.lower() == ".json"
    if is_json:
        check_json_size(path)
    encoding = detect_encoding(path, line_limit=not is_json)
    with open_text(path, encoding) as file:
        text = file.read()
    rows: Iterator[tuple[int, Record]] = _from_json(path, text) if is_json else _from_text(path, text)
    for number, record in rows:
        if "\n\n\n" in record.text:
            raise InputError(f"{path}, row {number}: a hard cut (three line ends) inside the record.")
        yield number, record


def _from_text(path: Path, text: str) -> Iterator[tuple[int, Record]]:
    text = text.replace("\r\n", "\n").rstrip("\n")
    for number, piece in enumerate(text.split(HARD_CUT), 1):
        try:
            yield number, parse_text_record(piece)
        except InputError as error:
            raise InputError(f"{path}, record {number}: {error}") from None


def _from_json(path: Path, text: str) -> Iterator[tuple[int, Record]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{path} is not a JSON array with an object for each record.")
    for number, row in enumerate(rows, 1):
        try:
            yield number, _from_object(row)
        except InputError as error:
            raise InputError(f"{path}, row {number}: {error}") from None


def _from_object(row: Any) -> Record:
    keys = set(row) if isinstance(row, Mapping) else set()
    if keys == {"instruction", "output"}:
        return parse_record(_string(row["instruction"]), _string(row["output"]))
    if keys == {"text"}:
        return parse_text_record(_string(row["text"]))
    if keys == {"messages"} and isinstance(row["messages"], list):
        turns = [m if isinstance(m, Mapping) and set(m) == {"role", "content"} else {} for m in row["messages"]]
        roles = [turn.get("role") for turn in turns]
        if roles != ["user", "assistant"]:
            raise InputError(
                f"the messages are from {', '.join(map(str, roles)) or 'nobody'}; "
                "a record is one user message and one assistant message."
            )
        return parse_record(_string(turns[0]["content"]), _string(turns[1]["content"]))
    found = ", ".join(map(str, sorted(keys, key=str))) or "missing"
    raise InputError(f"the keys are {found}; a record has instruction and output, messages, or text, and nothing else.")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"expected a text, found {value!r:.60}.")
    if re.search("[\ud800-\udfff]", value):
        raise InputError(f"half a character (a lone surrogate) in {value!a:.60}.")
    return value


def eval_beside(dataset: Path) -> Path | None:
    """The evaluation file the exporter wrote beside `dataset`, if it is there."""
    path = dataset.with_name(f"{dataset.stem}_eval{dataset.suffix}")
    return path if path.is_file() else None


def training_beside(dataset: Path) -> Path | None:
    """The training file the exporter wrote beside the evaluation file `dataset`, if it is there."""
    stem = dataset.stem
    path = dataset.with_name(stem.removesuffix("_eval") + dataset.suffix)
    return path if stem.endswith("_eval") and path.is_file() else None
