"""`python -m bench.gpu speed` on a CPU with a tiny model, so that it works where there is a GPU for some minutes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.model
@pytest.mark.slow  # three processes with a torch each
def test_speed_in_small(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.gpu", "speed", "--small", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert {"Training PRO's way", "ours"} <= set(found["ways"])
    for name, way in found["ways"].items():
        assert way["not_finite"] == 0
        assert way["records_a_second"] > 0
        assert f"| {name} |" in done.stdout
    assert "not measured" not in done.stdout
    assert {"4 at a time", "no dropout", "DoRA", "checkpointing"} <= set(found["steps"]["ways"])
