"""Long work outside the handler that asked for it: one job at a time, shown by every page that is open.

A training, an evaluation or a writing job continues when the browser that started it is closed, and the next page that
opens shows it again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ...exporter.common.errors import CefrError, InputError, Problem

_log = logging.getLogger("cefr_sentences")
_here = threading.local()
BUSY = "Another job is running. Wait for it, or stop it first."


def stopping() -> bool:
    """Whether the job of the current thread has been told to stop; False in a thread that is not a job's."""
    job = getattr(_here, "job", None)
    return job is not None and job.stopping.is_set()


def unexpected(error: BaseException) -> Problem:
    """An error that nobody has foreseen, for the user."""
    values = {"error": f"{type(error).__name__}: {error}"}
    return Problem("Unexpected problem: {error}. The console's log says where it happened.", values)


class Stopped(Exception):
    """Raised in a job that has been told to stop, where it reports its progress."""


class Job:
    """One piece of work in a thread of its own. `kind` names the pane it belongs to.

    `shown` is whatever the work wants its pane to show before it ends; `result` what it returned; `problems` why it
    failed. Told to stop, it ends the next time it reports its progress, unless it `ends_itself`: a training has
    something to save.
    """

    def __init__(self, kind: str, work: Callable[[Job], Any], *, ends_itself: bool = False) -> None:
        self.kind = kind
        self.ends_itself = ends_itself
        self.stopped = False
        self.what, self.done, self.total = "", 0, 0
        self.shown: Any = None
        self.result: Any = None
        self.problems: tuple[Problem, ...] = ()
        self.stopping = threading.Event()
        self.started = time.monotonic()
        self.ended: float | None = None
        self._since = self.started
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"cefr-sentences-{kind}", daemon=True)

    def progress(self, what: str, done: int, total: int) -> None:
        """Reports the current step, how much of it is done, and of how much (0: not known).

        Raises Stopped in a job that has been told to stop and does not end itself.
        """
        if self.stopping.is_set() and not self.ends_itself:
            raise Stopped
        if what != self.what:
            self._since = time.monotonic()
        self.what, self.done, self.total = what, done, total

    @property
    def error(self) -> str:
        """The problems in English; empty where there are none."""
        return "\n".join(map(str, self.problems))

    @property
    def running(self) -> bool:
        return self.ended is None

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the pace since the current step began; None before there is one."""
        if not self.running or not self.total or not self.done:
            return None
        return (time.monotonic() - self._since) / self.done * (self.total - self.done)

    def stop(self) -> None:
        """Ask it to end."""
        self.stopping.set()

    def wait(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        _here.job = self
        try:
            self.result = self._work(self)
        except Stopped:
            self.stopped = True
        except CefrError as error:
            self.problems = error.problems
        except BaseException as error:  # nobody above a thread catches it, and the user has to be told
            _log.exception("%s failed", self.kind)
            self.problems = (unexpected(error),)
        finally:
            self.ended = time.monotonic()


class Desk:
    """Runs one job at a time, because all of them need the model, and keeps the last job of each kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Job | None = None
        self._last: dict[str, Job] = {}

    @property
    def current(self) -> Job | None:
        """The job that is running."""
        job = self._current
        return job if job is not None and job.running else None

    def last(self, kind: str) -> Job | None:
        return self._last.get(kind)

    def start(self, kind: str, work: Callable[[Job], Any], *, ends_itself: bool = False) -> Job:
        """Start `work`. Raises InputError while another job is running."""
        with self._lock:
            if self.current is not None:
                raise InputError(BUSY)
            job = Job(kind, work, ends_itself=ends_itself)
            self._current = self._last[kind] = job
            job.start()
            return job
