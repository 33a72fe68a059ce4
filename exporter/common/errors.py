"""What can go wrong for a user, as one small tree.

Every message says what happened, with the value, and what to do next. The command line prints it on stderr and exits
with the error's code; the tab says it in the language of its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STDIN, STDIN_SAID = Path("-"), "standard input"  # how commands and messages call it


@dataclass(frozen=True)
class Option:
    """A setting that a message names. The command line calls it `--micro-batch`, the tab by the label of its field."""

    name: str

    def __str__(self) -> str:
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: an English sentence with places for `values`, and the values.

    The sentence is also the key under which the tab finds it in another language, so nothing may be put into it
    before: `Problem("{file} is empty.", {"file": path})`, never an f-string.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.values:
            return self.message
        return self.message.format(**{n: STDIN_SAID if v == STDIN else v for n, v in self.values.items()})

    def renamed(self, old: Path, new: Path) -> Problem:
        """With another name for the file `old`."""
        return Problem(self.message, {name: _renamed(value, old, new) for name, value in self.values.items()})


def _renamed(value: object, old: Path, new: Path) -> object:
    if isinstance(value, Problem):
        return value.renamed(old, new)
    return new if str(value) == str(old) else value


class CefrError(Exception):
    """Anything a user can cause and put right: `InputError("{file} is empty.", file=path)`, or several `Problem`s."""

    exit_code = 2

    def __init__(self, *problems: str | Problem, **values: object) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p, values) for p in problems)
        super().__init__("\n".join(map(str, self.problems)))

    def rename(self, old: Path, new: Path) -> None:
        """Say `new` where the message names the file `old`, a copy of it."""
        self.problems = tuple(problem.renamed(old, new) for problem in self.problems)
        self.args = ("\n".join(map(str, self.problems)),)


class InputError(CefrError):
    """A file, a row or an argument that cannot be used."""


def out_of_range(setting: str, value: object, low: object, high: object) -> InputError:
    """The error for a setting outside `low` to `high`, both of which are allowed."""
    return InputError(
        "{setting} {value} is out of range: {low} to {high}.", setting=Option(setting), value=value, low=low, high=high
    )


class TargetError(CefrError):
    """A place that cannot be written to."""


class ModelError(CefrError):
    """A model, adapter or tokenizer that cannot be had or cannot do what was asked."""


def first_line(error: BaseException) -> str:
    """What a library says of its error, as the end of a sentence."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300].rstrip(".").encode(errors="replace").decode()
