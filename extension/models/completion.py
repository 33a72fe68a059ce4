"""What the response of an OpenAI-compatible server says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import isfinite
from statistics import fmean
from typing import Any

from .asking import HEADING, Reply

LikelyToken = tuple[str, float]  # its text, and its log-probability
# What of its tokens is kept for an answer.
Sure = Callable[[str, Sequence[LikelyToken]], tuple[float, ...]]


def completion(response: str, prompt_form: str, sure: Sure) -> Reply:
    """What the model wrote. Raises one of `NO_COMPLETION` where `response` is anything else."""
    choice = json.loads(response)["choices"][0]
    answer = choice["message"]["content"] if prompt_form == "chat" else choice["text"]
    # A number or null is not text; half a character, of a stream cut in the middle, cannot be written.
    text = (answer + "").encode(errors="replace").decode().split(HEADING)[0]
    return Reply(text, sure(text, _tokens(choice)), cut=choice.get("finish_reason") == "length")


NO_COMPLETION = (ValueError, KeyError, IndexError, TypeError, RecursionError)


def _tokens(choice: Any) -> list[LikelyToken]:
    """The tokens of an answer, where the server says how likely each was."""
    try:
        told = choice["logprobs"]
        if "content" in told:
            return [(token["token"] + "", float(token["logprob"])) for token in told["content"]]
        return [
            (token + "", float(likely)) for token, likely in zip(told["tokens"], told["token_logprobs"], strict=True)
        ]
    except NO_COMPLETION:
        return []


def first_token(text: str, tokens: Sequence[LikelyToken]) -> tuple[float, ...]:
    return tuple(likely for _, likely in tokens[:1])


def line_means(text: str, tokens: Sequence[LikelyToken]) -> tuple[float, ...]:
    """The mean log-probability of each line of `text`.

    Empty where `tokens` do not spell `text`: the webui's Transformers loader names the likeliest token, not the one
    that was drawn.
    """
    lines: dict[int, list[float]] = {}
    spelled = ""
    for token, likely in tokens:
        if len(spelled) < len(text):
            spelled += token  # llama.cpp holds a line break back, in case a stop string begins there
            lines.setdefault(spelled[:-1].count("\n"), []).append(likely)
    if not spelled.startswith(text) or not isfinite(sum(likely for _, likely in tokens)):
        return ()
    return tuple(fmean(lines.get(line, [0.0])) for line in range(text.count("\n") + 1))
