"""The prompt and the record, written and parsed. No other file writes a prompt string.

Training, evaluation, the tab, chat and bulk writing all use this one, because a prompt that differs between training
and use makes a trained model look untrained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..common.errors import InputError

# Goes into every adapter folder; raise it whenever a byte of the prompt changes.
PROMPT_VERSION = 1

# Separates the records of a text file; no record contains it.
HARD_CUT = "\n\n\n"

INSTRUCTION_HEAD = "### Instruction:\n"
RESPONSE_HEAD = "\n\n### Response:\n"
_RESPONSE = RESPONSE_HEAD.strip()
# How the webui's Training PRO has to render an instruction/output pair so that it becomes this record.
TRAINING_PRO_FORMAT = {"instruction,output": f"{INSTRUCTION_HEAD}%instruction%{RESPONSE_HEAD}%output%"}

# The lists that records have by default; bulk writing cuts a longer one into several.
MIN_WORDS, MAX_WORDS = 6, 10

# The prompt. The patterns below and what recognizes a repeated prompt in an answer are made from these lines.
_OPENING = "Generate {level}-level English sentences for these {n} words:"
_CLOSING = "Provide numbered sentences (1-{n}), using each word naturally and appropriately for {level} level."


def _pattern(line: str, n: str, level: str) -> str:
    return re.escape(line).replace(r"\{n\}", n).replace(r"\{level\}", level)


_INSTRUCTION = re.compile(
    _pattern(_OPENING, r"(?P<n>\d+)", r"(?P<level>[ABC][12])").replace("words:", "words?:")
    + r"\n(?P<words>(?:\d+\. [^\n]+\n)+)\n"
    + _pattern(_CLOSING, r"(?P=n)", r"(?P=level)")
)
# The beginnings of both lines, as a model repeats them in an answer, as patterns.
OPENING = _pattern(_OPENING[: _OPENING.index("-level") + 6], r"\d+", "[ABC][12]")
CLOSING = re.escape(_CLOSING[: _CLOSING.index(" (")])
_NUMBERED = re.compile(r"(\d+)\. (\S.*)")


@dataclass(frozen=True)
class ListPrompt:
    """What a model is asked: a sentence for each of `words` at `level`."""

    level: str
    words: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The instruction, without the `###` lines."""
        n = len(self.words)
        opening, closing = (line.format(n=n, level=self.level) for line in (_OPENING, _CLOSING))
        return f"{opening}\n{_numbered(self.words)}\n\n{closing}"


@dataclass(frozen=True)
class Record:
    """A list prompt and its answer: one training example."""

    level: str
    words: tuple[str, ...]
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words or len(self.words) != len(self.sentences):
            raise InputError(
                "A record needs a sentence for each word: {words} words, {sentences} sentences.",
                words=len(self.words),
                sentences=len(self.sentences),
            )
        for text in (*self.words, *self.sentences):
            if not text.strip() or text != text.strip() or "\n" in text or "\r" in text:
                raise InputError(
                    "A word or sentence of a record must be one line without outer spaces: {text!r}.", text=text
                )

    @cached_property
    def instruction(self) -> str:
        """The text of the list prompt, without the `###` lines."""
        return ListPrompt(self.level, self.words).text

    @cached_property
    def prompt(self) -> str:
        """What the model reads before it answers."""
        return wrap(self.instruction)

    @cached_property
    def output(self) -> str:
        """The numbered sentences, without the `###` lines."""
        return _numbered(self.sentences)

    @cached_property
    def text(self) -> str:
        """The whole record, as in the text file."""
        return self.prompt + self.output


@dataclass(frozen=True)
class Example:
    """A training example that is not a `Record`: its text up to the answer, and the answer, both unchanged.

    `prompt` is empty where the text has no `### Response:`, so that all of it is trained on.
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
    """The example between two hard cuts, by whoever wrote it. Raises InputError when it has no answer."""
    head, heading, answer = text.partition(_RESPONSE)
    if answer.startswith("\n"):
        heading, answer = f"{heading}\n", answer[1:]
    prompt, output = (head + heading, answer) if heading else ("", text)
    if not output.strip():
        raise InputError("An example without an answer: {text}.", text=_short(text))
    return Example(prompt, output.rstrip())


def wrap(instruction: str) -> str:
    """The text a model has to continue with the answer to `instruction`."""
    return f"{INSTRUCTION_HEAD}{instruction}{RESPONSE_HEAD}"


def parse_instruction(text: str) -> ListPrompt:
    """The list prompt that `text` is.

    Raises:
        InputError: `text` is not byte for byte the text of a `ListPrompt`.
    """
    match = _INSTRUCTION.fullmatch(text)
    words = numbered_lines(match["words"][:-1]) if match else None
    if match is None or words is None or len(words) != int(match["n"]):
        raise InputError("Not a list prompt of this project: {text}.", text=_short(text))
    return ListPrompt(match["level"], words)


def parse_record(instruction: str, output: str) -> Record:
    """The record behind a prompt and its answer.

    Raises:
        InputError: either is not exactly what a `Record` renders.
    """
    asked = parse_instruction(instruction)
    sentences = numbered_lines(output)
    if sentences is None or len(sentences) != len(asked.words):
        raise InputError(
            "The answer is not the numbered list 1-{n}: {output}.", n=len(asked.words), output=_short(output)
        )
    return Record(asked.level, asked.words, sentences)


def parse_text_record(text: str) -> Record:
    """The record behind one piece between two hard cuts. Raises InputError as `parse_record` does."""
    if text.startswith(INSTRUCTION_HEAD) and RESPONSE_HEAD in text:
        instruction, output = text[len(INSTRUCTION_HEAD) :].split(RESPONSE_HEAD, 1)
        return parse_record(instruction, output)
    raise InputError("Not a '### Instruction: ... ### Response: ...' record: {text}.", text=_short(text))


def _numbered(items: Sequence[str]) -> str:
    return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))


def numbered_lines(text: str) -> tuple[str, ...] | None:
    """The items of `1. ...\\n2. ...`; None when `text` is anything else."""
    items = []
    for i, line in enumerate(text.split("\n"), 1):
        match = _NUMBERED.fullmatch(line)
        if match is None or match[1] != str(i) or match[2] != match[2].rstrip():
            return None
        items.append(match[2])
    return tuple(items)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
