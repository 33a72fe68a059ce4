"""Installed into a webui's Python, this package may move none of its versions.

`constraints/` holds what the two webuis pin. Without the network our own requirements are compared with the
pins; with it pip is asked what it would install where those versions are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from importlib.metadata import metadata, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).parent
WEBUIS = ["webui-3.15", "webui-4.7.3"]
# Their installers put torch there before the list that the constraint files come from.
TORCH = {"webui-3.15": "2.7.1", "webui-4.7.3": "2.9.1"}


def pins(name: str) -> dict[str, Version]:
    """The packages of a constraint file that apply here, and torch, with a version that meets each."""
    found = {"torch": Version(TORCH[name])} if name in TORCH else {}
    for line in (HERE / "constraints" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate():
            (specifier,) = wanted.specifier
            found[canonicalize_name(wanted.name)] = Version(specifier.version.replace(".*", ".0"))
            assert specifier.operator in ("==", ">=", "<"), line
    return found


@pytest.mark.parametrize("name", [*WEBUIS, "newest"])
def test_our_requirements_are_met_by_the_pins(name: str) -> None:
    have, met = pins(name), []
    for line in requires("cefr-sentences") or []:
        wanted = Requirement(line)
        version = have.get(canonicalize_name(wanted.name))
        if version is not None:
            assert wanted.specifier.contains(version, prereleases=True), f"{wanted} would move {version}"
            met.append(wanted.name)
    assert {"torch", "transformers", "peft", "accelerate"} <= set(met)


@pytest.fixture
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A Python that pip takes for one in which the pins of the constraint file named by the test are installed."""
    venv.create(tmp_path / "venv", with_pip=True)
    (site,) = {p.parent for p in (tmp_path / "venv").rglob("pip") if (p / "__init__.py").is_file()}
    for package, version in pins(request.param).items():
        # All that pip asks of an installed package is its name and version.
        info = site / f"{package.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        (info / "INSTALLER").write_text("pip\n")
        (info / "RECORD").write_text("")
    return tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def would_install(python: Path, wanted: str) -> dict[str, str]:
    """What pip would install for `wanted`, and the versions."""
    report = python.parent / "report.json"
    command = [python, "-m", "pip", "install", "--dry-run", "--quiet", "--report", report, wanted]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    metadata = [item["metadata"] for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    return {canonicalize_name(m["name"]): m["version"] for m in metadata}


network = pytest.mark.skipif(
    not os.environ.get("CEFR_NETWORK"), reason="asks the package registry: set CEFR_NETWORK=1 to run it"
)


@network
@pytest.mark.parametrize(("python", "name"), [(name, name) for name in WEBUIS], indirect=["python"])
def test_pip_moves_no_pin(python: Path, name: str) -> None:
    source = HERE.parent
    if not (source / "pyproject.toml").is_file():
        pytest.skip("these tests run from an installed package, not from a checkout")
    extras = metadata("cefr-sentences").get_all("Provides-Extra") or []
    assert "studio" in extras
    for chosen in ("", f"[{','.join(extras)}]"):
        installed = would_install(python, f"{source}{chosen}")
        assert "cefr-sentences" in installed
        assert not set(installed) & set(pins(name)), f"{chosen or 'the package'} would move {installed}"


@network
@pytest.mark.parametrize("python", ["webui-4.7.3"], indirect=True)
def test_the_check_can_fail(python: Path) -> None:
    assert would_install(python, "numpy>2.2.6").keys() == {"numpy"}
