"""The embedded model's folder in the cache: whole or not there, and nothing beside it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
from cefr_sentences.exporter.common.errors import ModelError
from cefr_sentences.extension.models import embedded


def test_a_conversion_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / embedded._FILE).touch()
    spec, cache = SimpleNamespace(origin=str(tmp_path / "__init__.py")), tmp_path / "cache"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setenv("CEFR_SENTENCES_CACHE", str(cache))
    full = True

    def convert(source: Path, target: Path) -> None:
        (target / "config.json").write_text("{}")
        if full:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(embedded, "_convert", convert)
    with pytest.raises(ModelError, match="No space left"):
        embedded.embedded_model()
    assert not cache.exists()
    left = cache / f".{embedded.NAME}-{embedded._CONVERSION}.part"  # of a process that was killed
    left.mkdir(parents=True)
    full = False
    folder = embedded.embedded_model()
    assert [path.name for path in cache.iterdir()] == [folder.name]
    assert (folder / "config.json").is_file()
