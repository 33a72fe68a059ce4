"""A recipe by level: every setting of a run, and why it is so."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from ...exporter.levels import TRAINABLE, parse_level
from ..training.settings import TrainSettings


@dataclass(frozen=True)
class Recipe:
    """`settings` of a run at a level, and for each of its names a sentence that says why, by language."""

    settings: TrainSettings
    reasons: dict[str, dict[str, str]]

    def why(self, name: str, language: str = "en") -> str:
        return self.reasons[name][language]


def recipe(level: str) -> Recipe:
    """The recipe of `level`. Raises InputError when that is no level that can be trained."""
    import yaml

    level = parse_level(level, TRAINABLE)
    text = resources.files(__name__).joinpath(f"{level.lower()}.yaml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = yaml.safe_load(text)
    values = {name: entry["value"] for name, entry in entries.items()}
    values["projections"] = tuple(values["projections"])
    return Recipe(
        TrainSettings(level=level, **values), {n: {"en": e["why"], "tr": e["neden"]} for n, e in entries.items()}
    )
