"""One line of progress on the terminal, for work that takes longer than a second."""

from __future__ import annotations

import sys
import time


class Progress:
    """Call it with what is being done, how much is done, and of how much (0: not known)."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last = 0.0
        self._shown = False
        self._on = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._on or now - self._started < 1 or now - self._last < 0.1:
            return
        self._last, self._shown = now, True
        if total:
            filled = round(30 * done / total)
            bar = f"[{'#' * filled}{'.' * (30 - filled)}] {done:,} of {total:,}"
        else:
            bar = f"{done:,}"
        print(f"\r\033[K{what}: {bar}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
