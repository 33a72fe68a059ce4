"""An extension to patch, in a folder laid out like a webui."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(autouse=True)
def nothing_is_missing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without importing transformers and gradio, which takes seconds, for `status`."""
    if request.path.name != "test_imports.py":
        monkeypatch.setattr("cefr_sentences.patches.imports._ask", lambda asked: [""] * len(asked))


@pytest.fixture
def every_rule() -> bytes:
    """A script that contains every change of the table, with CRLF line ends as Training PRO has them."""
    return (SCRIPTS / "every_rule.py.txt").read_text(encoding="utf-8").replace("\n", "\r\n").encode()


@pytest.fixture
def extension(webui: Path, every_rule: bytes) -> Callable[..., Path]:
    """Makes an extension and returns its script.py."""

    def make(name: str = "Training_PRO", where: str = "user_data/extensions", content: bytes = every_rule) -> Path:
        folder = webui / where / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "script.py").write_bytes(content)
        return folder / "script.py"

    return make
