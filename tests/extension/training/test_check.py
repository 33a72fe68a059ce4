from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.model


def test_check(run, pair_file, tmp_path: Path) -> None:
    run(
        "export", pair_file(), "--level", "A1", "--out", tmp_path / "d", "--name", "n", "--records", "30", "--eval", "0"
    )
    args = ("check", tmp_path / "d/n.txt", "--model", "embedded")
    found = json.loads(run(*args, "--chunk", "128", "--overlap", "--json").out)
    assert found["records"] == len(found["lengths"]) == 30
    assert found["blocks"] > 30
    assert 0 < found["orphaned"] < found["response"]
    safe = json.loads(run(*args, "--chunk", found["safe_chunk"], "--json").out)
    assert (safe["blocks"], safe["cut"], safe["orphaned"]) == (30, 0, 0)
    text = run(*args, "--overlap").out
    for part in ("30 records of", "records cut in two", "without their instruction", "padding", "nothing is cut"):
        assert part in text


def test_bad_chunks_and_files(run, tmp_path: Path) -> None:
    (tmp_path / "e.txt").touch()
    for args, message in ((["--chunk", "3"], "--chunk 3"), ([], "is empty")):
        result = run("check", tmp_path / "e.txt", "--model", "embedded", *args)
        assert (result.code, message in result.err) == (2, True)
