from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.files import Publication, atomic, atomic_folder, atomic_path


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_all_or_nothing(tmp_path: Path) -> None:
    with Publication() as out:
        out.file(tmp_path / "new/a.txt").write("a")
        out.file(tmp_path / "new/b.txt").write("b")
        assert {"a.txt", "b.txt"}.isdisjoint(contents(tmp_path))
    assert contents(tmp_path) == {"new/a.txt": "a", "new/b.txt": "b"}


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ValueError, match="oops"), Publication(force=True) as out:
        out.file(tmp_path / "a.txt").write("new")
        out.file(tmp_path / "deep/er/b.txt").write("new")
        raise ValueError("oops")
    assert contents(tmp_path) == {"a.txt": "old"}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_rename_that_fails_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("old")
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target == tmp_path / "b.txt" and self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(TargetError, match="no space left"), Publication(force=True) as out:
        out.file(tmp_path / "a.txt").write("new")
        out.file(tmp_path / "b.txt").write("new")
    assert contents(tmp_path) == {"a.txt": "old"}


@pytest.mark.parametrize("fails", ["copy", "rename"])
def test_no_failure_leaves_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """On a file system without links: the copy of what was there finds no space, or a rename fails."""
    (tmp_path / "a.txt").write_text("old a")
    (tmp_path / "b.txt").write_text("old b")

    def no_space(source: Path, target: Path, **_: object) -> None:
        if "b.txt" in str(target):
            raise OSError(28, "No space left on device")
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(os, "link", no_space)
    if fails == "copy":
        monkeypatch.setattr(shutil, "copy2", no_space)
    else:
        monkeypatch.setattr(Path, "replace", lambda self, target: no_space(self, target))
    with pytest.raises(TargetError, match="no space left"), Publication(force=True) as out:
        out.file(tmp_path / "a.txt").write("new")
        out.file(tmp_path / "b.txt").write("new")
    assert contents(tmp_path) == {"a.txt": "old a", "b.txt": "old b"}


def test_a_stale_file_comes_back_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stale.txt").write_text("stale")
    with Publication(force=True) as out:
        out.remove(tmp_path / "stale.txt")
        out.file(tmp_path / "a.txt").write("a")
    assert contents(tmp_path) == {"a.txt": "a"}
    real = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self.name == "a.txt":
            raise PermissionError(13, "")
        real(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(TargetError, match="you may not write there"), Publication(force=True) as out:
        out.remove(tmp_path / "a.txt")
    assert contents(tmp_path) == {"a.txt": "a"}


def test_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with atomic(path) as file:
        file.write("ç\n")
        assert not path.exists()
    assert path.read_bytes() == "ç\n".encode()
    with pytest.raises(ValueError, match="oops"), atomic(path, "wb") as file:
        file.write(b"new")
        raise ValueError("oops")
    with atomic_path(tmp_path / "b") as part:
        part.write_bytes(b"b")
    assert contents(tmp_path) == {"a.txt": "ç\n", "b": "b"}


def test_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    for text in ("first", "second"):
        with atomic_folder(folder) as part:
            (part / "a.txt").write_text(text)
        assert contents(tmp_path) == {"out/a.txt": text}
    with pytest.raises(ValueError, match="oops"), atomic_folder(folder) as part:
        (part / "b.txt").touch()
        raise ValueError("oops")
    (tmp_path / ".out.part").mkdir()  # of a process that was killed
    (tmp_path / ".out.part/left").touch()
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise OSError(28, "")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="28"), atomic_folder(folder) as part:
        assert list(part.iterdir()) == []
    assert contents(tmp_path) == {"out/a.txt": "second"}


def test_existing_files_need_force(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(TargetError, match="--force"), Publication() as out:
        out.file(tmp_path / "b.txt")
        out.file(tmp_path / "a.txt")
    assert contents(tmp_path) == {"a.txt": "old"}
