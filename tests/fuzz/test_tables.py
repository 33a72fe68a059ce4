"""Nonsensical tables: each ends in a result that can be read, or in a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .tables import LIMIT, try_one

CASES, PARTS = 500, 10
pytestmark = pytest.mark.slow  # ten seconds in all


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(PARTS))
def test_tables(part: int, tmp_path: Path) -> None:
    for name in ("openpyxl", "pyarrow"):
        pytest.importorskip(name)
    for seed in range(part * CASES // PARTS, (part + 1) * CASES // PARTS):
        begun = time.process_time()
        try_one(seed, tmp_path)
        assert time.process_time() - begun < LIMIT, seed
