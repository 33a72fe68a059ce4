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
from dataclasses import dataclass
from http.client import HTTPException
from queue import Empty, SimpleQueue

from ...exporter.common.errors import InputError, ModelError
from ...exporter.records.prompt import wrap
from .form import FORMS
from .generate import HEADING, Reply, answer_tokens, reply
from .host import Progress, Sampling

_PIECE = 1 << 16
# Ten sentences take some 2,000 characters; who sends megabytes is not answering, and may never end.
MAX_BYTES = 4_000_000
GIVE_UP = 4  # failures in a row, each after its repetitions: a server that is gone is not waited for 5,000 times
_BUSY = (408, 409, 425, 429)  # and 5xx: worth asking again


@dataclass(frozen=True)
class Server:
    """How a server is asked: so many prompts at once, so many seconds for each answer, so many times again.

    `form` is that of `form.py`: `instruct` asks for a completion of our prompt, `chat` sends the list prompt
    as a message, which the server puts into the model's chat template. `model` is sent where a server serves several;
    the key is read from OPENAI_API_KEY.
    """

    url: str
    parallel: int = 4
    timeout: float = 300.0
    retries: int = 2
    model: str = ""
    form: str = "instruct"
    pause: float = 0.5  # seconds before the first repetition, doubled for each further one

    def __post_init__(self) -> None:
        address(self.url, self.form)
        if not 1 <= self.parallel <= 256:
            raise InputError(f"--parallel {self.parallel} is out of range: 1 to 256.")
        if not 0 < self.timeout <= 86_400:
            raise InputError(f"--timeout {self.timeout:g} is out of range: seconds, above 0.")

    def ask(
        self,
        instructions: Sequence[str],
        words: Sequence[int],
        sampling: Sampling,
        progress: Progress = lambda done, total: None,
    ) -> list[str]:
        """The server's answers, in order; where one could not be had, an empty `Reply` with its `problem`.

        Raises ModelError, with the first problem, when there is not a single answer.
        """
        bodies = [
            {
                **self._prompt(instruction),
                "max_tokens": answer_tokens(n),
                "temperature": temperature,
                "seed": sampling.seed + i,
                "stop": [HEADING],
                **({"model": self.model} if self.model else {}),
            }
            for i, (instruction, n, temperature) in enumerate(
                zip(instructions, words, sampling.temperatures(len(words)), strict=True)
            )
        ]
        answers = self._answers(bodies, progress)
        problems = [answer.problem for answer in answers if answer.problem]
        if answers and len(problems) == len(answers):
            raise ModelError(problems[0])
        return list(answers)

    def _prompt(self, instruction: str) -> dict[str, object]:
        if self.form == "chat":
            return {"messages": [{"role": "user", "content": instruction}]}
        return {"prompt": wrap(instruction)}

    def _answers(self, bodies: Sequence[dict[str, object]], progress: Progress) -> list[Reply]:
        """In threads that nobody has to wait for: Ctrl-C ends at once, also while a server hangs."""
        unasked = Reply()
        answers = [unasked] * len(bodies)
        waiting, ready = SimpleQueue[int](), SimpleQueue[int | BaseException]()

        def work() -> None:
            try:
                while True:
                    i = waiting.get_nowait()
                    answers[i] = self._answer(bodies[i])
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
        in_a_row = 0
        try:
            for done in range(1, len(bodies) + 1):
                if isinstance(found := ready.get(), BaseException):
                    raise found
                progress(done, len(bodies))
                in_a_row = in_a_row + 1 if answers[found].problem else 0
                if in_a_row >= max(self.parallel, GIVE_UP):
                    said = answers[found].problem
                    return [answer if answer is not unasked else reply("", problem=said) for answer in answers]
        finally:
            with suppress(Empty):  # whoever stops us wants no further questions asked
                while True:
                    waiting.get_nowait()
        return answers

    def _answer(self, body: dict[str, object]) -> Reply:
        """One answer, asked for again where that may help."""
        for again in range(self.retries + 1):
            try:
                return reply(self._completion(body).split(HEADING)[0])
            except _Unanswered as problem:
                if again == self.retries or not problem.passing:
                    return reply("", problem=str(problem))
                time.sleep(max(self.pause * 2**again, problem.wait))
        raise AssertionError("unreachable")

    def _completion(self, body: dict[str, object]) -> str:
        url = address(self.url, self.form)
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OPENAI_API_KEY", "").strip():
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
        late = f"{url} has not answered within {self.timeout:g} s. Is it still loading, or overloaded?"
        deadline = time.monotonic() + self.timeout
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:
                raw = _read(response.read1, deadline)
        except TimeoutError:
            raise _Unanswered(late, passing=True) from None
        except urllib.error.HTTPError as error:
            with error:
                wait = _seconds(error.headers.get("Retry-After"))
            said = f"{url} answered {error.code} {error.reason}. Is a model loaded there, "
            busy = error.code >= 500 or error.code in _BUSY
            raise _Unanswered(said + "and has it OpenAI's API?", passing=busy, wait=wait) from None
        except (OSError, ValueError, HTTPException) as error:  # refused, broken off, no such host
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                raise _Unanswered(late, passing=True) from None
            said = f"{url} cannot be asked: {reason}. Is the server running, with its API on?"
            raise _Unanswered(said, passing=not isinstance(error, ValueError)) from None
        text = raw.decode("utf-8", "replace")
        try:
            choice = json.loads(text)["choices"][0]
            answer = choice["message"]["content"] if self.form == "chat" else choice["text"]
            return answer + ""  # a number or null is no text
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            said = f"{url} did not answer with a completion but with {text[:80]!r}."
            # A stream that broke off is worth another try; a web page is not.
            raise _Unanswered(said, passing=text.lstrip().startswith("{")) from None


class _Unanswered(Exception):
    """Why there is no answer; `passing`: it may be otherwise the next time, in `wait` seconds."""

    def __init__(self, said: str, *, passing: bool, wait: float = 0.0) -> None:
        super().__init__(said)
        self.passing, self.wait = passing, wait


def address(url: str, form: str) -> str:
    """Where the server at `url` (with or without `/v1`) takes prompts of this form.

    Raises ModelError when `url` is no address, InputError when there is no such form.
    """
    if not url.startswith(("http://", "https://")):
        raise ModelError(f"{url!r} is not the address of a server. Give it like http://127.0.0.1:5000")
    if form not in FORMS:
        raise InputError(f"There is no form {form!r}. Choose one of {', '.join(FORMS)}.")
    url = url.rstrip("/")
    return f"{url if url.endswith('/v1') else url + '/v1'}/{'chat/' if form == 'chat' else ''}completions"


def _read(read: Callable[[int], bytes], deadline: float) -> bytes:
    """The whole body; urllib's own time-out counts from piece to piece, so a trickle would never end."""
    pieces, size = [], 0
    while piece := read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > MAX_BYTES:
            raise ValueError(f"it sent more than {MAX_BYTES:,} bytes for one answer")
    return b"".join(pieces)


def _seconds(header: str | None) -> float:
    """A Retry-After in seconds, up to a minute; 0 for a date or none."""
    return min(float(header), 60.0) if header and header.isdigit() else 0.0
