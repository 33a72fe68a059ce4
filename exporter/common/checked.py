"""JSON files of this program, read into dataclasses with every value checked: people edit them, and copies break."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .encoding import check_json_size
from .errors import InputError, Problem
from .ordinary import ordinary

Made = TypeVar("Made")

_PLAIN = {
    str: "{place} is not text",
    bool: "{place} is not true or false",
    int: "{place} is not a whole number",
    float: "{place} is not a number",
    types.NoneType: "{place} is not null",
}


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises InputError when there is none, or anything else."""
    try:
        with ordinary(path) as file:
            check_json_size(file)
            data = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError("{file} cannot be read: {cause}. Use another copy of it.", file=path, cause=cause) from None
    if not isinstance(data, dict):
        raise InputError("{file} holds no JSON object. Use another copy of it.", file=path)
    return data


def checked(kind: type[Made], data: Any, place: str = "") -> Made:
    """A dataclass of those of its fields that the JSON value `data` has; a later version may have written more.

    Raises ValueError, with the place, where a value is missing or of another type.
    """
    if not isinstance(data, Mapping):
        raise wrong("{place} is not an object", place or "it")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    for name, field in fields.items():
        if name not in data and field.default is field.default_factory is dataclasses.MISSING:
            raise wrong("{place} is missing", _inside(place, name))
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], data[name], _inside(place, name)) for name in fields if name in data})


def wrong(message: str, place: str, **values: object) -> ValueError:
    """What is wrong at a place of a file, to be said in any language (see `reason`)."""
    return ValueError(Problem(message, {"place": place, **values}))


def _value(kind: Any, value: Any, place: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return checked(kind, value, place)  # pyright: ignore[reportArgumentType]
    if origin in (Union, types.UnionType):
        if value is None and types.NoneType in inner:
            return None
        return _value(inner[0], value, place)  # no field here has more than one type besides None
    if origin is tuple:
        if not isinstance(value, list):
            raise wrong("{place} is not a list", place)
        if inner[-1] is not Ellipsis and len(value) != len(inner):
            raise wrong("{place} does not have {n} values", place, n=len(inner))
        return tuple(_value(inner[0], v, f"{place}[{i}]") for i, v in enumerate(value))
    if origin is not None:
        if not isinstance(value, dict):
            raise wrong("{place} is not an object", place)
        return {key: _value(inner[1], v, _inside(place, key)) for key, v in value.items()}
    return _plain(kind, value, place)


def _plain(kind: type, value: Any, place: str) -> Any:
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise wrong(_PLAIN[kind], place)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise wrong("{place} holds half a character", place) from None
    if isinstance(value, int | float) and (abs(value) > 2**63 or not math.isfinite(value)):
        raise wrong("{place} is not a number that can be used", place)
    return value


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
