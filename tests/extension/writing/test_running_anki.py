"""The deck of a running Anki. Anki itself cannot run here: a small server answers as AnkiConnect does (version 6)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cefr_sentences.extension.writing import running_anki

NOTES = {
    1: {"Word": "kite", "Example": "", "Extra": "<b>mine</b>"},
    2: {"Word": "dog", "Example": "My own dog.", "Extra": "a, b"},
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result, error = answer(asked["action"], **asked["params"]), None
        if asked.get("key") != "secret" or asked["version"] != 6:
            result, error = None, "valid api key must be provided"
        body = json.dumps({"result": result, "error": error}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


WRITTEN: list[Any] = []


def answer(action: str, *, query: str = "", notes: Any = (), note: Any = None) -> Any:
    if action == "findNotes":
        return [*NOTES] if query in ('deck:"My words"', 'deck:"Mixed"') else []
    if action == "notesInfo":
        return [
            {
                "noteId": number,
                "modelName": "Basic" if number == 1 or WRITTEN != ["mixed"] else "Cloze",
                "fields": {
                    name: {"value": value, "order": at} for at, (name, value) in enumerate(NOTES[number].items())
                },
            }
            for number in notes
        ]
    WRITTEN.append((action, note))
    return None


def _told(number: int) -> dict[str, Any]:
    fields = {name: {"value": value, "order": at} for at, (name, value) in enumerate(NOTES[number].items())}
    kind = "Cloze" if number == 2 and WRITTEN == ["mixed"] else "Basic"
    return {"noteId": number, "modelName": kind, "fields": fields}


@pytest.fixture
def anki(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    WRITTEN.clear()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(running_anki, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ANKICONNECT_API_KEY", "secret")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("anki")
def test_empty_examples_of_a_running_deck_are_filled(run: Any) -> None:
    said = run("write", "--anki", "My words", "--level", "A1", "--bank", "only")
    assert "1 example fields filled in Anki: My words" in said.err
    ((action, note),) = WRITTEN
    assert (action, note["id"], [*note["fields"]]) == ("updateNoteFields", 1, ["Example"])
    assert "kite" in note["fields"]["Example"]


@pytest.mark.usefixtures("anki")
@pytest.mark.parametrize(
    ("deck", "columns", "key", "said"),
    [
        ("Nothing", "", "secret", "no notes in a deck 'Nothing'"),
        ("Mixed", "", "secret", "several types: Basic, Cloze"),
        ("My words", "word=Front", "secret", "Front"),
        ("My words", "", "wrong", "AnkiConnect refused findNotes: valid api key"),
    ],
)
def test_what_is_wrong_with_a_deck(
    deck: str, columns: str, key: str, said: str, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANKICONNECT_API_KEY", key)
    if deck == "Mixed":
        WRITTEN.append("mixed")
    options = ["--columns", columns] if columns else []
    result = run("write", "--anki", deck, "--level", "A1", "--bank", "only", *options)
    assert result.code == 2
    assert said in result.err


def test_anki_that_does_not_run(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_anki, "ADDRESS", "http://127.0.0.1:9")
    result = run("write", "--anki", "My words", "--level", "A1")
    assert result.code == 2
    assert "Start Anki with the add-on AnkiConnect" in result.err
