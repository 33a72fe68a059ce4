"""The page about the patcher says what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.patches import RULES

PAGE = Path(__file__).parents[2] / "docs" / "patches.md"


def test_the_table_of_the_page_is_the_table() -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not beside these tests")
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.endswith("> |")]
    assert len(rows) == len(RULES)
    for rule, row in zip(RULES, rows, strict=True):
        assert f"| `{rule.describe()}` | <{rule.link}> |" in row
        assert rule.fails is None or row.startswith(f"| {rule.package} {rule.fails} |")
