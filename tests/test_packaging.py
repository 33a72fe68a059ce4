"""What pyproject.toml installs: every folder, and the package `cefr_sentences` itself."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "extension/package"


def test_every_folder_is_installed() -> None:
    tomllib = pytest.importorskip("tomllib", reason="tomllib came with Python 3.11")
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {
        f"cefr_sentences.{'.'.join(path.parent.relative_to(ROOT).parts)}"
        for top in ("exporter", "extension", "patches")
        for path in (ROOT / top).rglob("*")
        if path.suffix in (".py", ".json", ".tsv", ".yaml") and path.parent != PACKAGE
    }
    assert {"cefr_sentences"} | folders == set(setuptools["packages"])
    assert ROOT / setuptools["package-dir"]["cefr_sentences"] == PACKAGE


def test_the_package_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("cefr_sentences_itself", PACKAGE / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    itself = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(itself)
    assert itself.__version__ == version("cefr-sentences")
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        itself.other  # noqa: B018
    monkeypatch.setattr(sys, "argv", ["cefr_sentences", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(PACKAGE / "__main__.py"), run_name="__main__")
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == version("cefr-sentences")
