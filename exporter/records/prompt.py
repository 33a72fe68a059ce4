"""THE prompt: build it, render a record, parse an answer. Nobody else writes a prompt string.

Training, evaluation, the tab, chat and bulk writing all come here, because a prompt that differs between
training and use makes a trained model look untrained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from ..common.errors import InputError

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
class ListPrompt:
    """What a model is asked: a sentence for each of `words` at `level`. Only the room that asks renders it."""

    level: str
    words: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The instruction, without the `###` lines."""
        n = len(self.words)
        return (
            f"Generate {self.level}-level English sentences for these {n} words:\n{_numbered(self.words)}\n\n"
            f"Provide numbered sentences (1-{n}), using each word naturally and appropriately for {self.level} level."
        )


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
    return ListPrompt(level, tuple(words)).text


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


def parse_answer(text: str, n: int, words: Sequence[str] = ()) -> Answer:
    """Read a model's answer to a list prompt of `n` words. Never raises: anything is an answer.

    Reads what small models write in place of the list: bold, bullets, colons, brackets, missing or restarted numbers,
    the prompt once more, talk before and after. With the `words` that were asked for, a label ("1. cat: A cat ...")
    and a repeated list of the words are known for what they are.
    """
    exact = _numbered_lines(text.strip())
    asked = {word.casefold() for word in words}
    plain = exact is not None and not _BOLD.search(text) and all(_without_label(s, asked) == s for s in exact)
    if exact is not None and plain and len(exact) == n:
        return Answer(exact, True)
    items = _items(_without_prompt(text), asked)
    numbers = [number for number, _ in items if number is not None]
    restarted = len(numbers) == n and (len(set(numbers)) < n or 0 in numbers)
    # A missing number here and there, or all of them; whoever talks as well writes more lines than were asked for.
    in_place = len(items) == n and all(number in (None, i) for i, (number, _) in enumerate(items, 1))
    found: dict[int, str] = {}
    if restarted or in_place:
        found = dict(enumerate((s for number, s in items if in_place or number is not None), 1))
    else:
        for number, sentence in items:
            if number is not None and sentence:
                found.setdefault(number, sentence)
    sentences = tuple(found.get(i) or None for i in range(1, n + 1))
    return Answer(sentences, False)


# In each pattern neighbouring classes share no character, so that reading stays linear in the length of the line.
_HEADINGS = re.compile(r"^[ \t]*#{2,}[ \t]*(?:Instruction|Response)\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
_PROMPT_END = re.compile(r"^[^\n]{0,8}Provide numbered sentences[^\n]*$", re.MULTILINE)
_BOLD = re.compile(r"\*\*|__")
_ITEM = re.compile(r"[\s>#*_•·–—(\[-]*(\d{1,4})[\s*_]*[.):\]]+(?!\d)[\s*_]*(.*)")
_MARKS = " \t*_`"
_BULLETS = " \t>*•·–—-"
_QUOTATION = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


def _without_prompt(text: str) -> str:
    """`text` without a repeated prompt and what stands before it; another prompt after the answer ends it."""
    for piece in _HEADINGS.split(text):
        ends = [m.end() for m in _PROMPT_END.finditer(piece)]
        answer = piece[ends[-1] :] if ends else piece
        if answer.strip():
            return answer
    return ""


def _items(text: str, asked: Set[str]) -> list[tuple[int | None, str]]:
    """The lines of an answer with their numbers; a number that stands alone belongs to the line after it."""
    items: list[tuple[int | None, str]] = []
    for line in text.split("\n"):
        rest: str | None = line
        while rest is not None:
            match = _ITEM.match(rest)
            number = int(match[1]) if match else None
            body = match[2] if match else rest.strip().lstrip(_BULLETS)
            rest = None
            if number is not None and (at := body.find(f" {number + 1}. ")) > 0 and body[:at].rstrip()[-1:] in '.!?"”':
                body, rest = body[:at], body[at + 1 :]  # the whole list in one line
            sentence = _sentence(body, asked)
            if number is None and sentence and items and items[-1][0] is not None and not items[-1][1]:
                items[-1] = (items[-1][0], sentence)
            elif number is not None or (sentence and not sentence.endswith(":")):
                items.append((number, sentence))
    return items


def _sentence(body: str, asked: Set[str]) -> str:
    """What stands behind a number: without bold, outer quotes and a label."""
    text = body.strip()
    if text.startswith("**") and (end := text.find("**", 2)) > 0:
        label, after = text[2:end].strip(), text[end + 2 :].lstrip()
        if label.endswith(":") or after[:1] in (":", "-", "–", "—"):
            text = after.lstrip(":-–— ")
    text = _without_label(text.replace("**", "").replace("__", "").strip(_MARKS), asked)
    if len(text) > 2 and text[-1] == _QUOTATION.get(text[0]) and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def _without_label(text: str, asked: Set[str]) -> str:
    """`text` without the word that it was asked for, put before it; empty where it is that word alone."""
    if not asked:
        return text
    for mark in (":", " - ", " – ", " — "):
        label, found, after = text.partition(mark)
        if found and label.strip(_MARKS + "\"'").casefold() in asked:
            return after.strip()
    return "" if text.strip(_MARKS).casefold() in asked else text


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
