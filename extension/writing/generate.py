"""Answers to list prompts, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...exporter.prompt import INSTRUCTION_HEAD
from ..training.data import pad_id
from ..training.form import prompt_ids, stop_ids

if TYPE_CHECKING:
    from ..host.base import Sampling

# An A1 to C1 sentence with its number takes 8 to 35 tokens; whoever needs more is not answering.
TOKENS_A_WORD, TOKENS_BESIDE = 48, 32
# A model that has not learned to stop goes on with a heading; the webui stops there too.
HEADING = "\n" + INSTRUCTION_HEAD[:4]


def answer_tokens(words: int) -> int:
    """How many tokens an answer for so many words may take."""
    return TOKENS_A_WORD * words + TOKENS_BESIDE


def generate(
    model: Any,
    tokenizer: Any,
    instructions: Sequence[str],
    words: Sequence[int],
    batch: int = 16,
    sampling: Sampling | None = None,
    form: str = "instruct",
    progress: Callable[[int, int], object] = lambda done, total: None,
    processors: Callable[[int, Sequence[int]], list[Any]] | None = None,
) -> list[str]:
    """The model's answer to each of `instructions`; `words[i]` is how many words the i-th asks for.

    Greedy without `sampling`. `progress` is called with how many answers are there, and of how many. `processors`
    makes the logits processors of a batch from its width in tokens and which instructions it has (`strict_for`).
    """
    import torch

    order = sorted(range(len(instructions)), key=lambda i: words[i])
    answers = [""] * len(instructions)
    for start in range(0, len(order), batch):
        progress(start, len(order))
        chosen = order[start : start + batch]
        prompts = [prompt_ids(tokenizer, instructions[i], form) for i in chosen]
        longest = max(map(len, prompts))
        pad = pad_id(tokenizer)
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts], device=model.device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        with torch.inference_mode():
            written = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=answer_tokens(max(words[i] for i in chosen)),
                eos_token_id=stop_ids(tokenizer, form),
                pad_token_id=pad,
                stop_strings=[HEADING],
                tokenizer=tokenizer,
                logits_processor=processors(longest, chosen) if processors is not None else None,
                **_choice(sampling),
            )
        for i, row in zip(chosen, written, strict=True):
            answers[i] = tokenizer.decode(row[longest:], skip_special_tokens=True).split(HEADING)[0]
    progress(len(order), len(order))
    return answers


def _choice(sampling: Sampling | None) -> dict[str, Any]:
    """How the next token is chosen, as arguments of `generate`; what a model's own defaults say is switched off."""
    if sampling is None or not sampling.temperature:
        return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    import torch

    torch.manual_seed(sampling.seed)
    return {"do_sample": True, "temperature": sampling.temperature, "top_p": 1.0, "top_k": 0}
