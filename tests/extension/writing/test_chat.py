"""Chat: the command, the prompt that reaches the model, and everybody else's prompts left alone."""

from __future__ import annotations

import pytest
from cefr_sentences.exporter.records.prompt import ListPrompt, wrap
from cefr_sentences.extension import script
from cefr_sentences.extension.writing.chat import chat_input, chat_output, chat_prompt, refuse

ASKED = ListPrompt("A1", ("happy", "ice cream")).text


@pytest.mark.parametrize(
    "typed", ["/cefr A1: happy, ice cream", "  /CEFR a1 : happy,ice  cream", "/cefr A1:\nhappy\nice cream\n"]
)
def test_the_command_becomes_the_exact_prompt(typed: str) -> None:
    assert chat_input(typed, typed) == (ASKED, typed)


@pytest.mark.parametrize("typed", ["Hello", "What is /cefr A1?", "/cefrA1: x", ""])
def test_other_messages_are_left_alone(typed: str) -> None:
    assert chat_input(typed, "seen") == (typed, "seen")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/cefr happy, book", "Write it like: /cefr A1: happy, book, friend"),
        ("/cefr A7: happy", "'A7' is not a CEFR level"),
        ("/cefr <img src=x>: happy", "&lt;img src=x&gt;"),
        ("/cefr C2: happy", "Level C2 cannot be trained"),
        ("/cefr A1: ", "There is no word"),
        ("/cefr A1: 42", "'42' in the command is not a word"),
        ("/cefr A1: " + ",".join("abcdefghijk"), "11 words are too many for one answer"),
        (
            "/cefr A1: " + ",".join("abcdefghijkl"),
            "Send them as /cefr A1: a, b, c, d, e, f and /cefr A1: g, h, i, j, k, l.",
        ),
    ],
)
def test_a_command_that_cannot_be_read_is_answered_with_the_reason(typed: str, said: str) -> None:
    assert chat_input(typed, typed) == (typed, typed)
    before = {"max_new_tokens": 512, "auto_max_new_tokens": True, "stream": True}
    state = dict(before)
    assert refuse(typed, state)
    assert state["max_new_tokens"] == 1
    answer = chat_output("Here are", state)
    assert said.replace("'", "&#x27;") in answer
    assert "<" not in answer
    assert state == before
    assert chat_output("The next one.", state) == "The next one."


@pytest.mark.parametrize("text", ["Hello", "/cefr A1: happy"])
def test_what_can_be_answered_is_not_refused(text: str) -> None:
    state = {"max_new_tokens": 512}
    assert not refuse(text, state)
    assert state == {"max_new_tokens": 512}


def test_with_our_adapter_a_list_prompt_has_the_form_of_training() -> None:
    assert chat_prompt(ASKED, ("a1",), True) == wrap(ASKED)
    history = {"internal": [[ASKED, "1. I am happy."]]}
    assert chat_prompt(ASKED, ("a1",), True, _continue=True, history=history) == wrap(ASKED) + "1. I am happy."


@pytest.mark.parametrize(
    ("text", "adapters", "ours", "more"),
    [
        ("Hello", ("a1",), True, {}),
        (ASKED, (), False, {}),
        (ASKED, ("other",), False, {}),
        (ASKED, ("a1", "other"), True, {}),
        (ASKED, ("a1",), True, {"impersonate": True}),
    ],
)
def test_everything_else_is_the_hosts(text: str, adapters: tuple[str, ...], ours: bool, more: dict[str, bool]) -> None:
    assert chat_prompt(text, adapters, ours, **more) is None


def test_the_webui_asks_for_a_refused_command_and_shows_the_reason() -> None:
    state = {"max_new_tokens": 512}
    assert script.custom_generate_chat_prompt("/cefr A7: x", state, history={}) == "/cefr A7: x"
    assert script.output_modifier("Here", state, is_chat=True).startswith("&#x27;A7&#x27; is not")
    assert script.output_modifier("Here", state, is_chat=True) == "Here"
