"""What a setting says of itself: the one description from which command line, tab, recipe checks and docs are made.

A dataclass of settings declares its fields with `setting(...)`; `described` reads them back. After the model of trl's
SFTConfig and transformers' HfArgumentParser, with a label and a hint in the languages of the tab.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from ...exporter.common.errors import InputError, Option, Problem

Texts = tuple[str, str]
LANGUAGES: tuple[str, ...] = ("en", "tr")  # of Texts, in this order

# The message, by type, for a value that cannot be read as one.
_NOT = {
    "int": "{setting}: {value} is not a whole number.",
    "float": "{setting}: {value} is not a number.",
    "bool": "{setting}: {value} is neither true nor false.",
}


def setting(
    default: Any,
    help: str,
    *,
    label: Texts,
    hint: Texts,
    range: tuple[float, float] | None = None,
    choices: Iterable[str] | Mapping[str, Texts] = (),
    needs: Mapping[str, str] | None = None,
    group: str = "advanced",
) -> Any:
    """A dataclass field that is a setting. Its type is int, float, bool, str or tuple[str, ...].

    Args:
        help: a phrase for the command line.
        label: the name of the field on the page.
        hint: what the setting does and when to use it, in sentences.
        range: the smallest and the largest value.
        choices: names, with their texts where the tab shows other words.
        needs: the package that a choice needs, by choice.
        group: where the tab shows it: "basic", "advanced", or "" for the command line alone.
    """
    names = dict(choices) if isinstance(choices, Mapping) else {c: (c, c) for c in choices}
    said = {"help": help, "label": label, "hint": hint, "range": range, "group": group}
    return field(default=default, metadata={"setting": {**said, "choices": names, "needs": needs or {}}})


@dataclass(frozen=True)
class Setting:
    """One field of a dataclass of settings, as `setting` describes it. `kind` is the name of its type."""

    name: str
    kind: str
    default: Any
    help: str
    label: Texts
    hint: Texts
    range: tuple[float, float] | None
    choices: Mapping[str, Texts]
    needs: Mapping[str, str]
    group: str

    def parse(self, value: Any) -> Any:
        """A value from a recipe file or a form as this setting's type. Raises InputError when it is not one."""
        try:
            if self.kind == "tuple":
                parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
                return tuple(p for part in parts if (p := str(part).strip()))
            if self.kind == "str":
                # YAML 1.1 reads on and off as true and false.
                return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
            if self.kind == "bool" and isinstance(value, bool):
                return value
            if self.kind in ("int", "float") and not isinstance(value, bool):
                number = float(value)  # YAML reads 5e-4 as text
                if self.kind == "float":
                    return number
                if number == int(number):
                    return int(number)
        except (TypeError, ValueError, OverflowError):
            pass
        raise InputError(_NOT[self.kind], setting=Option(self.name), value=repr(value)[:40])

    def problems(self, value: Any) -> list[Problem]:
        """What is wrong with a value of the right type."""
        values: dict[str, object] = {"setting": Option(self.name), "value": self.text(value)}
        if self.range and not self.range[0] <= value <= self.range[1]:
            low, high = map(self.text, self.range)
            return [
                Problem("{setting} {value} is out of range: {low} to {high}.", {**values, "low": low, "high": high})
            ]
        chosen = value if self.kind == "tuple" else (value,)
        if self.choices and (not chosen or any(c not in self.choices for c in chosen)):
            values |= {"value": repr(",".join(chosen)), "choices": ", ".join(self.choices)}
            return [Problem("{setting} {value}: choose from {choices}.", values)]
        return []

    def text(self, value: Any) -> str:
        """A value as people read it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        return f"{value:g}" if isinstance(value, float) else str(value)


def say(texts: Texts, language: str) -> str:
    """The text in `language`; in English where there is none."""
    known: dict[str, str] = dict(zip(LANGUAGES, texts, strict=False))
    return known.get(language, texts[0])


@cache
def described(settings: type) -> Mapping[str, Setting]:
    """The settings of a dataclass by name, in their order; fields without a description are left out."""
    return {
        f.name: Setting(f.name, str(f.type).partition("[")[0], f.default, **f.metadata["setting"])
        for f in fields(settings)
        if "setting" in f.metadata
    }


def add_options(parser: argparse.ArgumentParser, settings: Mapping[str, Setting]) -> None:
    """One option of the command line for each setting. One that is not given is None, so that a recipe decides."""
    for one in settings.values():
        options: dict[str, Any] = {"help": one.help.replace("%", "%%"), "default": None}
        if one.range:
            options["help"] += f" ({' to '.join(map(one.text, one.range))})"
        if one.kind == "bool":
            options["action"] = argparse.BooleanOptionalAction
        elif one.kind == "tuple":
            options["help"] += f", from {','.join(one.choices)}"
            options["metavar"] = "NAME,..."
        else:
            options["type"] = {"int": int, "float": float, "str": str}[one.kind]
            options["choices"] = tuple(one.choices) or None
        parser.add_argument(str(Option(one.name)), **options)


def given(args: argparse.Namespace, settings: Mapping[str, Setting]) -> dict[str, Any]:
    """The settings that the command line names, as their types."""
    return {
        name: one.parse(value) for name, one in settings.items() if (value := getattr(args, name, None)) is not None
    }
