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


def test_it_counts_what_is_trained_on(run, pair_file, tmp_path: Path) -> None:
    args = ("--level", "A1", "--out", tmp_path, "--name", "n", "--records", "6", "--eval", "0")
    run("export", pair_file(), *args)
    text = (tmp_path / "n.txt").read_text(encoding="utf-8")
    (tmp_path / "two.txt").write_text(text.replace("\n\n\n", "\n\n"), encoding="utf-8")
    found = {}
    for name in ("n.txt", "n.json", "n_chat.json", "n_text.json", "two.txt"):
        result = run("check", tmp_path / name, "--model", "embedded", "--json")
        found[name] = json.loads(result.out)
        assert found[name]["records"] == 6, name
        assert ("hard cuts" in result.err, "as text" in result.err) == (name == "two.txt", name.endswith("json"))
    assert found["n_chat.json"] == {**found["n.txt"], "rewritten": True}
    assert found["two.txt"]["orphaned"] > found["n.txt"]["orphaned"]


def test_bad_chunks_and_files(run, tmp_path: Path) -> None:
    (tmp_path / "e.txt").touch()
    for args, message in ((["--chunk", "3"], "--chunk 3"), ([], "is empty")):
        result = run("check", tmp_path / "e.txt", "--model", "embedded", *args)
        assert (result.code, message in result.err) == (2, True)
