"""Read what a model answers to a list prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from .prompt import CLOSING, numbered_lines

# In each pattern neighbouring classes share no character, so that reading stays linear in the length of the line.
_HEADINGS = re.compile(r"^[ \t]*#{2,}[ \t]*(?:Instruction|Response)\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
_PROMPT_END = re.compile(rf"^[^\n]{{0,8}}{CLOSING}[^\n]*$", re.MULTILINE)
_BOLD = re.compile(r"\*\*|__")
_ITEM = re.compile(r"[\s>#*_•·–—(\[-]*(\d{1,4})[\s*_]*[.):\]]+(?!\d)[\s*_]*(.*)")
_MARKS = " \t*_`"
_BULLETS = " \t>*•·–—-"
_QUOTATION = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


@dataclass(frozen=True)
class Answer:
    """What a model wrote for a list of n words.

    `sentences` has n entries, None where the answer has no such number. It is `well_formed` if it is n numbered
    lines in order and nothing else.
    """

    sentences: tuple[str | None, ...]
    well_formed: bool


def parse_answer(text: str, n: int, words: Sequence[str] = ()) -> Answer:
    """Read a model's answer to a list prompt of `n` words. Never raises: any text is an answer.

    Reads what small models write in place of the list: bold, bullets, colons, brackets, missing or restarted numbers,
    a repeated prompt, talk before and after. With the `words` that were asked for, it also recognizes a label
    ("1. cat: A cat ...") and a list that only repeats the words.
    """
    exact = numbered_lines(text.strip())
    asked = {word.casefold() for word in words}
    plain = exact is not None and not _BOLD.search(text) and all(_without_label(s, asked) == s for s in exact)
    if exact is not None and plain and len(exact) == n:
        return Answer(exact, True)
    items = _items(_without_prompt(text), asked)
    numbers = [number for number, _ in items if number is not None]
    restarted = len(numbers) == n and (len(set(numbers)) < n or 0 in numbers)
    # Some numbers are missing, or all of them; an answer with talk has more lines than were asked for.
    in_place = len(items) == n and all(number in (None, i) for i, (number, _) in enumerate(items, 1))
    by_number: dict[int, str] = {}
    if restarted or in_place:
        by_number = dict(enumerate((s for number, s in items if in_place or number is not None), 1))
    else:
        for number, sentence in items:
            if number is not None and sentence:
                by_number.setdefault(number, sentence)
    return Answer(tuple(by_number.get(i) or None for i in range(1, n + 1)), False)


def _without_prompt(text: str) -> str:
    """`text` without a repeated prompt and anything before it; another prompt after the answer ends the answer."""
    for piece in _HEADINGS.split(text):
        ends = [m.end() for m in _PROMPT_END.finditer(piece)]
        answer = piece[ends[-1] :] if ends else piece
        if answer.strip():
            return answer
    return ""


def _items(text: str, asked: Set[str]) -> list[tuple[int | None, str]]:
    """The lines of an answer with their numbers; a number alone on its line belongs to the line after it."""
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
    """The sentence in what follows a number: without bold, outer quotation marks and a label."""
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
    """`text` without a word that was asked for in front of it; empty where it is only that word."""
    if not asked:
        return text
    for mark in (":", " - ", " – ", " — "):
        label, separator, after = text.partition(mark)
        if separator and label.strip(_MARKS + "\"'").casefold() in asked:
            return after.strip()
    return "" if text.strip(_MARKS).casefold() in asked else text
