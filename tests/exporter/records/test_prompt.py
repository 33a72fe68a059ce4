from __future__ import annotations

import time

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.records.answers import parse_answer
from cefr_sentences.exporter.records.prompt import (
    HARD_CUT,
    TRAINING_PRO_FORMAT,
    ListPrompt,
    Record,
    parse_instruction,
    parse_record,
    parse_text_record,
)
from hypothesis import given
from hypothesis import strategies as st

RECORD = Record("A1", ("happy", "ice cream"), ("She is happy.", "I like ice cream."))
TEXT = """### Instruction:
Generate A1-level English sentences for these 2 words:
1. happy
2. ice cream

Provide numbered sentences (1-2), using each word naturally and appropriately for A1 level.

### Response:
1. She is happy.
2. I like ice cream."""

line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda s: s == s.strip() and len(s.splitlines()) == 1
)


def test_the_record_byte_for_byte() -> None:
    assert RECORD.text == TEXT
    assert parse_text_record(TEXT) == RECORD


@given(st.sampled_from(["A1", "B2", "C1"]), st.lists(st.tuples(line, line), min_size=1, max_size=12))
def test_a_record_survives_rendering_and_parsing(level: str, lines: list[tuple[str, str]]) -> None:
    record = Record(level, tuple(w for w, _ in lines), tuple(s for _, s in lines))
    assert parse_text_record(record.text) == record
    assert parse_record(record.instruction, record.output) == record
    assert HARD_CUT not in record.text


def test_training_pro_renders_our_json_to_the_same_bytes() -> None:
    # Its rule: the template whose key names the filled fields; each %field% replaced.
    (template,) = (t for keys, t in TRAINING_PRO_FORMAT.items() if set(keys.split(",")) == {"instruction", "output"})
    rendered = template.replace("%instruction%", RECORD.instruction).replace("%output%", RECORD.output)
    assert rendered == RECORD.text


def test_the_users_own_prompt_is_ours() -> None:
    words = ["age", "animal", "ask", "computer", "eat", "car", "but", "drive", "amazing", "funny"]
    prompt = ListPrompt("A1", tuple(words)).text
    assert prompt.startswith("Generate A1-level English sentences for these 10 words:\n1. age\n2. animal\n")
    assert prompt.endswith(
        "\n\nProvide numbered sentences (1-10), using each word naturally and appropriately for A1 level."
    )
    assert parse_instruction(prompt) == ListPrompt("A1", tuple(words))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        TEXT.replace("1. happy", "happy"),
        TEXT.replace("2 words", "3 words"),
        TEXT.replace("(1-2)", "(1-3)"),
        TEXT.replace("2. I like", "3. I like"),
        TEXT + "\n3. More.",
        TEXT + "\n",
        TEXT.replace("for A1 level", "for A2 level"),
        "Below is an instruction.\n\n" + TEXT,
    ],
)
def test_what_is_not_a_record_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_text_record(text)


@pytest.mark.parametrize("bad", ["", " a", "a\nb", "a\r"])
def test_a_record_takes_single_lines_only(bad: str) -> None:
    with pytest.raises(InputError):
        Record("A1", ("happy",), (bad,))


@pytest.mark.parametrize(
    ("answer", "sentences", "well_formed"),
    [
        ("1. A cat.\n2. A dog.", ("A cat.", "A dog."), True),
        ("\n1. A cat.\n2. A dog.\n", ("A cat.", "A dog."), True),
        ("1. A cat.\n\n2. A dog.", ("A cat.", "A dog."), False),
        ("Sure!\n1) A cat.\n2: A dog.", ("A cat.", "A dog."), False),
        ("1. A cat.\n2. A dog.\n3. A cow.", ("A cat.", "A dog."), False),
        ("1. A cat.\n1. A hat.\n2. A dog.", ("A cat.", "A dog."), False),
        ("2. A dog.", (None, "A dog."), False),
        ("1.\n2. ", (None, None), False),
        ("", (None, None), False),
    ],
)
def test_answers(answer: str, sentences: tuple[str | None, ...], well_formed: bool) -> None:
    parsed = parse_answer(answer, 2)
    assert (parsed.sentences, parsed.well_formed) == (sentences, well_formed)


@given(st.text(max_size=300), st.integers(1, 12))
def test_any_text_is_an_answer(text: str, n: int) -> None:
    assert len(parse_answer(text, n).sentences) == n


STRANGE = {
    "bold numbers": "**1.** A cat sleeps.\n**2.** A dog barks.\n**3.** A cow eats.",
    "bold words": "1. **cat**: A cat sleeps.\n2. **dog**: A dog barks.\n3. **Cow:** A cow eats.",
    "bold inside": "1. A **cat** sleeps.\n2. A **dog** barks.\n3. A **cow** eats.",
    "bold sentences": "1. **A cat sleeps.**\n2. **A dog barks.**\n3. __A cow eats.__",
    "labels": "1. cat: A cat sleeps.\n2. Dog - A dog barks.\n3. cow – A cow eats.",
    "colons": "1: A cat sleeps.\n2: A dog barks.\n3: A cow eats.",
    "brackets": "1) A cat sleeps.\n(2) A dog barks.\n[3] A cow eats.",
    "bullets": "- A cat sleeps.\n* A dog barks.\n• A cow eats.",
    "bullets and numbers": "- 1. A cat sleeps.\n- 2. A dog barks.\n> 3. A cow eats.",
    "no numbers": "A cat sleeps.\nA dog barks.\nA cow eats.",
    "a missing number": "1. A cat sleeps.\nA dog barks.\n3. A cow eats.",
    "blank lines": "\n\n1. A cat sleeps.\n\n2. A dog barks.\n\n\n3. A cow eats.\n",
    "talk": "Sure! Here are your sentences:\n\n1. A cat sleeps.\n2. A dog barks.\n3. A cow eats.\n\nI hope this helps!",
    "talk without numbers": "Here they are:\nA cat sleeps.\nA dog barks.\nA cow eats.",
    "quotes": "1. \"A cat sleeps.\"\n2. “A dog barks.”\n\n3. 'A cow eats.'",
    "restarted after the end": "1. A cat sleeps.\n2. A dog barks.\n3. A cow eats.\n1. A cat.\n2. A dog.\n3. A cow.",
    "restarted in between": "1. A cat sleeps.\n2. A dog barks.\n1. A cow eats.",
    "always one": "1. A cat sleeps.\n1. A dog barks.\n1. A cow eats.",
    "from zero": "0. A cat sleeps.\n1. A dog barks.\n2. A cow eats.",
    "one line": "1. A cat sleeps. 2. A dog barks. 3. A cow eats.",
    "number and sentence apart": "1.\nA cat sleeps.\n2.\nA dog barks.\n**3.**\nA cow eats.",
    "word and sentence apart": "1. **cat**\nA cat sleeps.\n2. dog\nA dog barks.\n3. cow:\n   A cow eats.",
    "the prompt once more": ListPrompt("A1", ("cat", "dog", "cow")).text
    + "\n\n### Response:\n1. A cat sleeps.\n2. A dog barks.\n3. A cow eats.",
    "the prompt without headings": ListPrompt("A1", ("cat", "dog", "cow")).text
    + "\n1. A cat sleeps.\n2. A dog barks.\n3. A cow eats.",
    "another prompt after it": "1. A cat sleeps.\n2. A dog barks.\n3. A cow eats.\n\n### Instruction:\n"
    + ListPrompt("A1", ("pen", "cup", "hat")).text,
    "carriage returns": "1. A cat sleeps.\r\n2. A dog barks.\r\n3. A cow eats.\r\n",
    "close": "1.A cat sleeps.\n2.A dog barks.\n3.A cow eats.",
}


@pytest.mark.parametrize("case", STRANGE)
def test_strange_things_that_small_models_write(case: str) -> None:
    parsed = parse_answer(STRANGE[case], 3, ["cat", "dog", "cow"])
    assert parsed.sentences == ("A cat sleeps.", "A dog barks.", "A cow eats.")
    assert not parsed.well_formed


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("A cat sleeps.", (None, None, None)),  # nobody knows which
        ("1. A cat sleeps.\n2.", ("A cat sleeps.", None, None)),
        ("10:30 is late.\nA cat.", (None, None, None)),
        ("1. cat\n2. dog\n3. cow", (None, None, None)),  # the list of words, repeated
        ("I cannot do that.\nSorry.\nReally.\nNo.", (None, None, None)),
        ("2. A dog barks in Room 3. It is big.", (None, "A dog barks in Room 3. It is big.", None)),
        ("### Response:\n### Response:\n", (None, None, None)),
    ],
)
def test_nothing_is_made_up(answer: str, sentences: tuple[str | None, ...]) -> None:
    parsed = parse_answer(answer, 3, ["cat", "dog", "cow"])
    assert (parsed.sentences, parsed.well_formed) == (sentences, False)


def test_a_list_that_is_one_stays_as_it_is() -> None:
    text = '1. "I have a cat."\n2. My dog: he barks.\n3. She said "cow".'
    assert parse_answer(text, 3, ["cat", "dog", "cow"]).well_formed
    assert parse_answer(text, 3).sentences == ('"I have a cat."', "My dog: he barks.", 'She said "cow".')


@pytest.mark.parametrize(
    "piece", ["1. A cat. ", "1" + " " * 50, "(", "**", "# ", "* 1 ", "\n", "1. A.\n", '"', "1. 2. "]
)
def test_a_long_answer_is_read_in_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        started = time.perf_counter()
        parse_answer(text, 10, ["cat"])
        return time.perf_counter() - started

    seconds(1000)
    assert seconds(400_000) < 2
