"""One process at a time works on a file; the system releases the lock when a process dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO


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
