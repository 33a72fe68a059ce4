"""How much memory and disk space is free, and errors for what does not fit."""

from __future__ import annotations

import ctypes
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from .errors import ModelError, TargetError

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
MEMINFO = Path("/proc/meminfo")
_M_ARENA_MAX = -8  # from glibc's malloc.h


def free_memory() -> int | None:
    """Bytes of main memory that can still be obtained without swapping; None where that is unknown.

    Inside a container (cgroup v2) its limit counts, where that leaves less than the machine has.
    """
    machine = _machine()
    return None if machine is None else min([machine, *_left_by_limits()])


def share_one_heap() -> None:
    """Let all threads of this process take memory from one heap.

    glibc gives each thread a heap, and gives back little of what was freed in it: a server whose work moves from thread
    to thread grows by a seventh in a few rounds of it (`make soak`). To be called before there are threads.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _machine() -> int | None:
    try:
        import psutil  # accelerate brings it
    except ImportError:
        return _meminfo()
    return int(psutil.virtual_memory().available)


def _meminfo() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _left_by_limits() -> list[int]:
    """What the limits of this process's cgroup and of those above it leave. File cache does not count as used."""
    try:
        own = OWN_CGROUP.read_text().partition("0::/")[2].splitlines()[0]
    except (OSError, IndexError):
        own = ""
    left = []
    for group in (CGROUPS / own, *(CGROUPS / own).parents):
        if not group.is_relative_to(CGROUPS):
            break
        try:
            limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
            statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # no such group here, or no limit ("max")
            continue
        left.append(max(0, limit - used + int(statistics.get("inactive_file", 0))))
    return left


def free_disk(path: Path) -> int:
    """Free bytes on the disk that holds `path`, which need not exist yet."""
    place = next((p for p in (path.absolute(), *path.absolute().parents) if p.is_dir()), None)
    return shutil.disk_usage(place).free if place else 0


def check_memory(size: int) -> None:
    """Raises ModelError when `size` bytes are more than is free."""
    free = free_memory()
    if free is not None and free < size:
        raise ModelError(
            "This needs {needed} of memory, and {free} are free. Close other programs (a model loaded in the webui is "
            "one), or use a larger machine.",
            needed=gigabytes(size),
            free=gigabytes(free),
        )


def check_disk(path: Path, size: int) -> None:
    """Raises TargetError unless `size` bytes fit on the disk where `path` will be."""
    if (free := free_disk(path)) < size:
        raise TargetError(
            "{path} would take {needed}, and {free} are free on that disk. Free some space, or choose another folder.",
            path=path,
            needed=gigabytes(size),
            free=gigabytes(free),
        )


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.2f} GB" if size < 1e10 else f"{size / 1e9:,.0f} GB"
