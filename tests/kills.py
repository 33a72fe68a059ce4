"""Stop a process before its n-th change of the disk: what a kill, a crash or a power cut leaves."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# `make fuzz` stops every command at each of its changes; the tests at one of several.
EVERY = bool(os.environ.get("CEFR_EVERY_KILL"))
_STOPPED = 77


def kills(work: Callable[[], object], folder: Path, every: int = 1) -> Iterator[int]:
    """Run `work` in a child that is stopped before its first change inside `folder`, in another before a later one ...

    Yields after each child that was stopped. Python's own events count: opening a file to write it, renaming,
    removing, linking, making a folder. `work` has to begin with the same `folder` each time.
    """
    number = 1
    while _stopped(work, folder, number):
        yield number
        number += 1 if EVERY else every


def whole(work: Callable[[], object], folder: Path) -> None:
    """Run `work` in such a child, to its end."""
    assert not _stopped(work, folder, sys.maxsize)


def _stopped(work: Callable[[], object], folder: Path, number: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            sys.addaudithook(_hook(str(folder), number))
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    deadline = time.monotonic() + 300
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < deadline, "the child hangs"
        time.sleep(0.001)
    code = os.waitstatus_to_exitcode(ended[1])
    assert code in (0, _STOPPED), "the work failed by itself"
    return code == _STOPPED


def _hook(folder: str, number: int) -> Callable[[str, tuple[object, ...]], None]:
    left = number

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if any(path.startswith(folder) for path in _changed(event, args)):
            left -= 1
            if left == 0:
                os._exit(_STOPPED)

    return hook


def _changed(event: str, args: tuple[Any, ...]) -> list[str]:
    """What is about to change on the disk."""
    if event == "open":
        flags = args[2]
        return [_path(args[0])] if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) else []
    if event in ("os.rename", "os.link"):
        return [_path(args[0]), _path(args[1])]
    if event in ("os.remove", "os.rmdir"):
        return [_path(args[0], args[1])]
    if event in ("os.mkdir", "os.truncate"):
        path = _path(args[0])
        return [] if event == "os.mkdir" and Path(path).is_dir() else [path]  # makedirs tries those that are there
    return []


def _path(argument: object, folder: int = -1) -> str:
    """A path of an event; `shutil.rmtree` names what is in a folder that it has opened. Empty for an open file."""
    name = os.fspath(argument) if isinstance(argument, str | os.PathLike) else ""
    return str(Path(f"/proc/self/fd/{folder}").readlink() / name) if folder >= 0 else str(name)
