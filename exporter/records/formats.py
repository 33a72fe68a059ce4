"""The training file formats, written and read. A new one is an entry in `FORMATS`; everything else derives from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ..common.encoding import check_json_size, detect_encoding, open_text
from ..common.errors import InputError, Option
from .prompt import HARD_CUT, Example, Record, parse_example, parse_record, parse_text_record


@dataclass(frozen=True)
class Format:
    """One file format.

    A file is `begin`, then what `write` makes of each record with `between` between them, then `end`. Reading it,
    `split` cuts the file's text into one piece a record, and `read` makes a record of a piece; both raise InputError.
    Formats with the same extension have the same `split`; its pieces are then objects, told apart by their `keys`.
    """

    name: str
    suffix: str  # what follows NAME in the file name
    used_by: str
    write: Callable[[Record], str]
    read: Callable[[Any], Record]
    split: Callable[[Path, str], list[Any]]
    begin: str = ""
    between: str = "\n"
    end: str = ""
    keys: tuple[str, ...] = ()
    position: str = "{file}, row {row}: {error}"

    @property
    def extension(self) -> str:
        return f".{self.suffix.rpartition('.')[2]}"

    @property
    def tail(self) -> str:
        """What follows NAME before the extension."""
        return self.suffix.removesuffix(self.extension)

    def path(self, folder: Path, name: str, side: str = "train") -> Path:
        return folder / f"{name}{self.tail}{'_eval' if side == 'eval' else ''}{self.extension}"


def _split_text(path: Path, text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split(HARD_CUT)


def _split_array(path: Path, text: str) -> list[Any]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("{file} is not valid JSON: {error}.", file=path, error=error) from None
    if not isinstance(rows, list) or not rows:
        raise InputError("{file} is not a JSON array with an object for each record.", file=path)
    return rows


def _json_array(
    name: str,
    suffix: str,
    used_by: str,
    row: Callable[[Record], dict[str, Any]],
    read: Callable[[Any], Record],
    keys: tuple[str, ...],
) -> Format:
    """An array with an object for each record: the webui lists nothing else."""
    return Format(
        name,
        suffix,
        used_by,
        write=lambda record: json.dumps(row(record), ensure_ascii=False),
        read=read,
        split=_split_array,
        begin="[\n",
        between=",\n",
        end="\n]\n",
        keys=keys,
    )


def _chat_row(record: Record) -> dict[str, Any]:
    user, assistant = record.instruction, record.output
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]}


def _read_chat(row: Mapping[str, Any]) -> Record:
    messages = row["messages"] if isinstance(row["messages"], list) else []
    turns = [m if isinstance(m, Mapping) and set(m) == {"role", "content"} else {} for m in messages]
    roles = [turn.get("role") for turn in turns]
    if roles != ["user", "assistant"]:
        raise InputError(
            "the messages are from {roles}; a record is one user message and one assistant message.",
            roles=", ".join(map(str, roles)) or "nobody",
        )
    return parse_record(_string(turns[0]["content"]), _string(turns[1]["content"]))


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError("expected a text, found {value!r:.60}.", value=value)
    if re.search("[\ud800-\udfff]", value):
        raise InputError("half a character (a lone surrogate) in {value!a:.60}.", value=value)
    return value


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format(
            "txt",
            ".txt",
            "Training PRO, raw text file",
            write=lambda record: record.text,
            read=parse_text_record,
            split=_split_text,
            between=HARD_CUT,
            position="{file}, record {row}: {error}",
        ),
        _json_array(
            "json",
            ".json",
            "Training PRO, formatted dataset with cefr-sentences",
            row=lambda record: {"instruction": record.instruction, "output": record.output},
            read=lambda row: parse_record(_string(row["instruction"]), _string(row["output"])),
            keys=("instruction", "output"),
        ),
        _json_array(
            "chat", "_chat.json", "webui v4 Training tab, chat dataset", _chat_row, _read_chat, keys=("messages",)
        ),
        _json_array(
            "text",
            "_text.json",
            "webui v4 Training tab, text dataset",
            row=lambda record: {"text": record.text},
            read=lambda row: parse_text_record(_string(row["text"])),
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


def _formats_like(path: Path) -> list[Format]:
    """The formats with the extension of `path`; text for an unknown one."""
    return [f for f in FORMATS.values() if f.extension == path.suffix.lower()] or [FORMATS["txt"]]


def _read(path: Path) -> str:
    whole = _formats_like(path)[0].extension == ".json"
    if whole:
        check_json_size(path)
    with open_text(path, detect_encoding(path, line_limit=not whole)) as file:
        return file.read()


def format_of(path: Path) -> Format:
    """The format of an exported training file, by its extension and the first key of its first row."""
    formats = _formats_like(path)
    if len(formats) == 1:
        return formats[0]
    with open_text(path, detect_encoding(path, line_limit=False)) as file:
        match = re.match(r'\s*\[\s*\{\s*"(\w+)"', file.read(4000))
    return next((f for f in formats if match and match[1] in f.keys), formats[0])


def read_records(path: Path) -> list[Record]:
    """The records of an exported training file, in any of the `FORMATS`.

    Raises:
        InputError: something in it is not such a record, with the position of the first one.
    """
    return [record for _, record in numbered_records(path)]


def numbered_records(path: Path) -> Iterator[tuple[int, Record]]:
    """The records of an exported training file with their positions. Raises InputError as `read_records` does."""
    if not path.is_file():
        raise InputError("{file} is not a file." if path.exists() else "{file} does not exist.", file=path)
    formats = _formats_like(path)
    for number, piece in enumerate(formats[0].split(path, _read(path)), 1):
        try:
            record = _format_of_piece(formats, piece).read(piece)
            if HARD_CUT in record.text:
                raise InputError("a hard cut (three line ends) inside the record.")
        except InputError as error:
            raise InputError(formats[0].position, file=path, row=number, error=error.problems[0]) from None
        yield number, record


def _format_of_piece(formats: list[Format], piece: Any) -> Format:
    if not formats[0].keys:
        return formats[0]
    keys = set(piece) if isinstance(piece, Mapping) else set()
    for candidate in formats:
        if keys == set(candidate.keys):
            return candidate
    raise InputError(
        "the keys are {keys}; a record has {known}, and nothing else.",
        keys=", ".join(sorted(map(str, keys))) or "missing",
        known=", or ".join(" and ".join(f.keys) for f in formats),
    )


def read_examples(path: Path) -> list[Record | Example]:
    """The records of a training file; where hard-cut text has others, its examples unchanged.

    Raises:
        InputError: no such file, not text, JSON that was not exported, or nothing in it.
    """
    try:
        return list(read_records(path))
    except InputError:
        if _formats_like(path)[0] is not FORMATS["txt"] or not path.is_file():
            raise
    pieces = [piece.strip("\n") for piece in _split_text(path, _read(path))]
    examples = [_record_or_example(piece) for piece in pieces if piece.strip()]
    if not examples:
        raise InputError("{file} is empty.", file=path)
    return examples


def _record_or_example(piece: str) -> Record | Example:
    try:
        return parse_text_record(piece)
    except InputError:
        return parse_example(piece)


def eval_beside(dataset: Path) -> Path | None:
    """The evaluation file that was exported with `dataset`, if it is there."""
    path = dataset.with_name(f"{dataset.stem}_eval{dataset.suffix}")
    return path if path.is_file() else None


def training_beside(dataset: Path) -> Path | None:
    """The training file that was exported with the evaluation file `dataset`, if it is there."""
    stem = dataset.stem
    path = dataset.with_name(stem.removesuffix("_eval") + dataset.suffix)
    return path if stem.endswith("_eval") and path.is_file() else None
