"""Answers to list prompts, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...exporter.records.prompt import INSTRUCTION_HEAD, parse_instruction
from .form import pad_id, prompt_ids, stop_ids

if TYPE_CHECKING:
    from .host import Sampling

# An A1 to C1 sentence with its number takes 8 to 35 tokens; whoever needs more is not answering.
TOKENS_A_WORD, TOKENS_BESIDE = 48, 32
# A model that has not learned to stop goes on with a heading; the webui stops there too.
HEADING = "\n" + INSTRUCTION_HEAD[:4]


class Reply(str):
    """An answer, and what is known of it beside its text.

    `fluency` is the mean log-probability (nats a token, by the model that wrote it, whatever the temperature) of each
    of its lines; empty where somebody else's server wrote it. `problem` is why there is no answer, in a sentence.
    """

    fluency: tuple[float, ...] = ()
    problem: str = ""


def reply(text: str, fluency: tuple[float, ...] = (), problem: str = "") -> Reply:
    made = Reply(text)
    made.fluency, made.problem = fluency, problem
    return made


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
    strict: bool = False,
) -> list[str]:
    """The model's answer to each of `instructions`; `words[i]` is how many words the i-th asks for.

    Greedy without `sampling`. The answers are `Reply`s. `progress` is called with how many are there, and of how many.
    `strict` holds each answer to the words of the level that its prompt asks for (see `strict.py`).
    """
    import torch

    ends = stop_ids(tokenizer, form)
    processors = _strict(tokenizer, instructions, form) if strict else lambda width, chosen: []
    order = sorted(range(len(instructions)), key=lambda i: words[i])
    answers: list[str] = [""] * len(instructions)
    temperatures = [0.0] * len(order) if sampling is None else sampling.temperatures(len(order))
    if sampling is not None and any(temperatures):
        torch.manual_seed(sampling.seed)
    for start in range(0, len(order), batch):
        progress(start, len(order))
        chosen = order[start : start + batch]
        prompts = [prompt_ids(tokenizer, instructions[i], form) for i in chosen]
        longest = max(map(len, prompts))
        pad = pad_id(tokenizer)
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts], device=model.device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        watch, most = _Watch(), max(words[i] for i in chosen)
        with torch.inference_mode():
            written = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=answer_tokens(most),
                eos_token_id=ends,
                pad_token_id=pad,
                stop_strings=[HEADING, f"\n{most + 1}."],  # who goes on counting has said all
                tokenizer=tokenizer,
                **_choice([temperatures[i] for i in chosen], [watch, *processors(longest, chosen)]),
            )
        sure = watch.log_probabilities(written)
        for at, i in enumerate(chosen):
            answers[i] = _reply(tokenizer, written[at, longest:].tolist(), sure[at], ends)
    progress(len(order), len(order))
    return answers


def _strict(tokenizer: Any, instructions: Sequence[str], form: str) -> Callable[[int, Sequence[int]], list[Any]]:
    from .strict import strict_for

    asked = [parse_instruction(instruction) for instruction in instructions]
    if not asked:
        return lambda width, chosen: []
    return strict_for(tokenizer, asked[0].level, [prompt.words for prompt in asked], form)


def _choice(temperatures: Sequence[float], processors: list[Any]) -> dict[str, Any]:
    """How the next token is chosen, as arguments of `generate`; what a model's own defaults say is switched off."""
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
        """One number for each new token of each row of what `generate` returned."""
        import torch

        self._keep(written[:, -1])
        return torch.stack(self._columns, dim=1).tolist()


def _reply(tokenizer: Any, ids: list[int], sure: Sequence[float], ends: Sequence[int]) -> Reply:
    """The answer in `ids` without its end mark, and how likely each of its lines was."""
    end = next((at for at, token in enumerate(ids) if token in ends), len(ids))
    text = tokenizer.decode(ids[:end], skip_special_tokens=True).split(HEADING)[0]
    lines: list[list[float]] = [[]]
    for token, likely in zip(ids[:end], sure, strict=False):
        lines[-1].append(likely)
        lines += [[] for _ in range(tokenizer.decode([token]).count("\n"))]
    means = tuple(sum(line) / len(line) if line else 0.0 for line in lines)
    return reply(text, means[: text.count("\n") + 1])
