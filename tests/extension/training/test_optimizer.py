"""A step of the optimizer: gradients that are not finite, float16 with a scaler, a bfloat16 model, the kernels."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import ModelError
from cefr_sentences.exporter.records.reading import read_records
from cefr_sentences.extension.training import optimizer as room
from cefr_sentences.extension.training.settings import TrainSettings

from ..tiny import plan

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.usefixtures("one_thread", "small_pictures")]

TRIAL = 3  # backward passes before a run


def poison(monkeypatch: pytest.MonkeyPatch, calls: range) -> None:
    """The backward passes of these numbers leave a gradient that is not a number, as cuDNN's attention did."""
    original, seen = room.backward, 0

    def backward(model: Any, batch: Any, scale: Any) -> Any:
        nonlocal seen
        loss = original(model, batch, scale)
        if seen in calls:
            next(p for p in model.parameters() if p.grad is not None).grad[0, 0] = float("nan")
        seen += 1
        return loss

    monkeypatch.setattr(room, "backward", backward)


def test_a_step_without_finite_gradients_changes_nothing(
    data: Path, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cefr_sentences.extension.training.run import carry_out

    # Three trial passes, then seven steps of two passes each: the third.
    poison(monkeypatch, range(TRIAL + 4, TRIAL + 6))
    outcome = carry_out(tiny, replace(plan(data, epochs=1.0), eval=None), tmp_path)
    assert (outcome.steps, outcome.skipped, outcome.failure) == (7, 1, None)
    assert [e.skipped for e in outcome.log] == [False, False, True, False, False, False, False]
    assert outcome.log[2].loss is None
    from safetensors.torch import load_file

    weights = load_file(tmp_path / "adapter_model.safetensors")
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_a_loss_that_is_no_number_saves_nothing(data: Path, tiny: Any, tmp_path: Path) -> None:
    import torch
    from cefr_sentences.extension.training.steps import train

    weight = tiny.model.model.norm.weight
    before = weight.detach().clone()
    entries: list[Any] = []
    short = plan(data, batch=2, micro_batch=0)
    try:
        with torch.no_grad():
            weight[0] = float("nan")
        records = read_records(data / "d_eval.txt")
        with pytest.raises(ModelError, match="ended at step 5: in 5 steps in a row the gradients were not finite"):
            train(tiny, short, records, [], tmp_path, report=entries.append)
    finally:
        with torch.no_grad():
            weight.copy_(before)
    assert [entry.skipped for entry in entries] == [True] * 4  # the fifth ends the run
    assert list(tmp_path.glob("adapter*")) == []


@pytest.mark.usefixtures("untouched")
def test_a_run_that_cannot_recover_keeps_its_best_adapter(
    data: Path, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cefr_sentences.extension.training.checkpoint import RESUME
    from cefr_sentences.extension.training.log import read_log
    from cefr_sentences.extension.training.run import carry_out

    poison(monkeypatch, range(TRIAL + 20, 1000))  # from the eleventh step on
    seen: list[Any] = []
    outcome = carry_out(tiny, plan(data, evaluations=7, save="end"), tmp_path, report=seen.append)
    assert (outcome.steps, outcome.skipped, outcome.stopped) == (15, 5, False)
    assert outcome.kept in (3, 6, 9, 12)
    said = str(outcome.failure)
    assert "ended at step 15: in 5 steps in a row the gradients were not finite" in said
    assert "attention sdpa, float32" in said
    assert (tmp_path / "adapter_model.safetensors").is_file()
    assert json.loads((tmp_path / "cefr_sentences.json").read_text(encoding="utf-8"))["steps"] == 15
    log = read_log(tmp_path)
    assert log is not None
    assert (log.state, log.error) == ("failed", said)
    assert not (tmp_path / RESUME).exists()


@pytest.mark.usefixtures("untouched")
def test_a_run_that_would_not_survive_is_refused(
    data: Path, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cefr_sentences.extension.training.run import carry_out

    poison(monkeypatch, range(2, 3))  # the trial with the most padding
    with pytest.raises(ModelError, match=r"trial step on this device gave gradients that are not finite \(attention"):
        carry_out(tiny, plan(data), tmp_path)
    assert list(tmp_path.iterdir()) == []


def learned(tiny: Any, data: Path, steps: int, change: Any = None) -> tuple[Any, list[room.Stepped]]:
    """The optimizer after so many steps on the same eight records, and what each came to."""
    from cefr_sentences.extension.models.prompt_form import pad_id
    from cefr_sentences.extension.training.data import collate, encode, labelled_tokens
    from cefr_sentences.extension.training.lora import lora_layers

    encoded = encode(tiny.tokenizer, read_records(data / "d.txt")[:8])
    with lora_layers(tiny.model, TrainSettings("A1", rank=4, dropout=0.0, warmup=0.0, learning_rate=1e-3)) as model:
        optimizer = room.Optimizer(model, TrainSettings("A1", rank=4, warmup=0.0, learning_rate=1e-3), 100)
        if change is not None:
            change(optimizer)
        batch, tokens = collate(encoded, pad_id(tiny.tokenizer)), labelled_tokens(encoded)
        return optimizer, [optimizer.step([batch], tokens) for _ in range(steps)]


@pytest.mark.usefixtures("untouched")
def test_float16_skips_an_overflow_and_goes_on(data: Path, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a GPU without bfloat16 does, in float16 on this CPU: the scale is halved until the gradients fit."""
    import torch
    from cefr_sentences.extension.training.precision import Precision

    monkeypatch.setattr(room, "precision_of", lambda model: Precision("cpu", "float16", autocast=True, scaled=True))

    def too_large(optimizer: Any) -> None:
        optimizer._scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30)

    optimizer, steps = learned(tiny, data, 24, too_large)
    skipped = [step.skipped for step in steps]
    first = skipped.index(False)
    assert 0 < first < 20
    assert sum(skipped[first:]) <= 2  # near the largest scale that fits
    assert steps[-1].loss < steps[first].loss
    assert all(w.dtype == torch.float32 and w.isfinite().all() for w in optimizer._weights)


@pytest.mark.usefixtures("untouched")
def test_a_bfloat16_adapter_is_trained_in_float32(data: Path, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's own weights are the float32 ones rounded, and what rounding would swallow adds up in them."""
    import torch

    def in_sixteen_bits(optimizer: Any) -> None:
        for own in optimizer._of_model:
            own.data = own.data.to(torch.bfloat16)
        optimizer.__init__(optimizer.model, TrainSettings("A1", rank=4, warmup=0.0, learning_rate=1e-6), 100)

    optimizer, _ = learned(tiny, data, 0, in_sixteen_bits)
    before = [w.detach().clone() for w in optimizer._weights]
    for weight, own in zip(optimizer._weights, optimizer._of_model, strict=True):
        own.grad = torch.ones_like(own)
        optimizer._collect()
        assert own.grad is None
        assert weight.grad.dtype == torch.float32
    optimizer._optimizer.step()
    optimizer._publish()
    for weight, own, was in zip(optimizer._weights, optimizer._of_model, before, strict=True):
        assert weight.dtype == torch.float32
        assert not weight.equal(was)  # a step of 1e-6 is far below bfloat16's resolution
        assert own.equal(weight.to(torch.bfloat16))


def test_kernels_of_others_are_put_back(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.training import kernels

    module: Any = sys.modules[type(tiny.model).__module__]
    norm, function = tiny.model.model.norm, module.apply_rotary_pos_emb

    def patch(model: Any, **options: Any) -> None:
        assert options == {"cross_entropy": False, "fused_linear_cross_entropy": False}
        model.model.norm.forward = lambda hidden: hidden
        model.model.norm.offset = 1.0
        module.apply_rotary_pos_emb = None

    with kernels.fused_kernels(tiny.model) as used:
        assert not used  # no GPU here
    monkeypatch.setattr(kernels, "_liger", lambda model: patch)
    with pytest.raises(KeyError), kernels.fused_kernels(tiny.model) as used:
        assert used
        assert "forward" in vars(norm)
        raise KeyError
    assert "forward" not in vars(norm)
    assert not hasattr(norm, "offset")
    assert module.apply_rotary_pos_emb is function


@pytest.mark.parametrize("at_once", [1, 3, 4, 8])
def test_a_batch_is_the_same_however_many_records_are_taken_at_a_time(at_once: int) -> None:
    from cefr_sentences.extension.training.order import batches, pieces

    lengths = [7 * i % 31 + 5 for i in range(45)]
    made = batches(lengths, 8, 42, 0)
    assert sorted(i for batch in made for i in batch) == list(range(45))
    assert [len(batch) for batch in made] == [8, 8, 8, 8, 8, 5]
    assert made != batches(lengths, 8, 42, 1)
    for batch in made:
        taken = pieces(batch, lengths, at_once)
        assert sorted(i for piece in taken for i in piece) == sorted(batch)
        assert max(map(len, taken)) <= at_once
        assert len(taken) == -(-len(batch) // at_once)
