"""What scripts import, where a model is needed; the examples of docs/api.md are run in tests/test_docs.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.api import CefrError, write
from cefr_sentences.extension.writing import write as writing


@pytest.mark.model
def test_the_model_is_asked_for_what_the_bank_lacks(data: Path) -> None:
    there, lacking = write("kite, zyzzyva", "A1", model=data / "model", candidates=1, tries=1)
    assert (there.source, there.tries) == ("bank", 0)
    assert lacking.tries == 1


@pytest.mark.parametrize(
    ("arguments", "asks", "reads"),
    [
        ({}, False, False),
        ({"model": "embedded"}, True, True),
        ({"api": "http://127.0.0.1:5000"}, True, False),
        ({"model": "embedded", "bank": "only"}, False, True),
    ],
)
def test_who_is_asked(monkeypatch: pytest.MonkeyPatch, arguments: Any, asks: bool, reads: bool) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(writing, "write_sentences", lambda ask, *args, **more: calls.append((ask, more["reader"])))
    write("kite", "A1", **arguments)
    assert [(ask is not None, reader is not None) for ask, reader in calls] == [(asks, reads)]


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="bank='off' needs a model"):
        write("kite", "A1", bank="off")
    with pytest.raises(CefrError, match="is not a CEFR level"):
        write("kite", "A9")
