"""The settings of a run as fields of the Train pane: filled by a recipe, read back as settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ..recipes import KINDS, Recipe, recipe
from ..training.fields import Setting
from ..training.settings import SETTINGS, TrainSettings
from ..training.source import RecipeSource
from .languages import ENGLISH, text
from .setting_labels import setting_text
from .ui import Ui, Updates

# The settings that the page shows, in their order on it.
FIELDS = tuple(name for group in ("basic", "advanced") for name, one in SETTINGS.items() if one.group == group)


def build_fields(ui: Ui, first: Recipe) -> dict[str, Any]:
    """One component for each setting, with the recipe's reason as its small print; by name, in the order of FIELDS."""
    with gr.Row():
        made = {name: _component(SETTINGS[name], first) for name in FIELDS if SETTINGS[name].group == "basic"}
    with ui.make(gr.Accordion, "train.advanced", open=False), gr.Row():
        return made | {name: _component(SETTINGS[name], first) for name in FIELDS if name not in made}


def _component(one: Setting, first: Recipe) -> Any:
    """The component for this kind of setting. Its id on the page is made of the name."""
    options: dict[str, Any] = {
        **_words(one, first, ENGLISH),
        "value": shown(getattr(first.settings, one.name)),
        "elem_id": f"cefr-train-{one.name}",
        "min_width": 250,
    }
    if one.kind == "bool":
        return gr.Checkbox(**options)
    if one.kind == "tuple":
        return gr.CheckboxGroup(**options)
    return gr.Dropdown(**options) if one.choices else gr.Number(**options)


def _words(one: Setting, found: Recipe, language: str) -> dict[str, Any]:
    words: dict[str, Any] = {"label": setting_text(one.label, language), "info": found.why(one.name, language)}
    if one.choices:
        words["choices"] = [(setting_text(texts, language), name) for name, texts in one.choices.items()]
    return words


def shown(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def filled(fields: Mapping[str, Any], found: Recipe, language: str) -> Updates:
    """The fields with the values of a recipe, and its reasons."""
    return {
        fields[name]: gr.update(value=shown(getattr(found.settings, name)), info=found.why(name, language))
        for name in FIELDS
    }


def worded(fields: Mapping[str, Any], found: Recipe, language: str) -> Updates:
    """The fields with their labels, their menus and the recipe's reasons in `language`; the values stay."""
    return {fields[name]: gr.update(**_words(SETTINGS[name], found, language)) for name in FIELDS}


def kinds(language: str, seconds: Mapping[str, float] | None = None) -> list[tuple[str, str]]:
    """The kinds of recipes as choices, each with its time where that is known."""
    return [(_kind(name, language) + _time((seconds or {}).get(name), language), name) for name in KINDS]


def _time(seconds: float | None, language: str) -> str:
    return "" if seconds is None else f": {text('train.minutes', language, n=max(1, round(seconds / 60)))}"


def _kind(name: str, language: str) -> str:
    """What the page calls a kind of recipe; one that is new has the name of its folder."""
    try:
        return text(f"train.kind.{name}", language)
    except KeyError:
        return name


def kind_of(chosen: Any) -> str:
    return str(chosen) if chosen in KINDS else KINDS[0]


def settings_of(level: str, kind: str, given: Mapping[str, Any]) -> tuple[TrainSettings, RecipeSource]:
    """What the fields say, and for the adapter's metadata: the recipe, and what was changed in it."""
    return recipe(level, kind).changed({name: SETTINGS[name].parse(value) for name, value in given.items()})
