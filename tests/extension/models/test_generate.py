"""Answers written in batches: the same as one by one, however many fit."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models import generate as room
from cefr_sentences.extension.models.capacity import MOST, answers_at_once
from cefr_sentences.extension.models.generate import generate
from cefr_sentences.extension.models.limits import OutOfMemory

from ..tiny import plan

torch = pytest.importorskip("torch", reason="torch is not installed")
pytestmark = pytest.mark.model

PROMPTS = [ListPrompt("A1", words) for words in (("dog",), ("happy", "book", "run"), ("on",), ("blue", "swim"))]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_padded_prompt_gets_the_answer_that_it_gets_alone(tiny: Any, attention: str) -> None:
    before = tiny.model.config._attn_implementation
    tiny.model.set_attn_implementation(attention)
    try:
        alone = [generate(tiny.model, tiny.tokenizer, [prompt])[0] for prompt in PROMPTS]
        together = generate(tiny.model, tiny.tokenizer, PROMPTS)
    finally:
        tiny.model.set_attn_implementation(before)
    assert len({reply.text for reply in alone}) > 1
    for one, other in zip(alone, together, strict=True):
        assert other.text.startswith(one.text)  # a short answer beside long ones may go on for longer
        assert other.fluency[0] == pytest.approx(one.fluency[0], abs=1e-4)


def test_a_batch_that_does_not_fit_is_halved(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = room._write_batch

    def limited(model: Any, tokenizer: Any, batch: Any, *more: Any) -> Any:
        sizes.append(len(batch.prompts))
        if len(batch.prompts) > 1:
            raise torch.cuda.OutOfMemoryError
        return write(model, tokenizer, batch, *more)

    whole = generate(tiny.model, tiny.tokenizer, PROMPTS[:3], batch=1)
    monkeypatch.setattr(room, "_write_batch", limited)
    assert generate(tiny.model, tiny.tokenizer, PROMPTS[:3]) == whole
    assert sizes == [3, 1, 1, 1]


def test_a_single_answer_that_does_not_fit_is_an_error(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(room, "_write_batch", full)
    with pytest.raises(OutOfMemory, match="not enough memory"):
        generate(tiny.model, tiny.tokenizer, PROMPTS[:3])


def test_progress_while_a_batch_is_written_and_an_end_from_it(tiny: Any) -> None:
    told: list[tuple[int, int]] = []
    generate(tiny.model, tiny.tokenizer, PROMPTS, progress=lambda *at: told.append(at))
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)
    assert len(told) > 4
    assert [done for done, _ in told] == sorted(done for done, _ in told)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tiny.model, tiny.tokenizer, PROMPTS, progress=stop)


def test_a_slow_model_is_looked_at_after_every_token(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def looks() -> int:
        told: list[int] = []
        generate(tiny.model, tiny.tokenizer, PROMPTS[:1], progress=lambda done, total: told.append(done))
        return len(told)

    quick, seconds = looks(), itertools.count(step=2)
    monkeypatch.setattr(room, "monotonic", lambda: next(seconds))
    assert looks() > 4 * quick


def test_how_many_fit(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.models import capacity as memory

    monkeypatch.setattr(memory, "free_memory", lambda: 10**12)
    assert answers_at_once(tiny.model, 200) == MOST
    monkeypatch.setattr(memory, "free_memory", lambda: 10**7)
    few, fewer = answers_at_once(tiny.model, 100), answers_at_once(tiny.model, 1000)
    assert MOST > few > fewer >= 1
    monkeypatch.setattr(memory, "free_memory", lambda: 0)
    assert answers_at_once(tiny.model, 1) == 1


def test_cudnn_does_no_attention_on_a_gpu(tiny: Any, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In training and in writing: a padded prompt has rows of the mask that are empty, which its kernels get wrong."""
    from cefr_sentences.extension.models.attention import attention_kernels
    from cefr_sentences.extension.training import lora

    enabled = torch.backends.cuda.cudnn_sdp_enabled
    before = enabled()
    with attention_kernels("cuda"):
        assert not enabled()
    assert enabled() == before
    with attention_kernels("cpu"):
        assert enabled() == before
    # The device of the tiny model is the CPU: what is seen is that both places ask, and ask for the model's device.
    asked: list[str] = []
    for module in (room, lora):
        monkeypatch.setattr(module, "attention_kernels", lambda device: asked.append(device) or nullcontext())
    generate(tiny.model, tiny.tokenizer, PROMPTS[:1])
    assert asked == ["cpu"]
    with lora.lora_layers(tiny.model, plan(data).settings):
        assert asked == ["cpu", "cpu"]
