"""What a check has found, in words that can be translated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ...exporter.common.errors import Problem

Status = Literal["problem", "note", "ok"]
NOTHING = Problem("")
_NONE: Mapping[str, object] = {}


@dataclass(frozen=True)
class Finding:
    """What was found, what that means, and the next step, each an English template with its values.

    status: `problem`: something does not work, and `next` fixes it; `note`: worth knowing; `ok`.
    check: the name of the check, which `examine` fills in.
    """

    status: Status
    found: Problem
    means: Problem = NOTHING
    next: Problem = NOTHING
    check: str = ""

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"The status of a finding is one of {', '.join(get_args(Status))}, not {self.status!r}.")
        needed = (self.found, self.means, self.next) if self.status == "problem" else (self.found,)
        if not all(text.message for text in needed):
            raise ValueError(f"A {self.status} says too little: {self.found.message!r}.")

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        texts = {name: str(getattr(self, name)) for name in ("found", "means", "next")}
        return {"check": self.check, "status": self.status, **texts}


def problem(found: str, means: str, next: str, values: Mapping[str, object] = _NONE) -> Finding:
    return Finding("problem", Problem(found, values), Problem(means, values), Problem(next, values))


def note(found: str, means: str = "", next: str = "", values: Mapping[str, object] = _NONE) -> Finding:
    return Finding("note", Problem(found, values), Problem(means, values), Problem(next, values))


def ok(found: str, values: Mapping[str, object] = _NONE) -> Finding:
    return Finding("ok", Problem(found, values))


def listed(names: Iterable[str], most: int = 6) -> str | Problem:
    """Names in a sentence; of many the first ones and how many more."""
    every = list(names)
    first, left = ", ".join(every[:most]), len(every) - most
    return Problem("{names} and {n} more", {"names": first, "n": f"{left:,}"}) if left > 0 else first
