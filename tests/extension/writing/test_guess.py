"""What models say of a finished sentence: whether its word can be guessed, and whether to print it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.exporter.bank.bank import BankSentence
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.extension.models.asking import Reply
from cefr_sentences.extension.models.server import Server
from cefr_sentences.extension.training import likelihood
from cefr_sentences.extension.writing.critic import criticised, model_critic, server_critic
from cefr_sentences.extension.writing.guess import OTHERS, guessed
from cefr_sentences.extension.writing.sheet import Look, Sheet, SheetRow
from cefr_sentences.extension.writing.worksheet import exercises

BOUGHT = SheetRow("buy", "Mum bought two apples.", listed=ListedWord("buy", pos="verb"))
IN_BANK = SheetRow("milk", "Cows give us milk.", found=BankSentence("milk", "noun", "Cows give us milk.", "A1"))
ROWS = (BOUGHT, SheetRow("give up", "She gave it up."), SheetRow("dog", "A cat.", ("unused",)), IN_BANK)


def test_the_right_word_among_others_of_its_form() -> None:
    asked: list[str] = []

    def score(sentences: Sequence[str]) -> list[float]:
        asked.extend(sentences)
        return [0.0, -0.1, *[-9.0] * (OTHERS - 1)] * 2

    rows = guessed(ROWS, "A1", score)
    assert asked[0] == BOUGHT.sentence
    bought = asked[: OTHERS + 1]
    assert len({*bought}) == OTHERS + 1
    assert all(s.startswith("Mum ") and s.endswith(" two apples.") and "buy" not in s for s in bought)
    assert rows[0].guess == pytest.approx(0.5, abs=0.05)
    assert len(rows[0].misfits) == OTHERS - 1
    assert asked[1].split()[1] not in rows[0].misfits  # it fits nearly as well
    assert rows[1:3] == [*ROWS[1:3]]
    assert guessed(ROWS, "A1", lambda some: [0.0] * len(some))[3].guess == pytest.approx(1 / (OTHERS + 1))
    assert guessed(ROWS[1:3], "A1", lambda some: []) == [*ROWS[1:3]]


def test_what_does_not_fit_is_there_to_choose_from() -> None:
    row = SheetRow("milk", "Cows give us milk.", misfits=("chairs", "songs", "Mondays"))
    (task,) = exercises(Sheet((row,), "A1", look=Look(exercise="choices")))
    assert {*task.choices} == {"milk", *row.misfits}


def test_a_critic_decides_what_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    def losses(model: Any, tokenizer: Any, asked: Sequence[Any], form: str) -> list[tuple[float, int]]:
        assert (form, [a.output for a in asked[:2]]) == ("instruct", ["Yes", "No"])
        assert "verb “buy” at level A1" in asked[0].prompt
        return [(1.0, 1) if ("Mum" in a.prompt) == (a.output == "Yes") else (3.0, 1) for a in asked]

    monkeypatch.setattr(likelihood, "record_losses", losses)
    critic = model_critic(None, SimpleNamespace(chat_template=None))
    rows = criticised(ROWS, ["A1"] * len(ROWS), critic)
    assert [row.status for row in rows] == ["ok", "doubtful", "flagged", "doubtful"]
    assert rows[0].printable == pytest.approx(1 / (1 + 2.718281828**-2))


@pytest.mark.parametrize(
    ("reply", "printable"),
    [(Reply("Yes."), 1.0), (Reply("no", (-0.5,)), 1 - 2.718281828**-0.5), (Reply("Perhaps"), None), (Reply(), None)],
)
def test_a_server_as_a_critic(reply: Reply, printable: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "say", lambda self, questions: [reply for _ in questions])
    (row,) = criticised(ROWS[:1], ["A1"], server_critic(Server("http://127.0.0.1:5000")))
    assert row.printable == pytest.approx(printable)
    assert row.doubtful == (printable is None or printable < 0.5)


def test_a_server_is_asked_for_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[dict[str, Any]] = []

    def post(self: Server, body: dict[str, Any]) -> str:
        bodies.append(body)
        told = {"content": [{"token": "Yes", "logprob": -0.25}]}
        return json.dumps(
            {"choices": [{"message": {"content": "Yes"}, "logprobs": told if len(bodies) == 1 else None}]}
        )

    monkeypatch.setattr(Server, "_post", post)
    server = Server("http://127.0.0.1:5000", parallel=1)
    assert server.say(["One?", "Two?"]) == [Reply("Yes", (-0.25,)), Reply("Yes")]
    assert [body["messages"][0]["content"] for body in bodies] == ["One?", "Two?"]
