"""Is this Python the webui's own? Where it is, and how to install into it."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ...exporter.common.errors import Option, Problem
from ...exporter.common.shell import PIP, command_line
from ...exporter.common.webui import Webui

TRAINING_MODULES = ("torch", "transformers", "peft")


def environment(webui: Webui) -> Path | None:
    """The Python that the webui's installer or portable build brought; None where the user made their own."""
    folders = (webui.root / "portable_env", webui.root / "installer_files" / "env")  # its start script's order
    return next((f for f in folders if f.is_dir()), None)


def wrong_python(webui: Webui) -> Problem | None:
    """Why this Python is not the one that the webui in `webui.root` runs in, or None when it can be."""
    own = environment(webui)
    if own is None:
        if find_spec("gradio") is not None:
            return None
        return Problem(
            "{python} has no gradio, so the webui in {webui} does not run in it. Activate the environment that it runs "
            "in, install cefr-sentences there and repeat this, or add {option}.",
            {"python": sys.executable, "webui": webui.root, "option": Option("any_python")},
        )
    if Path(sys.prefix).resolve() == own.resolve():
        return None
    values = {
        "here": sys.prefix,
        "own": own,
        "option": Option("any_python"),
        "pip": command_line([str(_python(own)), "-m", "pip", "install", install_source()]),
        "install": own_command(webui, "install"),
    }
    if os.name == "nt" and own.name == "env":
        return Problem(
            "This is the Python in {here}, and the webui runs in {own}. Run these in the window that its "
            "cmd_windows.bat opens ({option} writes the files all the same):\n  {pip}\n  {install}",
            values,
        )
    return Problem(
        "This is the Python in {here}, and the webui runs in {own}. Run these ({option} writes the files all the "
        "same):\n  {pip}\n  {install}",
        values,
    )


def own_command(webui: Webui, *words: str) -> str:
    """Our command `words` for `webui`, in the Python that the webui brought; in this one where it brought none."""
    own = environment(webui)
    python = str(_python(own)) if own else sys.executable
    again = [python, "-m", "cefr_sentences.extension", *words, "--webui", str(webui.root)]
    if webui.user_data != webui.root / "user_data":
        again += ["--user-data-dir", str(webui.user_data)]
    return command_line(again)


def _python(own: Path) -> Path:
    return own / ("python.exe" if os.name == "nt" else "bin/python")


def install_source() -> str:
    """What to tell pip to get this package: the folder or address it was installed from; from an index, its name."""
    # In the repository, what a build has left there comes before what is installed, and does not say where it is from.
    there = list(distributions(name="cefr-sentences"))
    record = next(filter(None, (one.read_text("direct_url.json") for one in there)), None)
    if record is None:
        folders = (Path(str(one.locate_file(""))).resolve() for one in there)
        return next((str(folder) for folder in folders if (folder / "pyproject.toml").is_file()), "cefr-sentences")
    origin = json.loads(record)
    url = origin["url"]
    if "vcs_info" in origin:
        return f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    return url2pathname(urlsplit(url).path) if url.startswith("file:") else url


def install_with(extra: str) -> str:
    """The command that installs this package again into this Python, with what `extra` brings."""
    return f"{PIP} {command_line([f'{install_source()}[{extra}]'])}"
