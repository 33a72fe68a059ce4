"""Adding our name to the `--extensions` list of a webui's CMD_FLAGS.txt, with every other byte kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...exporter.common import cmd_flags
from ...exporter.common.errors import Problem

EXTENSION = "cefr_sentences"
FLAG = "--extensions"

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


@dataclass(frozen=True)
class _Word:
    """A word of the command line: as the webui reads it, and its position in the file."""

    value: str
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class _List:
    """One `--extensions` with the words that are its values; in `--extensions=x` the value is part of the flag."""

    flag: _Word
    words: list[_Word]
    names: list[str]

    @property
    def joined(self) -> bool:
        return "=" in self.flag.value


def has_extension(text: str) -> bool:
    """Whether a webui with this CMD_FLAGS.txt loads us. Raises ValueError where the text cannot be edited safely."""
    lists = _lists(text)
    return bool(lists) and EXTENSION in lists[-1].names


def add_extension(text: str) -> str:
    """`text` with our name in its list of extensions."""
    if has_extension(text):
        return text
    if lists := _lists(text):
        flag, last = lists[-1].flag, [lists[-1].flag, *lists[-1].words][-1]
        if not lists[-1].joined:
            return f"{text[: last.end]} {EXTENSION}{text[last.end :]}"
        name, _, value = text[flag.start : flag.end].partition("=")  # with `=` the list can hold one name only
        return f"{text[: flag.start]}{name} {value} {EXTENSION}{text[flag.end :]}"
    ending = next((e for e in re.findall(r"\r\n|\r|\n", text)), "\n")
    line = f"{FLAG} {EXTENSION}"
    return f"{text}{ending}{line}" if text and not text.endswith(("\r", "\n")) else f"{text}{line}{ending}"


def remove_extension(text: str) -> str:
    """`text` without our name; a list that held nothing else goes with its flag, and its line if that was all."""
    while True:
        held = next((each for each in _lists(text) if EXTENSION in each.names), None)
        if held is None:
            return text
        gone = [] if held.joined else [next(word for word in held.words if word.value == EXTENSION)]
        if held.names == [EXTENSION]:
            gone = [held.flag, *gone]
        for word in reversed(gone):
            text = _without(text, word)


def _without(text: str, word: _Word) -> str:
    """`text` without `word` and the blanks before it, and without the line if nothing else was on it."""
    lines = _LINE.findall(text)
    line = lines[word.line]
    offset = sum(map(len, lines[: word.line]))
    rest = line[: word.start - offset].rstrip(" \t") + line[word.end - offset :]
    if rest.strip().rstrip("\\").strip():
        lines[word.line] = rest
    else:
        del lines[word.line]
        if lines and word.line == len(lines) and not line.endswith(("\r", "\n")):
            lines[-1] = re.sub(r"(?:\r\n|\r|\n)\Z", "", lines[-1])  # add_extension put it there
    return "".join(lines)


def _lists(text: str) -> list[_List]:
    words = _words(text)
    values = [word.value for word in words]
    found = cmd_flags.occurrences(values, FLAG)
    return [_List(words[o[0]], [words[i] for i in o[1:]], cmd_flags.values(values, o)) for o in found]


def _words(text: str) -> list[_Word]:
    """Raises ValueError where the position of a word cannot be told."""
    words: list[_Word] = []
    position = 0
    for number, line in enumerate(_LINE.findall(text)):
        start = position + len(line) - len(line.lstrip())
        for match in _WORD.finditer(cmd_flags.content(line)):
            value = "".join(cmd_flags.split(match[0]))
            words.append(_Word(value, start + match.start(), start + match.end(), number))
        position += len(line)
    if [word.value for word in words] != cmd_flags.read_flags(text):
        raise ValueError(Problem("a quotation mark spans lines, so nothing can be changed there safely"))
    return words
