"""Only ordinary files and folders are read; a pipe that was given on purpose is read once, into a file."""

from __future__ import annotations

import errno
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .errors import STDIN, CefrError, InputError

_MAX_BYTES = 2 * 1024**3
# What a shell writes for `<(command)`, and standard input by its name. Any other pipe may never end.
_ON_PURPOSE = re.compile(r"/dev/(fd/\d+|stdin)|/proc/(self|\d+)/fd/\d+")


@contextmanager
def ordinary(path: Path) -> Iterator[Path]:
    """`path` itself, or a file with what came through the pipe at `path`; `-` is standard input.

    Raises:
        InputError: there is nothing, or neither a file nor a folder nor such a pipe.
    """
    try:
        if path == STDIN and not path.exists():
            with _spooled(sys.stdin.buffer, path) as copy:
                yield copy
            return
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError("{file} does not exist. Check the spelling of the path.", file=path) from None
    except (OSError, ValueError) as error:  # a link to itself, a part that is not a folder, a zero byte
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            "{file} cannot be read: {error}. Check its permissions, or use another copy of it.",
            file=path,
            error=reason,
        ) from None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        yield path
    elif stat.S_ISFIFO(mode) and _ON_PURPOSE.fullmatch(str(path)):
        with path.open("rb") as pipe, _spooled(pipe, path) as copy:
            yield copy
    else:
        raise InputError(
            "{file} is neither a file nor a folder. Save what comes from there into a file first.", file=path
        )


def content(path: Path) -> bytes:
    """The bytes of the ordinary file `path`. Raises OSError, also for a pipe, which might never end."""
    return only_a_file(path).read_bytes()


def only_a_file(path: Path) -> Path:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not an ordinary file", str(path))
    return path


@contextmanager
def _spooled(pipe: IO[bytes], path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "input"
        with copy.open("wb") as file:
            while chunk := pipe.read(1 << 20):
                file.write(chunk)
                if file.tell() > _MAX_BYTES:
                    raise InputError("What comes from {file} is longer than 2 GB. Give it in several parts.", file=path)
        try:
            yield copy
        except CefrError as error:
            error.rename(copy, path)
            raise
