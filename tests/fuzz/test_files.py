"""Own files, headers of weights, commands and calls of the tab, all nonsense: each ends in a result or a sentence."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from .files import KINDS, try_one

CASES = 500

pytestmark = pytest.mark.slow  # half a minute in all


@pytest.mark.parametrize("kind", KINDS)
def test_files(kind: str, tmp_path: Path) -> None:
    if kind == "gguf":
        pytest.importorskip("gguf")
    became = [try_one(kind, seed, tmp_path) for seed in range(CASES)]
    assert set(became) == {"read", "refused"} or kind in ("log", "reply", "set", "manifest")


@pytest.mark.model
@pytest.mark.parametrize("kind", ["config", "generation", "tokenizer", "tokens", "adapter"])
def test_files_of_models(kind: str, tmp_path: Path) -> None:
    """100 of each: a model is loaded for each of them."""
    from . import models

    assert {try_one(kind, seed, tmp_path, models.KINDS) for seed in range(CASES // 5)} == {"read", "refused"}


def test_calls(tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    from . import calls

    built = calls.page(tmp_path)
    assert {calls.try_one(seed, built, tmp_path) for seed in range(CASES)} == {"answered", "refused"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_commands(tmp_path: Path) -> None:
    from . import commands

    some = random.Random(3).sample(commands.cases(), 50)
    assert {commands.try_one(case, tmp_path / "here") for case in some} == {"done", "refused"}
