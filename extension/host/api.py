"""Ask an OpenAI-compatible server (the webui's own `--api`, vLLM, llama.cpp's server) for completions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence

from ...exporter.errors import ModelError
from ...exporter.prompt import wrap
from ..writing.generate import HEADING, answer_tokens
from .base import Progress, Sampling

TIMEOUT = 300.0  # seconds for one answer


def ask(
    url: str, instructions: Sequence[str], words: Sequence[int], sampling: Sampling, progress: Progress
) -> list[str]:
    """The server's answers, one prompt after the other.

    `url` is the server's address, with or without `/v1`. Raises ModelError when it cannot be reached or
    answers with anything but a completion.
    """
    address = check_address(url)
    answers = []
    for instruction, n in zip(instructions, words, strict=True):
        progress(len(answers), len(instructions))
        body = {
            "prompt": wrap(instruction),
            "max_tokens": answer_tokens(n),
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "stop": [HEADING],
        }
        answers.append(_completion(address, body).split(HEADING)[0])
    progress(len(answers), len(instructions))
    return answers


def check_address(url: str) -> str:
    """The address of the server's completions. Raises ModelError when `url` is none."""
    if not url.startswith(("http://", "https://")):
        raise ModelError(f"{url!r} is not the address of a server. Give it like http://127.0.0.1:5000")
    url = url.rstrip("/")
    return f"{url if url.endswith('/v1') else url + '/v1'}/completions"


def _completion(address: str, body: dict[str, object]) -> str:
    request = urllib.request.Request(
        address, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            text = response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        raise ModelError(
            f"{address} answered {error.code} {error.reason}. Is a model loaded there, and is it a completions API?"
        ) from None
    except (OSError, ValueError) as error:  # refused, timed out, no such host
        reason = getattr(error, "reason", None) or error
        raise ModelError(f"{address} cannot be asked: {reason}. Is the server running, with its API on?") from None
    try:
        return str(json.loads(text)["choices"][0]["text"])
    except (ValueError, KeyError, IndexError, TypeError):
        raise ModelError(f"{address} did not answer with a completion but with {text[:80]!r}.") from None
