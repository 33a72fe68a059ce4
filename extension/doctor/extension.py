"""Our extension in the webui, and what drifted under the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ...exporter.common.cmd_flags import extensions
from ...exporter.common.versions import release
from ...exporter.common.webui import Webui
from ...patches.patcher import Report, find_scripts, status
from ...patches.rules import Rule
from ..install.cmd_flags import EXTENSION, FLAG
from ..install.install import planned_files
from ..install.interpreter import own_command, wrong_python
from ..install.pins import read_pins, requirements_file
from ..install.sealed import state
from .datasets import is_training_pro, lists_by_content
from .finding import Finding, command, listed
from .python import installed_version

_LIST_ITEM = re.compile(r"""^\s*-\s*["']?([\w.-]+)["']?\s*(?:#.*)?$""")


def look_at_ours(webui: Webui) -> Iterator[Finding]:
    install = own_command(webui, "install", "--enable")
    yield from _copies(webui)
    states = {path: state(path) for path in planned_files(webui)}
    script = next(iter(states))
    if states[script] == "absent":
        yield Finding(
            "extension",
            "problem",
            f"The tab is not installed: there is no {script}.",
            "The webui has no CEFR Sentences tab; the command line works without it.",
            install,
        )
        return
    problems = list(_changed(webui, states, install))
    yield from problems
    enabled = list(_enabled(webui))
    yield from enabled
    if not problems and not any(f.status == "problem" for f in enabled):
        yield Finding("extension", "ok", f"The tab of cefr-sentences {version('cefr-sentences')} is installed.")


def _changed(webui: Webui, states: dict[Path, str], install: str) -> Iterator[Finding]:
    planned = planned_files(webui)
    for path, found in states.items():
        if found == "other":
            yield Finding(
                "extension",
                "problem",
                f"{path} is not ours, or a link.",
                "The webui loads it in place of the tab." if path.name == "script.py" else "Ours is not there.",
                f"Move it away, then: {install}",
            )
        elif found == "edited":
            yield Finding(
                "extension",
                "note",
                f"{path} was changed since install wrote it.",
                "It is kept as it is, also by an update, and may not fit this version of the package.",
                f"If the change is not wanted, delete the file, then: {install}",
            )
    old = []
    if wrong_python(webui) is None:  # another Python may have another version of the package
        ours = [p for p, found in states.items() if found == "ours"]
        old = [p.name for p in ours if _substance(p.read_text("utf-8")) != _substance(planned[p])]
    gone = [p.name for p, found in states.items() if found == "absent"]
    if old or gone:
        what = [f"{listed(old)} written by another version of the package"] if old else []
        what += [f"{listed(gone)} missing"] if gone else []
        yield Finding(
            "extension",
            "note",
            f"The installation is not that of cefr-sentences {version('cefr-sentences')}: {'; '.join(what)}.",
            "The tab itself comes from the package; these files may lack what was mended since.",
            install,
        )


def _substance(text: str) -> list[str]:
    """The lines of an installed file but those that say where the package was installed from."""
    return [line for line in text.splitlines() if not line.startswith(("#", "SOURCE = "))]


def _copies(webui: Webui) -> Iterator[Finding]:
    """The repository cloned into an extensions folder, where the webui finds no script.py."""
    for folder in (webui.extensions, webui.root / "extensions"):
        for project in sorted(folder.glob("*/pyproject.toml")) if folder.is_dir() else []:
            if re.search(r'^name = "cefr-sentences"', project.read_text("utf-8", "replace"), re.MULTILINE):
                yield Finding(
                    "extension",
                    "problem",
                    f"{project.parent} is a copy of the repository.",
                    "The webui looks for a script.py in it and finds none, so it is no extension.",
                    "Move it out of the extensions folder, install it from there with pip, and run: "
                    + own_command(webui, "install", "--enable"),
                )


def _enabled(webui: Webui) -> Iterator[Finding]:
    flags, settings = webui.cmd_flags, webui.user_data / "settings.yaml"
    try:
        if EXTENSION in _flagged(webui):
            yield Finding("extension", "ok", f"It is loaded at every start, by {flags}.")
            return
    except ValueError as error:
        yield Finding(
            "extension",
            "problem",
            f"{flags} cannot be read: {error}.",
            "The webui does not start with it, or leaves out flags.",
            "Mend the quotation marks, and save it as UTF-8.",
        )
        return
    if EXTENSION in _default_extensions(settings):
        yield Finding("extension", "ok", f"It is loaded at every start, by {settings}.")
        return
    yield Finding(
        "extension",
        "problem",
        f"The tab is installed and not enabled: neither {flags} nor {settings} names {EXTENSION}.",
        "It shows only where the webui is started with it, or after it was ticked in Session.",
        f"Add {FLAG} {EXTENSION} to {flags}, or run: {own_command(webui, 'install', '--enable')}",
    )


def _flagged(webui: Webui) -> list[str]:
    """The extensions that CMD_FLAGS.txt names. Raises ValueError when it cannot be read."""
    return extensions(webui.cmd_flags.read_bytes().decode("utf-8")) if webui.cmd_flags.is_file() else []


def _in_use(webui: Webui) -> set[str]:
    """The extensions that are loaded at every start, as far as that can be read."""
    used = set(_default_extensions(webui.user_data / "settings.yaml"))
    with suppress(ValueError):
        used |= set(_flagged(webui))
    return used


def _default_extensions(settings: Path) -> list[str]:
    """The list of that name in the webui's settings, read without YAML, which a portable Python may lack."""
    try:
        lines = settings.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found: list[str] = []
    inside = False
    for line in lines:
        if match := re.match(r"default_extensions:\s*(?:\[(.*)\])?", line):
            inside = True
            found += [name.strip(" \"'") for name in (match[1] or "").split(",")]
        elif inside and (match := _LIST_ITEM.match(line)):
            found.append(match[1])
        elif line[:1].strip() and not line.startswith(("#", "-")):
            inside = False
    return found


def look_at_drift(webui: Webui) -> Iterator[Finding]:
    """Installed extensions that call other people's APIs by names that these refuse, now or in a later version."""
    reports = status(find_scripts(webui))
    versions = {name: _version(webui, name) for name in ("transformers", "gradio")}
    missing = wrong_python(webui) is not None or find_spec("bitsandbytes") is None
    drifted: dict[Path, list[Report]] = {}
    for report in reports:
        if report.state == "drift":
            drifted.setdefault(report.script.extension, []).append(report)
        elif report.state == "edited":
            yield Finding(
                "patches",
                "note",
                f"{report.script.path} was patched once, and edited since.",
                "The patch can no longer be taken back by itself.",
                command(webui, "patch", "status", "--file", str(report.script.path)),
            )
    used = _in_use(webui)
    for extension, files in drifted.items():
        rules = [f.rule for r in files for f in r.changes if f.rule is not None]
        now = [rule for rule in rules if _fails(rule, versions, lists_by_content(webui), missing)]
        changes = dict.fromkeys(rule.describe() for rule in now or rules)
        places = sum(len(r.changes) for r in files)
        having = ", ".join(f"{n} {v}" for n, v in versions.items() if v) or "this webui"
        # The webui brings many extensions that nobody here has switched on.
        wanted = not files[0].script.bundled or extension.name in used or is_training_pro(extension)
        means = f"None of it raises an error with {having}; later versions refuse it."
        if now:
            means = f"It fails, or does something else than asked, with {having}."
            means += "" if wanted else " It came with the webui and is not switched on."
        yield Finding(
            "patches",
            "problem" if now and wanted else "note",
            f"{extension.name} ({extension}): {places} {'place needs' if places == 1 else 'places need'} mending: "
            f"{listed(changes)}.",
            means,
            f"See what would change: {command(webui, 'patch', 'diff')}; then the same with apply.",
        )
    odd = [r.script.path for r in reports if r.state == "unreadable"]
    if odd:
        yield Finding(
            "patches",
            "note",
            f"Not understood by this Python: {listed(str(p) for p in odd)}.",
            "Nothing can be said about these files.",
            command(webui, "patch", "status"),
        )
    if not drifted:
        yield Finding("patches", "ok", f"{len(reports)} files of extensions: nothing that drifted.")


def _version(webui: Webui, package: str) -> str | None:
    """What is installed in the webui's Python, or else what the webui asks for."""
    if wrong_python(webui) is None and (installed := installed_version(package)):
        return installed
    path = requirements_file(webui)
    try:
        pin = read_pins(path.read_text("utf-8", "replace")).get(package) if path else None
    except ImportError:  # packaging
        return None
    exact = [s.version.removesuffix(".*") for s in pin.specifier if s.operator == "=="] if pin else []
    return exact[0] if exact else None


def _fails(rule: Rule, versions: dict[str, str | None], v4: bool, no_bitsandbytes: bool) -> bool:
    """Whether the old form fails here already; where a version is not known, whether it ever does."""
    if rule.package == "bitsandbytes":
        return no_bitsandbytes
    if rule.package == "webui":
        return v4
    having = versions.get(rule.package)
    return rule.fails is not None and (having is None or release(having) >= release(rule.fails))
