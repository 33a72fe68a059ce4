"""One line of progress on the terminal, with the time left, for work that takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Called with what is being done, how much of it is done, and of how much (0: not known).
OnProgress = Callable[[str, int, int], object]


class Progress:
    """An `OnProgress` that shows it. Nothing is shown where stderr is not a terminal."""

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if what != self._what:
            self.close()
            self._what, self._bar = what, tqdm(desc=what, total=total or None, delay=1, leave=False, disable=None)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
