"""Recipes: every level has one, complete, and each value with its reason."""

from __future__ import annotations

import pytest
from cefr_sentences.exporter.errors import InputError
from cefr_sentences.exporter.levels import TRAINABLE

yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")


@pytest.mark.parametrize("level", TRAINABLE)
def test_a_recipe_says_everything_and_why(level: str) -> None:
    from dataclasses import fields

    from cefr_sentences.extension.recipes import recipe

    found = recipe(level.lower())
    names = {f.name for f in fields(found.settings)} - {"level", "seed"}
    assert found.settings.level == level
    assert set(found.reasons) == names
    assert all(
        found.why(n, lang).endswith(".") and len(found.why(n, lang)) > 20 for n in names for lang in ("en", "tr")
    )


def test_no_recipe_for_other_levels() -> None:
    from cefr_sentences.extension.recipes import recipe

    with pytest.raises(InputError, match="C2"):
        recipe("C2")
