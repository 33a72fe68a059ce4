"""Training files of other trainers: read where nothing is lost, else refused with the row and the remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.records.prompt import Example, Record
from cefr_sentences.exporter.records.reading import read_records, read_training

RECORDS = tuple(Record("A1", (f"cat{i}", f"dog{i}"), (f"The cat{i} sat.", f"A dog{i} ran.")) for i in ("a", "b", "c"))
ASSISTANT = "assistant"


def lines(rows: list[Any]) -> str:
    return "\n".join(map(json.dumps, rows))


def turns(r: Record, role: str = "from", text: str = "value", names: tuple[str, str] = ("human", "gpt")) -> list[Any]:
    return [{role: names[0], text: r.instruction}, {role: names[1], text: r.output}]


def alpaca(r: Record, **more: str) -> dict[str, str]:
    return {"instruction": r.instruction, **more, "output": r.output}


READ: dict[str, tuple[str, Callable[[], str]]] = {
    "JSON Lines": ("a.jsonl", lambda: lines([alpaca(r) for r in RECORDS])),
    "JSON Lines called .json": ("a.json", lambda: lines([alpaca(r) for r in RECORDS])),
    "JSON Lines called .txt": ("a.txt", lambda: lines([alpaca(r) for r in RECORDS])),
    # oobabooga/textgen issue 2710: an input that is there and empty
    "an empty input": ("a.json", lambda: json.dumps([alpaca(r, input="", system="") for r in RECORDS])),
    # axolotl issue 879, hiyouga/LlamaFactory issue 6878 (role user under from)
    "ShareGPT": ("a.json", lambda: json.dumps([{"conversations": turns(r)} for r in RECORDS])),
    "ShareGPT with user": (
        "a.json",
        lambda: json.dumps([{"conversations": turns(r, names=("user", ASSISTANT))} for r in RECORDS]),
    ),
    # unslothai/unsloth issue 321: a list of lists
    "a list of lists": ("a.json", lambda: json.dumps([turns(r) for r in RECORDS])),
    # huggingface/trl issue 1777: messages
    "messages": (
        "a.jsonl",
        lambda: lines([{"messages": turns(r, "role", "content", ("user", ASSISTANT))} for r in RECORDS]),
    ),
    "an empty system message": (
        "a.json",
        lambda: json.dumps([{"conversations": [{"from": "system", "value": ""}, *turns(r)]} for r in RECORDS]),
    ),
    "content in parts": (
        "a.json",
        lambda: json.dumps(
            [
                {"messages": [{"role": t["from"], "content": [{"type": "text", "text": t["value"]}]} for t in turns(r)]}
                for r in RECORDS
            ]
        ),
    ),
    "prompt and completion": (
        "a.jsonl",
        lambda: lines([{"prompt": r.instruction, "completion": f" {r.output}"} for r in RECORDS]),
    ),
    "messages under both keys": (
        "a.jsonl",
        lambda: lines(
            [{"prompt": t[:1], "completion": t[1:]} for r in RECORDS if (t := turns(r, "role", "content"))],
        ),
    ),
    "a list for each key": (
        "a.json",
        lambda: json.dumps({"instruction": [r.instruction for r in RECORDS], "output": [r.output for r in RECORDS]}),
    ),
    "the hub's viewer": (
        "a.json",
        lambda: json.dumps({"features": [{"name": "x"}], "rows": [{"row_idx": 0, "row": alpaca(r)} for r in RECORDS]}),
    ),
    "commas after the lines": ("a.jsonl", lambda: "\n".join(f"{json.dumps(alpaca(r))}," for r in RECORDS)),
    "end marks": ("a.txt", lambda: "\n\n\n".join(f"{r.text}<|im_end|></s>" for r in RECORDS)),
    "end marks in JSON": ("a.jsonl", lambda: lines([{"text": f"{r.text} <eos>\n"} for r in RECORDS])),
    "a preamble": (
        "a.txt",
        lambda: "\n\n\n".join(f"Below is an instruction that asks. Write.\n\n{r.text}" for r in RECORDS),
    ),
    "a space after the heading": (
        "a.txt",
        lambda: "\n\n\n".join(r.text.replace("Response:", "Response: ") for r in RECORDS),
    ),
    "rows under a key": ("a.json", lambda: json.dumps({"version": 1, "data": [alpaca(r) for r in RECORDS]})),
    "text": ("a.jsonl", lambda: lines([{"text": r.text} for r in RECORDS])),
    "four line ends": ("a.txt", lambda: "\n\n\n\n".join(r.text for r in RECORDS)),
    "two line ends": ("a.txt", lambda: "\n\n".join(r.text for r in RECORDS)),
    "spaces in the cut": ("a.txt", lambda: "\n \n \n".join(r.text for r in RECORDS)),
    "the letters of the cut": ("a.txt", lambda: "\\n\\n\\n".join(r.text for r in RECORDS)),
    "Windows": ("a.txt", lambda: "\r\n\r\n\r\n".join(r.text.replace("\n", "\r\n") for r in RECORDS)),
    # oobabooga/textgen pull request 2108: a raw text of questions and answers
    "questions and answers": (
        "a.txt",
        lambda: "\n\n\n".join(f"Q: {r.instruction}\nA: {r.output}" for r in RECORDS),
    ),
    "a chat log": ("a.txt", lambda: "\n\n\n".join(f"User: {r.instruction}\nAssistant: {r.output}" for r in RECORDS)),
    "a chat log without cuts": (
        "a.txt",
        lambda: "\n\n".join(f"### Human: {r.instruction}\n### Assistant: {r.output}" for r in RECORDS),
    ),
}
NOTED = {
    "end marks",
    "end marks in JSON",
    "a preamble",
    "a space after the heading",
    "two line ends",
    "spaces in the cut",
    "the letters of the cut",
    "a chat log without cuts",
    "four line ends",
}


@pytest.mark.parametrize("case", READ)
def test_what_is_read(tmp_path: Path, case: str) -> None:
    name, text = READ[case]
    (tmp_path / name).write_bytes(text().encode())
    read = read_training(tmp_path / name)
    assert read.records == RECORDS
    assert bool(read.notes) == (case in NOTED)


def test_keys_that_are_not_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([alpaca(r, source="mine") for r in RECORDS]), encoding="utf-8")
    (note,) = read_training(tmp_path / "a.json").notes
    assert str(note) == "Keys that training does not use were left out: source."


REFUSED: dict[str, tuple[str, str, str]] = {
    "no response": (
        "a.txt",
        RECORDS[0].text.replace("### Response:\n", ""),
        "record 1: a prompt without '### Response:'",
    ),
    "an answer that is too short": ("a.txt", RECORDS[0].text[:-14], "record 1: The answer is not"),
    "a cut inside": ("a.txt", RECORDS[0].text.replace("\n2. A", "\n\n\n2. A"), "record 1: The answer is not"),
    "an input": ("a.json", json.dumps([alpaca(RECORDS[0], input="x")]), "row 1: it has input beside"),
    "a system message": (
        "a.json",
        json.dumps([{"messages": [{"role": "system", "content": "Be nice."}, *turns(RECORDS[0])]}]),
        "row 1: the messages are from system, user, assistant",
    ),
    "a conversation": (
        "a.txt",
        "User: a\nAssistant: b\nUser: c\nAssistant: d",
        "from user, assistant, user, assistant",
    ),
    "questions and answers": ("a.txt", "Q: a\nA: b\n\nQ: c\nA: d", "from user, assistant, user, assistant"),
    "only a question": ("a.txt", "User: a", "from user;"),
    "unknown keys": ("a.jsonl", '{"q": 1}\n{"q": 2}', "none of its 2 records can be read. The first: the keys are q"),
    "a weight": (
        "a.json",
        json.dumps(
            [{"messages": [{"role": "user", "content": "a"}, {"role": ASSISTANT, "content": "b", "weight": 0}]}]
        ),
        "an answer has weight 0",
    ),
    "a list of words": ("a.txt", "apple\nbook\nget up", "but a list of words"),
    "a table": ("a.txt", "word,sentence\ncat,I have a cat.\ndog,A dog, too.", "but a table (word,sentence)"),
    "a pointer": ("a.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 1", "pointer of Git LFS"),
    "a page": ("a.txt", "<!DOCTYPE html><html>429 Too Many Requests</html>", "a web page"),
    "YAML": ("a.txt", "- instruction: a\n  output: b", "but YAML"),
    "marks of a template": ("a.txt", "<|im_start|>user\nHi.<|im_end|>", "own template (<|im_start|>)"),
    "a line cut off": ("a.jsonl", f'{lines([alpaca(RECORDS[0])])}\n{{"instruction', "line 2 is not valid JSON"),
    "nothing": ("a.txt", "\n\n\n\n", "is empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(tmp_path: Path, case: str) -> None:
    name, text, message = REFUSED[case]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        read_training(tmp_path / name)


def test_texts_of_others_are_trained_on_unchanged(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("User: Hi.\nBot: Hello!\n\n\nA chapter.\nIt ends.", encoding="utf-8")
    asked, plain = read_training(tmp_path / "a.txt").records
    assert (asked.prompt, asked.output) == ("### Instruction:\nHi.\n\n### Response:\n", "Hello!")
    assert plain == Example("", "A chapter.\nIt ends.")
    with pytest.raises(InputError, match="record 1: Not a list prompt with its numbered sentences"):
        read_records(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("text", "asked", "answered"),
    [
        ("User: Answer.\nQuestion: What is this?\nAssistant: A dog.", "Question: What is this?", "A dog."),
        (
            "User: Write a dialogue.\nAssistant: Here.\nA: Hello!\nB: Hi!",
            "Write a dialogue.",
            "Here.\nA: Hello!\nB: Hi!",
        ),
    ],
)
def test_questions_inside_a_log_are_text(tmp_path: Path, text: str, asked: str, answered: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (record,) = read_training(tmp_path / "a.txt").records
    assert (asked in record.prompt, record.output) == (True, answered)


def test_convert_data_reads_them_and_says_what_it_left_out(run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(lines([alpaca(r, source="mine") for r in RECORDS]), encoding="utf-8")
    result = run("convert-data", tmp_path / "a.jsonl", "--to", "txt")
    assert (result.code, "left out: source" in result.err) == (0, True)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "\n\n\n".join(r.text for r in RECORDS)
    (tmp_path / "b.txt").write_text("\n\n".join(r.text for r in RECORDS), encoding="utf-8")
    assert run("convert-data", tmp_path / "b.txt", "--to", "txt", "--out", tmp_path / "c.txt").code == 0
    assert (tmp_path / "c.txt").read_bytes() == (tmp_path / "a.txt").read_bytes()
