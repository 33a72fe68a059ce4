"""The packages in the webui's Python: what is missing, too old, or not what the webui asks for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...exporter.common.shell import command_line
from ...exporter.common.versions import installed
from ...exporter.common.webui import Webui
from ..install.interpreter import TRAINING_MODULES
from ..install.pins import PACKAGE, check_pins, read_pins, requirements_file
from .finding import Finding, listed, note, ok, problem

# Training does not start without these; the rest of our extras [train] and [studio] makes pictures, or the embedded
# model.
NEEDED = (*TRAINING_MODULES, "accelerate", "safetensors", "pyyaml")
# A version other than the webui's own breaks training or the page.
WATCHED = (*NEEDED, "datasets", "gradio", "gradio-client", "huggingface-hub", "numpy", "pydantic", "tokenizers")


def look(webui: Webui) -> Iterator[Finding]:
    portable = (webui.root / "portable_env").is_dir()
    if portable:
        yield note(
            "This is a portable build.",
            "It has no torch, transformers and peft, so it can neither train nor use an adapter; Data works, and so "
            "does Write, from the bank or with a GGUF model.",
            "To train, install the full webui, or train elsewhere and use the merged model here as a GGUF.",
        )
    path = requirements_file(webui)
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    pins = read_pins(text)
    findings = [*_required(portable, pins), *_conflicts(webui), *_moved(pins, text)]
    yield from findings
    names = [f"{n} {v}" for n in TRAINING_MODULES if (v := installed(n))]
    if names and not any(f.status == "problem" for f in findings):
        yield ok(
            "{names}; compared with the pins of {file}."
            if path
            else "{names}; compared with this program's own ranges alone (this webui has no requirements file).",
            {"names": ", ".join(names), "file": path.relative_to(webui.root) if path else None},
        )


def _requirements() -> Iterator[tuple[Requirement, bool]]:
    """What this package requires, with the extras that a webui should have; and whether only an extra does."""
    for need in map(Requirement, distribution(PACKAGE).requires or []):
        plain = need.marker is None or need.marker.evaluate({"extra": ""})
        if plain or any(need.marker and need.marker.evaluate({"extra": extra}) for extra in ("train", "studio")):
            yield need, not plain


def _required(portable: bool, pins: dict[str, Requirement]) -> Iterator[Finding]:
    lacking: list[str] = []
    for need, extra in _requirements():
        if extra and portable:
            continue
        name, have = canonicalize_name(need.name), installed(need.name)
        pin = pins.get(name)
        wanted = f"{pin.name}{pin.specifier}" if pin and pin.specifier else f"{need.name}{need.specifier}"
        if have is None and extra and name not in NEEDED:
            lacking.append(wanted)
        elif have is None:
            yield problem(
                "{package} is not installed in {place}.",
                "Training does not work without it." if extra else "cefr-sentences does not work without it.",
                "Run the webui's update wizard, which installs torch for your GPU; in a Python of your own: {command}"
                if name == "torch"
                else "{command}",
                {"package": need.name, "place": sys.prefix, "command": _pip(wanted)},
            )
        elif not need.specifier.contains(have, prereleases=True):
            pinned = pin is not None and pin.specifier.contains(have, prereleases=True)
            yield problem(
                "{package} {version} is installed.",
                "cefr-sentences was not tested with it: it needs {package}{specifier}.",
                "Update the webui, which asks for {wanted} itself." if pinned else "{command}",
                {
                    "package": need.name,
                    "version": have,
                    "specifier": need.specifier,
                    "wanted": wanted,
                    "command": _pip(wanted),
                },
            )
    if lacking:
        yield note(
            "Not installed: {packages}.",
            "Training works without them. matplotlib draws the loss of a run, gguf reads the embedded model.",
            "{command}",
            {"packages": listed(lacking), "command": _pip(*lacking)},
        )


def _conflicts(webui: Webui) -> Iterator[Finding]:
    for conflict in check_pins(webui)[0]:
        yield problem(
            "{conflict}",
            "Installing one changes the version of the other.",
            "Do one of the two, then repeat this.",
            {"conflict": conflict},
        )


def _moved(pins: dict[str, Requirement], text: str) -> Iterator[Finding]:
    """Versions that are no longer those which the webui pins in `text`, its requirements."""
    wheels = re.findall(r"^(https?://\S+?)[;\s]*$", text, re.MULTILINE)
    for name in WATCHED:
        pin, have = pins.get(name), installed(name)
        if pin is None or have is None or pin.specifier.contains(have, prereleases=True):
            continue
        wheel = next((w for w in wheels if f"/{name.replace('-', '_')}-" in w), f"{pin.name}{pin.specifier}")
        yield note(
            "{package} {version} is installed, and the webui pins {pin}.",
            "Something has changed it since. The webui was not made for that version, and its update will put it back.",
            "{command}",
            {"package": pin.name, "version": have, "pin": pin.specifier, "command": _pip(wheel)},
        )


def _pip(*requirements: str) -> str:
    return command_line([sys.executable, "-m", "pip", "install", *requirements])
