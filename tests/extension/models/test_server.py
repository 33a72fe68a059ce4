"""Servers that answer well, late, wrongly, or not at all."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError, ModelError
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models import gbnf
from cefr_sentences.extension.models.address import tells_key
from cefr_sentences.extension.models.asking import Reply, Sampling
from cefr_sentences.extension.models.completion import completion, line_means
from cefr_sentences.extension.models.server import Server
from cefr_sentences.extension.models.strict_words import Vocabulary
from cefr_sentences.extension.writing.write import WriteSettings, write_sentences

PROMPTS = [ListPrompt("A1", (word,)) for word in ("cat", "dog", "pig", "cow")]
GOOD = json.dumps({"choices": [{"text": "1. I have a cat and a dog."}]}).encode()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any, int], None]], Any]]:
    """Start a server whose n-th question is answered by `answer(handler, n)`."""
    servers: list[Any] = []

    def start(answer: Callable[[Any, int], None]) -> Any:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server.lock:
                    server.asked.append(self)
                    n = len(server.asked)
                    server.now += 1
                    server.most = max(server.most, server.now)
                try:
                    answer(self, n)
                except OSError:
                    pass  # the client has gone
                finally:
                    with server.lock:
                        server.now -= 1

            def log_message(self, format: str, *args: object) -> None:
                pass

        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.lock, server.asked, server.now, server.most = threading.Lock(), [], 0, 0
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        server.url = f"http://127.0.0.1:{server.server_port}"
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(handler: Any, body: bytes = GOOD, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def quick(server: Any, **more: Any) -> Server:
    return Server(server.url, pause=0.01, **more)


def test_questions_are_asked_at_once_and_answers_stay_in_order(serve: Any) -> None:
    def answer(handler: Any, n: int) -> None:
        time.sleep(0.3 / n)
        word = handler.body["prompt"].split("1. ")[1].split("\n")[0]
        send(handler, json.dumps({"choices": [{"text": f"1. {word}"}]}).encode())

    server = serve(answer)
    seen: list[tuple[int, int]] = []
    answers = quick(server, parallel=3).ask(PROMPTS, progress=lambda done, total: seen.append((done, total)))
    assert [a.text for a in answers] == ["1. cat", "1. dog", "1. pig", "1. cow"]
    assert server.most == 3
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_sent(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(lambda handler, n: send(handler))
    monkeypatch.setenv("OPENAI_API_KEY", " secret ")
    quick(server, model="big", parallel=1).ask(PROMPTS[:2], sampling=Sampling((0.0, 0.8), 7))
    first, second = server.asked
    assert [(h.body["temperature"], h.body["seed"], h.body["model"]) for h in (first, second)] == [
        (0.0, 7, "big"),
        (0.8, 8, "big"),
    ]
    assert first.headers["Authorization"] == "Bearer secret"
    assert "secret" not in json.dumps(first.body)
    monkeypatch.delenv("OPENAI_API_KEY")
    quick(server).ask(PROMPTS[:1])
    assert "Authorization" not in server.asked[-1].headers
    assert "model" not in server.asked[-1].body


def test_a_busy_server_is_asked_again(serve: Any) -> None:
    for status in (429, 500, 503):
        server = serve(lambda handler, n, s=status: send(handler, b"busy", s) if n < 3 else send(handler))
        assert quick(server).ask(PROMPTS[:1])[0].text == "1. I have a cat and a dog."
        assert len(server.asked) == 3


def test_a_server_says_how_long_to_wait(serve: Any) -> None:
    server = serve(lambda handler, n: send(handler, b"", 429, Retry_After="1") if n == 1 else send(handler))
    started = time.monotonic()
    quick(server).ask(PROMPTS[:1])
    assert time.monotonic() - started > 0.9


def test_a_refusal_is_not_asked_again(serve: Any) -> None:
    server = serve(lambda handler, n: send(handler, b"", 401))
    with pytest.raises(ModelError, match="answered 401"):
        quick(server).ask(PROMPTS[:1])
    assert len(server.asked) == 1


def broken_off(handler: Any, n: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(GOOD[:20])


def broken_stream(handler: Any, n: int) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"10\r\n" + GOOD[:16] + b"\r\n40\r\nhalf")


def trickle(handler: Any, n: int) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def endless(handler: Any, n: int) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 100_000)


CASES: dict[str, tuple[Callable[[Any, int], object], str]] = {
    "hangs": (lambda handler, n: time.sleep(3), "has not answered within 0.5 s"),
    "trickles": (trickle, "has not answered within 0.5 s"),
    "html": (lambda handler, n: send(handler, b"<html><body>Log in"), "not answer with a completion but with '<html>"),
    "half a body": (broken_off, "did not answer with a completion|cannot be asked"),
    "half a stream": (broken_stream, "cannot be asked|did not answer"),
    "truncated json": (lambda handler, n: send(handler, GOOD[:30]), "did not answer with a completion"),
    "an event stream": (lambda handler, n: send(handler, b"data: {}\n\n"), "did not answer with a completion"),
    "nothing": (lambda handler, n: send(handler, b""), "did not answer with a completion but with ''"),
    "null": (lambda handler, n: send(handler, b'{"choices": [{"text": null}]}'), "did not answer with a completion"),
    "chat": (lambda handler, n: send(handler, b'{"choices": [{"message": {}}]}'), "did not answer with a completion"),
    "deep": (lambda handler, n: send(handler, b"[" * 100_000), "did not answer with a completion"),
    "endless": (endless, "sent more than 4,000,000 bytes"),
    "no http": (lambda handler, n: handler.wfile.write(b"hello\r\n\r\n"), "cannot be asked"),
    "hangs up": (lambda handler, n: handler.connection.close(), "cannot be asked"),
    "an error": (lambda handler, n: send(handler, b"oops", 500), "answered 500"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.slow
def test_one_bad_answer_spoils_nothing_else(serve: Any, case: str) -> None:
    bad, said = CASES[case]

    def answer(handler: Any, n: int) -> None:
        if "1. pig" in handler.body["prompt"]:
            bad(handler, n)
        else:
            send(handler)

    server = quick(serve(answer), timeout=0.5, retries=1)
    answers = server.ask(PROMPTS)
    assert [a.text == "1. I have a cat and a dog." for a in answers] == [True, True, False, True]
    assert re.search(said, str(answers[2].problem)), answers[2].problem
    with pytest.raises(ModelError, match=said):
        server.ask(PROMPTS[2:3])


def test_a_server_that_is_gone_is_not_asked_for_ever(serve: Any) -> None:
    server = serve(lambda handler, n: send(handler) if n <= 6 else send(handler, b"", 404))
    answers = quick(server, parallel=2).ask(PROMPTS * 10)
    assert sum(bool(a.text) for a in answers) == 6
    assert all("answered 404" in str(a.problem) for a in answers if not a.text)
    # Four failures in a row end it; on a busy machine a thread asks once or twice more before it hears of that.
    assert 10 <= len(server.asked) <= 16


def test_rows_say_which_answer_was_missing(serve: Any) -> None:
    """Two lists; the one with `pig` in it is never answered, so its words say so, and the others have sentences."""
    words = ["pig", *(f"b{v}nna" for v in "aeiou"), *(f"d{v}nna" for v in "aeiou"), "kanna"]

    def answer(handler: Any, n: int) -> None:
        asked = handler.body["prompt"].split("words:\n")[1].split("\n\n")[0].split("\n")
        if asked[0] == "1. pig":
            send(handler, b"<html>")
        else:
            names = [line.split(". ")[1].title() for line in asked]
            lines = [f"{i}. {n} {n[::-1].title()} and {n}x go home." for i, n in enumerate(names, 1)]
            send(handler, json.dumps({"choices": [{"text": "\n".join(lines)}]}).encode())

    ask = quick(serve(answer)).ask
    rows = write_sentences(ask, words, WriteSettings("A1", candidates=1, tries=1))
    assert [r.accepted for r in rows] == [False] * 6 + [True] * 6
    assert all("<html>" in r.why for r in rows[:6])


def test_empty_and_endless_answers_are_read(serve: Any) -> None:
    long = "\n".join(f"{i}. I have a cat." for i in range(1, 10_001))
    for text, reasons in (("", ("missing",)), (long, ())):
        body = json.dumps({"choices": [{"text": text}]}).encode()
        ask = quick(serve(lambda handler, n, b=body: send(handler, b))).ask
        started = time.process_time()
        row = write_sentences(ask, ["cat"], WriteSettings("A1", tries=1))[0]
        assert row.reasons == reasons
        assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("options", "error"),
    [({"parallel": 0}, InputError), ({"timeout": 0.0}, InputError), ({"timeout": -1.0}, InputError)],
)
def test_settings_out_of_range(options: dict[str, Any], error: type[CefrError]) -> None:
    with pytest.raises(error, match="out of range"):
        Server("http://127.0.0.1:1", **options)
    with pytest.raises(ModelError, match="not the address"):
        Server("localhost:5000")


def test_a_redirect_is_not_followed_with_the_key(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    other = serve(lambda handler, n: handler.send_error(500))

    def redirect(handler: Any, n: int) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"{other.url}/v1/completions")
        handler.end_headers()

    with pytest.raises(ModelError, match="redirects to"):
        Server(serve(redirect).url, retries=0).ask(PROMPTS[:1])
    assert other.asked == []


def test_a_key_with_a_line_break_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\nsk-two")
    with pytest.raises(ModelError, match="OPENAI_API_KEY holds a line break") as error:
        Server("http://127.0.0.1:9", retries=0).ask(PROMPTS[:1])
    assert "sk-" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "tells"),
    [
        ("http://127.0.0.1:5000", False),
        ("http://localhost:5000/v1", False),
        ("http://[::1]:5000", False),
        ("https://example.org", False),
        ("http://127.evil.example", True),
        ("http://localhost.evil.example", True),
        ("http://192.168.1.2:5000", True),
    ],
)
def test_whom_the_key_is_told(monkeypatch: pytest.MonkeyPatch, url: str, tells: bool) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert tells_key(url) is tells


@pytest.mark.parametrize("url", ["http://[", "http://", "http://a:b", "ftp://a", "http://a\nb", "file:///etc/passwd"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ModelError, match="is not the address of a server"):
        Server(url)


@pytest.mark.parametrize("url", ["http://me:hunter2@localhost:5000", "http://localhost:5000/v1?key=hunter2"])
def test_a_password_in_an_address_is_not_repeated(url: str) -> None:
    with pytest.raises(ModelError, match="holds no password") as caught:
        Server(url)
    assert "hunter2" not in str(caught.value)


def test_half_an_emoji_can_be_written(serve: Any) -> None:
    body = b'{"choices": [{"text": "1. I have a cat \\ud83d"}]}'

    def answer(handler: Any, n: int) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    (reply,) = Server(serve(answer).url, retries=0).ask(PROMPTS[:1])
    assert reply.text.encode() == b"1. I have a cat ?"


def test_strict_sends_a_grammar_and_refuses_who_ignores_it(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Vocabulary(["I", "have", "a", "and", "dog", "it", "is", "red"])  # those of a level take seconds to inflect
    monkeypatch.setattr(gbnf, "_base", lambda level: few)
    server = serve(lambda handler, n: send(handler))
    asked = quick(server, strict=True, parallel=1)
    assert asked.ask(PROMPTS[:1])[0].text == "1. I have a cat and a dog."
    body = server.asked[0].body
    assert body["grammar"] == body["grammar_string"] == gbnf.grammar(PROMPTS[0])
    with pytest.raises(InputError, match=r"does not keep to the grammar .* answers '1. I have a cat and a dog.'"):
        asked.ask(PROMPTS[1:])
    assert len(server.asked) <= 3
    refusing = serve(lambda handler, n: send(handler, b'{"error": "unknown field: grammar"}', 400))
    with pytest.raises(InputError, match=r"unknown field: grammar.* Ask one of these"):
        quick(refusing, strict=True).ask(PROMPTS[:1])
    assert not {"grammar", "grammar_string"} & quick(server)._body(PROMPTS[0], 0.0, 0).keys()


TEXT = "1. A cat.\n2. Go!"
PIECES = ["1", ".", " A cat", ".\n", "2.", " Go", "!", "</s>"]
LIKELY = [0.0, -1.0, -1.0, -2.0, -0.5, -0.5, -2.0, -9.0]
LEGACY = {"tokens": PIECES, "token_logprobs": LIKELY}


@pytest.mark.parametrize(
    ("told", "fluency"),
    [
        ({"content": [{"token": t, "logprob": p} for t, p in zip(PIECES, LIKELY, strict=True)]}, (-1.0, -1.0)),
        (LEGACY, (-1.0, -1.0)),
        (LEGACY | {"tokens": ["1", ".", " A cat.", "", "\n2.", *PIECES[5:]]}, (-1.0, -1.0)),
        (LEGACY | {"tokens": ["1", ".", " The", *PIECES[3:]]}, ()),  # the likeliest tokens, not those of the answer
        (LEGACY | {"token_logprobs": [None, *LIKELY[1:]]}, ()),
        (LEGACY | {"token_logprobs": [float("nan"), *LIKELY[1:]]}, ()),
        (LEGACY | {"tokens": PIECES[:-4]}, ()),
        ({"tokens": None}, ()),
        (None, ()),
    ],
)
def test_how_likely_the_lines_of_an_answer_are(told: object, fluency: tuple[float, ...]) -> None:
    response = json.dumps({"choices": [{"text": TEXT, "logprobs": told}]})
    assert completion(response, "instruct", line_means) == Reply(TEXT, fluency)


def test_log_probabilities_are_asked_for_where_they_are_not_refused(serve: Any) -> None:
    def answer(handler: Any, n: int) -> None:
        refused = "logprobs" in handler.body
        send(handler, b"logprobs need logits_all" if refused else GOOD, 500 if refused else 200)

    server = serve(answer)
    assert quick(server).ask(PROMPTS[:1])[0].text == "1. I have a cat and a dog."
    assert [handler.body.get("logprobs") for handler in server.asked] == [1, None]
    assert quick(server, prompt_form="chat")._body(PROMPTS[0], 0.0, 0)["logprobs"] is True
