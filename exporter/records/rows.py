"""The rows of JSON training files, our own and those of other trainers, and the record that is in each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.errors import InputError, Problem
from ..common.json_lines import json_lines
from .prompt import INSTRUCTION_HEAD, OPENING, RESPONSE_HEAD, Record, parse_record, parse_text_record

USER = ("user", "human", "prompter")
ASSISTANT = ("assistant", "gpt", "chatgpt", "model", "bot", "ai")
_CHATS = ("messages", "conversations", "conversation", "dialogue")
# Pairs of keys for what is asked and what is answered, and the keys that would change what is asked.
_ASKED = (("instruction", "output"), ("instruction", "response"), ("prompt", "completion"), ("prompt", "response"))
_BESIDE = ("input", "system", "history", "context")
# What ends an answer in the templates of models; training puts the model's own there.
_END_MARKS = ("</s>", "<|im_end|>", "<|endoftext|>", "<eos>", "<|eot_id|>", "<end_of_turn>")
_HEADS = "|".join(re.escape(head.strip()) for head in (INSTRUCTION_HEAD, RESPONSE_HEAD))
_SPACED_HEAD = re.compile(rf"^({_HEADS})[ \t]+$", re.MULTILINE)
_PREAMBLE = re.compile(rf"^Below is an instruction[^\n]*\n+(?={INSTRUCTION_HEAD}{OPENING})", re.MULTILINE)


@dataclass
class Left:
    """What was left out of the records of a file, so that it can be said once."""

    keys: dict[str, None] = field(default_factory=dict)
    ends: int = 0
    heads: int = 0

    def without_end(self, text: str) -> str:
        """`text` without the end marks and spaces at its end."""
        clean = text.rstrip()
        while mark := next((m for m in _END_MARKS if clean.endswith(m)), ""):
            clean = clean.removesuffix(mark).rstrip()
        self.ends += clean != text.rstrip()
        return clean

    def around_heads(self, text: str) -> str:
        """`text` without Alpaca's preamble before a list prompt, and without spaces after `### Response:`."""
        if not re.search(OPENING, text):
            return text
        text, spaced = _SPACED_HEAD.subn(r"\1", text)
        text, preambles = _PREAMBLE.subn("", text)
        self.heads += spaced + preambles
        return text

    @property
    def notes(self) -> list[Problem]:
        said: list[Problem] = []
        if self.keys:
            said.append(
                Problem("Keys that training does not use were left out: {keys}.", {"keys": ", ".join(self.keys)})
            )
        if self.ends:
            said.append(
                Problem(
                    "{n} records end in an end mark such as </s>, which training adds itself: it was taken off.",
                    {"n": f"{self.ends:,}"},
                )
            )
        if self.heads:
            said.append(
                Problem(
                    "In {n} places Alpaca's preamble, or spaces after a ### heading, were taken off.",
                    {"n": f"{self.heads:,}"},
                )
            )
        return said


def rows_of(path: Path, text: str) -> list[Any]:
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
        return [row for _, row in json_lines(path, text.split("\n"))]
    if isinstance(rows, dict):
        rows = _columns(rows) or rows.get("rows") or rows  # `rows`: a download of the hub's viewer
    if isinstance(rows, dict):
        inside = [value for value in rows.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        chat = any(key in rows for key in _CHATS)
        rows = inside[0] if len(inside) == 1 and not chat else [rows]
    if not isinstance(rows, list) or not rows:
        raise InputError(
            "{file} is not a JSON array with an object for each record. Write the records like that.", file=path
        )
    if all(isinstance(row, dict) and "row_idx" in row and "row" in row for row in rows):
        return [row["row"] for row in rows]
    return rows


def _columns(table: dict[str, Any]) -> list[Any]:
    """The rows of an object that has a list for each key; none where `table` is another object."""
    lists = [value for value in table.values() if isinstance(value, list)]
    wanted = any(set(keys) <= set(table) for keys in (*_ASKED, ("text",)))
    if not wanted or len(lists) < len(table) or len({len(value) for value in lists}) != 1:
        return []
    return [dict(zip(table, row, strict=True)) for row in zip(*lists, strict=True)]


def of_row(row: Any, left: Left) -> Record:
    """The record of one row; what it does not need is added to `left`. Raises InputError."""
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
    left.keys.update(dict.fromkeys(str(key) for key in filled - used))
    said = [keys[key] for key in asked or ()]
    if chat or (said and all(isinstance(turns, list) for turns in said)):  # trl's: messages under both keys
        question, answer = turns_of(keys[chat] if chat else [*said[0], *said[1]])
    elif said:
        question, answer = (_string(text).strip() for text in said)
    else:
        return parse_text_record(left.around_heads(left.without_end(unix(_string(keys["text"])).strip())))
    return parse_record(question, left.without_end(answer))


def turns_of(messages: Any) -> tuple[str, str]:
    """What the user asks and the assistant answers. Raises InputError unless there is one turn of each."""
    turns = [turn for turn in messages if isinstance(turn, Mapping)] if isinstance(messages, list) else []
    said = [(str(turn.get("role", turn.get("from"))).lower(), _content(turn)) for turn in turns]
    if any(role in ASSISTANT and turn.get("weight") == 0 for turn, (role, _) in zip(turns, said, strict=True)):
        raise InputError("an answer has weight 0, which means that it is not to be trained on.")
    said = [(role, text) for role, text in said if not (role == "system" and text == "")]
    roles = ["user" if r in USER else "assistant" if r in ASSISTANT else r for r, _ in said]
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


def unix(text: str) -> str:
    """`text` with plain line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
