from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cefr_sentences.exporter.common import memory
from cefr_sentences.exporter.common.errors import ModelError, TargetError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 5,000 bytes free and no container; the folder of its cgroups."""
    groups = tmp_path / "cgroup"
    (groups / "system/webui").mkdir(parents=True)
    psutil = SimpleNamespace(virtual_memory=lambda: SimpleNamespace(available=5000))
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    monkeypatch.setattr(memory, "CGROUPS", groups)
    monkeypatch.setattr(memory, "OWN_CGROUP", tmp_path / "own")
    (tmp_path / "own").write_text("0::/system/webui\n")
    return groups


def limit(group: Path, most: str, used: int, cache: int = 0) -> None:
    (group / "memory.max").write_text(f"{most}\n")
    (group / "memory.current").write_text(f"{used}\n")
    (group / "memory.stat").write_text(f"anon {used - cache}\ninactive_file {cache}\n")


def test_a_container_counts_where_it_has_less(machine: Path) -> None:
    assert memory.free_memory() == 5000
    limit(machine / "system/webui", "max", 1)
    assert memory.free_memory() == 5000
    limit(machine / "system", "4000", 1000)
    assert memory.free_memory() == 3000
    limit(machine / "system/webui", "1500", 1400)
    assert memory.free_memory() == 100
    limit(machine / "system/webui", "1500", 1400, cache=700)
    assert memory.free_memory() == 800
    limit(machine, "100", 200)
    assert memory.free_memory() == 0


def test_a_container_that_does_not_say_which_it_is(machine: Path, tmp_path: Path) -> None:
    (tmp_path / "own").unlink()
    limit(machine, "1500", 1400)
    assert memory.free_memory() == 100


def test_without_psutil(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    assert memory.free_memory() is None
    memory.check_memory(10**15)  # nothing is known, so nothing is refused
    (tmp_path / "meminfo").write_text("MemTotal:  9 kB\nMemAvailable:   4 kB\n")
    assert memory.free_memory() == 4096


def test_what_does_not_fit(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.check_memory(5000)
    with pytest.raises(ModelError, match=r"This needs 12 GB of memory, and 0\.00 GB are free\."):
        memory.check_memory(12_300_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=7 if path == tmp_path else 0))
    assert memory.free_disk(tmp_path / "new/folder") == 7
    memory.check_disk(tmp_path / "new/folder", 7)
    with pytest.raises(TargetError, match="are free on that disk"):
        memory.check_disk(tmp_path / "new/folder", 8)
