"""The instruction template, rendered as the webui does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cefr_sentences.exporter.records.prompt import HARD_CUT, ListPrompt, Record, wrap
from cefr_sentences.extension.install.template import TEMPLATE_NAME, instruction_template

from ..installed import TEMPLATE, install


@pytest.fixture
def render() -> Callable[..., str]:
    sandbox = pytest.importorskip("jinja2.sandbox", reason="jinja2 is not installed")
    environment = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(instruction_template())

    def call(*turns: tuple[str, str], prompt: bool = False) -> str:
        messages = [{"role": role, "content": content} for role, content in turns]
        return template.render(messages=messages, add_generation_prompt=prompt)

    return call


@pytest.mark.parametrize("text", [ListPrompt("A1", ("happy", "ice cream")).text, " {{ x }} {% raw %} ", "a\n\n\nb\n"])
def test_one_message_is_our_prompt(render: Callable[..., str], text: str) -> None:
    assert render(("user", text), prompt=True) == wrap(text)


def test_turns_are_records_with_hard_cuts(render: Callable[..., str]) -> None:
    records = [Record("A1", ("cat",), ("A cat.",)), Record("B2", ("dog",), ("A dog.",))]
    turns = [t for r in records for t in (("user", r.instruction), ("assistant", r.output))]
    text = HARD_CUT.join(r.text for r in records)
    assert render(*turns) == text
    assert render(*turns, ("user", "more"), prompt=True) == text + HARD_CUT + wrap("more")
    assert render(("system", "Be kind."), *turns) == "Be kind." + HARD_CUT + text


def test_the_webui_stops_at_the_next_instruction_and_not_before(render: Callable[..., str]) -> None:
    # It renders two turns, and stops at what is around the answers, up to the first colon.
    prompt = render(("user", "<u1>"), ("assistant", "<a1>"), ("user", "<u2>"), ("assistant", "<a2>"))
    around = [prompt.split(a)[1].split(b)[0] for a, b in (("<u1>", "<a1>"), ("<a1>", "<u2>"))]
    assert not any(text.strip().startswith(("<", "[", "(", "{")) for text in around)
    assert prompt.endswith("<a2>")  # nothing after the last answer, so no third stopping string
    stops = [text.partition(":")[0] + ":" for text in around]
    assert stops == ["\n\n### Response:", "\n\n\n### Instruction:"]
    answer = Record("A1", ("note",), ("Note: a colon.",)).output
    assert not any(stop in answer + HARD_CUT for stop in stops)


def test_the_template_file_is_what_the_webui_reads(webui: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    install(webui)
    assert (webui / TEMPLATE).stem == TEMPLATE_NAME
    assert yaml.safe_load((webui / TEMPLATE).read_text(encoding="utf-8")) == {
        "instruction_template": instruction_template()
    }
