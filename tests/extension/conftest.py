"""A tiny model, data for it, and what a run must leave untouched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .tiny import export_starter, logits, save_tiny_model


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    export_starter(folder)
    save_tiny_model(folder / "model")
    return folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Layers this narrow are quicker on one thread, whatever else the machine does."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run draws its curves at its end, which takes longer than the run where that is tiny."""
    from cefr_sentences.extension.training import plots

    monkeypatch.setattr(plots, "DPI", 30)


@pytest.fixture(scope="module")
def tiny(data: Path) -> Any:
    from cefr_sentences.extension.models.loading import load

    return load(str(data / "model"))


@pytest.fixture
def untouched(tiny: Any) -> Iterator[None]:
    """Whatever the test does, the base model is afterwards what it was: logits, flags, modes, names."""
    model = tiny.model
    before = logits(model)
    flags = {n: p.requires_grad for n, p in model.named_parameters()}
    modes = {n: m.training for n, m in model.named_modules()}
    hooks = {n: (len(m._forward_hooks), len(m._forward_pre_hooks)) for n, m in model.named_modules()}
    dtypes = {n: p.dtype for n, p in model.named_parameters()}
    configs = [c.to_dict() for c in (model.config, model.generation_config)]
    yield
    assert before.equal(logits(model))
    assert {n: p.requires_grad for n, p in model.named_parameters()} == flags
    assert {n: m.training for n, m in model.named_modules()} == modes
    assert {n: (len(m._forward_hooks), len(m._forward_pre_hooks)) for n, m in model.named_modules()} == hooks
    assert {n: p.dtype for n, p in model.named_parameters()} == dtypes
    assert [c.to_dict() for c in (model.config, model.generation_config)] == configs
    assert not hasattr(model, "peft_config")
