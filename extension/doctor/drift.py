"""Installed extensions that call other people's APIs by names which these refuse, now or in a later version."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ...exporter.common.versions import installed, release
from ...exporter.common.webui import Webui
from ...patches.patcher import ScriptStatus, find_scripts, status
from ...patches.rules import Rule
from ..install.interpreter import own_command, wrong_python
from ..install.pins import read_pins, requirements_file
from .datasets import is_training_pro, lists_by_content
from .extension import enabled_extensions
from .finding import Finding, listed, note, ok, problem


def look(webui: Webui) -> Iterator[Finding]:
    reports = status(find_scripts(webui))
    for report in reports:
        if report.state == "edited":
            yield note(
                "{script} was patched once, and edited since.",
                "The patch can no longer be reverted automatically.",
                "{command}",
                {
                    "script": report.script.path,
                    "command": own_command(webui, "patch", "status", "--file", str(report.script.path)),
                },
            )
    drifted: dict[Path, list[ScriptStatus]] = {}
    for report in reports:
        if report.state == "drift":
            drifted.setdefault(report.script.extension, []).append(report)
    yield from _drifted(webui, drifted)
    if unreadable := [str(r.script.path) for r in reports if r.state == "unreadable"]:
        yield note(
            "This Python cannot parse {scripts}.",
            "These files were not checked.",
            "{command}",
            {"scripts": listed(unreadable), "command": own_command(webui, "patch", "status")},
        )
    if not drifted:
        yield ok("{n} files of extensions: no drift.", {"n": len(reports)})


def _drifted(webui: Webui, drifted: dict[Path, list[ScriptStatus]]) -> Iterator[Finding]:
    versions = {name: _version(webui, name) for name in ("transformers", "gradio")}
    enabled = enabled_extensions(webui)
    for extension, reports in drifted.items():
        rules = [f.rule for r in reports for f in r.changes if f.rule is not None]
        failing = [rule for rule in rules if _fails(webui, rule, versions)]
        # The webui brings many extensions that nobody here has switched on.
        wanted = not reports[0].script.bundled or extension.name in enabled or is_training_pro(extension)
        say, means = note, "None of it raises an error with {versions}; later versions refuse it."
        if failing and wanted:
            say, means = problem, "It fails, or does not do what was asked, with {versions}."
        elif failing:
            means = (
                "It fails, or does not do what was asked, with {versions}. It came with the webui and is not "
                "switched on."
            )
        yield say(
            "{name} ({folder}): places to fix: {n}: {changes}.",
            means,
            "See what would change: {command}; then the same with apply.",
            {
                "name": extension.name,
                "folder": extension,
                "n": sum(len(r.changes) for r in reports),
                "changes": listed(dict.fromkeys(rule.describe() for rule in failing or rules)),
                "versions": ", ".join(f"{n} {v}" for n, v in versions.items() if v) or webui.root.name,
                "command": own_command(webui, "patch", "diff"),
            },
        )


def _version(webui: Webui, package: str) -> str | None:
    """What is installed in the webui's Python, or else what the webui asks for."""
    if wrong_python(webui) is None and (have := installed(package)):
        return have
    path = requirements_file(webui)
    pin = read_pins(path.read_text("utf-8", "replace")).get(package) if path else None
    exact = [s.version.removesuffix(".*") for s in pin.specifier if s.operator == "=="] if pin else []
    return exact[0] if exact else None


def _fails(webui: Webui, rule: Rule, versions: dict[str, str | None]) -> bool:
    """Whether the old form fails here already; where a version is not known, whether it ever does."""
    if rule.package == "bitsandbytes":
        return wrong_python(webui) is not None or find_spec("bitsandbytes") is None
    if rule.package == "webui":
        return lists_by_content(webui)
    having = versions.get(rule.package)
    return rule.fails is not None and (having is None or release(having) >= release(rule.fails))
