"""`cefr-sentences patch`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .folders import Script
    from .patcher import ScriptStatus
    from .scan import DriftPlace


def add_commands(commands: Any) -> None:
    """Add this room's subcommand to argparse's subparsers."""
    patch = commands.add_parser(
        "patch",
        help="fix other extensions for the installed versions",
        description="Find what changed under the extensions of a webui (Training PRO above all): renamed, converted "
        "and removed arguments, components and imports. diff, the default, shows what apply would write; apply keeps "
        "a backup; revert restores the original bytes.",
        epilog="Exit codes: 0 clean, or applied; 1 status or diff would change something, or status found what no "
        "patch can fix; 2 wrong use; 3 nothing could be applied.",
    )
    patch.add_argument("action", nargs="?", choices=("status", "diff", "apply", "revert"), default="diff")
    patch.add_argument("--webui", metavar="DIR", type=Path, required=True, help="a TextGen (text-generation-webui)")
    patch.add_argument("--file", metavar="F", type=Path, help="only this file of an extension")
    patch.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if they were moved")
    patch.set_defaults(run=run_patch)


def run_patch(args: argparse.Namespace) -> int:
    from ..exporter.common.webui import find_webui
    from .patcher import find_scripts, status

    webui = find_webui(args.webui, args.user_data_dir, needs_data=False)
    scripts = find_scripts(webui, args.file)
    one = args.file is not None
    if args.action == "revert":
        return _revert(scripts, one)
    reports = status(scripts)
    if args.action == "apply":
        return _apply(reports, one, webui.root)
    return _show(reports, one, webui.root if args.action == "status" else None)


def _show(reports: list[ScriptStatus], one: bool, root: Path | None) -> int:
    """Print what was found; the diffs, or what the scripts would not find in the webui at `root`."""
    for report in reports:
        _print(report, always=one)
        if root is None and (text := report.diff()):
            print(text + "\n")
    changing = [r for r in reports if r.state == "drift"]
    broken = 0 if root is None else _show_missing(reports, root)
    print(_count(reports, changing, "would be changed", broken))
    return 1 if changing or broken else 0


def _show_missing(reports: list[ScriptStatus], root: Path) -> int:
    """What no patch puts right: names that cannot be imported here. How many files have any."""
    from subprocess import SubprocessError

    from .imports import missing
    from .rewrite import decode

    known = [r for r in reports if r.state != "unreadable"]
    try:
        found = missing([(r.script, decode(r.before if r.after is None else r.after)[0]) for r in known], root)
    except (OSError, SubprocessError) as error:
        print(f"The names that the files import were not tried: {error}", file=sys.stderr)
        return 0
    for report, places in zip(known, found, strict=True):
        if places:
            print(f"{report.script.path}: will fail here")
        for place in places:
            print(f"  line {place.line}: {place.left}")
    return sum(map(bool, found))


def _apply(reports: list[ScriptStatus], one: bool, root: Path) -> int:
    from .patcher import apply
    from .store import NotApplied, tidy

    done, failed = [], [r for r in reports if one and r.state == "unreadable"]
    for report in reports:
        tidy(report.script)
        _print(report, always=one)
        if report.after is None:
            continue
        try:
            apply(report)
            done.append(report)
        except NotApplied as error:
            failed.append(report)
            print(f"cefr-sentences: {error}", file=sys.stderr)
    # Trying the imports takes as long as starting the webui: not before the files could be written.
    print(_count(reports, done, "changed", 0 if failed else _show_missing(reports, root)))
    return _code(done, failed)


def _revert(scripts: list[Script], one: bool) -> int:
    from .store import NotApplied, read_manifest, revert_script, tidy

    for script in scripts:
        tidy(script)
    patched = [script for script in scripts if one or read_manifest(script) is not None]
    done, failed = [], []
    for script in patched:
        try:
            changed = revert_script(script)
            done += [script] if changed else []
            print(f"{script.path}: {'as it was before' if changed else 'it already has its original bytes'}")
        except NotApplied as error:
            failed.append(script)
            print(f"cefr-sentences: {error}", file=sys.stderr)
    if not patched:
        print("No script was patched by this command.")
    return _code(done, failed)


def _code(done: list[Any], failed: list[Any]) -> int:
    """The exit code: something failed beside what was done, or nothing was done."""
    return (1 if done else 3) if failed else 0


def _count(reports: list[ScriptStatus], changed: list[ScriptStatus], what: str, broken: int) -> str:
    odd = sum(r.state == "unreadable" for r in reports)
    said = f"{len(changed)} of {len(reports)} files {what}" + (f", {odd} not understood" if odd else "") + "."
    missing = f"\n{broken} of {len(reports)} files use what is not here: install it, or change them by hand."
    return said + (missing if broken else "")


def _print(report: ScriptStatus, *, always: bool) -> None:
    """What was found in one script, one line each."""
    words = {"clean": "nothing to do", "patched": "patched", "edited": "patched once, and edited since", "drift": ""}
    if report.state == "clean" and not report.places and not always:
        return
    print(f"{report.script.path}" + (f": {what}" if (what := report.problem or words.get(report.state, "")) else ""))
    for place in report.places:
        print(f"  line {place.line}: {_describe(place)}")


def _describe(place: DriftPlace) -> str:
    rule = place.rule
    if not place.edits:
        return f"{place.found}: left as it is: {place.left}"
    assert rule is not None
    since = f" (fails from {rule.package} {rule.fails})" if rule.fails else ""
    return f"{rule.describe()}{since}: {rule.why}. {rule.link}"
