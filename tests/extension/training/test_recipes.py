"""Recipes: every level has two, complete, and each value with its reason; a file of one's own works too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.language.levels import TRAINABLE
from cefr_sentences.extension.recipes import KINDS, recipe
from cefr_sentences.extension.training.settings import SETTINGS, rate_for

yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")

# What a run decides for itself, whatever the recipe.
FREE = {"seed", "report_to"}
EVERYWHERE = {
    "learning_rate": 0.0,
    "scheduler": "cosine",
    "cutoff": 0,
    "micro_batch": 0,
    "dropout": 0.05,
    "optimizer": "adamw_torch",
    "rslora": False,
    "dora": False,
    "four_bit": False,
    "keep": "best",
    "form": "instruct",
    "loss_on": "answer",
    "checkpointing": "auto",
}
FAST = EVERYWHERE | {
    "rank": 64,
    "alpha": 128,
    "projections": ("q", "k", "v", "o"),
    "warmup": 0.1,
    "batch": 8,
    "word_weight": 4,
    "save": "end",
    "evaluations": 5,
    "patience": 2,
}
CLASSIC = EVERYWHERE | {
    "rank": 128,
    "alpha": 256,
    "projections": ("q", "v"),
    "learning_rate": 0.0002,
    "warmup": 0.1,
    "batch": 64,
    "word_weight": 1,
    "save": "end",
    "evaluations": 20,
    "patience": 4,
    "epochs": 10,
}
SMALL = {"warmup": 0.12, "batch": 16, "evaluations": 10}
VALUES = {
    "fast": {level: FAST | {"epochs": 2 if level in ("A1", "A2") else 3} for level in TRAINABLE},
    "classic": {
        "A1": CLASSIC | SMALL | {"epochs": 3, "save": "loss", "patience": 0},
        "A2": CLASSIC | SMALL | {"epochs": 5},
        **dict.fromkeys(("B1", "B2", "C1"), CLASSIC),
    },
}


@pytest.mark.parametrize("kind", ["fast", "classic"])
@pytest.mark.parametrize("level", TRAINABLE)
def test_the_values_of_every_recipe(level: str, kind: str) -> None:
    found = recipe(level.lower(), kind)
    assert (found.settings.level, found.name) == (level, f"{kind}/{level}")
    assert {name: getattr(found.settings, name) for name in SETTINGS if name not in FREE} == VALUES[kind][level]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", TRAINABLE)
def test_a_recipe_says_everything_and_why(level: str, kind: str) -> None:
    found = recipe(level, kind)
    names = set(SETTINGS) - FREE
    assert set(found.reasons) == names
    for reasons in found.reasons.values():
        assert set(reasons) == {"en", "tr"}
        assert all(reason.endswith(".") and len(reason) > 20 for reason in reasons.values())


def test_fast_is_the_default() -> None:
    assert KINDS == ("fast", "classic")
    assert recipe("B1") == recipe("B1", "fast")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", TRAINABLE)
def test_a_file_says_only_what_differs(level: str, kind: str) -> None:
    import cefr_sentences.extension.recipes as room

    folder = Path(room.__file__).parent
    known: dict[str, Any] = {}
    for name in ("base.yaml", f"{kind}/base.yaml", f"{kind}/{level.lower()}.yaml"):
        if (folder / name).exists():
            own = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
            assert [one for one, entry in own.items() if entry == known.get(one)] == []
            if not name.endswith("/base.yaml"):  # a kind may have a reason of its own for the same value
                assert [one for one, entry in own.items() if entry["value"] == known.get(one, {}).get("value")] == []
            known |= own


def test_what_all_kinds_say_alike_is_said_once() -> None:
    import cefr_sentences.extension.recipes as room

    fast, classic = (
        yaml.safe_load((Path(room.__file__).parent / kind / "base.yaml").read_text(encoding="utf-8")) for kind in KINDS
    )
    assert [name for name in fast if fast[name] == classic.get(name)] == []


def test_without_a_reason_it_is_said_what_a_setting_does() -> None:
    assert recipe("A1").why("seed", "tr") == SETTINGS["seed"].hint[1]


def test_no_recipe_for_other_levels() -> None:
    with pytest.raises(InputError, match="C2"):
        recipe("C2")


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "level: b1\nepochs: 2\nlearning_rate: 1e-4\nprojections: [q, v]\ncheckpointing: on\ndora: on\n"
        "rank:\n  value: 8\n  why: Small.\n"
    )
    found = recipe("B1", str(file))
    assert (found.settings.epochs, found.settings.learning_rate, found.settings.rank) == (2.0, 1e-4, 8)
    assert (found.settings.projections, found.settings.checkpointing) == (("q", "v"), "on")
    assert (found.settings.dora, found.settings.level) == (True, "B1")
    assert found.settings.word_weight == recipe("B1").settings.word_weight
    assert found.why("rank", "tr") == "Small."
    assert set(found.reasons) == {"rank"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 2", "'epoch', which is not a setting"),
        ("rank: lots", "cannot be used.\n--rank: 'lots' is not a whole number"),
        ("rank: 1.5", "--rank: 1.5 is not a whole number"),
        ("dora: 3", "--dora: 3 is neither true nor false"),
        ("level: A2", "is for A2, not for A1"),
        ("- 1", "holds no settings"),
        ("a: [", "is not YAML"),
        ("rank: " + "9" * 5000, "is not YAML"),
        ("rank: " + "[" * 3000, "is not YAML"),
        ("rank: 0", "mine.yaml cannot be used.\n--rank 0 is out of range"),
    ],
)
def test_a_recipe_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        recipe("A1", str(file))
    assert said in str(caught.value)
    with pytest.raises(InputError, match="neither fast nor classic, nor a file"):
        recipe("A1", "fastest")


@pytest.mark.slow
def test_the_learning_rate_follows_the_width_of_the_model() -> None:
    from transformers import GPT2Config, LlamaConfig

    fast, classic = (recipe("A1", kind).settings for kind in ("fast", "classic"))
    rates = [fast.for_model(LlamaConfig(hidden_size=size)).learning_rate for size in (576, 2048, 4096)]
    assert rates == [5e-4, 1.9e-4, 1.1e-4]
    assert fast.for_model(GPT2Config(n_embd=2048)).learning_rate == 1.9e-4
    assert classic.for_model(LlamaConfig(hidden_size=4096)) is classic
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| .* \| (0\.\d+) \|$", page, re.MULTILINE)
    assert len(rows) == 5
    assert all(f"{rate_for(int(size)):.2g}" == f"{float(rate):.2g}" for size, rate in rows)
