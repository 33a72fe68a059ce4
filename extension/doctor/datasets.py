"""The datasets folder: what no dropdown will list, and why.

Up to 3.x every `*.json` is listed. From 4.0 on the webui's Training tab lists a JSON file only when its first
object, within the first megabyte, has the keys of a conversation or of a text, and no `*.txt` at all.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from ...exporter.common.errors import InputError, Problem
from ...exporter.common.files import leftovers
from ...exporter.common.memory import gigabytes
from ...exporter.common.webui import Webui
from ...exporter.records.export import is_ours
from ...exporter.records.reading import has_list_prompt, read_records, read_training
from ..install.interpreter import own_command
from .finding import Finding, listed, note, ok, problem
from .heads import CHAT, PEEK, Head, decoded, peek

MAX_READ = 16 << 20  # bytes of a text that is read whole

_PLACEHOLDER = "put-trainer-datasets-here.txt"  # the webui's own
_AS_UTF8 = 'Save it as "UTF-8", not as "UTF-8 with BOM" or "Unicode".'
_REMOVE = "Create it again, or move it out of the folder."
# By what `peek` found odd: why the Training tab of a 4.x webui does not list the file, and the next step.
_UNLISTED = {
    "bom": ("{path} begins with a byte order mark (BOM).", _AS_UTF8),
    "lines": ("{path} holds one object per line (JSON Lines).", "Write the rows as one JSON array."),
    "rows": ("{path} is an array, but not of objects.", "Write each row as an object with instruction and output."),
    "empty": ("{path} is an empty array.", _REMOVE),
    "long": ("{path} has a first row of more than a megabyte.", "Put a shorter row first."),
}


def lists_by_content(webui: Webui) -> bool:
    """Whether this webui is of the 4.x line, whose Training tab looks into the files.

    `get_chat_datasets` came, and training on `.txt` and Training PRO went, with 4.0.
    """
    try:
        return b"def get_chat_datasets" in (webui.root / "modules" / "utils.py").read_bytes()
    except OSError:
        return False


def is_training_pro(extension: Path) -> bool:
    """Whether the folder of an extension holds Training PRO, under one of the names that are in use for it."""
    return extension.name.lower().replace("-", "_").startswith("training_pro")


def has_training_pro(webui: Webui) -> bool:
    """Whether an extension lists every `.txt` and `.json`, as Training PRO does."""
    folders = (webui.extensions, webui.root / "extensions")
    return any(is_training_pro(script.parent) for folder in folders for script in folder.glob("*/script.py"))


def look(webui: Webui) -> Iterator[Finding]:
    folder = webui.datasets
    if not folder.exists():
        yield note(
            "There is no datasets folder {folder}.",
            "The first export into this webui creates it.",
            values={"folder": folder},
        )
        return
    if not folder.is_dir():
        yield problem(
            "{folder} is a file, not a folder.",
            "No trainer finds a dataset, and no export can be written.",
            "Rename that file, then start the webui or export again.",
            {"folder": folder},
        )
        return
    by_content = lists_by_content(webui) and not has_training_pro(webui)
    good, texts = 0, []
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".") and not p.is_dir()):
        if path.name == _PLACEHOLDER:
            continue
        finding = _look_at(webui, path, by_content)
        if finding is not None:
            yield finding
        elif path.suffix == ".txt" and by_content and not is_ours(path):
            texts.append(path.name)
        else:
            good += path.suffix in (".txt", ".json")
    if texts:
        yield note(
            "In {folder}, no dropdown of trainers lists {files}.",
            "This webui is of the 4.x line, which has no training on raw text and no Training PRO.",
            "Exported records: cefr-sentences convert-data {first} --to chat (or text). Other texts: put them into a "
            "JSON array of objects with the key text, or install Training PRO as an extension and patch it.",
            {"folder": folder, "files": listed(texts), "first": folder / texts[0]},
        )
    if left := leftovers(folder):
        size = gigabytes(sum(path.stat().st_size for path in left))
        yield note(
            "{folder} holds {n} temporary files of exports that were killed ({size}).",
            "They are hidden, and only take up space.",
            "The next export into that folder removes them.",
            {"folder": folder, "n": len(left), "size": size},
        )
    yield ok("{folder}: {n} training files in order.", {"folder": folder, "n": f"{good:,}"})


def _look_at(webui: Webui, path: Path, by_content: bool) -> Finding | None:
    """What is wrong with one file, or None."""
    if path.exists() and not path.is_file():  # a pipe, which would be waited on
        return None
    try:
        with path.open("rb") as file:
            head = file.read(PEEK)
    except OSError as error:
        return problem(
            "{path} cannot be read: {cause}.",
            "It may be listed, but training on it fails.",
            "Remove it if it is a link that leads nowhere; otherwise change its permissions.",
            {"path": path, "cause": error.strerror or error},
        )
    ending = path.suffix.lower()
    if ending in (".json", ".txt") and path.suffix != ending:
        return note(
            "{path} ends in {suffix}.",
            "On Linux, no dropdown lists it: they look for *{ending}.",
            "Rename it to {name}",
            {"path": path, "suffix": path.suffix, "ending": ending, "name": f"{path.stem}{ending}"},
        )
    if ending == ".jsonl" and (rows := peek(decoded(head) or "")).training:
        return problem(
            "{path} holds training rows, one per line ({keys}).",
            "No dropdown lists *.jsonl.",
            "cefr-sentences convert-data {path} --to json writes them as a JSON array."
            if _is_convertible(path)
            else "Write the rows as one JSON array into a file that ends in .json.",
            {"path": path, "keys": listed(sorted(rows.keys)) or "JSON Lines"},
        )
    if ending not in (".txt", ".json") or path.name.endswith(".meta.json"):
        return None
    if not head.strip():
        return problem("{path} is empty.", "There is nothing to train on.", _REMOVE, {"path": path})
    text = decoded(head)
    if text is None or (ending == ".txt" and "\0" in text):
        utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return problem(
            "{path} is UTF-16." if utf16 else "{path} is not UTF-8 text.",
            "Trainers open it as UTF-8: they do not list it, or stop with an error.",
            _AS_UTF8,
            {"path": path},
        )
    if ending == ".json":
        return _json(webui, path, text, by_content) or _records(path)
    if head.startswith(codecs.BOM_UTF8):
        return note(_UNLISTED["bom"][0], "The mark becomes a part of the first record.", _AS_UTF8, {"path": path})
    return _records(path)


def _records(path: Path) -> Finding | None:
    """What the reader of training files says: `train`, `check` and `convert-data` take a file as it does.

    Of JSON only this project's own records are looked at: other people's are not for `train`, and may be for others.
    """
    if path.stat().st_size > MAX_READ:
        return None
    text = path.suffix == ".txt"
    try:
        read = read_training(path)
    except InputError as error:
        if not text and not has_list_prompt(path.read_text(encoding="utf-8-sig", errors="replace")):
            return None
        return problem(
            "{path} cannot be trained on record by record: {error}",
            "Trainers that only look for hard cuts learn it as it is." if text else "Other trainers learn it as it is.",
            "Correct that place, or move the file out of the folder.",
            {"path": path, "error": error.problems[0]},
        )
    if read.notes and text:
        return problem(
            "{path}: {note}",
            "Training PRO takes what is between two cuts for one record.",
            "cefr-sentences convert-data {path} --to txt --out NEW.txt writes clean cuts.",
            {"path": path, "note": read.notes[0]},
        )
    if read.notes:
        return note(
            "{path}: {note}",
            "cefr-sentences trains without them, and other trainers may not.",
            "cefr-sentences convert-data {path} --to json --out NEW.json leaves them out of the file.",
            {"path": path, "note": read.notes[0]},
        )
    return None


def _no_format(webui: Webui, path: Path, rows: Head) -> Finding | None:
    """Training PRO refuses rows whose keys are not those of a format file."""
    if not rows.training or is_ours(path) or rows.filled in _formats(webui):
        return None
    shown = rows.keys if rows.keys & CHAT else rows.filled
    return note(
        "{path} has rows with {keys}, and there is no format file for them.",
        "Training PRO stops at such a row.",
        "An export into this webui brings a format file for instruction and output: cefr-sentences convert-data {path} "
        "--to json --out NEW.json writes records so."
        if _is_convertible(path)
        else "Write them with the keys instruction and output, or add a format file to {folder}.",
        {"path": path, "keys": listed(sorted(shown)) or Problem("no text"), "folder": webui.formats},
    )


def _is_convertible(path: Path) -> bool:
    """Whether convert-data takes the file."""
    try:
        return path.stat().st_size <= MAX_READ and bool(read_records(path))
    except InputError:
        return False


def _formats(webui: Webui) -> set[frozenset[str]]:
    """The keys that the format files of this webui are for."""
    taken: set[frozenset[str]] = set()
    for file in webui.formats.glob("*.json"):
        try:
            options = json.loads(file.read_text(encoding="utf-8-sig")) if file.is_file() else {}
        except (OSError, ValueError, RecursionError):
            continue
        taken |= {frozenset(str(keys).split(",")) for keys in options} if isinstance(options, dict) else set()
    return taken


def _json(webui: Webui, path: Path, text: str, by_content: bool) -> Finding | None:
    rows = peek(text.removeprefix("\ufeff"))
    say = problem if rows.training else note
    if rows.odd == "broken":
        found = "{path} is not JSON: it cannot be read to the end of its first row."
        return problem(found, "Training on it fails.", _REMOVE, {"path": path})
    if rows.odd == "object":
        return say(
            "{path} holds one object where an array of rows is expected.",
            "It cannot serve as training data: a dropdown of the Training tab lists only arrays."
            if by_content
            else "It cannot serve as training data: it would be read as one row.",
            "Put the rows, and nothing around them, between [ and ].",
            {"path": path},
        )
    if not by_content:
        return _no_format(webui, path, rows) if not rows.odd else None
    if odd := "bom" if text.startswith("\ufeff") else rows.odd:
        found, step = _UNLISTED[odd]
        return say(found, "No dropdown of the Training tab lists it.", step, {"path": path})
    return _keys(webui, path, rows)


def _keys(webui: Webui, path: Path, rows: Head) -> Finding | None:
    """What a Training tab that looks at the keys of the rows makes of an array of objects."""
    chat = rows.keys & CHAT
    if "text" in rows.keys and chat:
        return note(
            "{path} has rows with both text and {keys}.",
            "It is listed twice, under chat and under text, and is trained on differently.",
            "Keep the key that you want to train on, and remove the other one.",
            {"path": path, "keys": listed(sorted(chat))},
        )
    if rows.training and not chat and "text" not in rows.keys and not is_ours(path):
        return note(
            "{path} has rows with {keys}.",
            "This webui is of the 4.x line, whose Training tab lists rows with messages, conversations or text only.",
            "Exported records: cefr-sentences convert-data {path} --to chat. Others: write each as "
            "messages of a user and an assistant, or see {command} about Training PRO.",
            {"path": path, "keys": listed(sorted(rows.keys)), "command": own_command(webui, "patch", "status")},
        )
    return None
