"""The tab in the webui: installed, enabled, unchanged, and of this version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from ...exporter.common.cmd_flags import extensions
from ...exporter.common.webui import Webui
from ...patches.runtime import loaded_extension
from ..install.cmd_flags import EXTENSION, FLAG
from ..install.install import planned_files
from ..install.interpreter import own_command, wrong_python
from ..install.pins import PACKAGE
from ..install.sealed import state
from .finding import Finding, listed, note, ok, problem


def look(webui: Webui) -> Iterator[Finding]:
    install = own_command(webui, "install", "--enable")
    yield from _clones(webui, install)
    states = {path: state(path) for path in planned_files(webui)}
    script = next(iter(states))
    if states[script] == "absent":
        yield problem(
            "The tab is not installed: there is no {script}.",
            "The webui has no CEFR tab; the command line works without it.",
            "{install}",
            {"script": script, "install": install},
        )
        return
    findings = [*_changed(webui, states, install), *_enabled(webui, install)]
    yield from findings
    if all(f.status == "ok" for f in findings):
        yield ok("The tab of cefr-sentences {version} is installed.", {"version": version(PACKAGE)})


def _changed(webui: Webui, states: dict[Path, str], install: str) -> Iterator[Finding]:
    planned = planned_files(webui)
    for path, now in states.items():
        if now == "other":
            yield problem(
                "{path} is a link, or was not written by cefr-sentences.",
                "The webui loads it instead of the tab." if path.name == "script.py" else "The original is not there.",
                "Move it away, then: {install}",
                {"path": path, "install": install},
            )
        elif now == "edited":
            yield note(
                "{path} was changed since install wrote it.",
                "It is kept as it is, also by an update, and may not fit this version of the package.",
                "If the change is not wanted, delete the file, then: {install}",
                {"path": path, "install": install},
            )
    old = []
    if wrong_python(webui) is None:  # another Python may have another version of the package
        unchanged = [p for p, now in states.items() if now == "ours"]
        old = [p.name for p in unchanged if _substance(p.read_text("utf-8")) != _substance(planned[p])]
    gone = [p.name for p, now in states.items() if now == "absent"]
    for found, names in (
        ("Written by another version of the package than cefr-sentences {version}: {names}.", old),
        ("Missing from the installation: {names}.", gone),
    ):
        if names:
            yield note(
                found,
                "The tab itself comes from the package; without these files it lacks what they add or fix.",
                "{install}",
                {"version": version(PACKAGE), "names": listed(names), "install": install},
            )


def _substance(text: str) -> list[str]:
    """The lines of an installed file except those that say where the package was installed from."""
    return [line for line in text.splitlines() if not line.startswith(("#", "SOURCE = "))]


def _clones(webui: Webui, install: str) -> Iterator[Finding]:
    """The repository cloned into an extensions folder, where the webui finds no script.py."""
    for folder in (webui.extensions, webui.root / "extensions"):
        for project in sorted(folder.glob("*/pyproject.toml")):
            if re.search(rf'^name = "{PACKAGE}"', project.read_text("utf-8", "replace"), re.MULTILINE):
                yield problem(
                    "{folder} is a copy of the repository.",
                    "The webui looks for a script.py in it and finds none, so it is not an extension.",
                    "Move it out of the extensions folder, install it from there with pip, and run: {install}",
                    {"folder": project.parent, "install": install},
                )


def _enabled(webui: Webui, install: str) -> Iterator[Finding]:
    flags, settings = webui.cmd_flags, webui.user_data / "settings.yaml"
    try:
        places = {flags: _flagged(webui), settings: _saved(webui)}
    except ValueError as error:
        yield problem(
            "{flags} cannot be read: {error}.",
            "The webui does not start with it, or ignores flags.",
            "Fix the quotation marks, and save it as UTF-8.",
            {"flags": flags, "error": error},
        )
        return
    if place := next((place for place, names in places.items() if EXTENSION in names), None):
        yield ok("It is loaded at every start, by {place}.", {"place": place})
        return
    finding = problem(
        "The tab is installed but not enabled: neither {flags} nor {settings} names {extension}.",
        "It appears only where the webui is started with it, or after it was ticked in Session.",
        "Add {flag} {extension} to {flags}, or run: {install}",
        {"flags": flags, "settings": settings, "flag": FLAG, "extension": EXTENSION, "install": install},
    )
    # Who asks in the tab has it before them.
    yield finding if loaded_extension(EXTENSION) is None else replace(finding, status="note")


def enabled_extensions(webui: Webui) -> set[str]:
    """The extensions that are loaded at every start, as far as that can be read."""
    try:
        return {*_saved(webui), *_flagged(webui)}
    except ValueError:
        return set(_saved(webui))


def _flagged(webui: Webui) -> list[str]:
    """The extensions that CMD_FLAGS.txt names. Raises ValueError when it cannot be read."""
    return extensions(webui.cmd_flags.read_bytes().decode("utf-8")) if webui.cmd_flags.is_file() else []


def _saved(webui: Webui) -> list[str]:
    """The extensions saved in Session, read without YAML, which this Python may lack."""
    try:
        text = (webui.user_data / "settings.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    block = re.search(r"^default_extensions:(.*(?:\n\s*[-#].*)*)", text, re.MULTILINE)
    return re.findall(r"[\w.-]*\w", re.sub(r"#.*", "", block[1])) if block else []
