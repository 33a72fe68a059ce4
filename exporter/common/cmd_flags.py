"""Reading a webui's CMD_FLAGS.txt.

The webui joins the lines that are not comments, without the backslash that a line may end in, with spaces, and splits
the result as a shell would. So a `#` after the beginning of a line is part of a value, and a value may be continued on
the next line.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from .errors import Problem

# argparse accepts the beginning of a flag's name; `--ext` begins two flags of the webui.
_SHORTEST = {"--extensions": "--exte"}


def read_flags(text: str) -> list[str]:
    """The command line that a webui makes of this CMD_FLAGS.txt. Raises ValueError where it could not start."""
    return split(" ".join(filter(None, map(content, re.split(r"\r\n|\r|\n", text)))))


def content(line: str) -> str:
    """What the webui takes of one line; empty for a comment."""
    return "" if line.strip().startswith("#") else line.strip().rstrip("\\").strip()


def split(text: str) -> list[str]:
    """The words of a command line. Raises ValueError where a quotation mark is missing."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    if os.name == "nt":
        lexer.escape = ""  # a backslash is part of a path there
    try:
        return list(lexer)
    except ValueError as error:
        raise ValueError(Problem("the webui cannot read it either ({error})", {"error": error})) from None


def occurrences(words: Sequence[str], flag: str) -> list[range]:
    """Where `flag` is given: for each time the positions of the flag and of the words that are its values."""
    found = []
    for start, word in enumerate(words):
        name, sign, _ = word.partition("=")
        if flag.startswith(name) and len(name) >= len(_SHORTEST.get(flag, flag)):
            ends = (i for i in range(start + 1, len(words)) if words[i].startswith("-"))
            found.append(range(start, start + 1 if sign else next(ends, len(words))))
    return found


def values(words: Sequence[str], occurrence: range) -> list[str]:
    """The values that a flag has in one of its `occurrences`."""
    _, sign, value = words[occurrence[0]].partition("=")
    return [value] if sign else [words[i] for i in occurrence[1:]]


def all_values(text: str, flag: str) -> list[list[str]]:
    """The values of `flag`, for each time that it is given. Raises ValueError where the webui could not start."""
    words = read_flags(text)
    return [values(words, occurrence) for occurrence in occurrences(words, flag)]


def extensions(text: str) -> list[str]:
    """The extensions that a webui with this CMD_FLAGS.txt loads. Raises ValueError where it could not start."""
    return next(reversed(all_values(text, "--extensions")), [])  # the last list replaces those before it
