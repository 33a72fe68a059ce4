"""What the engines say, with each setting by the label of its field in the pane that shows it."""

from __future__ import annotations

from collections.abc import Sequence

from ...exporter.common.errors import Option, Problem
from ..training.fields import Texts
from ..training.fields import say as own_text
from ..training.settings import SETTINGS
from .languages import has, say, text

# Options of the command line -> the fields of the same meaning.
_FIELDS = {"force": "replace", "eval_share": "share", "out": "name"}
_PANES = ("data", "train", "evaluate", "write", "apply")


def say_all(problems: Sequence[Problem], language: str, pane: str) -> str:
    """Why something cannot be done, in the words of `pane`; several problems as a list."""
    lines = [line for problem in problems for line in say_in(pane, problem, language).split("\n")]
    if len(lines) < 2:
        return "".join(lines)
    return "\n".join([text("problems", language), *(f"• {line}" for line in lines)])


def say_in(pane: str, problem: Problem | str, language: str) -> str:
    """`problem` in the words of `pane`."""
    return say(problem, language, lambda option: label(option, language, pane))


def label(option: Option, language: str, pane: str) -> str:
    """The label of the field for `option` in `pane`, or in the first pane that has one; else the option itself."""
    name = _FIELDS.get(option.name, option.name)
    if name in SETTINGS and (pane == "train" or not has(f"{pane}.{name}")):
        return text("label", language, label=setting_text(SETTINGS[name].label, language))
    for place in (pane, *_PANES):
        if has(f"{place}.{name}"):
            return text("label", language, label=text(f"{place}.{name}", language))
    return str(option)


def setting_text(texts: Texts, language: str) -> str:
    """What a setting says of itself, or what the language's file has for its English."""
    own = own_text(texts, language)
    return say(own, language) if own == texts[0] else own
