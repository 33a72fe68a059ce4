"""Answers to list prompts, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.records.prompt import ListPrompt
from .asking import GREEDY, HEADING, Progress, Reply, Sampling, answer_tokens, no_progress
from .prompt_form import pad_id, prompt_ids, stop_ids


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[ListPrompt],
    *,
    batch: int = 16,
    sampling: Sampling = GREEDY,
    prompt_form: str = "instruct",
    progress: Progress = no_progress,
    strict: bool = False,
) -> list[Reply]:
    """The model's answer to each of `prompts`, `batch` of them at a time, short ones first.

    `strict` restricts each answer to the vocabulary of its prompt's level and words (see `strict.py`).
    """
    import torch

    temperatures = sampling.temperatures(len(prompts))
    if any(temperatures):
        torch.manual_seed(sampling.seed)
    replies = [Reply()] * len(prompts)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].words))
    for start in range(0, len(order), batch):
        progress(start, len(order))
        chosen = order[start : start + batch]
        written = _write_batch(
            model, tokenizer, [prompts[i] for i in chosen], [temperatures[i] for i in chosen], prompt_form, strict
        )
        for i, reply in zip(chosen, written, strict=True):
            replies[i] = reply
    progress(len(order), len(order))
    return replies


def _write_batch(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[ListPrompt],
    temperatures: Sequence[float],
    prompt_form: str,
    strict: bool,
) -> list[Reply]:
    import torch

    ids, mask = _padded(tokenizer, prompts, prompt_form, model.device)
    width, ends = ids.shape[1], stop_ids(tokenizer, prompt_form)
    watch = _Watch()
    processors: list[Any] = [watch]
    if strict:
        from .strict import strict_processor

        processors.append(strict_processor(tokenizer, prompts, width, prompt_form))
    longest = max(len(prompt.words) for prompt in prompts)
    with torch.inference_mode():
        written = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=answer_tokens(longest),
            eos_token_id=ends,
            pad_token_id=pad_id(tokenizer),
            stop_strings=[HEADING, f"\n{longest + 1}."],  # a model that numbers on has said everything
            tokenizer=tokenizer,
            **_choice(temperatures, processors),
        )
    return [
        read_reply(tokenizer, row, sure, ends)
        for row, sure in zip(written[:, width:].tolist(), watch.log_probabilities(written), strict=True)
    ]


def _padded(tokenizer: Any, prompts: Sequence[ListPrompt], prompt_form: str, device: Any) -> tuple[Any, Any]:
    """The ids of the prompts and their mask, both of shape (prompts, longest), padded on the left."""
    import torch

    rows = [prompt_ids(tokenizer, prompt, prompt_form) for prompt in prompts]
    longest, pad = max(map(len, rows)), pad_id(tokenizer)
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


def _choice(temperatures: Sequence[float], processors: list[Any]) -> dict[str, Any]:
    """How the next token is chosen, as arguments of the model's `generate`; overrides the model's own defaults."""
    from transformers import LogitsProcessorList

    if not any(temperatures):
        greedy = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        return {**greedy, "logits_processor": LogitsProcessorList(processors)}
    processors = [*processors, _Temperatures(temperatures)]
    drawn = {"do_sample": True, "temperature": 1.0, "top_p": 1.0, "top_k": 0}
    return {**drawn, "logits_processor": LogitsProcessorList(processors)}


class _Temperatures:
    """A temperature for each row of the batch, so that greedy and sampled answers are written together."""

    def __init__(self, temperatures: Sequence[float]) -> None:
        self.temperatures = temperatures

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        wanted = torch.tensor(self.temperatures, device=scores.device, dtype=scores.dtype).unsqueeze(1)
        best = scores >= scores.max(dim=-1, keepdim=True).values
        greedy = torch.where(best, scores, -torch.inf)
        return torch.where(wanted > 0, scores / wanted.clamp(min=1e-3), greedy)


class _Watch:
    """Keeps the log-probability of every token that was chosen; changes nothing."""

    def __init__(self) -> None:
        self._columns: list[Any] = []
        self._last: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self._last is not None:
            self._keep(input_ids[:, -1])
        self._last = scores
        return scores

    def _keep(self, tokens: Any) -> None:
        chosen = self._last.gather(1, tokens.unsqueeze(1)).squeeze(1).float()
        self._columns.append(chosen - self._last.float().logsumexp(dim=-1))

    def log_probabilities(self, written: Any) -> list[list[float]]:
        """One number for each new token of each row of `written`, which the model's `generate` returned."""
        import torch

        self._keep(written[:, -1])
        return torch.stack(self._columns, dim=1).tolist()


def read_reply(tokenizer: Any, ids: list[int], sure: Sequence[float], ends: Sequence[int]) -> Reply:
    """The answer in the tokens `ids`, without its end mark; `sure` are their log-probabilities."""
    end = next((at for at, token in enumerate(ids) if token in ends), len(ids))
    text = tokenizer.decode(ids[:end], skip_special_tokens=True).split(HEADING)[0]
    lines: list[list[float]] = [[]]
    for token, likely in zip(ids[:end], sure, strict=False):
        lines[-1].append(likely)
        lines += [[] for _ in range(tokenizer.decode([token]).count("\n"))]
    means = tuple(sum(line) / len(line) if line else 0.0 for line in lines)
    return Reply(text, means[: text.count("\n") + 1])
