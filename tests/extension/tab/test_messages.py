"""No English on a page of another language: every sentence of the engines has its translation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from cefr_sentences.extension.tab.languages import languages

from .messages import collect


@pytest.fixture(scope="module")
def said() -> Mapping[str, str]:
    return collect()[0]


def test_messages_are_templates() -> None:
    """The template is the key under which a language has the sentence, so no value may be in it."""
    assert collect()[1] == []


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_every_message_has_its_translation(code: str, said: Mapping[str, str]) -> None:
    translated = languages()[code].messages
    assert [f"{said[message]}: {message}" for message in said if message not in translated] == []
    assert [message for message in translated if message not in said] == []  # nobody says it any more


def test_messages_of_every_room_are_collected(said: Mapping[str, str]) -> None:
    rooms = {"/".join(place.split("/")[:2]) for place in said.values()}
    assert rooms >= {
        *(f"exporter/{room}" for room in ("common", "language", "pairs", "records")),
        *(f"extension/{room}" for room in ("models", "training", "evaluation", "writing", "recipes", "doctor", "tab")),
    }
