"""Ask an OpenAI-compatible server (the webui's own `--api`, vLLM, llama.cpp's server) for its answers."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from queue import Empty, SimpleQueue
from typing import Any

from ...exporter.common.errors import InputError, ModelError, Option, Problem, out_of_range
from ...exporter.records.prompt import ListPrompt, wrap
from .address import endpoint
from .asking import GREEDY, HEADING, OnAnswer, Reply, Sampling, answer_tokens, no_progress
from .completion import NO_COMPLETION, Sure, completion, first_token, line_means
from .gbnf import grammar, keeps

_PIECE = 1 << 16
# Ten sentences take some 2,000 characters; a server that sends megabytes is not answering, and may never end.
MAX_BYTES = 4_000_000
GIVE_UP = 4  # failures in a row, each after its repetitions: a server that is gone is not asked 5,000 times
_BUSY = (408, 409, 425, 429)  # and 5xx: worth another try


@dataclass(frozen=True)
class Server:
    """How a server is asked: `parallel` prompts at once, `timeout` seconds for an answer, up to `retries` repetitions.

    With the prompt form `instruct` it is asked for a completion of our prompt; with `chat` the list prompt is sent as
    a message, which the server puts into the model's chat template. `model` is sent where a server has several; the
    key is read from OPENAI_API_KEY. With `strict` it is sent the grammar of each prompt's level and words, by the names
    that it has in llama.cpp and in the webui.
    """

    url: str
    parallel: int = 4
    timeout: float = 300.0
    retries: int = 2
    model: str = ""
    prompt_form: str = "instruct"
    pause: float = 0.5  # seconds before the first repetition, doubled for each further one
    strict: bool = False

    def __post_init__(self) -> None:
        endpoint(self.url, self.prompt_form)
        if not 1 <= self.parallel <= 256:
            raise out_of_range("parallel", self.parallel, 1, 256)
        if not 0 < self.timeout <= 86_400:
            raise InputError(
                "{setting} {value} is out of range: above 0, at most {high}.",
                setting=Option("timeout"),
                value=f"{self.timeout:g}",
                high=f"{86_400:,}",
            )

    def ask(
        self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling = GREEDY, progress: OnAnswer = no_progress
    ) -> list[Reply]:
        """The server's answers, in order; where there is none, a `Reply` with its `problem`.

        Raises ModelError, with the first problem, when there is not a single answer, and InputError when `strict` was
        wanted and an answer is not strict: most servers ignore what they do not know.
        """
        temperatures = sampling.temperatures(len(prompts))
        bodies = [
            self._body(prompt, temperature, sampling.seed + i)
            for i, (prompt, temperature) in enumerate(zip(prompts, temperatures, strict=True))
        ]

        def accept(i: int, reply: Reply) -> None:
            if self.strict and not reply.problem and not keeps(prompts[i], reply):
                raise self._no_grammar(reply.text)

        return _answered(self._replies(bodies, progress, accept))

    def say(self, questions: Sequence[str]) -> list[Reply]:
        """The first word of the answer to each message, with the log-probability of its first token where it is told.

        Raises ModelError as `ask` does.
        """
        more: dict[str, object] = {"max_tokens": 4, "temperature": 0.0, "logprobs": True, "top_logprobs": 1}
        named = {"model": self.model} if self.model else {}
        bodies = [{"messages": [{"role": "user", "content": question}], **more, **named} for question in questions]
        return _answered(replace(self, prompt_form="chat")._replies(bodies, no_progress, sure=first_token))

    def _body(self, prompt: ListPrompt, temperature: float, seed: int) -> dict[str, object]:
        chat = self.prompt_form == "chat"
        told = {"logprobs": True, "top_logprobs": 1} if chat else {"logprobs": 1}
        strict = dict.fromkeys(("grammar", "grammar_string"), grammar(prompt)) if self.strict else {}
        return {
            **({"messages": [{"role": "user", "content": prompt.text}]} if chat else {"prompt": wrap(prompt.text)}),
            **told,
            **strict,
            "max_tokens": answer_tokens(len(prompt.words)),
            "temperature": temperature,
            "seed": seed,
            "stop": [HEADING],
            **({"model": self.model} if self.model else {}),
        }

    def _replies(
        self,
        bodies: Sequence[dict[str, object]],
        progress: OnAnswer,
        accept: Callable[[int, Reply], None] = lambda i, reply: None,
        sure: Sure = line_means,
    ) -> list[Reply]:
        """Asks in daemon threads, so that Ctrl-C ends the program at once, also while a server hangs.

        `accept` is called with each answer and its number, and may raise.
        """
        replies: list[Reply | None] = [None] * len(bodies)
        waiting, ready = SimpleQueue[int](), SimpleQueue[int | BaseException]()

        def work() -> None:
            try:
                while True:
                    i = waiting.get_nowait()
                    replies[i] = self._reply(bodies[i], sure)
                    ready.put(i)
            except Empty:
                pass
            except BaseException as error:
                ready.put(error)

        for i in range(len(bodies)):
            waiting.put(i)
        for _ in range(min(self.parallel, len(bodies))):
            threading.Thread(target=work, name="cefr-sentences-api", daemon=True).start()
        progress(0, len(bodies))
        failed: list[Problem] = []  # since the last answer
        try:
            for done in range(1, len(bodies) + 1):
                if isinstance(answered := ready.get(), BaseException):
                    raise answered
                progress(done, len(bodies))
                reply = replies[answered]
                if reply is not None:
                    accept(answered, reply)
                failed = [*failed, reply.problem] if reply is not None and reply.problem else []
                if len(failed) >= max(self.parallel, GIVE_UP):
                    break
        finally:
            with suppress(Empty):  # after an error or a stop nothing more is asked
                while True:
                    waiting.get_nowait()
        return [reply or Reply(problem=failed[-1]) for reply in replies]

    def _reply(self, body: dict[str, object], sure: Sure) -> Reply:
        """One answer; the question is repeated where that may help."""
        for attempt in range(self.retries + 1):
            try:
                return self._answer(self._post(body), sure)
            except _Unanswered as error:
                if "logprobs" in body and "logprobs" in error.said:  # some refuse them for some models
                    return self._reply({key: value for key, value in body.items() if "logprobs" not in key}, sure)
                if "grammar" in body and "grammar" in error.said:
                    raise self._no_grammar(error.said) from None
                if attempt == self.retries or not error.passing:
                    return Reply(problem=error.problem)
                time.sleep(max(self.pause * 2**attempt, error.wait))
        raise AssertionError("unreachable")

    def _no_grammar(self, said: str) -> InputError:
        return InputError(
            "{url} does not keep to the grammar that {strict} sends, but answers {text}. llama.cpp's server does, "
            "by itself and in TextGen (text-generation-webui). Ask one of these, or leave out {strict}.",
            url=self.url,
            strict=Option("strict"),
            text=repr(said[:80]),
        )

    def _post(self, body: dict[str, object]) -> str:
        """The text with which the server responds. Raises _Unanswered."""
        url = endpoint(self.url, self.prompt_form)
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OPENAI_API_KEY", "").strip():
            if not (key.isascii() and key.isprintable()):  # http.client would say so, with the key
                problem = Problem(
                    "OPENAI_API_KEY holds a line break or another character that no key has. Set it again."
                )
                raise _Unanswered(problem, passing=False)
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
        deadline = time.monotonic() + self.timeout
        try:
            with _OPENER.open(request, timeout=self.timeout) as response:
                return _read(response.read1, deadline).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            said = ""
            wait, to, said = _seconds(error.headers.get("Retry-After")), error.headers.get("Location"), ""
            with error, suppress(OSError, HTTPException):
                said = error.read(_PIECE).decode("utf-8", "replace")
            problem = Problem(
                "{url} answered {status} {reason}. Is a model loaded there, and does it offer OpenAI's API?",
                {"url": url, "status": error.code, "reason": error.reason},
            )
            if to and 300 <= error.code < 400:
                said = "{url} redirects to {to}, which is not asked, as it would get the key. Give the address itself."
                problem = Problem(said, {"url": url, "to": to[:200]})
            busy = error.code >= 500 or error.code in _BUSY
            raise _Unanswered(problem, passing=busy, wait=wait, said=said) from None
        except (OSError, ValueError, HTTPException) as error:  # refused, broken off, no such host, too late
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                problem = Problem(
                    "{url} has not answered within {seconds} s. Is it still loading, or overloaded?",
                    {"url": url, "seconds": f"{self.timeout:g}"},
                )
            else:
                problem = Problem(
                    "{url} cannot be asked: {reason}. Is the server running, with its API on?",
                    {"url": url, "reason": reason},
                )
            raise _Unanswered(problem, passing=not isinstance(error, ValueError)) from None

    def _answer(self, text: str, sure: Sure) -> Reply:
        """What the model wrote, from the server's response `text`. Raises _Unanswered."""
        try:
            return completion(text, self.prompt_form, sure)
        except NO_COMPLETION:
            problem = Problem(
                "{url} did not answer with a completion but with {text}.",
                {"url": endpoint(self.url, self.prompt_form), "text": repr(text[:80])},
            )
            # A stream that broke off is worth another try; a web page is not.
            raise _Unanswered(problem, passing=text.lstrip().startswith("{")) from None


def _answered(replies: list[Reply]) -> list[Reply]:
    """`replies`. Raises ModelError, with the first problem, when there is not a single answer."""
    problems = [reply.problem for reply in replies if reply.problem]
    if replies and len(problems) == len(replies):
        raise ModelError(problems[0])
    return replies


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key along, to any host."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


class _Unanswered(Exception):
    """Why there is no answer; `passing`: another try, after `wait` seconds, may succeed. `said` with an HTTP error."""

    def __init__(self, problem: Problem, *, passing: bool, wait: float = 0.0, said: str = "") -> None:
        super().__init__(str(problem))
        self.problem, self.passing, self.wait, self.said = problem, passing, wait, said


def _read(read: Callable[[int], bytes], deadline: float) -> bytes:
    """The whole body. urllib's own time limit starts again with each piece, so a trickle would never end."""
    pieces, size = [], 0
    while piece := read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > MAX_BYTES:
            raise ValueError(Problem("it sent more than {size} bytes for one answer", {"size": f"{MAX_BYTES:,}"}))
    return b"".join(pieces)


def _seconds(header: str | None) -> float:
    """A Retry-After in seconds, up to a minute; 0 for a date or none."""
    return min(float(header), 60.0) if header and header.isdigit() else 0.0
