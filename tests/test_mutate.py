"""`bench.mutate`: which changes it makes, and that it tells a tested line from an untested one."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SOURCE = '''"""About 1."""
from functools import lru_cache

@lru_cache(maxsize=9)
def f(x: int, y=True) -> int:
    if x < 3 and not y:
        return x + 1
    return None
'''
CHANGES = {
    "Lt -> LtE": "x <= 3",
    "And -> Or": "x < 3 or not y",
    "not x -> x": "not not y",
    "3 -> 4": "x < 4",
    "return None": "return None\n    return None",
    "Add -> Sub": "x - 1",
    "1 -> 2": "x + 2",
    "True -> False": "y=False",
}


def test_the_changes_to_a_module() -> None:
    from bench.mutate import mutations

    names = [change.what for change in mutations(ast.parse(SOURCE))]
    assert sorted(names) == sorted(CHANGES)
    for number, name in enumerate(names):
        tree = ast.parse(SOURCE)
        change = list(mutations(tree))[number]
        change.make()
        assert CHANGES[name] in ast.unparse(tree)
        assert ("maxsize=9" in ast.unparse(tree), change.line > 4) == (True, True)


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_survivors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    from bench.mutate import main

    (tmp_path / "mutated_module.py").write_text("def f(x):\n    return x > 3\n")
    test = "from mutated_module import f\ndef test_f():\n    assert f(5){}\n"
    (tmp_path / "test_f.py").write_text(test.format(" is True and f(3) is False"))
    (tmp_path / "test_bad.py").write_text(test.format(" == 7"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    arguments = [str(tmp_path / "mutated_module.py"), "--"]
    assert main([*arguments, str(tmp_path / "test_f.py")]) == 0
    out = capfd.readouterr().out
    assert "mutated_module.py:2: 3 -> 4    return x > 3" in out
    assert "3 of 3 changes tried, 2 killed (0 by the time limit), 1 survived" in out
    assert main([*arguments, str(tmp_path / "test_bad.py")]) == 2
    assert "fail without any change" in capfd.readouterr().out
