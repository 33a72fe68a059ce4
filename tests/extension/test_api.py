"""What scripts import, where a model is needed; the examples of docs/api.md are run in tests/test_docs.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.api import CefrError, write


@pytest.mark.model
def test_the_model_is_asked_for_what_the_bank_lacks(data: Path) -> None:
    there, lacking = write("kite, zyzzyva", "A1", model=data / "model", candidates=1, tries=1)
    assert (there.source, there.tries) == ("bank", 0)
    assert lacking.tries == 1


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="bank='off' needs a model"):
        write("kite", "A1", bank="off")
    with pytest.raises(CefrError, match="is not a CEFR level"):
        write("kite", "A9")
