"""What each way of `bench.train` measures in its own process, with torch, transformers and peft alone."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def matmul_peak(rounds: int = 6) -> dict[str, float]:
    """The best of a few large matrix multiplications, in operations a second, for float32 and bfloat16."""
    import torch

    found = {}
    for name in ("float32", "bfloat16"):
        a, b = (torch.randn(2048, 2048, dtype=getattr(torch, name)) for _ in range(2))
        best = float("inf")
        for _ in range(rounds):
            started = time.perf_counter()
            torch.matmul(a, b)
            best = min(best, time.perf_counter() - started)
        found[name] = 2 * 2048**3 / best
    return found


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
    """Write the result. The peak is of the whole process, from its start."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures |= {"peak_bytes": peak, "matmul": matmul_peak(), "load": os.getloadavg()[0]}
    (folder / "result.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
