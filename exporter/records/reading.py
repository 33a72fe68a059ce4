"""Training files, read: our own and those of other trainers, all by one reader, so that there is one opinion of a file.

Hard-cut text, JSON arrays and JSON Lines of instruction and output, of messages (also ShareGPT's conversations) and of
text, and chat logs. What can be read without a loss is read; everything else is refused with its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
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
from .rows import ASSISTANT, USER, Left, of_row, rows_of, turns_of, unix

_HEAD = re.compile(rf"^[ \t]*{re.escape(INSTRUCTION_HEAD.strip())}", re.MULTILINE)
_RESPONSE = RESPONSE_HEAD.strip()
_QA = ("question", "q", "answer", "a")
_ASKED, _ANSWERS = (*USER, "question", "q"), (*ASSISTANT, "answer", "a")
_TURN = re.compile(
    rf"^[ \t]*(?:###[ \t]*)?({'|'.join((*_ASKED, *_ANSWERS))})[ \t]*:[ \t]*", re.MULTILINE | re.IGNORECASE
)
_LITERAL_CUT = re.compile(r"(?:\\n){2,}(?=\s*(?:###|user:|human:))", re.IGNORECASE)
_BLANK = re.compile(r"^[ \t\u00a0]+$", re.MULTILINE)
_MARKS = re.compile(r"<\|im_start\|>|\[INST\]|<\|start_header_id\|>|<start_of_turn>")
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_YAML = re.compile(r"\s*(?:---\s*)?- *(?:instruction|input|prompt|messages|conversations|text) *:")
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
    """The records of a training file; of hard-cut text also examples that are not records, unchanged.

    Raises:
        InputError: no such file, nothing in it, or something that is not a record, with its position.
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
    """The records of a training file. Raises InputError when something in it is not a record of this project."""
    return records_only(path, read_training(path).records)


def records_only(path: Path, read: Sequence[Record | Example]) -> list[Record]:
    """`read`, if all are records of this project. Raises InputError with the number of the first that is not."""
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
            if number == 1 and len(pieces) > 1 and not any(_is_read(other, read) for other in pieces[1:]):
                position = "{file}: none of its {n} records can be read. The first: {error}"
            values = {"file": path, "row": number, "n": f"{len(pieces):,}", "error": error.problems[0]}
            raise InputError(Problem(position, values)) from None
        yield record


def _is_read(piece: Any, read: Callable[[Any], Record | Example]) -> bool:
    try:
        read(piece)
    except InputError:
        return False
    return True


# JSON


def _json(path: Path, text: str) -> TrainingFile:
    rows, left = rows_of(path, text), Left()
    read = tuple(_positioned(path, rows, lambda row: of_row(row, left), ROW))
    return TrainingFile(read, tuple(left.notes))


# Text


def _hard_cut(path: Path, text: str) -> TrainingFile:
    """The pieces between hard cuts, also where these are written a little differently."""
    clean, left = unix(text), Left()
    if kind := _no_data(clean):
        raise InputError("{file} is not training data, but {kind}.", file=path, kind=kind)
    plain = _LITERAL_CUT.sub(HARD_CUT, clean)
    blank = _BLANK.sub("", plain)
    pieces = [piece.strip("\n") for piece in re.split("\n{3,}", blank) if piece.strip()]
    if not pieces:
        raise InputError("{file} is empty. Save it again with something in it.", file=path)
    whole = [left.without_end(p) for piece in pieces for p in _single(left.around_heads(piece))]
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
    return TrainingFile(records, (*notes, *left.notes), clean)


def _no_data(text: str) -> Problem | None:
    """What a text is that has nothing to train on as it is; None where it may have."""
    if _PAGE.match(text):
        return Problem("a web page, perhaps an error of the site: download the file again")
    if _YAML.match(text):
        return Problem("YAML: write it as JSON")
    if _LIST_PROMPT.search(text) or _HEAD.search(text):
        return None
    if mark := _MARKS.search(text):
        said = "conversations with the marks of a model's own template ({mark}): write their messages as JSON"
        return Problem(said, {"mark": mark[0]})
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or _TURN.search(text):
        return None
    for separator in ",;\t|":
        heads, counts = lines[0].split(separator), {line.count(separator) >= 1 for line in lines}
        if len(heads) > 1 and counts == {True} and all(re.fullmatch(r"\s*\"?\w+(?: \w+)?\"?\s*", h) for h in heads):
            return Problem("a table ({columns}): make training files of it with export", {"columns": lines[0]})
    if all(len(line.split()) <= 3 and line[-1] not in '.!?…:"”' for line in lines):
        return Problem("a list of words: give it to write, or export pairs of words and sentences")
    return None


def _turns(piece: str) -> list[re.Match[str]]:
    """The turns of a chat log, or of questions and answers: what a speaker quotes of the other kind is no turn."""
    turns = list(_TURN.finditer(piece))
    return [turn for turn in turns if (turn[1].lower() in _QA) == (turns[0][1].lower() in _QA)]


def _single(piece: str) -> list[str]:
    """`piece` in as many parts as it has instructions: two are never one record."""
    heads = [match.start() for match in _HEAD.finditer(piece)]
    if not heads:
        turns = _turns(piece)
        asked = [t.start() for t in turns if t[1].lower() in _ASKED]
        listed = len(_LIST_PROMPT.findall(piece)) >= 2 * len(asked)
        heads = asked if len(asked) > 1 and listed else []
    starts = [0, *heads[1:]] if heads else [0]
    parts = [piece[start:end].strip("\n") for start, end in zip(starts, [*starts[1:], len(piece)], strict=True)]
    return [part for part in parts if part.strip()]


def _of_piece(piece: str) -> Record | Example:
    """The record or example of one piece of text. Raises InputError where its answer cannot be told from its prompt."""
    if piece.startswith(INSTRUCTION_HEAD) and RESPONSE_HEAD in piece and _LIST_PROMPT.search(piece):
        return parse_text_record(piece.rstrip())
    turns = _turns(piece)
    opened = turns and not piece[: turns[0].start()].strip() and turns[0][1].lower() not in ("answer", "a")
    if opened and _RESPONSE not in piece:
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
    roles = [USER[0] if turn[1].lower() in _ASKED else ASSISTANT[0] for turn in turns]
    said = [piece[turn.end() : end].strip() for turn, end in zip(turns, ends, strict=True)]
    asked, answer = turns_of([{"role": role, "content": text} for role, text in zip(roles, said, strict=True)])
    if _LIST_PROMPT.search(asked):
        return parse_record(asked, answer)
    return Example(wrap(asked), answer)
