"""Training files, read: our own and those of other trainers, all by one reader, so that there is one opinion of a file.

Hard-cut text, JSON arrays and JSON Lines of instruction and output, of messages (also ShareGPT's conversations) and of
text, and chat logs. What can be read without a loss is read; everything else is refused with its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..common.encoding import check_json_size, detect_encoding, guessed, open_text
from ..common.errors import InputError, Problem
from ..common.ordinary import ordinary
from .formats import FORMATS, RECORD, ROW, Format
from .prompt import (
    CLOSING,
    HARD_CUT,
    INSTRUCTION_HEAD,
    OPENING,
    RESPONSE_HEAD,
    Example,
    Record,
    parse_example,
    parse_record,
    parse_text_record,
    wrap,
)

_USER = ("user", "human", "prompter")
_ASSISTANT = ("assistant", "gpt", "chatgpt", "model", "bot", "ai")
_CHATS = ("messages", "conversations", "conversation", "dialogue")
# Pairs of keys for what is asked and what is answered, and the keys that would change what is asked.
_ASKED = (("instruction", "output"), ("instruction", "response"), ("prompt", "completion"), ("prompt", "response"))
_BESIDE = ("input", "system", "history", "context")
_HEAD = re.compile(rf"^[ \t]*{re.escape(INSTRUCTION_HEAD.strip())}", re.MULTILINE)
_RESPONSE = RESPONSE_HEAD.strip()
_TURN = re.compile(
    rf"^[ \t]*(?:###[ \t]*)?({'|'.join((*_USER, *_ASSISTANT))})[ \t]*:[ \t]*", re.MULTILINE | re.IGNORECASE
)
_LITERAL_CUT = re.compile(r"(?:\\n){2,}(?=\s*(?:###|user:|human:))", re.IGNORECASE)
_BLANK = re.compile(r"^[ \t\u00a0]+$", re.MULTILINE)
_LIST_PROMPT = re.compile(f"{OPENING}|{CLOSING}")


@dataclass(frozen=True)
class TrainingFile:
    """The records of a training file in order, and what had to be put right or left out to read them.

    `text` is what other trainers read of a text file, with line ends made plain; empty for JSON.
    """

    records: tuple[Record | Example, ...]
    notes: tuple[Problem, ...] = ()
    text: str = ""


def read_training(path: Path) -> TrainingFile:
    """The records of a training file; of hard-cut text also examples that are no records, unchanged.

    Raises:
        InputError: no such file, nothing in it, or something that is no record, with its position.
    """
    with ordinary(path) as file:
        if not file.is_file():
            raise InputError("{file} is not a file. Give a training file.", file=path)
        added = _added_format(path)
        if added is not None and added.read is not None:
            pieces = added.split(path, _text(file, added.extension == ".json")[0])
            return TrainingFile(tuple(_positioned(path, pieces, added.read, added.position)))
        text, notes = _text(file, path.suffix.lower() == ".json")
    read = _json(path, text) if is_json(path, text) else _hard_cut(path, text)
    return replace(read, notes=(*notes, *read.notes))


def read_records(path: Path) -> list[Record]:
    """The records of a training file. Raises InputError when something in it is no record of this project."""
    return records_only(path, read_training(path).records)


def records_only(path: Path, read: Sequence[Record | Example]) -> list[Record]:
    """`read`, if all are records of this project. Raises InputError with the number of the first that is none."""
    records = []
    for number, record in enumerate(read, 1):
        if not isinstance(record, Record):
            raise InputError(
                RECORD,
                file=path,
                row=number,
                error=Problem("Not a list prompt with its numbered sentences: {text!r:.80}.", {"text": record.text}),
            )
        records.append(record)
    return records


def has_list_prompt(text: str) -> bool:
    """Whether a list prompt, or a piece of one, is in `text`, which may be JSON."""
    return _LIST_PROMPT.search(text) is not None


def is_json(path: Path, text: str) -> bool:
    """Whether a training file is JSON, by its name or because it begins like a row."""
    named = path.suffix.lower() in (".json", ".jsonl", ".ndjson")
    return named or re.match(r"\s*(?:\[\s*)?\{\s*\"\w+\"\s*:", text) is not None


def _added_format(path: Path) -> Format | None:
    """The format with a reader of its own whose files end like `path`."""
    return next((f for f in FORMATS.values() if f.read is not None and f.extension == path.suffix.lower()), None)


def _text(path: Path, whole: bool) -> tuple[str, list[Problem]]:
    """What is in the file, and a note where its encoding was guessed."""
    if whole:
        check_json_size(path)
    encoding = detect_encoding(path, line_limit=not whole)
    with open_text(path, encoding) as file:
        return file.read(), guessed(encoding)


def _positioned(
    path: Path, pieces: Sequence[Any], read: Callable[[Any], Record | Example], position: str
) -> Iterator[Record | Example]:
    for number, piece in enumerate(pieces, 1):
        try:
            record = read(piece)
            if HARD_CUT in record.text:
                raise InputError("a hard cut (three line ends) inside the record.")
        except InputError as error:
            raise InputError(position, file=path, row=number, error=error.problems[0]) from None
        yield record


# JSON


def _json(path: Path, text: str) -> TrainingFile:
    rows = _rows(path, text)
    unused: dict[str, None] = {}
    read = tuple(_positioned(path, rows, lambda row: _of_row(row, unused), ROW))
    notes = []
    if unused:
        notes.append(Problem("Keys that training does not use were left out: {keys}.", {"keys": ", ".join(unused)}))
    return TrainingFile(read, tuple(notes))


def _rows(path: Path, text: str) -> list[Any]:
    """The rows of a JSON array, of an object around one, or of JSON Lines. Raises InputError."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not text.lstrip("\ufeff \t\r\n").startswith("{") or "\n{" not in text.replace("\r", ""):
            raise InputError(
                "{file} is not valid JSON: {error}. Correct that place, or export the file again.",
                file=path,
                error=error,
            ) from None
        return _lines(path, text)
    if isinstance(rows, dict):
        inside = [value for value in rows.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        chat = any(key in rows for key in _CHATS)
        rows = inside[0] if len(inside) == 1 and not chat else [rows]
    if not isinstance(rows, list) or not rows:
        raise InputError(
            "{file} is not a JSON array with an object for each record. Write the records like that.", file=path
        )
    return rows


def _lines(path: Path, text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            rows += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise InputError(
                "{file}, line {line} is not valid JSON: {error}. Correct that line.",
                file=path,
                line=number,
                error=error,
            ) from None
    return rows


def _of_row(row: Any, unused: dict[str, None]) -> Record:
    """The record of one row; keys that it does not need are added to `unused`. Raises InputError."""
    if isinstance(row, list) and all(isinstance(turn, Mapping) for turn in row):
        row = {"conversations": row}
    keys: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
    filled = {key for key, value in keys.items() if value not in (None, "", [], {})}
    chat = next((key for key in _CHATS if key in keys), None)
    asked = next((pair for pair in _ASKED if set(pair) <= set(keys)), None)
    used = {chat} if chat else set(asked or ()) or ({"text"} if "text" in keys else set())
    if not used:
        raise InputError(
            "the keys are {keys}; a record has {known}.",
            keys=", ".join(sorted(map(str, keys))) or "missing",
            known="instruction and output, or messages, or text",
        )
    if beside := [key for key in _BESIDE if key in filled - used]:
        raise InputError(
            "it has {key} beside the instruction, which a record has no place for: write it into the instruction.",
            key=beside[0],
        )
    unused.update(dict.fromkeys(str(key) for key in filled - used))
    if chat:
        return parse_record(*_turns(keys[chat]))
    if asked:
        return parse_record(_string(keys[asked[0]]).strip(), _string(keys[asked[1]]).strip())
    return parse_text_record(_unix(_string(keys["text"])).strip())


def _turns(messages: Any) -> tuple[str, str]:
    """What the user asks and the assistant answers. Raises InputError unless there is one turn of each."""
    turns = [turn for turn in messages if isinstance(turn, Mapping)] if isinstance(messages, list) else []
    said = [(str(turn.get("role", turn.get("from"))).lower(), _content(turn)) for turn in turns]
    said = [(role, text) for role, text in said if not (role == "system" and text == "")]
    roles = ["user" if r in _USER else "assistant" if r in _ASSISTANT else r for r, _ in said]
    if roles != ["user", "assistant"]:
        raise InputError(
            "the messages are from {roles}; a record is one user message and one assistant message.",
            roles=", ".join(roles) or "nobody",
        )
    return _string(said[0][1]).strip(), _string(said[1][1]).strip()


def _content(turn: Mapping[str, Any]) -> Any:
    content = next((turn[key] for key in ("content", "value", "text") if key in turn), None)
    if isinstance(content, list) and all(isinstance(part, Mapping) and "text" in part for part in content):
        return "\n".join(str(part["text"]) for part in content)
    return content


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError("expected a text, found {value!r:.60}.", value=value)
    if re.search("[\ud800-\udfff]", value):
        raise InputError("half a character (a lone surrogate) in {value!a:.60}.", value=value)
    return value


# Text


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hard_cut(path: Path, text: str) -> TrainingFile:
    """The pieces between hard cuts, also where these are written a little differently."""
    clean = _unix(text)
    plain = _LITERAL_CUT.sub(HARD_CUT, clean)
    blank = _BLANK.sub("", plain)
    pieces = [piece.strip("\n") for piece in re.split("\n{3,}", blank) if piece.strip()]
    if not pieces:
        raise InputError("{file} is empty. Save it again with something in it.", file=path)
    whole = [part for piece in pieces for part in _single(piece)]
    records = tuple(_positioned(path, whole, _of_piece, RECORD))
    notes: list[Problem] = []
    if plain != clean:
        notes.append(Problem("The cuts are the letters \\n, not line ends, so other trainers see a single record."))
    if blank.count(HARD_CUT) != plain.count(HARD_CUT):
        notes.append(Problem("There are spaces in the cuts, so other trainers do not see them."))
    if len(whole) > len(pieces):
        values = {"records": len(whole), "cuts": len(pieces) - 1}
        notes.append(Problem("{records} records have only {cuts} hard cuts between them.", values))
    if re.search("\n{4,}(?=[^\n])", plain):
        notes.append(Problem("Some cuts have more than three line ends; other trainers give the rest to a record."))
    if notes:
        remedy = Problem("cefr-sentences convert-data {file} --to txt --out NEW.txt cuts it cleanly.", {"file": path})
        notes.append(remedy)
    return TrainingFile(records, tuple(notes), clean)


def _single(piece: str) -> list[str]:
    """`piece` in as many parts as it has instructions: two are never one record."""
    heads = [match.start() for match in _HEAD.finditer(piece)]
    if not heads:
        turns = list(_TURN.finditer(piece))
        asked = [t.start() for t in turns if t[1].lower() in _USER]
        listed = len(_LIST_PROMPT.findall(piece)) >= 2 * len(asked)
        heads = asked if len(asked) > 1 and listed else []
    starts = [0, *heads[1:]] if heads else [0]
    parts = [piece[start:end].strip("\n") for start, end in zip(starts, [*starts[1:], len(piece)], strict=True)]
    return [part for part in parts if part.strip()]


def _of_piece(piece: str) -> Record | Example:
    """The record or example of one piece of text. Raises InputError where its answer cannot be told from its prompt."""
    if piece.startswith(INSTRUCTION_HEAD) and RESPONSE_HEAD in piece and _LIST_PROMPT.search(piece):
        return parse_text_record(piece.rstrip())
    turns = list(_TURN.finditer(piece))
    if turns and _RESPONSE not in piece and not piece[: turns[0].start()].strip():
        return _of_log(piece, turns)
    if _LIST_PROMPT.search(piece) or _HEAD.search(piece):
        if _RESPONSE not in piece:
            raise InputError(
                "a prompt without '### Response:', so nothing says where the answer begins: {text!r:.60}. Write "
                "'### Response:' on a line before each answer.",
                text=piece,
            )
        if _LIST_PROMPT.search(piece):
            return parse_text_record(piece.rstrip())  # which says what is wrong with it
    return parse_example(piece)


def _of_log(piece: str, turns: Sequence[re.Match[str]]) -> Record | Example:
    """A question and its answer in a chat log: `User: ...`, `Assistant: ...`."""
    ends = [turn.start() for turn in turns[1:]] + [len(piece)]
    said = [(turn[1].lower(), piece[turn.end() : end].strip()) for turn, end in zip(turns, ends, strict=True)]
    asked, answer = _turns([{"role": role, "content": text} for role, text in said])
    if _LIST_PROMPT.search(asked):
        return parse_record(asked, answer)
    return Example(wrap(asked), answer)
