"""`cefr-sentences install` and `cefr-sentences uninstall`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...exporter.common.webui import Webui


def add_commands(commands: Any) -> None:
    install = commands.add_parser(
        "install",
        help="put the tab into TextGen (formerly text-generation-webui)",
        description="Put the CEFR tab and its instruction template into TextGen. "
        "Run it with the Python that runs the webui; it looks before it writes, and 'uninstall' undoes it.",
    )
    _add_webui(install)
    install.add_argument(
        "--enable",
        action=argparse.BooleanOptionalAction,
        help="load it at every start, by --extensions in the webui's CMD_FLAGS.txt (on a terminal: asked)",
    )
    install.add_argument("--any-python", action="store_true", help="do not check that this Python is the webui's")
    install.set_defaults(run=run_install)

    uninstall = commands.add_parser(
        "uninstall",
        help="take the tab out of TextGen",
        description="Remove what 'install' wrote. Datasets, adapters, and files changed since are kept.",
    )
    _add_webui(uninstall)
    uninstall.set_defaults(run=run_uninstall)


def _add_webui(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--webui", metavar="DIR", type=Path, required=True, help="the webui, with server.py in it")
    parser.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if they were moved")


def run_install(args: argparse.Namespace) -> int:
    from .install import can_enable, check, install

    webui = _webui(args)
    enable = args.enable
    if enable is None and sys.stdin.isatty():
        check(webui, any_python=args.any_python)
        enable = can_enable(webui) and _ask(webui.cmd_flags)
    print(install(webui, enable=bool(enable), any_python=args.any_python))
    return 0


def run_uninstall(args: argparse.Namespace) -> int:
    from .install import uninstall

    print(uninstall(_webui(args)))
    return 0


def _webui(args: argparse.Namespace) -> Webui:
    from ...exporter.common.webui import find_webui

    data: Path | None = args.user_data_dir
    return find_webui(args.webui.absolute(), data.absolute() if data else None)


def _ask(flags: Path) -> bool:
    try:
        answer = input(f"Load the tab at every start of the webui, by a line in {flags}? [Y/n] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("", "y", "yes", "e", "evet")
