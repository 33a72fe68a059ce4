"""Status, diff and apply for the extensions of a webui; `store.revert_script` undoes it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..exporter.common.ordinary import content
from ..exporter.common.webui import Webui
from .folders import Script, extension_scripts, one_script
from .rewrite import LeftAlone, decode, rewrite
from .scan import DriftPlace
from .store import NotApplied, digest, read_manifest, replace_script

State = Literal["clean", "drift", "patched", "edited", "unreadable"]


@dataclass(frozen=True)
class ScriptStatus:
    """What was found in one script, and what was or would be done.

    state: `drift`: something would be changed; `patched`: by us, and nothing is left to do; `edited`: patched
    once, and edited by somebody since; `unreadable`: see `problem`.
    """

    script: Script
    state: State
    places: tuple[DriftPlace, ...] = ()
    problem: str = ""
    before: bytes = b""
    after: bytes | None = None

    @property
    def changes(self) -> list[DriftPlace]:
        return [place for place in self.places if place.edits]

    def diff(self) -> str:
        """A unified diff, its line ends made plain."""
        if self.after is None:
            return ""
        name = self.script.path.as_posix()
        old, new = (decode(content)[0].replace("\r\n", "\n").splitlines() for content in (self.before, self.after))
        return "\n".join(difflib.unified_diff(old, new, f"{name} (as it is)", f"{name} (patched)", lineterm=""))


def find_scripts(webui: Webui, file: Path | None = None) -> list[Script]:
    """The scripts in question: all of a webui's extensions, or only `file`. Raises InputError as `one_script` does."""
    return [one_script(webui, file)] if file else extension_scripts(webui)


def status(scripts: Sequence[Script]) -> list[ScriptStatus]:
    """What was found in each script, and what `apply` would write. Writes nothing."""
    return list(map(_report, scripts))


def apply(report: ScriptStatus) -> None:
    """Write what `status` showed.

    Raises:
        NotApplied: see `store.replace_script`; the script is as it was.
    """
    if report.after is None:
        raise NotApplied("{script}: there is nothing to apply.", script=report.script.path)
    replace_script(report.script, report.before, report.after, list(report.places))


def _report(script: Script) -> ScriptStatus:
    try:
        before = content(script.path)
        after, places = rewrite(before, by_path=script.by_path)
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        return ScriptStatus(script, "unreadable", problem=f"not understood by this Python: {where}{error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        why = error or type(error).__name__
        return ScriptStatus(script, "unreadable", problem=f"not understood by this Python: {why}")
    except OSError as error:
        return ScriptStatus(script, "unreadable", problem=f"cannot be read: {error.strerror or error}")
    except LeftAlone as error:
        return ScriptStatus(script, "unreadable", problem=str(error))
    manifest = read_manifest(script)
    state: State = "clean"
    if any(place.edits for place in places):
        state = "drift"
    elif manifest is not None and manifest.after == digest(before):
        state = "patched"
    elif manifest is not None and manifest.before != digest(before):
        state = "edited"
    return ScriptStatus(script, state, tuple(places), before=before, after=after if after != before else None)
