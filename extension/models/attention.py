"""Which attention kernels may run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def attention_kernels(device: str) -> Iterator[None]:
    """Attention without cuDNN's kernels while the block lasts; torch then takes one of its own.

    Where a mask has an empty row, as prompts padded on the left have, cuDNN's backward pass returns NaN, and nothing
    says what its forward pass returns; torch's own kernels return zeros. It also seems to make a plan for every new
    shape of a batch (docs/benchmarks.md), and with every token that is written the shape is new.
    """
    import torch

    if device != "cuda":
        yield
        return
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)
