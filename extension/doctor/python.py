"""The Python that runs the webui: its version, its packages, and the GPU that torch sees."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.webui import Webui
from ..install.interpreter import TRAINING_MODULES, command_line, environment, own_command, wrong_python
from ..install.pins import PACKAGE, check_pins, read_pins, requirements_file
from .finding import Finding, listed, size

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# Without these a training does not start; the rest of our extras [train] and [studio] makes pictures, or the
# embedded model.
NEEDED = (*TRAINING_MODULES, "accelerate", "safetensors", "pyyaml")
# Whose other version than the webui's own breaks trainings or the page.
WATCHED = (*NEEDED, "datasets", "gradio", "gradio-client", "huggingface-hub", "numpy", "pydantic", "tokenizers")


def is_portable(webui: Webui) -> bool:
    own = environment(webui)
    return own is not None and own.name == "portable_env"


def installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def look_at_python(webui: Webui) -> Iterator[Finding]:
    running = ".".join(map(str, sys.version_info[:3]))
    if wrong_python(webui) is not None:
        own = environment(webui)
        yield Finding(
            "python",
            "note",
            f"This is Python {running} in {sys.prefix}, and the webui runs in {own or 'another one, with gradio'}.",
            "Versions of packages and the GPU are not looked at, because the webui has others.",
            f"Install cefr-sentences there, and run: {own_command(webui, 'doctor')}"
            if own
            else "Activate the environment that the webui runs in, install cefr-sentences there and repeat this.",
        )
        return
    theirs = _installers_python(webui)
    if theirs is not None and theirs != running.rpartition(".")[0]:
        yield Finding(
            "python",
            "note",
            f"This is Python {running}, and this webui's installer makes {theirs}.",
            "Some of the webui's own requirements are built for that version only, as its loaders are.",
            f"If a loader is missing, start the webui with Python {theirs}.",
        )
        return
    yield Finding("python", "ok", f"Python {running} in {sys.prefix}, which can be the webui's.")


def _installers_python(webui: Webui) -> str | None:
    """The version that one_click.py asks for; None where it does not say."""
    try:
        text = (webui.root / "one_click.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"""^PYTHON_VERSION = ["'](3\.\d+)["']""", text, re.MULTILINE)
    return match[1] if match else None


def look_at_packages(webui: Webui) -> Iterator[Finding]:
    if wrong_python(webui) is not None:
        return
    if is_portable(webui):
        yield Finding(
            "packages",
            "note",
            "This is a portable build.",
            "It has no torch, transformers and peft, so it cannot train; Data works, and Write with a GGUF model.",
            "To train, install the full webui, or train elsewhere and copy the adapter into the loras folder.",
        )
    if find_spec("packaging") is None:
        yield Finding(
            "packages",
            "note",
            "This Python has no module packaging.",
            "No versions were compared.",
            command_line([sys.executable, "-m", "pip", "install", "packaging"]),
        )
        return
    path = requirements_file(webui)
    pins = read_pins(path.read_text(encoding="utf-8", errors="replace")) if path else {}
    found = [*_missing_and_old(webui, pins), *_conflicts(webui), *_moved(pins, path)]
    yield from found
    if not any(f.status == "problem" for f in found):
        names = [f"{n} {v}" for n in TRAINING_MODULES if (v := installed_version(n))]
        against = f"the pins of {path.relative_to(webui.root)}" if path else "our ranges alone (no requirements file)"
        if names:
            yield Finding("packages", "ok", f"{', '.join(names)}; compared with {against}.")


def _ours() -> Iterator[tuple[Requirement, bool]]:
    """What we require, with the extras that a webui should have; and whether it comes with an extra."""
    from packaging.requirements import Requirement

    for line in distribution(PACKAGE).requires or []:
        need = Requirement(line)
        plain = need.marker is None or need.marker.evaluate({"extra": ""})
        if plain or any(need.marker and need.marker.evaluate({"extra": extra}) for extra in ("train", "studio")):
            yield need, not plain


def _missing_and_old(webui: Webui, pins: dict[str, Requirement]) -> Iterator[Finding]:
    from packaging.utils import canonicalize_name

    lacking: list[str] = []
    for need, extra in _ours():
        name = canonicalize_name(need.name)
        if extra and is_portable(webui):
            continue
        installed = installed_version(need.name)
        pin = pins.get(name)
        wanted = (
            f"{pin.name}{pin.specifier}" if pin is not None and pin.specifier else str(need).partition(";")[0].strip()
        )
        if installed is None and extra and name not in NEEDED:
            lacking.append(wanted)
        elif installed is None:
            torch = "Run the webui's update wizard, which installs torch for your GPU; in a Python of your own: "
            yield Finding(
                "packages",
                "problem",
                f"{need.name} is not installed in {sys.prefix}.",
                "Nothing can be trained without it." if extra else "cefr-sentences does not work without it.",
                (torch if name == "torch" else "") + _pip(wanted),
            )
        elif not need.specifier.contains(installed, prereleases=True):
            held = pin is not None and pin.specifier.contains(installed, prereleases=True)
            yield Finding(
                "packages",
                "problem",
                f"{need.name} {installed} is installed.",
                f"cefr-sentences was never run with it: it needs {need.name}{need.specifier}.",
                f"Update the webui, which asks for {wanted} itself." if held else _pip(wanted),
            )
    if lacking:
        yield Finding(
            "packages",
            "note",
            f"Not installed: {listed(lacking)}.",
            "Training works without them. matplotlib draws the loss of a run, gguf reads the embedded model.",
            _pip(*lacking),
        )


def _conflicts(webui: Webui) -> Iterator[Finding]:
    for conflict in check_pins(webui)[0]:
        told, _, step = conflict.partition(". ")
        yield Finding("packages", "problem", f"{told}.", "Installing one moves the other.", step)


def _moved(pins: dict[str, Requirement], path: Path | None) -> Iterator[Finding]:
    addresses = re.findall(r"^(https?://\S+?)[;\s]*$", path.read_text("utf-8", "replace") if path else "", re.MULTILINE)
    for name in WATCHED:
        pin, installed = pins.get(name), installed_version(name)
        if pin is None or installed is None or pin.specifier.contains(installed, prereleases=True):
            continue
        yield Finding(
            "packages",
            "note",
            f"{pin.name} {installed} is installed, and the webui fixes {pin.specifier}.",
            "Something has moved it since. The webui was not made for that version, and its update will put it back.",
            _pip(next((a for a in addresses if f"/{name.replace('-', '_')}-" in a), f"{pin.name}{pin.specifier}")),
        )


def _pip(*requirements: str) -> str:
    return command_line([sys.executable, "-m", "pip", "install", *requirements])


def look_at_gpu(webui: Webui) -> Iterator[Finding]:
    if wrong_python(webui) is not None or find_spec("torch") is None:
        return
    try:
        torch: Any = import_module("torch")
        name, free, total = _device(torch)
    except (Exception, SystemExit) as error:  # a broken build fails in many ways, a missing library among them
        yield Finding(
            "gpu",
            "problem",
            f"torch {installed_version('torch')} cannot be used: {type(error).__name__}: {str(error)[:200]}",
            "No model can be loaded or trained.",
            "Run the webui's update wizard, or install torch anew in this Python.",
        )
        return
    if name:
        yield Finding("gpu", "ok", f"torch sees {name}" + (f", {size(free)} of {size(total)} free." if total else "."))
    elif card := _card():
        built = "is built for the CPU" if getattr(torch.version, "cuda", None) is None else "does not reach it"
        yield Finding(
            "gpu",
            "problem",
            f"This machine has an NVIDIA card ({card}), and torch {torch.__version__} {built}.",
            "Training and loaders of Transformers models run on the CPU, many times slower.",
            "Update the driver, then run the webui's update wizard and choose NVIDIA.",
        )
    else:
        yield Finding(
            "gpu",
            "note",
            f"torch {torch.__version__} sees no GPU.",
            "Training runs on the CPU, which serves small models only.",
            "Take a small model, or train on a machine with a GPU and copy the adapter into the loras folder.",
        )


def _device(torch: Any) -> tuple[str, float, float]:
    """What torch computes on, with its free and whole memory in bytes (0: not told); no name for the CPU."""
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return torch.cuda.get_device_name(), free, total
    for kind in ("xpu", "mps"):
        part = getattr(torch, kind, None) or getattr(torch.backends, kind, None)
        if part is not None and part.is_available():
            return kind.upper(), 0, 0
    return "", 0, 0


def _card() -> str:
    """What shows that there is an NVIDIA card; empty without one."""
    devices = [p for p in (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0")) if p.exists()]
    return str(devices[0]) if devices else shutil.which("nvidia-smi") or ""
