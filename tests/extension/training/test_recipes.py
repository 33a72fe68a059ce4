"""Recipes: every level has two, complete, and each value with its reason; a file of one's own works too."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.language.levels import TRAINABLE

yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")


@pytest.mark.parametrize("kind", ["fast", "classic"])
@pytest.mark.parametrize("level", TRAINABLE)
def test_a_recipe_says_everything_and_why(level: str, kind: str) -> None:
    from cefr_sentences.extension.recipes import recipe

    found = recipe(level.lower(), kind)
    names = {f.name for f in fields(found.settings)} - {"level", "seed"}
    assert (found.settings.level, found.name) == (level, f"{kind}/{level}")
    assert set(found.reasons) == names
    assert all(
        found.why(n, lang).endswith(".") and len(found.why(n, lang)) > 20 for n in names for lang in ("en", "tr")
    )


def test_no_recipe_for_other_levels() -> None:
    from cefr_sentences.extension.recipes import recipe

    with pytest.raises(InputError, match="C2"):
        recipe("C2")


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    from cefr_sentences.extension.recipes import recipe

    file = tmp_path / "mine.yaml"
    file.write_text(
        "epochs: 2\nlearning_rate: 1e-4\nprojections: [q, v]\ncheckpointing: on\nrank:\n  value: 8\n  why: Small.\n"
    )
    found = recipe("B1", str(file))
    assert (found.settings.epochs, found.settings.learning_rate, found.settings.rank) == (2.0, 1e-4, 8)
    assert (found.settings.projections, found.settings.checkpointing) == (("q", "v"), "on")
    assert found.settings.word_weight == recipe("B1").settings.word_weight
    assert found.why("rank", "tr") == "Small."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 2", "'epoch', which is no setting"),
        ("rank: lots", "rank is 'lots', which is no number"),
        ("rank: 1.5", "rank is 1.5, which is no number"),
        ("level: A2", "is for A2, not for A1"),
        ("- 1", "holds no settings"),
        ("a: [", "is not YAML"),
        ("rank: 0", "--rank 0 is out of range"),
    ],
)
def test_a_recipe_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    from cefr_sentences.extension.recipes import recipe

    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        recipe("A1", str(file))
    with pytest.raises(InputError, match="neither fast nor classic, nor a file"):
        recipe("A1", "fastest")
