"""Python, packages and the GPU, with made-up installations."""

from __future__ import annotations

import os
import shutil
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.webui import Webui, find_webui
from cefr_sentences.extension.doctor import examine, packages
from cefr_sentences.extension.doctor import python as room
from cefr_sentences.extension.install import interpreter
from cefr_sentences.extension.install.interpreter import own_command

from ..doctored import bad, found, one, put

WHOLE = {
    "torch": "2.9.0",
    "transformers": "5.6.2",
    "peft": "0.18.1",
    "accelerate": "1.13.0",
    "safetensors": "0.7.0",
    "pyyaml": "6.0",
    "gguf": "0.17",
    "matplotlib": "3.9",
    "gradio": "4.37.2+custom.20",
    "lemminflect": "0.2.3",
    "packaging": "25.0",
    "tqdm": "4.67.1",
}
PINS = """transformers==5.6.*
peft==0.18.*
numpy
https://example.org/gradio-4.37.2+custom.20-py3-none-any.whl
"""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make this Python the webui's, with exactly these packages."""

    def make(**changes: str | None) -> None:
        versions = {**WHOLE, **{name.replace("_", "-"): v for name, v in changes.items()}}
        monkeypatch.setattr(packages, "installed", lambda name: versions.get(name.lower()))
        monkeypatch.setattr(packages, "check_pins", lambda webui: ([], []))
        for module in (room, examine):
            monkeypatch.setattr(module, "wrong_python", lambda webui: None)

    return make


def pins(webui: Path, text: str = PINS, kind: str = "full") -> None:
    put(webui / "requirements" / kind / "requirements.txt", text)


def test_another_python_is_told_and_its_packages_are_not_judged(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (webui / "installer_files/env").mkdir(parents=True)
    finding = one(webui, "python", "note", "the webui runs in", "cefr_sentences.extension doctor --webui")
    assert str(webui / "installer_files/env") in str(finding.next)
    made = {finding.check for finding in examine.examine(find_webui(webui))}
    assert not {"packages", "gpu"} & made
    monkeypatch.setattr(sys, "prefix", str(webui / "installer_files/env"))
    assert bad(webui, "python") == []
    (webui / "installer_files/env").rmdir()
    monkeypatch.setattr(interpreter, "find_spec", lambda name: None)
    one(webui, "python", "note", "another one, with gradio", "Activate")


def test_the_command_for_the_webuis_own_python(webui: Path) -> None:
    assert own_command(find_webui(webui), "doctor") == (
        f"{sys.executable} -m cefr_sentences.extension doctor --webui {webui}"
    )
    (webui / "portable_env").mkdir()
    assert own_command(find_webui(webui), "doctor").startswith(str(webui / "portable_env"))
    assert own_command(Webui(webui, webui / "modules"), "x").endswith(f"--user-data-dir {webui / 'modules'}")


def test_the_installers_python(webui: Path, installed: Callable[..., None]) -> None:
    installed()
    (webui / "one_click.py").write_text('x = 1\nPYTHON_VERSION = "3.7"\n')
    one(webui, "python", "note", "installer sets up 3.7")
    (webui / "one_click.py").write_text('PYTHON_VERSION = "{}.{}"\n'.format(*sys.version_info[:2]))
    assert bad(webui, "python") == []
    (webui / "one_click.py").write_bytes(b"\xff\0")
    assert bad(webui, "python") == []


def test_all_in_order(webui: Path, installed: Callable[..., None]) -> None:
    installed()
    pins(webui)
    assert [str(f.found) for f in found(webui, "packages")] == [
        "torch 2.9.0, transformers 5.6.2, peft 0.18.1; compared with the pins of requirements/full/requirements.txt."
    ]


@pytest.mark.parametrize("name", ["torch", "transformers", "peft", "accelerate", "safetensors", "pyyaml"])
def test_missing_for_training(webui: Path, installed: Callable[..., None], name: str) -> None:
    installed(**{name: None})
    pins(webui)
    finding = one(webui, "packages", "problem", f"{name} is not installed", "Training does not work", "pip install")
    assert ("update wizard" in str(finding.next)) == (name == "torch")
    if name == "peft":
        assert "peft==0.18.*" in str(finding.next)


def test_missing_and_not_needed_for_training(webui: Path, installed: Callable[..., None]) -> None:
    installed(gguf=None, matplotlib=None)
    one(webui, "packages", "note", "gguf>=0.10, matplotlib>=3.8")
    installed(lemminflect=None)
    one(webui, "packages", "problem", "cefr-sentences does not work")


def test_older_than_we_were_run_with(webui: Path, installed: Callable[..., None]) -> None:
    installed(peft="0.10")
    one(webui, "packages", "problem", "peft 0.10", "peft>=0.17", "pip install 'peft>=0.17'")
    pins(webui, "peft==0.10.*\n")
    one(webui, "packages", "problem", "Update the webui")


def test_moved_from_what_the_webui_fixes(webui: Path, installed: Callable[..., None]) -> None:
    installed(transformers="5.23.0")
    pins(webui)
    one(webui, "packages", "note", "transformers 5.23.0", "pins ==5.6.*", "pip install 'transformers==5.6.*'")
    installed(gradio="4.37.2")
    one(webui, "packages", "note", "https://example.org/gradio-4.37.2+custom.20-py3-none-any.whl")


def test_a_conflict_with_a_pin(webui: Path, installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    installed()
    monkeypatch.setattr(
        packages, "check_pins", lambda webui: (["a needs b>2, and the webui fixes b==1. Update it."], [])
    )
    one(webui, "packages", "problem", "a needs b>2", "Update it.")


def test_a_list_that_is_no_text(webui: Path, installed: Callable[..., None]) -> None:
    installed()
    put(webui / "requirements/full/requirements.txt", b"\xff\xfe\0junk===\n\0")
    assert bad(webui, "packages") == []


def test_a_portable_build_cannot_train(webui: Path, installed: Callable[..., None]) -> None:
    (webui / "portable_env").mkdir()
    installed(torch=None, transformers=None, peft=None, accelerate=None)
    one(webui, "packages", "note", "portable build", "neither train")


class _Off:
    @staticmethod
    def is_available() -> bool:
        return False


def torch(monkeypatch: pytest.MonkeyPatch, **parts: Any) -> None:
    fake = types.SimpleNamespace(
        __version__="2.9.0",
        cuda=parts.get("cuda", _Off),
        xpu=_Off,
        backends=types.SimpleNamespace(mps=parts.get("mps", _Off)),
        version=types.SimpleNamespace(cuda=parts.get("built")),
    )
    monkeypatch.setattr(room, "find_spec", lambda name: object())
    monkeypatch.setattr(room, "import_module", lambda name: parts.get("load", lambda: fake)())
    monkeypatch.setattr(room, "_card", lambda: parts.get("card", ""))


def test_the_gpu(webui: Path, installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    installed()
    card = types.SimpleNamespace(
        is_available=lambda: True, mem_get_info=lambda: (3e9, 8e9), get_device_name=lambda: "Some Card"
    )
    torch(monkeypatch, cuda=card)
    assert [str(f.found) for f in found(webui, "gpu")] == ["torch sees Some Card, 3.00 GB of 8.00 GB free."]
    torch(monkeypatch)
    one(webui, "gpu", "note", "sees no GPU")
    torch(monkeypatch, card="/dev/nvidia0")
    one(webui, "gpu", "problem", "/dev/nvidia0", "built for the CPU")
    torch(monkeypatch, card="/dev/nvidia0", built="12.8")
    one(webui, "gpu", "problem", "does not reach it")
    torch(monkeypatch, mps=types.SimpleNamespace(is_available=lambda: True))
    assert "torch sees MPS" in str(found(webui, "gpu")[0].found)


@pytest.mark.parametrize("error", [OSError("libcudart.so"), ImportError("x"), SystemExit(1), RuntimeError("driver")])
def test_a_broken_torch(
    webui: Path, installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    installed()

    def load() -> object:
        raise error

    torch(monkeypatch, load=load)
    one(webui, "gpu", "problem", "cannot be used", type(error).__name__)


def test_the_card_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/nvidia-smi")
    assert room._card() in ("/bin/nvidia-smi", "/dev/nvidia0", "/proc/driver/nvidia/version")
    assert os.sep in room._card()
