"""The datasets folder: what no dropdown will list, and why.

Up to 3.x every `*.json` is listed. From 4.0 on the webui's Training tab lists a JSON file only when its first
object, within the first megabyte, has the keys of a conversation or of a text, and no `*.txt` at all.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...exporter.common.webui import Webui
from ...exporter.records.export import is_ours
from .finding import Finding, command, listed

PEEK = 1 << 20  # bytes; the webui looks no further either
CHAT = {"messages", "conversations"}
_TRAINING = CHAT | {"text", "instruction", "output"}
_KEY = re.compile(rf'"({"|".join(sorted(_TRAINING))})"\s*:')


@dataclass(frozen=True)
class Head:
    """The beginning of a JSON file. `keys` are those of its first row; `odd` is why it has none, or ''.

    training: there are keys of training data in it, listed or not.
    """

    keys: frozenset[str] = frozenset()
    odd: str = ""
    training: bool = False


def lists_by_content(webui: Webui) -> bool:
    """Whether this webui is of the 4.x line, whose Training tab looks into the files.

    `get_chat_datasets` came, and training on `.txt` and Training PRO went, with 4.0.
    """
    try:
        return b"def get_chat_datasets" in (webui.root / "modules" / "utils.py").read_bytes()
    except OSError:
        return False


def is_training_pro(extension: Path) -> bool:
    """Whether the folder of an extension holds Training PRO, in one of the names that it is found under."""
    return extension.name.lower().replace("-", "_").startswith("training_pro")


def has_training_pro(webui: Webui) -> bool:
    """Whether an extension lists every `.txt` and `.json`, as Training PRO does."""
    folders = [f for f in (webui.extensions, webui.root / "extensions") if f.is_dir()]
    return any(is_training_pro(script.parent) for folder in folders for script in folder.glob("*/script.py"))


def look(webui: Webui) -> Iterator[Finding]:
    folder = webui.datasets
    if not folder.exists():
        yield Finding(
            "datasets", "note", f"There is no datasets folder {folder}.", "The first export into this webui makes it."
        )
        return
    if not folder.is_dir():
        yield Finding(
            "datasets",
            "problem",
            f"{folder} is a file, not a folder.",
            "No trainer finds a dataset, and no export can be written.",
            "Rename that file, and start the webui or export again.",
        )
        return
    files = sorted(p for p in folder.iterdir() if not p.name.startswith(".") and not p.is_dir())
    by_content, pro = lists_by_content(webui), has_training_pro(webui)
    usual = 0
    texts: list[str] = []
    for path in files:
        finding = _look_at(webui, path, by_content and not pro)
        if finding is not None:
            yield finding
        elif path.suffix == ".txt" and by_content and not pro and not is_ours(path):
            texts += [path.name] if path.name != "put-trainer-datasets-here.txt" else []
        else:
            usual += path.suffix in (".txt", ".json")
    if texts:
        yield Finding(
            "datasets",
            "note",
            f"In {folder}, no dropdown of trainers lists {listed(texts)}.",
            "This webui is of the 4.x line, which has no training on raw text and no Training PRO.",
            f"Records of ours: cefr-sentences convert-data {folder / texts[0]} --to chat (or text). Other texts: put "
            'them into a JSON array of {"text": ...}, or install Training PRO as an extension and patch it.',
        )
    yield Finding("datasets", "ok", f"{folder}: {usual:,} training files in order.")


def _look_at(webui: Webui, path: Path, by_content: bool) -> Finding | None:
    """What is wrong with one file, or None."""
    if path.exists() and not path.is_file():  # a pipe, say, which would be waited on
        return None
    try:
        with path.open("rb") as file:
            head = file.read(PEEK)
    except OSError as error:
        return Finding(
            "datasets",
            "problem",
            f"{path} cannot be read: {error.strerror or error}.",
            "It is listed, perhaps, and training on it fails.",
            "Remove it if it is a link that leads nowhere; otherwise change its permissions.",
        )
    ending = path.suffix.lower()
    if ending in (".json", ".txt") and path.suffix != ending:
        return Finding(
            "datasets",
            "note",
            f"{path} ends in {path.suffix}.",
            f"On Linux no dropdown lists it: they look for *{ending}.",
            f"Rename it to {path.stem}{ending}",
        )
    if ending == ".txt":
        return _text(path, head)
    if ending == ".jsonl" and (rows := peek(_decoded(head) or "")).training:
        return Finding(
            "datasets",
            "problem",
            f"{path} holds training rows, one a line ({listed(sorted(rows.keys)) or 'JSON Lines'}).",
            "No dropdown lists *.jsonl.",
            "Write the rows as one JSON array into a file that ends in .json.",
        )
    if ending == ".json" and not path.name.endswith(".meta.json"):
        return _json(webui, path, head, by_content)
    return None


def _text(path: Path, head: bytes) -> Finding | None:
    if not head.strip():
        return None if path.name.startswith("put-") else _finding(path, "is empty", "There is nothing to train on.")
    if _decoded(head) is None or b"\0" in head:
        return _finding(path, "is not UTF-8 text", "Trainers open it as UTF-8 and stop with an error.", _AS_UTF8)
    if head.startswith(codecs.BOM_UTF8):
        return _finding(
            path,
            "begins with a byte order mark (BOM)",
            "The mark becomes a part of the first record.",
            _AS_UTF8,
            status="note",
        )
    return None


_AS_UTF8 = 'Save it as "UTF-8", not as "UTF-8 with BOM" or "Unicode".'
_REMOVE = "Make it anew, or move it out of the folder."


def _json(webui: Webui, path: Path, head: bytes, by_content: bool) -> Finding | None:
    text = _decoded(head)
    if not head.strip():
        return _finding(path, "is empty", "There is nothing to train on.")
    if text is None:
        what = "UTF-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "no UTF-8 text"
        unlisted = "No dropdown of the Training tab lists it" if by_content else "It is listed, and loading it fails"
        return _finding(path, f"is {what}", f"{unlisted}, because it is read as UTF-8.", _AS_UTF8)
    marked = text.startswith("\ufeff")
    rows = peek(text.removeprefix("\ufeff"))
    if rows.odd == "broken":
        return _finding(path, "is not JSON: it cannot be read to the end of its first row", "Training on it fails.")
    if rows.odd == "object":
        means = "a dropdown of the Training tab lists only arrays" if by_content else "it would be read as one row"
        return _finding(
            path,
            "holds one object where an array of rows is expected",
            f"As training data it is of no use: {means}.",
            "Put the rows, and nothing around them, between [ and ].",
            status="problem" if rows.training else "note",
        )
    if not by_content:
        return None
    if marked or rows.odd:
        what, step = _UNLISTED["bom" if marked else rows.odd]
        status = "problem" if rows.training else "note"
        return _finding(path, what, "No dropdown of the Training tab lists it.", step, status=status)
    if rows.keys >= {"text"} and rows.keys & CHAT:
        return _finding(
            path,
            f"has rows with both text and {listed(sorted(rows.keys & CHAT))}",
            "It is listed twice, under chat and under text, and is trained on differently.",
            "Keep the key that you want to train on, and remove the other one.",
            status="note",
        )
    if rows.training and not rows.keys & (CHAT | {"text"}) and not is_ours(path):
        return _finding(
            path,
            f"has rows with {listed(sorted(rows.keys))}",
            "This webui is of the 4.x line, whose Training tab lists rows with messages, conversations or text only.",
            f"Records of ours: cefr-sentences convert-data {path} --to chat. Others: write each as messages of a user "
            f"and an assistant, or see {command(webui, 'patch', 'status')} about Training PRO.",
            status="note",
        )
    return None


_UNLISTED = {
    "bom": ("begins with a byte order mark (BOM)", _AS_UTF8),
    "lines": ("holds one object a line (JSON Lines)", "Write the rows as one JSON array."),
    "rows": ("is an array, but not of objects", 'Write each row as an object: {"instruction": ..., "output": ...}.'),
    "empty": ("is an empty array", _REMOVE),
    "long": ("has a first row of more than a megabyte", "Put a shorter row first."),
}


def peek(text: str) -> Head:
    """What the first megabyte of a JSON file holds."""
    body = text.lstrip(" \t\n\r")
    training = bool(_KEY.search(text[:65536]))
    decoder = json.JSONDecoder()
    array = body.startswith("[")
    start = len(body) - len(body[1:].lstrip(" \t\n\r")) if array else 0
    if array and body[start : start + 1] == "]":
        return Head(odd="empty")
    try:
        row, end = decoder.raw_decode(body, start)
    except (ValueError, RecursionError):
        whole = len(text.encode("utf-8", "replace")) < PEEK - 4  # a letter may have been cut at the end
        return Head(odd="broken" if whole else "long" if array else "object", training=training)
    keys = frozenset(row) if isinstance(row, dict) else frozenset[str]()
    if not array:
        more = body[end:].lstrip(" \t\n\r")
        lines = isinstance(row, dict) and more.startswith("{")
        if more and not lines:
            return Head(odd="broken")
        single = bool(keys & _TRAINING) and not lines
        return Head(keys, "lines" if lines or single else "object", training)
    return Head(keys, "" if isinstance(row, dict) else "rows", bool(keys & _TRAINING))


def _decoded(head: bytes) -> str | None:
    """`head` as UTF-8, without what a cut has left of its last letter; None when it is anything else."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < PEEK)
    except UnicodeDecodeError:
        return None


def _finding(path: Path, what: str, means: str, step: str = _REMOVE, *, status: str = "problem") -> Finding:
    return Finding("datasets", status, f"{path} {what}.", means, step)
