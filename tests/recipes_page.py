"""The tables of docs/recipes.md, made from settings.py and the recipes. `python -m tests.recipes_page` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.language.levels import TRAINABLE
from cefr_sentences.extension.recipes import KINDS, Recipe, recipe
from cefr_sentences.extension.training.fields import say
from cefr_sentences.extension.training.settings import SETTINGS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "recipes.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def named() -> list[str]:
    """The settings that recipes decide, in their order."""
    return [name for name in SETTINGS if any(name in recipe("B1", kind).reasons for kind in KINDS)]


def columns() -> Iterator[tuple[str, Recipe]]:
    """Kind and levels with the same values, as the head of a column, and their recipe."""
    for kind in KINDS:
        groups: list[list[Recipe]] = []
        for each in (recipe(level, kind) for level in TRAINABLE):
            if groups and values(groups[-1][0]) == values(each):
                groups[-1].append(each)
            else:
                groups.append([each])
        for group in groups:
            levels = [each.settings.level for each in group]
            yield f"{kind} " + (f"{levels[0]}-{levels[-1]}" if len(levels) > 2 else ", ".join(levels)), group[0]


def values(found: Recipe) -> dict[str, Any]:
    return {name: getattr(found.settings, name) for name in SETTINGS}


def recipes_table() -> str:
    """The value of each setting in each recipe."""
    heads, found = zip(*columns(), strict=True)
    rows = [[f"`{n}`", *(SETTINGS[n].text(getattr(each.settings, n)) for each in found)] for n in named()]
    return table(["setting", *heads], rows)


def settings_table() -> str:
    """What each setting does and which values it takes."""
    rows, recipes = [], named()
    for name, one in SETTINGS.items():
        taken = ", ".join(f"`{c}`" for c in one.choices) if one.choices else "yes, no"
        if one.range:
            taken = " to ".join(map(one.text, one.range))
        if name not in recipes:
            taken += f"; by default {one.text(one.default)}"
        rows.append([f"`{name}`", say(one.hint, "en"), taken])
    return table(["setting", "what it does", "values"], rows)


def reasons_table() -> str:
    """Why the value of each setting is what it is, and at which levels it is another."""
    return table(["setting", *KINDS], [[f"`{name}`", *(_reasons(name, kind) for kind in KINDS)] for name in named()])


def _reasons(name: str, kind: str) -> str:
    levels: dict[str, list[str]] = {}
    for level in TRAINABLE:
        levels.setdefault(recipe(level, kind).why(name), []).append(level)
    if len(levels) == 1:
        return next(iter(levels))
    return " ".join(f"{', '.join(where)}: {why}" for why, where in levels.items())


TABLES = {"recipes": recipes_table, "settings": settings_table, "reasons": reasons_table}


def page(text: str) -> str:
    """The page with its tables as they have to be."""
    for name, made in TABLES.items():
        begin, end = f"<!-- table of {name} -->", f"<!-- end of {name} -->"
        block = f"{begin}\n\n{made()}\n\n{end}"
        text, number = re.subn(f"{begin}.*?{end}", lambda match, block=block: block, text, flags=re.DOTALL)
        assert number == 1, f"{PAGE.name} has no table of {name}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
