"""The settings of a run as fields of the Train pane: filled by a recipe, read back as settings."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import replace as changed
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ..recipes import KINDS, Recipe, recipe
from ..training.settings import CHOICES, PROJECTIONS, TrainSettings
from .languages import text
from .numbers import whole
from .ui import Ui, Updates

# Fields of TrainSettings in their order on the page, and how each is shown.
_NUMBERS = ("rank", "alpha", "epochs", "learning_rate", "batch", "micro_batch", "cutoff", "warmup", "dropout")
_WHOLE = ("rank", "alpha", "batch", "micro_batch", "cutoff", "evaluations", "patience")
_MENUS = ("scheduler", "optimizer", "keep", "form", "loss_on", "checkpointing")
FIELDS = (*_NUMBERS, "word_weight", "evaluations", "patience", "projections", "save", *_MENUS)


def build_fields(ui: Ui, first: Recipe) -> dict[str, Any]:
    """One component for each setting, with the recipe's reason as its small print."""
    made: dict[str, Any] = {}
    with gr.Row():
        for key in FIELDS:
            options: dict[str, Any] = {
                "info": first.why(key),
                "value": shown(getattr(first.settings, key)),
                "min_width": 250,
            }
            if key in (*_NUMBERS, *_WHOLE, "word_weight"):
                made[key] = ui.make(gr.Number, f"train.{key}", **options)
            elif key == "save":
                made[key] = ui.choice(f"train.{key}", _copies, **options)
            elif key == "projections":
                made[key] = ui.make(gr.CheckboxGroup, f"train.{key}", choices=list(PROJECTIONS), **options)
            else:
                made[key] = ui.make(gr.Dropdown, f"train.{key}", choices=list(CHOICES[key]), **options)
    return made


def _copies(language: str) -> list[tuple[str, str]]:
    return [(text(f"train.save.{name}", language), name) for name in CHOICES["save"]]


def shown(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def filled(fields: dict[str, Any], found: Recipe, language: str) -> Updates:
    """The fields with the values of a recipe, and its reasons."""
    return {
        fields[key]: gr.update(value=shown(getattr(found.settings, key)), info=found.why(key, language))
        for key in FIELDS
    }


def kinds(language: str) -> list[tuple[str, str]]:
    return [(text(f"train.kind.{name}", language), name) for name in KINDS]


def kind_of(chosen: Any) -> str:
    return str(chosen) if chosen in KINDS else KINDS[0]


def settings_of(level: str, kind: str, given: dict[str, Any]) -> tuple[TrainSettings, dict[str, Any]]:
    """What the fields say, and for the card: the recipe, and what was changed in it."""
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key in _WHOLE:
            values[key] = whole(value, key)
        elif key in _NUMBERS or key == "word_weight":
            try:
                values[key] = float(value)
            except (TypeError, ValueError):
                raise InputError(f"{str(value)[:40]!r} is no number for {key}.") from None
        else:
            values[key] = tuple(value or ()) if key == "projections" else str(value)
    found = recipe(level, kind)
    settings = changed(found.settings, **values)
    differs = {key: value for key, value in values.items() if value != getattr(found.settings, key)}
    return settings, {"name": found.name, "says": asdict(found.settings), "changed": differs}
