"""THE prompt: build it, render a record, parse an answer. Nobody else writes a prompt string.

Training, evaluation, the tab, chat and bulk writing all come here, because a prompt that differs between
training and use makes a trained model look untrained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .errors import InputError

# Goes into every adapter folder; raise it whenever a byte of the prompt changes.
PROMPT_VERSION = 1

# Stands between records in the text file; no record contains it.
HARD_CUT = "\n\n\n"

INSTRUCTION_HEAD = "### Instruction:\n"
RESPONSE_HEAD = "\n\n### Response:\n"
_RESPONSE = RESPONSE_HEAD.strip()
# How the webui's Training PRO has to render an instruction/output pair to arrive at our record.
TRAINING_PRO_FORMAT = {"instruction,output": f"{INSTRUCTION_HEAD}%instruction%{RESPONSE_HEAD}%output%"}

# What Training PRO's slicer and every trainer of ours were built for; longer lists are cut into several.
MIN_WORDS, MAX_WORDS = 6, 10

_INSTRUCTION = re.compile(
    r"Generate (?P<level>[ABC][12])-level English sentences for these (?P<n>\d+) words?:\n"
    r"(?P<words>(?:\d+\. [^\n]+\n)+)"
    r"\nProvide numbered sentences \(1-(?P=n)\), using each word naturally and appropriately for "
    r"(?P=level) level\."
)
_NUMBERED = re.compile(r"(\d+)\. (\S.*)")


@dataclass(frozen=True)
class Record:
    """A list prompt and its answer: one training example."""

    level: str
    words: tuple[str, ...]
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words or len(self.words) != len(self.sentences):
            raise InputError(
                f"A record needs a sentence for each word: {len(self.words)} words, {len(self.sentences)} sentences."
            )
        for text in (*self.words, *self.sentences):
            if not text.strip() or text != text.strip() or "\n" in text or "\r" in text:
                raise InputError(f"A word or sentence of a record must be one line without outer spaces: {text!r}.")

    @cached_property
    def instruction(self) -> str:
        """The bare list prompt, without the `###` lines."""
        return list_prompt(self.words, self.level)

    @cached_property
    def prompt(self) -> str:
        """What the model reads before it answers."""
        return wrap(self.instruction)

    @cached_property
    def output(self) -> str:
        """The bare answer."""
        return _numbered(self.sentences)

    @cached_property
    def text(self) -> str:
        """The record as it stands in the text file."""
        return self.prompt + self.output


@dataclass(frozen=True)
class Example:
    """A training example of somebody else: its text up to the answer, and the answer, both as they stand there.

    `prompt` is empty where the text has no `### Response:`, so that all of it is learned.
    """

    prompt: str
    output: str
    level: str = ""
    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.prompt + self.output

    @property
    def instruction(self) -> str:
        """What is asked, without the `###` lines."""
        body = self.prompt.strip().removesuffix(_RESPONSE).strip()
        return body.removeprefix(INSTRUCTION_HEAD.strip()).strip()


def parse_example(text: str) -> Example:
    """The example between two hard cuts, whoever wrote it. Raises InputError when it is empty."""
    head, found, answer = text.partition(_RESPONSE)
    if found and answer.startswith("\n"):
        found, answer = f"{found}\n", answer[1:]
    prompt, output = (head + found, answer) if found else ("", text)
    if not output.strip():
        raise InputError(f"An example without an answer: {_short(text)}.")
    return Example(prompt, output.rstrip())


def list_prompt(words: Sequence[str], level: str) -> str:
    """The instruction that asks for one sentence for each of `words` at `level`."""
    n = len(words)
    return (
        f"Generate {level}-level English sentences for these {n} words:\n{_numbered(words)}\n\n"
        f"Provide numbered sentences (1-{n}), using each word naturally and appropriately for {level} level."
    )


def wrap(instruction: str) -> str:
    """The text a model has to continue with the answer to `instruction`."""
    return f"{INSTRUCTION_HEAD}{instruction}{RESPONSE_HEAD}"


def parse_instruction(text: str) -> tuple[str, tuple[str, ...]]:
    """Level and words of a list prompt.

    Raises:
        InputError: `text` is not byte for byte what `list_prompt` makes.
    """
    match = _INSTRUCTION.fullmatch(text)
    words = _numbered_lines(match["words"][:-1]) if match else None
    if match is None or words is None or len(words) != int(match["n"]):
        raise InputError(f"Not a list prompt of this project: {_short(text)}.")
    return match["level"], words


def parse_record(instruction: str, output: str) -> Record:
    """The record behind a prompt and its answer.

    Raises:
        InputError: either is not exactly what a `Record` renders.
    """
    level, words = parse_instruction(instruction)
    sentences = _numbered_lines(output)
    if sentences is None or len(sentences) != len(words):
        raise InputError(f"The answer is not the numbered list 1-{len(words)}: {_short(output)}.")
    return Record(level, words, sentences)


def parse_text_record(text: str) -> Record:
    """The record behind one piece between two hard cuts. Raises InputError as `parse_record` does."""
    if text.startswith(INSTRUCTION_HEAD) and RESPONSE_HEAD in text:
        instruction, output = text[len(INSTRUCTION_HEAD) :].split(RESPONSE_HEAD, 1)
        return parse_record(instruction, output)
    raise InputError(f"Not a '### Instruction: ... ### Response: ...' record: {_short(text)}.")


@dataclass(frozen=True)
class Answer:
    """What a model wrote for a list of n words.

    `sentences` has n entries, None where the answer has no such number. `well_formed` means: n numbered
    lines in order, and nothing else.
    """

    sentences: tuple[str | None, ...]
    well_formed: bool


def parse_answer(text: str, n: int) -> Answer:
    """Read a model's answer to a list prompt of `n` words. Never raises: anything is an answer."""
    found: dict[int, str] = {}
    for line in text.split("\n"):
        match = re.match(r"\s*(\d+)\s*[.):]\s*(\S.*)", line)
        if match and 1 <= int(match[1]) <= n:
            found.setdefault(int(match[1]), match[2].strip())
    exact = _numbered_lines(text.strip())
    return Answer(tuple(found.get(i) for i in range(1, n + 1)), exact is not None and len(exact) == n)


def _numbered(items: Sequence[str]) -> str:
    return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))


def _numbered_lines(text: str) -> tuple[str, ...] | None:
    """The items of `1. ...\\n2. ...`, or None when `text` is anything else."""
    items = []
    for i, line in enumerate(text.split("\n"), 1):
        match = _NUMBERED.fullmatch(line)
        if match is None or match[1] != str(i) or match[2] != match[2].rstrip():
            return None
        items.append(match[2])
    return tuple(items)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
