"""One process at a time works on a file; the system releases the lock when a process dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import TargetError


def take(file: IO[bytes], path: Path) -> bool:
    """Lock `file`, opened at `path`, until it is closed.

    False: another process holds the lock, or has just removed the file.
    """
    file.seek(0)  # Windows locks from the current position
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except OSError:
        return False


@contextmanager
def only_one(target: Path) -> Iterator[None]:
    """Nobody else works on `target`, which need not exist yet, while the block lasts. Raises TargetError, OSError."""
    path = _lock_of(target)
    with folder_of(path), path.open("ab") as file:
        if not take(file, path):
            raise TargetError(
                "Another process is writing {target}. Wait until it has ended, or choose another name.", target=target
            )
        try:
            yield
        finally:
            if sys.platform == "win32":  # which keeps a file that is open
                file.close()
            with suppress(OSError):
                path.unlink()


def busy(target: Path) -> bool:
    """Whether somebody works on `target` (see `only_one`)."""
    path = _lock_of(target)
    return path.is_file() and not free(path)


def free(path: Path) -> bool:
    """Whether no process holds the lock of the file `path`."""
    try:
        with path.open("rb") as file:
            return take(file, path)
    except OSError:
        return False


@contextmanager
def folder_of(path: Path) -> Iterator[None]:
    """The folder of `path` is there while the block lasts; what was made for it goes if it is empty then.

    Raises OSError.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for folder in missing:  # innermost first
            with suppress(OSError):
                folder.rmdir()


def named(path: Path) -> Path:
    """`path` by a name of its own, which `.` and `..` are not. Raises TargetError for the root of a disk."""
    whole = path if path.name not in ("", "..") else path.resolve()
    if not whole.name:
        raise TargetError("{path} is a whole disk, so nothing can be put in its place. Name a folder on it.", path=path)
    return whole


def _lock_of(target: Path) -> Path:
    target = named(target)
    # A webui lists all that is in its loras folder, hidden files too, unless the name ends in -np.
    return target.with_name(f".{target.name}.lock-np")
