"""JSON in the shapes people have: arrays of objects, words as keys, levels as keys, JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.encoding import check_json_size, open_text
from ..common.errors import InputError
from ..common.json_lines import json_lines
from .columns import NAMES, Reading, level_in, plain
from .header import Cells, with_header


def read_json(path: Path, encoding: str, reading: Reading) -> Iterator[Cells]:
    """The rows of a JSON file, or of JSON Lines, whatever its name says."""
    if path.suffix.lower() in (".jsonl", ".ndjson") and not _begins_with(path, encoding, "["):
        return _json_lines(path, encoding, reading)
    check_json_size(path)
    with open_text(path, encoding) as file:
        text = file.read()
    try:
        return _json(path, json.loads(text), reading)
    except RecursionError:
        raise InputError(
            "{file} is nested too deeply to be a table of words and sentences. Write it as a list of objects.",
            file=path,
        ) from None
    except ValueError as error:
        if not isinstance(error, json.JSONDecodeError):  # a number of thousands of digits
            raise InputError(
                "{file} cannot be read as JSON: {error}. Correct that place.", file=path, error=error
            ) from None
        # Two JSON values one after the other: JSON Lines under the wrong name.
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return _json_lines(path, encoding, reading)
        raise InputError(
            "{file} is not valid JSON: {error} at line {line}, column {column}. Correct that place.",
            file=path,
            error=error.msg,
            line=error.lineno,
            column=error.colno,
        ) from None


def _begins_with(path: Path, encoding: str, sign: str) -> bool:
    with open_text(path, encoding) as file:
        return file.read(4000).lstrip().startswith(sign)


def _json(path: Path, data: Any, reading: Reading) -> Iterator[Cells]:
    if isinstance(data, dict):
        if data and all(level_in(str(key)) for key in data):
            return _by_level(path, data, reading)
        if columns := _columns(data, reading):
            return ((number, tuple(data), row) for number, row in enumerate(zip(*columns, strict=True), 1))
        lists = [v for v in data.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        wrapped = [v for v in lists if any(plain(k) in NAMES["word"] for k in v[0])]
        if len(wrapped) == 1:
            return _at_level(path, data, wrapped[0], reading)
        if any(isinstance(v, str) and plain(k) in NAMES["word"] for k, v in data.items()) and any(
            plain(k) in NAMES["sentence"] for k in data
        ):
            return _objects(path, [(1, data)], reading)
        strings = [v for k, v in data.items() if _strings(v) and (len(data) == 1 or plain(k) in NAMES["word"])]
        plain_values = sum(not isinstance(value, (dict, list)) for value in data.values())
        if strings and plain_values == len(data) - 1 and "sentence" not in reading.needed:  # {"words": [...]}
            return _at_level(path, data, strings[0], reading)
        return _by_word(path, data, reading)
    if isinstance(data, list):
        if not data:
            raise InputError("{file} is an empty list. Write the words or pairs into it.", file=path)
        if all(isinstance(row, list) for row in data):
            return with_header(enumerate(data, 1), reading)
        return _objects(path, enumerate(data, 1), reading)
    raise InputError(
        "{file} holds a single {type}, not a list of words and sentences. Write it as a list of objects.",
        file=path,
        type=type(data).__name__,
    )


def _columns(data: Mapping[str, Any], reading: Reading) -> Sequence[Sequence[Any]]:
    """The columns of `{"word": [...], "sentence": [...]}`, also as pandas writes it; none where it is not such."""
    columns = [[*value.values()] if isinstance(value, dict) else value for value in data.values()]
    even = all(isinstance(column, list) for column in columns) and len({len(column) for column in columns}) == 1
    return columns if even and reading.columns.known([*data]) > 1 else []


def _strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _at_level(path: Path, data: Mapping[str, Any], rows: Sequence[Any], reading: Reading) -> Iterator[Cells]:
    """`rows`, at the level that is beside them: `{"level": "A1", "words": [...]}`."""
    said = (level_in(str(value)) for key, value in data.items() if plain(key) in NAMES["level"])
    level = next(filter(None, said), None)
    return _by_level(path, {level: rows}, reading) if level else _objects(path, enumerate(rows, 1), reading)


def _by_level(path: Path, data: Mapping[str, Any], reading: Reading) -> Iterator[Cells]:
    """`{"A1": [...], "A2": [...]}`, where each value may have any other shape of a table."""
    number = 0
    for key, part in data.items():
        if not part:
            continue
        for _, names, values in _json(path, part, reading):
            number += 1
            yield number, (*names, "level"), (*values, level_in(str(key)))


def _by_word(path: Path, data: Mapping[str, Any], reading: Reading) -> Iterator[Cells]:
    """`{word: [sentences]}`, `{word: sentence}` or `{word: {"sentences": [...], "level": ...}}`."""
    for number, (word, value) in enumerate(data.items(), 1):
        if isinstance(value, Mapping):
            yield from _objects(path, [(number, {"word": word, **value})], reading)
        elif "sentence" not in reading.needed and isinstance(value, str):  # {"apple": "elma"}, {"apple": "A1"}
            yield number, ("word", "level" if level_in(value) == value.upper() else "meaning"), (word, value)
        else:
            yield number, ("word", "sentence"), (word, value)


def _objects(path: Path, items: Iterable[tuple[int, Any]], reading: Reading) -> Iterator[Cells]:
    for number, item in items:
        if isinstance(item, str) and "sentence" not in reading.needed:
            yield number, ("word",), (item,)
            continue
        if not isinstance(item, Mapping):
            raise InputError(
                "{file}, row {row}: expected an object with a word and a sentence, found {item}. Correct that row.",
                file=path,
                row=number,
                item=json.dumps(item, ensure_ascii=False)[:60],
            )
        yield number, tuple(item), tuple(item.values())


def _json_lines(path: Path, encoding: str, reading: Reading) -> Iterator[Cells]:
    with open_text(path, encoding) as file:
        for number, item in json_lines(path, file):
            yield from _objects(path, [(number, item)], reading)
