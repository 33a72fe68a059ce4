"""Answers to list prompts, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.prompt import INSTRUCTION_HEAD
from ..training.data import pad_id, prompt_ids

# An A1 to C1 sentence with its number takes 8 to 35 tokens; whoever needs more is not answering.
TOKENS_A_WORD, TOKENS_BESIDE = 48, 32
# A model that has not learned to stop goes on with a heading; the webui stops there too.
_HEADING = "\n" + INSTRUCTION_HEAD[:4]


def generate(
    model: Any, tokenizer: Any, instructions: Sequence[str], words: Sequence[int], batch: int = 16
) -> list[str]:
    """The model's answer to each of `instructions`, greedily; `words[i]` is how many words the i-th asks for."""
    import torch

    order = sorted(range(len(instructions)), key=lambda i: words[i])
    answers = [""] * len(instructions)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        prompts = [prompt_ids(tokenizer, instructions[i]) for i in chosen]
        longest = max(map(len, prompts))
        pad = pad_id(tokenizer)
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts], device=model.device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        with torch.inference_mode():
            written = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=TOKENS_A_WORD * max(words[i] for i in chosen) + TOKENS_BESIDE,
                do_sample=False,
                temperature=None,  # some models' own defaults would warn about greedy decoding
                top_p=None,
                top_k=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=pad,
                stop_strings=[_HEADING],
                tokenizer=tokenizer,
            )
        for i, row in zip(chosen, written, strict=True):
            answers[i] = tokenizer.decode(row[longest:], skip_special_tokens=True).split(_HEADING)[0]
    return answers
