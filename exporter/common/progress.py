"""One line of progress on the terminal, with the time left, for work that takes longer than a second."""

from __future__ import annotations


class Progress:
    """Call it with what is being done, how much of it is done, and of how much (0: not known).

    Nothing is shown where stderr is not a terminal.
    """

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar = tqdm(delay=1, leave=False, disable=None, dynamic_ncols=True)
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self._what = what
            self._bar.reset(total or None)
            self._bar.set_description(what, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()
