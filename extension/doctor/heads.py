"""What the beginning of a JSON file holds, as far as the webui looks into it."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass

PEEK = 1 << 20  # bytes; the webui looks no further either
CHAT = {"messages", "conversations"}
_TRAINING = CHAT | {"text", "instruction", "output"}
_KEY = re.compile(rf'"({"|".join(sorted(_TRAINING))})"\s*:')


@dataclass(frozen=True)
class Head:
    """The beginning of a JSON file. `keys` are those of its first row.

    odd: why it is not an array of objects, as `datasets` says it, or `broken` or `object`; '' where it is one.
    training: there are keys of training data in it, listed or not.
    filled: the keys with a text that is not blank, which is what Training PRO looks at.
    """

    keys: frozenset[str] = frozenset()
    odd: str = ""
    training: bool = False
    filled: frozenset[str] = frozenset()


def peek(text: str) -> Head:
    """What the first megabyte of a JSON file holds."""
    body = text.lstrip(" \t\n\r")
    training = bool(_KEY.search(text[:65536]))
    array = body.startswith("[")
    start = len(body) - len(body[1:].lstrip(" \t\n\r")) if array else 0
    if array and body[start : start + 1] == "]":
        return Head(odd="empty")
    try:
        row, end = json.JSONDecoder().raw_decode(body, start)
    except (ValueError, RecursionError):
        whole = len(text.encode("utf-8", "replace")) < PEEK - 4  # a letter may have been cut at the end
        return Head(odd="broken" if whole else "long" if array else "object", training=training)
    keys = frozenset(row) if isinstance(row, dict) else frozenset[str]()
    if array:
        filled = {key for key in keys if isinstance(row[key], str) and row[key].strip()}
        return Head(keys, "" if isinstance(row, dict) else "rows", bool(keys & _TRAINING), frozenset(filled))
    more = body[end:].lstrip(" \t\n\r")
    lines = isinstance(row, dict) and more.startswith("{")
    if more and not lines:
        return Head(odd="broken")
    return Head(keys, "lines" if lines or keys & _TRAINING else "object", training)


def decoded(head: bytes) -> str | None:
    """`head` as UTF-8, without what a cut has left of its last letter; None when it is anything else."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < PEEK)
    except UnicodeDecodeError:
        return None
