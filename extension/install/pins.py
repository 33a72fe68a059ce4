"""What this package requires, beside the versions that a webui fixes in its requirements file."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ...exporter.common.errors import Problem
from ...exporter.common.shell import command_line
from ...exporter.common.versions import installed
from ...exporter.common.webui import Webui

PACKAGE = "cefr-sentences"


def check_pins(webui: Webui) -> tuple[list[Problem], list[Problem]]:
    """Conflicts, for which nothing may be installed, and notes."""
    path = requirements_file(webui)
    if path is None:
        said = "This webui has no requirements file (portable builds have none), so no versions were compared."
        return [], [Problem(said)]
    return compare(required(PACKAGE), read_pins(path.read_text(encoding="utf-8")))


def requirements_file(webui: Webui) -> Path | None:
    """The list that the webui's Python was made from. Its variants fix the same versions but of wheels for a GPU."""
    kind = "portable" if (webui.root / "portable_env").is_dir() else "full"
    path = webui.root / "requirements" / kind / "requirements.txt"
    return path if path.is_file() else None


def read_pins(text: str) -> dict[str, Requirement]:
    """By normalized name, the requirements that hold on this system; the address of a wheel says `==` its version."""
    pins: dict[str, Requirement] = {}
    for line in text.splitlines():
        entry = re.sub(r"(^|\s)#.*", "", line).strip()
        address, _, marker = entry.partition(";")
        try:
            if "://" in address:
                name, version, *_ = parse_wheel_filename(address.strip().rpartition("/")[2].replace("%2B", "+"))
                entry = f"{name}=={version}" + (f" ; {marker}" if marker else "")
            pin = Requirement(entry)
        except (InvalidRequirement, InvalidWheelFilename):  # an option of pip, an empty line, a git address
            continue
        if pin.marker is None or pin.marker.evaluate():
            pins[canonicalize_name(pin.name)] = pin
    return pins


def required(package: str) -> list[tuple[str, Requirement]]:
    """(who, what) for everything that `package` without extras needs, directly or not, as installed here."""
    found: list[tuple[str, Requirement]] = []
    todo, seen = [(package, frozenset[str]())], set()
    while todo:
        name, extras = todo.pop()
        try:
            lines = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for need in map(Requirement, lines):
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras or ("",)):
                found.append((name, need))
                key = (need.name, frozenset(need.extras))
                if key not in seen:
                    seen.add(key)
                    todo.append(key)
    return found


def compare(needs: list[tuple[str, Requirement]], pins: dict[str, Requirement]) -> tuple[list[Problem], list[Problem]]:
    """Conflicts between what is needed and what is pinned, and notes on what is installed beside both."""
    conflicts, notes = [], []
    for who, need in needs:
        pin, version = pins.get(canonicalize_name(need.name)), installed(need.name)
        if version is None:
            values = {"package": who, "need": need, "command": _pip(str(need))}
            notes.append(Problem("{package} needs {need}, which is not installed: {command}", values))
        if pin is None:
            continue
        pinned = f"{pin.name}{pin.specifier}"
        if not _together(pin, need, version):
            said = (
                "{package} needs {need}, and the webui pins {pinned}. Install a version of {package} that accepts "
                "{pinned}, or update the webui."
            )
            conflicts.append(Problem(said, {"package": who, "need": need, "pinned": pinned}))
        elif version is not None and not pin.specifier.contains(version, prereleases=True):
            values = {"package": pin.name, "version": version, "pin": pin.specifier, "command": _pip(pinned)}
            notes.append(Problem("{package} {version} is installed, and the webui pins {pin}: {command}", values))
    return conflicts, list({str(note): note for note in notes}.values())


def _pip(requirement: str) -> str:
    return command_line([sys.executable, "-m", "pip", "install", requirement])


def _together(pin: Requirement, need: Requirement, installed: str | None) -> bool:
    """Whether some version suits both, judged by the installed one and by those that the two name."""
    both = pin.specifier & need.specifier
    candidates = [installed] if installed else []
    for part in both:
        version = part.version.removesuffix(".*")
        candidates += [version, f"{version}.9999"]
    return not len(pin.specifier) or any(both.contains(c, prereleases=True) for c in candidates)
