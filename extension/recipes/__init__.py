"""Recipes: every setting of a run by level, and why it is so. `fast` is tuned by us, `classic` is what people use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ..training.settings import TrainSettings

KINDS = ("fast", "classic")


@dataclass(frozen=True)
class Recipe:
    """`settings` of a run at a level, and for each of its names a sentence that says why, by language."""

    name: str
    settings: TrainSettings
    reasons: dict[str, dict[str, str]]

    def why(self, name: str, language: str = "en") -> str:
        return self.reasons.get(name, {}).get(language, "")


def recipe(level: str, kind: str = "fast") -> Recipe:
    """The recipe of `level`: one of ours (`fast`, `classic`), or the one in the file `kind`.

    A file holds names of settings with their values, or with `value` and `why` as ours do; what it leaves
    out is as in `fast`.

    Raises:
        InputError: no level that can be trained, no such recipe, or a value that no run can have.
    """
    level = parse_level(level, TRAINABLE)
    if kind in KINDS:
        folder = resources.files(__name__) / ("fast" if kind == "fast" else "")
        return _read(f"{kind}/{level}", (folder / f"{level.lower()}.yaml").read_text(encoding="utf-8"), level, {})
    try:
        text = Path(kind).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"--recipe {kind}: neither {' nor '.join(KINDS)}, nor a file to read ({error}).") from None
    base = recipe(level).settings
    return _read(kind, text, level, {f.name: getattr(base, f.name) for f in fields(base)})


def _read(name: str, text: str, level: str, base: dict[str, Any]) -> Recipe:
    import yaml

    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"The recipe {name} is not YAML: {str(error).splitlines()[0]}.") from None
    if not isinstance(entries, dict):
        raise InputError(f"The recipe {name} holds no settings. Write one a line, like: epochs: 2")
    known = {f.name: str(f.type) for f in fields(TrainSettings)}
    values, reasons = dict(base), {}
    for key, entry in entries.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        if key == "level" and str(value).upper() != level:
            raise InputError(f"The recipe {name} is for {value}, not for {level}.")
        if key not in known:
            raise InputError(f"The recipe {name} has {key!r}, which is no setting. Settings: {', '.join(known)}.")
        values[key] = _typed(name, key, value, known[key])
        if isinstance(entry, dict):
            reasons[key] = {"en": str(entry.get("why", "")), "tr": str(entry.get("neden", entry.get("why", "")))}
    return Recipe(name, TrainSettings(**{**values, "level": level}), reasons)


def _typed(name: str, key: str, value: Any, kind: str) -> Any:
    if key == "projections":
        return tuple(value) if isinstance(value, list) else tuple(p.strip() for p in str(value).split(","))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "int" and number and value == int(value):
        return int(value)
    if kind == "float":
        try:
            return float(value)  # YAML reads 5e-4 as text
        except (TypeError, ValueError):
            pass
    if kind == "str":
        # YAML 1.1 reads on and off as true and false.
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
    raise InputError(f"The recipe {name}: {key} is {value!r}, which is no number for it.")
