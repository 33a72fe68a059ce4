"""How many answers a model can write at once, and how many tokens it can read, by its memory.

One step of a batch costs little more than one of a single answer until the device is full, so larger batches are much
quicker, on a CPU too (docs/benchmarks.md).
"""

from __future__ import annotations

from typing import Any

from ...exporter.common.memory import free_memory

MOST = 256  # answers at once: more gains little, and a batch waits for its longest answer
FEW, MANY = 2048, 65536  # tokens read at once
_SHARE = 0.5  # of the memory that is free now: a computer's memory is not ours alone, and allocators round up
_SCORES = 6  # copies of the scores of one step, in float32, that the choice of a token makes


def available(model: Any) -> int:
    """Bytes that this process can use: on the model's GPU, or in memory."""
    import psutil  # accelerate brings it
    import torch

    if model.device.type == "cuda":
        free = torch.cuda.mem_get_info(model.device)[0]
        return free + torch.cuda.memory_reserved(model.device)
    return (free_memory() or 0) + psutil.Process().memory_info().rss


def answers_at_once(model: Any, tokens: int) -> int:
    """How many sequences of `tokens` tokens, prompt and answer, fit beside the model; 1 to MOST."""
    import torch

    if model.device.type == "cuda":
        free = available(model) - torch.cuda.memory_allocated(model.device)
    else:
        free = free_memory() or 0
    return max(1, min(MOST, int(free * _SHARE / _bytes(model, tokens))))


def tokens_at_once(model: Any) -> int:
    """How many tokens of texts fit into one forward pass without gradients. A CPU gains nothing from more than FEW."""
    import torch

    if model.device.type != "cuda":
        return FEW
    free = available(model) - torch.cuda.memory_allocated(model.device)
    return max(FEW, min(MANY, int(free * _SHARE / _bytes(model, 1))))


def _bytes(model: Any, tokens: int) -> int:
    """What one more sequence takes: keys and values, the activations of its prompt, and the scores of a step."""
    config = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    heads = getattr(config, "num_attention_heads", None) or 1
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    kept = getattr(config, "num_key_value_heads", None) or heads
    inner = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    item = next(model.parameters()).element_size()
    cache = 2 * config.num_hidden_layers * kept * width * item
    return tokens * (cache + 2 * (config.hidden_size + inner) * item) + _SCORES * 4 * config.vocab_size
