"""Answers to list prompts, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from ...exporter.records.prompt import ListPrompt
from .asking import GREEDY, HEADING, OnAnswer, Reply, Sampling, answer_tokens, no_progress
from .attention import attention_kernels
from .capacity import answers_at_once
from .limits import device_limits
from .prompt_form import pad_id, prompt_ids, stop_ids

# Tokens between two looks at how many answers of a batch have ended; a slow model is looked at every second.
SEEN_EVERY = 8
# The same between two looks for a text that ends an answer, which take a GPU longer than some tokens more.
_STOPS_EVERY = {"cpu": 1}


@device_limits()
def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[ListPrompt],
    *,
    batch: int = 0,
    sampling: Sampling = GREEDY,
    prompt_form: str = "instruct",
    progress: OnAnswer = no_progress,
    strict: bool = False,
) -> list[Reply]:
    """The model's answer to each of `prompts`, at most `batch` of them at a time, short ones first.

    `batch` 0 is as many as fit into memory; a batch that does not fit after all is halved. `strict` restricts each
    answer to the vocabulary of its prompt's level and words (see `strict.py`). `progress` is called while a batch is
    written, too: an error raised in it ends the work.
    """
    import torch

    temperatures = sampling.temperatures(len(prompts))
    if any(temperatures):
        torch.manual_seed(sampling.seed)
    ids = [prompt_ids(tokenizer, prompt, prompt_form) for prompt in prompts]
    replies = [Reply()] * len(prompts)
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i].words), len(ids[i])))
    longest = max((len(ids[i]) + answer_tokens(len(prompts[i].words)) for i in order), default=1)
    size, start = batch or answers_at_once(model, longest), 0
    while start < len(order):
        chosen = order[start : start + size]
        writing = _Batch([prompts[i] for i in chosen], [ids[i] for i in chosen], [temperatures[i] for i in chosen])

        def ended(answers: int, start: int = start) -> None:
            progress(start + answers, len(order))

        try:
            written = _write_batch(model, tokenizer, writing, prompt_form, strict, ended)
        except torch.cuda.OutOfMemoryError:
            if size == 1:
                raise
            size = max(1, len(chosen) // 2)
            torch.cuda.empty_cache()
            continue
        for i, reply in zip(chosen, written, strict=True):
            replies[i] = reply
        start += len(chosen)
    progress(len(order), len(order))
    return replies


@dataclass(frozen=True)
class _Batch:
    """What is answered at once: the prompts, their token ids, and the temperature of each."""

    prompts: Sequence[ListPrompt]
    ids: Sequence[list[int]]
    temperatures: Sequence[float]


def _write_batch(
    model: Any,
    tokenizer: Any,
    batch: _Batch,
    prompt_form: str,
    strict: bool,
    ended: Callable[[int], object],
) -> list[Reply]:
    import torch
    from transformers import StoppingCriteriaList

    pad = pad_id(tokenizer)
    ids, mask = _padded(batch.ids, pad, model.device)
    width, ends = ids.shape[1], stop_ids(tokenizer, prompt_form)
    watch = _Watch(ended, (*ends, pad))
    processors: list[Any] = [watch]
    if strict:
        from .strict import strict_processor

        processors.append(strict_processor(tokenizer, batch.prompts, width, prompt_form))
    longest = max(len(prompt.words) for prompt in batch.prompts)
    stops = _Stops(tokenizer, _ends(longest), width, model.device.type)
    with torch.inference_mode(), attention_kernels(model.device.type):
        written = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=answer_tokens(longest),
            eos_token_id=ends,
            pad_token_id=pad,
            stopping_criteria=StoppingCriteriaList([stops]),
            **_choice(batch.temperatures, processors),
        )
    return [
        read_reply(tokenizer, row, sure, ends)
        for row, sure in zip(written[:, width:].tolist(), watch.log_probabilities(written), strict=True)
    ]


def _ends(words: int) -> list[str]:
    return [HEADING, f"\n{words + 1}."]  # a model that numbers on has said everything


def _padded(rows: Sequence[list[int]], pad: int, device: Any) -> tuple[Any, Any]:
    """`rows` of token ids and their mask, both of shape (rows, longest), padded on the left."""
    import torch

    longest = max(map(len, rows))
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


class _Stops:
    """Ends an answer after one of `texts`; on a GPU a few tokens later.

    transformers' own `stop_strings` goes through the whole vocabulary first, for every length of a list, and fails at
    a tokenizer that does not write its tokens as it reads them.
    """

    def __init__(self, tokenizer: Any, texts: Sequence[str], width: int, device: str) -> None:
        self._tokenizer, self._texts, self._width = tokenizer, texts, width
        self._every = _STOPS_EVERY.get(device, 4)
        self._tail = max(map(len, texts)) + self._every

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        new = input_ids.shape[1] - self._width
        if new % self._every:
            return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
        tails = self._tokenizer.batch_decode(input_ids[:, -min(new, self._tail) :])
        ended = [any(text in tail for text in self._texts) for tail in tails]
        return torch.tensor(ended, device=input_ids.device)


class _Watch:
    """Keeps the log-probability of every token that was chosen, and tells how many answers have ended.

    It changes nothing. A row that has ended goes on with padding, so its last token is one of `ends`.
    """

    def __init__(self, ended: Callable[[int], object], ends: Sequence[int]) -> None:
        self._ended, self._ends = ended, ends
        self._columns: list[Any] = []
        self._last: Any = None
        self._seen = 0.0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self._last is not None:
            self._keep(input_ids[:, -1])
        if len(self._columns) % SEEN_EVERY == 0 or monotonic() - self._seen > 1:
            self._seen = monotonic()
            last = input_ids[:, -1].tolist() if self._columns else []
            self._ended(sum(token in self._ends for token in last))
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
