"""Commands that are killed at any change of the disk: nothing visible is lost, and the next run leaves no trace."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.files import Publication, atomic_folder, leftovers
from cefr_sentences.extension.training.artifacts import run_folder

from .conftest import names
from .kills import kills

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks")


def visible(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_a_set_of_files(tmp_path: Path) -> None:
    """Each name holds the old or the new file; the last one, which tells of the set, is new only when all are."""
    folder = tmp_path / "out"
    old, new = ({n: f"{age} {n}" for n in ("a.txt", "b.txt", "set.json")} for age in ("old", "new"))

    def begin() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in {**old, "stale.txt": "old"}.items():
            (folder / name).write_text(text, encoding="utf-8")

    def publish() -> None:
        with Publication(force=True) as out:
            out.remove(folder / "stale.txt")
            for name, text in new.items():
                out.file(folder / name).write(text)

    begin()
    stopped = 0
    for _ in kills(publish, folder):
        stopped += 1
        there = {name: text.decode() for name, text in visible(folder).items()}
        assert all(there[name] in (old[name], new[name]) for name in new)
        if there["set.json"] == new["set.json"]:
            assert there == new
        publish()
        assert (visible(folder), hidden(folder)) == ({n: t.encode() for n, t in new.items()}, [])
        begin()
    assert stopped > 15


def test_a_folder(tmp_path: Path) -> None:
    """The old or the new one, which the next run finds where the kill has hidden it."""
    folder = tmp_path / "made" / "out"

    def publish() -> None:
        with atomic_folder(folder) as part:
            for name in ("a", "b"):
                (part / name).write_text("new", encoding="utf-8")

    def begin() -> None:
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("a", "b"):
            (folder / name).write_text("old", encoding="utf-8")

    begin()
    stopped = 0
    for _ in kills(publish, tmp_path):
        stopped += 1
        with pytest.raises(ValueError, match="oops"), atomic_folder(folder):
            raise ValueError("oops")
        assert visible(folder) in ({"a": b"old", "b": b"old"}, {"a": b"new", "b": b"new"})
        assert hidden(folder.parent) == []
        begin()
    assert stopped > 8


def test_export(tmp_path: Path, run: Callable[..., object]) -> None:
    """The files are whole, and the next export leaves none but its own."""
    table, out = tmp_path / "pairs.json", tmp_path / "out"
    rows = [{"word": w, "sentence": f"Sentence {s} has {w} in it."} for w in names(30) for s in "abc"]
    table.write_text(json.dumps(rows), encoding="utf-8")

    def export(seed: int) -> None:
        args = ["--level", "A1", "--out", out, "--name", "d", "--records", "20", "--eval", "0.2", "--force"]
        run("export", table, *args, "--seed", seed)

    export(1)
    old = visible(out)
    shutil.copytree(out, tmp_path / "old")
    export(2)
    new = visible(out)
    stopped = 0
    for _ in kills(lambda: export(2), out, every=6):
        stopped += 1
        assert all(text in (old.get(name), new.get(name)) for name, text in visible(out).items())
        assert set(visible(out)) == set(new)
        export(2)
        assert (visible(out), hidden(out), leftovers(out)) == (new, [], [])
        shutil.rmtree(out)
        shutil.copytree(tmp_path / "old", out)
    assert stopped > 4


def test_a_training_that_replaces_an_adapter(tmp_path: Path) -> None:
    """The next training of that name finds the old adapter or the new one, and nothing hidden."""
    out = tmp_path / "loras" / "a"

    def train() -> None:
        with run_folder(out, force=True):
            (out / "run.jsonl").write_text("{}", encoding="utf-8")
            (out / ".part").write_text("new", encoding="utf-8")
            (out / ".part").replace(out / "adapter_config.json")

    def begin() -> None:
        shutil.rmtree(out.parent, ignore_errors=True)
        out.mkdir(parents=True)
        (out / "adapter_config.json").write_text("old", encoding="utf-8")

    begin()
    stopped = 0
    for _ in kills(train, tmp_path):
        stopped += 1
        with pytest.raises(TargetError, match="already holds something"), run_folder(out):
            pass
        assert (out / "adapter_config.json").read_text(encoding="utf-8") in ("old", "new")
        assert hidden(out.parent) == []
        begin()
    assert stopped > 8
