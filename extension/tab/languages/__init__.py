"""What the tab says, one YAML file for each language: adding a language is adding a file.

`texts` are the page's own, by key. `messages` are the sentences of the engines (errors, findings), by their English
template: the engines know one language and the values, the page knows the words of its screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from ....exporter.common.errors import CefrError, Option, Problem
from ...evaluation.voice import Voice

ENGLISH = "en"
# What is surely a number, as messages have it. `3.11` may be a version.
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|[\d,.]+ [GM]B")


@dataclass(frozen=True)
class Language:
    """One file: the language's own name, `texts` by key, and `messages` by English template."""

    name: str
    texts: Mapping[str, str]
    messages: Mapping[str, str]


@cache
def languages() -> dict[str, Language]:
    """Every language there is a file for, by its code."""
    return {path.stem: _read(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))}


def _read(path: Path) -> Language:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # every value is a string
    return Language(content["name"], content.get("texts") or {}, content.get("messages") or {})


def language_of(header: str | None) -> str:
    """The language for a browser's `accept-language`: the first one in it that we have, else English."""
    for entry in (header or "").lower().split(","):
        code = entry.split(";")[0].strip().split("-")[0]
        if code in languages():
            return code
    return ENGLISH


def has(key: str) -> bool:
    """Whether there is a text `key`."""
    return key in languages()[ENGLISH].texts


def text(key: str, language: str = ENGLISH, **values: Any) -> str:
    """The text `key` in `language`, or in English where its file lacks it, with `values` filled in."""
    template = languages()[language].texts.get(key) or languages()[ENGLISH].texts[key]
    counted = {
        name: number(f"{value:,}", language) if isinstance(value, int) else value for name, value in values.items()
    }
    return template.format(**counted)


def say(problem: Problem | str, language: str = ENGLISH, label: Callable[[Option], str] = str) -> str:
    """What an engine has to say, in `language`, or in English where its file lacks it.

    `label` is what the screen calls a setting. A value may be a problem itself, or an error.
    """
    if isinstance(problem, str):
        problem = Problem(problem)

    def value(given: object) -> object:
        if isinstance(given, Option):
            return label(given)
        if isinstance(given, ValueError) and given.args and isinstance(given.args[0], Problem):
            given = given.args[0]  # what is wrong in a file
        if isinstance(given, CefrError):
            return "\n".join(say(each, language, label) for each in given.problems)
        return say(given, language, label) if isinstance(given, Problem) else _local(given, language)

    template = _template(problem.message, language)
    return str(Problem(template, {name: value(given) for name, given in problem.values.items()}))


def number(written: str, language: str = ENGLISH) -> str:
    """A number that English writes so, such as `1,234.5` or `93.5 %`, as the language writes it."""
    marks = {",": text("number.thousands", language), ".": text("number.point", language)}
    n = written.removesuffix(" %").translate(str.maketrans(marks))
    return text("number.percent", language, n=n) if written.endswith(" %") else n


def _template(message: str, language: str) -> str:
    return languages()[language].messages.get(message, message)


def _local(value: object, language: str) -> object:
    return number(value, language) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def voice(language: str) -> Voice:
    """What says a report in `language`. It has written the numbers before."""

    def translate(problem: Problem) -> str:
        return str(Problem(_template(problem.message, language), problem.values))

    return Voice(language, translate, partial(number, language=language))
