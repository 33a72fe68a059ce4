"""What is looked at before anything is written."""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension.install import install as room
from cefr_sentences.extension.install import interpreter
from cefr_sentences.extension.install.install import check

from ..installed import REQUIREMENTS, files, install


@pytest.mark.parametrize("own", ["installer_files/env", "portable_env"])
def test_another_python_than_the_webuis(run, webui: Path, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (webui / own).mkdir(parents=True)
    before = files(webui)
    result = run("install", "--webui", webui, "--enable")
    assert result.code == 2
    python = webui / own / ("python.exe" if os.name == "nt" else "bin/python")
    lines = result.err.splitlines()
    assert f"  {python} -m pip install {interpreter.install_source()}" in lines
    assert f"  {python} -m cefr_sentences.extension install --webui {webui}" in lines
    assert files(webui) == before
    monkeypatch.setattr(sys, "prefix", str(webui / own))
    assert run("install", "--webui", webui, "--enable").code == 0


def test_a_python_of_ones_own_needs_gradio(run, webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"gradio": None}
    monkeypatch.setattr(interpreter, "find_spec", lambda name: found.get(name))
    result = run("install", "--webui", webui)
    assert (result.code, "has no gradio" in result.err) == (2, True)
    assert run("install", "--webui", webui, "--any-python").code == 0
    monkeypatch.setattr(interpreter, "find_spec", lambda name: object())
    assert "unchanged" in run("install", "--webui", webui).out


def test_what_works_without_torch(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "find_spec", lambda name: object())
    monkeypatch.setattr(room, "find_spec", lambda name: None if name == "torch" else object())
    assert any("Without torch, Data and the doctor work" in str(note) for note in check(find_webui(webui)))
    monkeypatch.setattr(room, "find_spec", lambda name: object())
    assert not any("Write works from the bank" in str(note) for note in check(find_webui(webui)))
    (webui / "portable_env").mkdir()
    assert any(
        "Train, Evaluate and Apply need a full" in str(note) for note in check(find_webui(webui), any_python=True)
    )


PINS = """# a webui's list
accelerate==1.8.*
datasets
numpy==2.2.* # fixed
lemminflect==0.1.*; python_version < "3"
Pillow>=9.5.0

https://example.org/x/gradio-4.37.2+custom.20-py3-none-any.whl
https://example.org/x/thing-0.1.0%2Bcu124-py3-none-any.whl; platform_system == "Nowhere"
git+https://example.org/y
--extra-index-url https://example.org
"""


def pinned(webui: Path, text: str, kind: str = "full") -> Path:
    path = webui / "requirements" / kind / "requirements.txt"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_reading_a_webuis_list() -> None:
    pytest.importorskip("packaging", reason="packaging is not installed")
    from cefr_sentences.extension.install.pins import read_pins

    pins = {name: str(pin.specifier) for name, pin in read_pins(PINS).items()}
    assert pins == {
        "accelerate": "==1.8.*",
        "datasets": "",
        "numpy": "==2.2.*",
        "pillow": ">=9.5.0",
        "gradio": "==4.37.2+custom.20",
    }


@pytest.mark.parametrize(
    ("pin", "need", "installed", "together"),
    [
        ("numpy==2.2.*", "numpy", "2.2.6", True),
        ("numpy==2.2.*", "numpy>=2.2.5", "2.2.1", True),
        ("numpy==2.2.*", "numpy>=2.3", "2.2.6", False),
        ("numpy==2.2.*", "numpy<2", None, False),
        ("numpy==2.2.6", "numpy!=2.2.6", "2.2.6", False),
        ("gradio==4.37.2+custom.20", "gradio>=4.37", None, True),
        ("audioop-lts<1.0", "audioop-lts>0.1", None, True),
        ("Pillow>=9.5.0", "pillow<9", None, False),
        ("datasets", "datasets>99", None, True),
    ],
)
def test_pins_and_needs(
    pin: str, need: str, installed: str | None, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = pytest.importorskip("packaging.requirements", reason="packaging is not installed")
    from cefr_sentences.extension.install import pins

    def distribution(name: str) -> object:
        if installed is None:
            raise pins.PackageNotFoundError(name)
        return types.SimpleNamespace(version=installed)

    monkeypatch.setattr(pins, "distribution", distribution)
    conflicts, _ = pins.compare([("ours", requirements.Requirement(need))], pins.read_pins(pin))
    assert bool(conflicts) != together
    if conflicts:
        assert f"ours needs {need}" in str(conflicts[0])
        assert requirements.Requirement(pin).name in str(conflicts[0])


def test_our_own_requirements_move_nothing(webui: Path) -> None:
    pytest.importorskip("packaging", reason="packaging is not installed")
    from cefr_sentences.extension.install.pins import check_pins, required

    assert {need.name for _, need in required("cefr-sentences")} == {"lemminflect", "numpy", "packaging", "tqdm"}
    path = pinned(webui, PINS)
    assert check_pins(find_webui(webui))[0] == []
    path.write_text("lemminflect==0.1.*\n")
    with pytest.raises(TargetError, match=r"cefr-sentences needs lemminflect>=0.2.3, and the webui pins"):
        install(webui)
    path.write_text("numpy==1.0.*\n")
    assert "numpy==1.0.*" in str(install(webui))  # not our doing, but worth saying
    path.unlink()
    assert "no requirements file" in str(install(webui))


def test_the_requirements_file_names_one_version(webui: Path) -> None:
    install(webui)
    lines = [s for s in (webui / REQUIREMENTS).read_text().splitlines() if not s.startswith("#")]
    from importlib.metadata import version

    assert lines == [f"lemminflect=={version('lemminflect')}"]


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (None, "cefr-sentences"),
        ({"url": "file:///home/me/a%20b", "dir_info": {}}, "/home/me/a b"),
        ({"url": "https://x/y", "vcs_info": {"vcs": "git", "commit_id": "abc"}}, "git+https://x/y@abc"),
        ({"url": "https://x/y.whl", "archive_info": {}}, "https://x/y.whl"),
    ],
)
def test_where_pip_gets_the_package(record: object, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(record) if record else None
    of = {"locate_file": lambda _: Path("nowhere")}
    built = types.SimpleNamespace(read_text=lambda _: None, **of)  # in the repository, by a build
    installed = types.SimpleNamespace(read_text=lambda _: text, **of)
    monkeypatch.setattr(interpreter, "distributions", lambda name: [built, installed])
    assert interpreter.install_source().replace("\\", "/").removeprefix("C:") == source


def test_in_the_repository_alone_pip_gets_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    built = types.SimpleNamespace(read_text=lambda _: None, locate_file=lambda _: tmp_path)
    monkeypatch.setattr(interpreter, "distributions", lambda name: [built])
    assert interpreter.install_source() == str(tmp_path.resolve())
