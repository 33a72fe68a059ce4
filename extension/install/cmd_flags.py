"""Our name in the `--extensions` list of a webui's CMD_FLAGS.txt, with every other byte kept.

The webui joins the lines that are not comments, without the backslash that a line may end in, with spaces, and
splits the result as a shell would; the last `--extensions` counts.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

EXTENSION = "cefr_sentences"
FLAG = "--extensions"

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


@dataclass(frozen=True)
class _Word:
    """A word of the command line: as the webui reads it, and where it stands in the file."""

    value: str
    start: int
    end: int
    line: int

    @property
    def is_flag(self) -> bool:
        name = self.value.partition("=")[0]
        return FLAG.startswith(name) and len(name) >= len("--exte")  # argparse takes a beginning; --ext is two flags'


def has_extension(text: str) -> bool:
    """Whether a webui with this CMD_FLAGS.txt loads us. Raises ValueError where it could not start."""
    return EXTENSION in extensions(text)


def extensions(text: str) -> list[str]:
    """The extensions that a webui with this CMD_FLAGS.txt loads. Raises ValueError where it could not start."""
    lists = _lists(text)
    return _names(lists[-1]) if lists else []


def add_extension(text: str) -> str:
    """`text` with our name in its list of extensions."""
    if has_extension(text):
        return text
    if lists := _lists(text):
        flag, last = lists[-1][0], lists[-1][-1]
        if "=" not in flag.value:
            return f"{text[: last.end]} {EXTENSION}{text[last.end :]}"
        name, _, value = text[flag.start : flag.end].partition("=")  # with `=` the list can hold one name only
        return f"{text[: flag.start]}{name} {value} {EXTENSION}{text[flag.end :]}"
    ending = next((e for e in re.findall(r"\r\n|\r|\n", text)), "\n")
    line = f"{FLAG} {EXTENSION}"
    return f"{text}{ending}{line}" if text and not text.endswith(("\r", "\n")) else f"{text}{line}{ending}"


def remove_extension(text: str) -> str:
    """`text` without our name; a list that held nothing else goes with its flag, and its line if that was all."""
    while True:
        held = next((entry for entry in _lists(text) if EXTENSION in _names(entry)), None)
        if held is None:
            return text
        flag = held[0]
        gone = [flag] if "=" in flag.value else [w for w in held[1:] if w.value == EXTENSION][:1]
        if len(held) == 2 and "=" not in flag.value:
            gone = [flag, *gone]
        for word in reversed(gone):
            text = _without(text, word)


def _without(text: str, word: _Word) -> str:
    """`text` without `word` and the blanks before it, and without the line if nothing else stood there."""
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


def _names(entry: list[_Word]) -> list[str]:
    flag = entry[0].value
    return [flag.partition("=")[2]] if "=" in flag else [w.value for w in entry[1:]]


def _lists(text: str) -> list[list[_Word]]:
    """Every `--extensions` with the words that are its values."""
    lists: list[list[_Word]] = []
    inside = False
    for word in _words(text):
        if word.value.startswith("-"):
            inside = word.is_flag
            if inside:
                lists.append([word])
                inside = "=" not in word.value
        elif inside:
            lists[-1].append(word)
    return lists


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    lines: list[str] = []
    position = 0
    for number, line in enumerate(_LINE.findall(text)):
        content = line.strip().rstrip("\\").strip()
        if content and not line.strip().startswith("#"):
            lines.append(content)
            start = position + len(line) - len(line.lstrip())
            for match in _WORD.finditer(content):
                value = "".join(_split(match[0]))
                words.append(_Word(value, start + match.start(), start + match.end(), number))
        position += len(line)
    if [w.value for w in words] != _split(" ".join(lines)):
        raise ValueError("a quotation mark spans lines, so nothing can be changed there safely")
    return words


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"the webui cannot read it either ({error})") from None
