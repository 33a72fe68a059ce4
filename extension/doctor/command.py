"""`cefr-sentences doctor`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .finding import Finding

_HEADINGS = {"problem": "PROBLEMS", "note": "WORTH KNOWING", "ok": "IN ORDER"}


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="what is wrong with a webui, its data, models and adapters",
        description="Examine TextGen (formerly text-generation-webui), and print what was found, what it means and the "
        "next step. "
        "Nothing is changed, and the network is used only with --online.",
        epilog="Exit codes: 0 no problem; 1 problems were found; 2 wrong use.",
    )
    parser.add_argument("--webui", metavar="DIR", type=Path, required=True, help="the webui, with server.py in it")
    parser.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if they were moved")
    parser.add_argument("--json", action="store_true", help="an array of findings, for programs")
    parser.add_argument("--online", action="store_true", help="ask the hub whether missing models can be downloaded")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from ...exporter.common.webui import find_webui
    from .examine import examine

    data: Path | None = args.user_data_dir
    webui = find_webui(args.webui.absolute(), data.absolute() if data else None)
    findings = examine(webui, online=args.online)
    if args.json:
        print(json.dumps([f.as_dict() for f in findings], ensure_ascii=False, indent=2))
    else:
        print(describe(findings))
    return 1 if any(f.status == "problem" for f in findings) else 0


def describe(findings: Sequence[Finding]) -> str:
    """The findings as text, problems first."""
    lines: list[str] = []
    for status, heading in _HEADINGS.items():
        group = [f for f in findings if f.status == status]
        if group:
            lines += [heading, ""] if not lines else ["", heading, ""]
        for finding in group:
            lines.append(f"  {finding.check + ':':<11} {finding.found}")
            lines += [f"{'':14}{finding.means}"] if finding.means.message else []
            lines += [f"{'':11}-> {finding.next}"] if finding.next.message else []
    counts = [sum(f.status == status for f in findings) for status in _HEADINGS]
    words = (f"{n} {what}{'s' * (n != 1)}" for n, what in zip(counts, ("problem", "note"), strict=False))
    lines += ["", f"{', '.join(words)}, {counts[2]} in order."]
    return "\n".join(lines)
