"""One line of a diagnosis."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ...exporter.common.webui import Webui
from ..install.interpreter import command_line

STATUSES = ("problem", "note", "ok")
_TOKEN = re.compile(r"\bhf_\w{4,}")
_TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


@dataclass(frozen=True)
class Finding:
    """What a check found, what that means, and the next step.

    status: `problem`: something does not work, and `next` mends it; `note`: worth knowing; `ok`.
    """

    check: str
    status: str
    found: str
    means: str = ""
    next: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"The status of a finding is one of {', '.join(STATUSES)}, not {self.status!r}.")
        if not self.check or not self.found or (self.status == "problem" and not (self.means and self.next)):
            raise ValueError(f"A {self.status} of {self.check!r} says too little: {self.found!r}.")


Check = Callable[[], Iterable[Finding]]


def guarded(name: str, check: Check) -> list[Finding]:
    """What `check` finds. If it fails itself, that is its last finding."""
    found: list[Finding] = []
    try:
        for finding in check():
            found.append(_without_tokens(finding))
    except (Exception, SystemExit) as error:
        cause = getattr(error, "strerror", None) or str(error).strip() or "no reason given"
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        failed = Finding(
            name,
            "problem",
            f"This check could not be made: {type(error).__name__}: {cause.splitlines()[0][:300]}{where}",
            "What it looks at was seen in part or not at all; the other checks are not affected.",
            "See whether you may read what is named there, and repeat this.",
        )
        found.append(_without_tokens(failed))
    return found


def _without_tokens(finding: Finding) -> Finding:
    """No token of the hub is ever shown, whatever file or library brought it into a sentence."""
    secrets = [value for name in _TOKEN_VARIABLES if len(value := os.environ.get(name, "").strip()) > 3]

    def clean(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "***")
        return _TOKEN.sub("hf_***", text)

    texts = {name: clean(getattr(finding, name)) for name in ("found", "means", "next")}
    return replace(finding, **texts)


def command(webui: Webui, *words: str) -> str:
    """`cefr-sentences WORDS` for this webui, to be copied."""
    places = ["--webui", str(webui.root)]
    if webui.user_data != webui.root / "user_data":
        places += ["--user-data-dir", str(webui.user_data)]
    return command_line(["cefr-sentences", *words, *places])


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names in a sentence; of many the first ones and how many more."""
    every = list(names)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def size(n: float) -> str:
    """Bytes for people: GB, or MB below one."""
    return f"{n / 1e9:,.1f} GB" if n >= 1e9 else f"{n / 1e6:,.0f} MB"
