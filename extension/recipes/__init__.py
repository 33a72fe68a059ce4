"""Recipes: every setting of a run by level, and why it is so. `fast` is tuned by us, `classic` is what people use.

A folder is a kind of recipe. base.yaml holds the settings that are the same in all kinds, the base.yaml of a kind those
that the kind decides, and a level's file, such as a1.yaml, only what differs at that level.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from ...exporter.common.errors import CefrError, InputError, Problem, first_line
from ...exporter.common.ordinary import ordinary
from ...exporter.language.levels import TRAINABLE, parse_level
from ..training.fields import LANGUAGES, say
from ..training.settings import SETTINGS, TrainSettings
from ..training.source import RecipeSource

DEFAULT = "fast"
_FOLDER = resources.files(__name__)
_FOUND = sorted(folder.name for folder in _FOLDER.iterdir() if folder.joinpath("base.yaml").is_file())
# Every folder with a base, the default first.
KINDS = (DEFAULT, *(name for name in _FOUND if name != DEFAULT))
# Under which name a language's reason is in a file.
_REASONS = {code: {"en": "why", "tr": "neden"}.get(code, f"why_{code}") for code in LANGUAGES}


@dataclass(frozen=True)
class Recipe:
    """`settings` of a run at a level, and for each of its names a sentence that says why, by language."""

    name: str
    settings: TrainSettings
    reasons: dict[str, dict[str, str]]

    def why(self, name: str, language: str = "en") -> str:
        """Why the setting `name` is as it is; without a reason, what it does."""
        reasons = self.reasons.get(name, {})
        return reasons.get(language) or reasons.get("en") or say(SETTINGS[name].hint, language)

    def changed(self, values: Mapping[str, Any]) -> tuple[TrainSettings, RecipeSource]:
        """The settings with `values` instead of the recipe's, and where they come from."""
        changed = {name: value for name, value in values.items() if value != getattr(self.settings, name)}
        return replace(self.settings, **changed), RecipeSource(self.name, self.settings, changed)


def recipe(level: str, kind: str = DEFAULT) -> Recipe:
    """The recipe of `level`: one of KINDS, or the one in the file `kind`.

    A file holds names of settings with their values, or with `value` and `why` as ours do; what it leaves
    out is as in `fast`.

    Raises:
        InputError: no level that can be trained, no such recipe, or a value that no run can have.
    """
    level = parse_level(level, TRAINABLE)
    entries = _ours(level, kind if kind in KINDS else DEFAULT)
    if kind in KINDS:
        return _recipe(f"{kind}/{level}", level, entries)
    try:
        with ordinary(Path(kind)) as file:
            text = file.read_text(encoding="utf-8")
    except (OSError, ValueError, InputError) as error:
        raise InputError(
            "--recipe {recipe}: neither {kinds}, nor a file to read ({reason}).",
            recipe=kind,
            kinds=" nor ".join(KINDS),
            reason=error,
        ) from None
    own = dict(_entries(kind, text))
    meant = str(_value(own.pop("level", level))).upper()
    if meant != level:
        raise InputError("The recipe {recipe} is for {value}, not for {level}.", recipe=kind, value=meant, level=level)
    return _recipe(kind, level, {**{name: _value(entry) for name, entry in entries.items()}, **own})


def _ours(level: str, kind: str) -> dict[str, Any]:
    """The base of all kinds, with what differs in a kind, and in it at `level`."""
    entries: dict[str, Any] = {}
    for name in ("base.yaml", f"{kind}/base.yaml", f"{kind}/{level.lower()}.yaml"):
        if (file := _FOLDER / name).is_file():
            entries |= _entries(name, file.read_text(encoding="utf-8"))
    return entries


@functools.lru_cache(maxsize=16)  # reading YAML takes longer than all else that the doctor does
def _entries(name: str, text: str) -> dict[str, Any]:
    """What a recipe file says: names of settings with values, or with `value` and reasons."""
    import yaml

    try:
        entries = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # the last two: a number too long, brackets too deep
        reason = first_line(error)
        raise InputError("The recipe {recipe} is not YAML: {reason}.", recipe=name, reason=reason) from None
    if not isinstance(entries, dict):
        raise InputError("The recipe {recipe} holds no settings. Write one per line, like: epochs: 2", recipe=name)
    for key in entries:
        if key not in SETTINGS and key != "level":
            names = ", ".join(["level", *SETTINGS])
            message = "The recipe {recipe} has {name}, which is not a setting. Settings: {names}."
            raise InputError(message, recipe=name, name=repr(key), names=names)
    return entries


def _value(entry: Any) -> Any:
    return entry.get("value") if isinstance(entry, dict) else entry


def _recipe(name: str, level: str, entries: dict[str, Any]) -> Recipe:
    try:
        values = {key: SETTINGS[key].parse(_value(entry)) for key, entry in entries.items()}
        settings = TrainSettings(level, **values)
    except CefrError as error:
        raise InputError(Problem("The recipe {recipe} cannot be used.", {"recipe": name}), *error.problems) from None
    reasons = {
        key: {language: str(entry[word]) for language, word in _REASONS.items() if entry.get(word)}
        for key, entry in entries.items()
        if isinstance(entry, dict)
    }
    return Recipe(name, settings, reasons)
