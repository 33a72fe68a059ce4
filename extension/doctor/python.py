"""The Python that runs the webui: its version, and the GPU that torch sees."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...exporter.common.memory import gigabytes
from ...exporter.common.versions import installed
from ...exporter.common.webui import Webui
from ..install.interpreter import environment, own_command, wrong_python
from .finding import Finding, note, ok, problem


def look_at_python(webui: Webui) -> Iterator[Finding]:
    running, own = platform.python_version(), environment(webui)
    theirs = _installers_python(webui)
    if wrong_python(webui) is not None:
        yield note(
            "This is Python {version} in {place}, and the webui runs in {own}."
            if own
            else "This is Python {version} in {place}, and the webui runs in another one, with gradio.",
            "Package versions and the GPU are not checked, because the webui has others.",
            "Install cefr-sentences there, and run: {command}"
            if own
            else "Activate the environment that the webui runs in, install cefr-sentences there and repeat this.",
            {"version": running, "place": sys.prefix, "own": own, "command": own_command(webui, "doctor")},
        )
    elif theirs not in (None, running.rpartition(".")[0]):
        yield note(
            "This is Python {version}, and this webui's installer sets up {theirs}.",
            "Some of the webui's own requirements, such as its loaders, are built for that version only.",
            "If a loader is missing, start the webui with Python {theirs}.",
            {"version": running, "theirs": theirs},
        )
    else:
        yield ok("Python {version} in {place}, which can be the webui's.", {"version": running, "place": sys.prefix})


def _installers_python(webui: Webui) -> str | None:
    """The version that one_click.py asks for; None where it does not say."""
    try:
        text = (webui.root / "one_click.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"""^PYTHON_VERSION = ["'](3\.\d+)["']""", text, re.MULTILINE)
    return match[1] if match else None


def look_at_gpu(webui: Webui) -> Iterator[Finding]:
    if find_spec("torch") is None:
        return
    try:
        torch: Any = import_module("torch")
        device = _device(torch)
    except (Exception, SystemExit) as error:  # a broken build fails in many ways, a missing library among them
        yield problem(
            "torch {version} cannot be used: {error}: {cause}",
            "No model can be loaded or trained.",
            "Run the webui's update wizard, or reinstall torch in this Python.",
            {"version": installed("torch"), "error": type(error).__name__, "cause": str(error)[:200]},
        )
        return
    if device:
        yield ok("torch sees {device}.", {"device": device})
    elif card := _card():
        on_cpu = getattr(torch.version, "cuda", None) is None
        yield problem(
            "This machine has an NVIDIA card ({card}), and torch {version} is built for the CPU."
            if on_cpu
            else "This machine has an NVIDIA card ({card}), and torch {version} does not reach it.",
            "Training and Transformers loaders run on the CPU, many times slower.",
            "Update the driver, then run the webui's update wizard and choose NVIDIA.",
            {"card": card, "version": torch.__version__},
        )
    else:
        yield note(
            "torch {version} sees no GPU.",
            "Training runs on the CPU, which is enough for small models only.",
            "Use a small model, or train on a machine with a GPU and copy the adapter into the loras folder.",
            {"version": torch.__version__},
        )


def _device(torch: Any) -> str:
    """What torch computes on, with the memory that is free where it tells; empty for the CPU."""
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return f"{torch.cuda.get_device_name()}, {gigabytes(free)} of {gigabytes(total)} free"
    for kind in ("xpu", "mps"):
        part = getattr(torch, kind, None) or getattr(torch.backends, kind, None)
        if part is not None and part.is_available():
            return kind.upper()
    return ""


def _card() -> str:
    """What shows that there is an NVIDIA card; empty without one."""
    devices = [p for p in (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0")) if p.exists()]
    return str(devices[0]) if devices else shutil.which("nvidia-smi") or ""
