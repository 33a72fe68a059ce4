"""The parts of `bench.gpu speed`: bare training steps of one model, one thing changed at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from .train_common import finish, job, matmul_peak, wait


def main() -> None:
    import torch
    from cefr_sentences.exporter.records.reading import read_records
    from cefr_sentences.extension.models.loading import load
    from cefr_sentences.extension.training.data import encode
    from cefr_sentences.extension.training.settings import TrainSettings

    ask, folder = job()
    settings = TrainSettings(**{**ask["ours"], "projections": tuple(ask["ours"]["projections"])})
    loaded = load(ask["model"])
    encoded = encode(loaded.tokenizer, read_records(Path(ask["dataset"])))
    encoded.sort(key=lambda e: len(e["input_ids"]))
    peak = max(matmul_peak().values())
    found: dict[str, Any] = {}
    print(f"| a step of {settings.batch} records | ms | real tokens/s | MFU | peak memory |\n|---|---|---|---|---|")
    ways: dict[str, Callable[[], Any]] = {
        f"{settings.batch} at a time": nullcontext,
        f"{settings.batch // 4} at a time": lambda: nullcontext({"at_once": settings.batch // 4}),
        f"{settings.batch // 16 or 1} at a time": lambda: nullcontext({"at_once": settings.batch // 16 or 1}),
        "no dropout": lambda: nullcontext({"dropout": 0.0}),
        "all seven projections": lambda: nullcontext({"projections": ("all",)}),
        "float32 adapter, autocast": autocast,
        "attention mask as with padding": masked,
        "DoRA": lambda: nullcontext({"dora": True}),
        "checkpointing": lambda: nullcontext({"checkpointing": "on"}),
        "8-bit Adam": lambda: nullcontext({"optimizer": "adamw_bnb_8bit"}),
        "with cuDNN's attention": cudnn,
        "without Liger's kernels": no_liger,
        "without Liger's kernels and dropout": lambda: no_liger({"dropout": 0.0}),
    }
    for name, way in ways.items():
        try:
            with way() as changes:
                seconds, tokens = measure(loaded, encoded, settings, 1 if ask["small"] else 6, **(changes or {}))
        except Exception as error:
            print(f"| {name} | not measured: {str(error).splitlines()[0][:120]} | | | |", flush=True)
            continue
        memory = torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else float("nan")
        share = 4 * ask["parameters"] * tokens / seconds / peak
        found[name] = {"seconds": seconds, "tokens_a_second": tokens / seconds, "mfu": share, "gigabytes": memory}
        row = f"| {name} | {seconds * 1e3:.0f} | {tokens / seconds:,.0f} | {share:.1%} | {memory:.1f} GB |"
        print(row, flush=True)
        print(row, file=sys.stderr, flush=True)
    finish(folder, ways=found, peak=peak)


def measure(
    loaded: Any, encoded: list[Any], settings: Any, steps: int, at_once: int | None = None, **changes: Any
) -> tuple[float, float]:
    """Seconds of a step, and its real tokens, as the mean over `steps` with records of middling length."""
    import torch
    from cefr_sentences.extension.models.prompt_form import pad_id
    from cefr_sentences.extension.training.data import collate, labelled_tokens
    from cefr_sentences.extension.training.lora import lora_layers
    from cefr_sentences.extension.training.optimizer import Optimizer
    from cefr_sentences.extension.training.order import pieces

    chosen = replace(settings, **changes)
    size, lengths = chosen.batch, [len(e["input_ids"]) for e in encoded]
    first = max(0, (len(encoded) - steps * size) // 2)
    batches = [list(range(at, at + size)) for at in range(first, len(encoded) - size + 1, size)][:steps]
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with lora_layers(loaded.model, chosen) as model:
        optimizer = Optimizer(model, chosen, 2 * len(batches))
        model.train()

        def step(batch: list[int]) -> None:
            some = [[encoded[i] for i in piece] for piece in pieces(batch, lengths, at_once or size)]
            tokens = labelled_tokens([encoded[i] for i in batch])
            optimizer.step([collate(piece, pad_id(loaded.tokenizer)) for piece in some], tokens)

        for batch in batches:  # each length once: kernels are loaded and chosen
            step(batch)
        wait()
        began = time.perf_counter()
        for batch in batches:
            step(batch)
        wait()
        seconds = time.perf_counter() - began
    return seconds / len(batches), sum(lengths[i] for batch in batches for i in batch) / len(batches)


@contextmanager
def autocast() -> Any:
    """As it was: the adapter in float32, everything converted on the way."""
    from cefr_sentences.extension.training import lora, optimizer, precision

    before = precision.precision_of

    def with_autocast(model: Any) -> Any:
        return replace(before(model), autocast=True, dtype="bfloat16")

    lora.precision_of = optimizer.precision_of = with_autocast
    try:
        yield
    finally:
        lora.precision_of = optimizer.precision_of = before


@contextmanager
def masked() -> Any:
    """With a mask that hides the padding, so that attention cannot take its causal kernel."""
    import torch

    before = torch.ones_like

    def last_hidden(ids: Any, *args: Any, **kwargs: Any) -> Any:
        made = before(ids, *args, **kwargs)
        if made.dim() == 2 and made.dtype == torch.int64:
            made[:, -1] = 0
        return made

    torch.ones_like = last_hidden
    try:
        yield
    finally:
        torch.ones_like = before


@contextmanager
def cudnn() -> Any:
    """With the attention kernels that torch takes by itself on a Hopper GPU."""
    from cefr_sentences.extension.training import lora

    before = lora.attention_kernels
    lora.attention_kernels = lambda device: nullcontext()
    try:
        yield
    finally:
        lora.attention_kernels = before


@contextmanager
def no_liger(changes: dict[str, Any] | None = None) -> Any:
    """As where the package is not installed."""
    from cefr_sentences.extension.training import lora

    before = lora.fused_kernels
    lora.fused_kernels = lambda model: nullcontext()
    try:
        yield changes
    finally:
        lora.fused_kernels = before


if __name__ == "__main__":
    main()
