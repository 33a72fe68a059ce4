"""In which numbers a training step is computed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Precision:
    """How a step is computed on a device.

    `autocast` converts on the way and keeps the weights of the adapter in float32; without it they have the model's own
    dtype, and the optimizer keeps float32 copies. `scaled` is what float16 needs: gradients below 6e-8 would be lost.
    """

    device: str
    dtype: str
    autocast: bool = False
    scaled: bool = False

    def arithmetic(self) -> AbstractContextManager[Any]:
        """Forward passes inside are computed this way."""
        import torch

        return torch.autocast(self.device, getattr(torch, self.dtype), enabled=self.autocast)


def precision_of(model: Any) -> Precision:
    """What is right for `model` where it is.

    A bfloat16 model on a GPU that has bfloat16 is computed as it is: converting the adapter's weights and inputs at
    every layer took up to a third of a step on an H100. GPUs without it (T4, RTX 20, GTX 16) compute in float16.
    """
    import torch

    device = model.device.type
    if bf16_pays(device):
        plain = device == "cuda" and model.dtype == torch.bfloat16 and not getattr(model, "is_quantized", False)
        return Precision(device, "bfloat16", autocast=not plain)
    if device == "cuda":
        return Precision(device, "float16", autocast=True, scaled=True)
    return Precision(device, "float32")


def bf16_pays(device: str) -> bool:
    """Whether `device` ("cuda", "cpu", ...) multiplies bfloat16 natively.

    On a CPU that is AVX512-BF16 or AMX: measured 1.5 times the tokens a second of float32 on an AMD EPYC. CPUs without
    them emulate it and are slower. torch says so under private names only; a version without them means float32.
    """
    import torch

    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(getattr(torch.cpu, name, bool)() for name in names)
    return False
