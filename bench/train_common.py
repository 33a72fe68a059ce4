"""What each way of `bench.train` and `bench.gpu` measures in its own process, with torch, transformers and peft."""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def matmul_peak(rounds: int = 6) -> dict[str, float]:
    """The best of a few large matrix multiplications on this device, in operations a second, by type of number."""
    import torch

    if torch.cuda.is_available():
        device, size, kinds = "cuda", 8192, ["bfloat16"]
    else:  # a CPU without bfloat16 emulates it, a hundred times slower
        native = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
        device, size, kinds = "cpu", 2048, ["float32", "bfloat16"] if native else ["float32"]
    found = {}
    for name in kinds:
        a, b = (torch.randn(size, size, dtype=getattr(torch, name), device=device) for _ in range(2))
        best = float("inf")
        for _ in range(rounds):
            wait()
            started = time.perf_counter()
            torch.matmul(a, b)
            wait()
            best = min(best, time.perf_counter() - started)
        found[name] = 2 * size**3 / best
    return found


def wait() -> None:
    """Until the GPU has done all that it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def lora(model: Any, settings: dict[str, Any]) -> Any:
    """`model` with the LoRA layers that all ways train."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, lora_config(LoraConfig, settings))


def lora_config(kind: Any, settings: dict[str, Any]) -> Any:
    return kind(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=settings["modules"],
        task_type="CAUSAL_LM",
    )


def job() -> tuple[dict[str, Any], Path]:
    """What the parent process asks for, and the folder for adapter and result."""
    folder = Path(sys.argv[1])
    return json.loads((folder / "job.json").read_text(encoding="utf-8")), folder


def finish(folder: Path, **figures: Any) -> None:
    """Write the result. The peak of memory is the GPU's where there is one, else the whole process's from its start."""
    import torch

    if torch.cuda.is_available():
        peak = torch.cuda.max_memory_allocated()
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures |= {"peak_bytes": peak, "matmul": matmul_peak(), "load": os.getloadavg()[0]}
    (folder / "result.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")


def not_finite(history: list[dict[str, Any]]) -> int:
    """Steps in the history of transformers' Trainer with a loss or a gradient that is not finite."""
    return sum(not math.isfinite(float(e.get(k, 0.0))) for e in history for k in ("loss", "grad_norm") if "loss" in e)
