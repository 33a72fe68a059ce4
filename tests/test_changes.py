"""Five changes of the table in docs/architecture.md, made in a copy of the package by touching the named file alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .test_architecture import FOLDERS, ROOT, changes

pytestmark = pytest.mark.slow


# However the package is installed, `cefr_sentences` is the copy.
START = """
import sys, types
package = types.ModuleType("cefr_sentences")
package.__path__ = [sys.argv.pop(1)]
sys.modules["cefr_sentences"] = package
"""
COMMAND = "from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"


@dataclass(frozen=True)
class House:
    """A copy of the three folders, importable as `cefr_sentences`, in which one change is made."""

    root: Path

    def file(self, change: str) -> Path:
        """The only file that the table names for `change`, in the copy."""
        (name,) = changes()[change]
        return self.root / name

    def do(self, code: str, *args: object) -> str:
        """What `code` prints in the copy."""
        done = subprocess.run(
            [sys.executable, "-c", START + code, str(self.root), *map(str, args)],
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *args: object) -> str:
        """What `cefr-sentences ARGS` prints in the copy."""
        return self.do(COMMAND, *args)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A copy; afterwards one of its files, and no other, is different from here."""
    root = tmp_path / "cefr_sentences"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder)
    yield House(root)
    there = [path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    same = [p for p in there if (ROOT / p).is_file() and (ROOT / p).read_bytes() == (root / p).read_bytes()]
    assert len(there) == len(same) + 1


def insert(path: Path, before: str, text: str) -> None:
    """Write `text` into the file before the one place where `before` is."""
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1
    path.write_text(content.replace(before, text + before), encoding="utf-8")


def test_the_copy_is_what_runs(house: House) -> None:
    path = house.file("a column alias of tables")
    path.write_text(path.read_text(encoding="utf-8") + "\nprint('from the copy')\n", encoding="utf-8")
    assert "from the copy" in house.do("from cefr_sentences.exporter.pairs import columns")
