from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.files import Publication
from cefr_sentences.exporter.common.webui import find_webui


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


def test_existing_files_need_force(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(TargetError, match="--force"), Publication() as out:
        out.file(tmp_path / "b.txt")
        out.file(tmp_path / "a.txt")
    assert contents(tmp_path) == {"a.txt": "old"}


def test_webuis_and_what_is_none(webui: Path, tmp_path: Path) -> None:
    assert find_webui(webui).datasets == webui / "user_data/training/datasets"
    portable = tmp_path / "portable"
    (portable / "app/modules").mkdir(parents=True)
    (portable / "app/server.py").touch()
    (portable / "user_data").mkdir()
    assert find_webui(portable).user_data == portable / "user_data"
    assert find_webui(portable / "app").user_data == portable / "user_data"
    (portable / "user_data").rmdir()
    with pytest.raises(TargetError, match="has no user_data"):
        find_webui(portable)
    with pytest.raises(TargetError, match="--user-data-dir"):
        find_webui(webui, tmp_path / "none")
