"""Long work outside the handler that asked for it: one piece at a time, watched by whoever looks.

A training, an evaluation or a writing job goes on when the browser that started it is closed, and is found
again by the next page that opens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ...exporter.common.errors import CefrError, InputError

_log = logging.getLogger("cefr_sentences")


_here = threading.local()


def stopping() -> bool:
    """Whether the job in whose thread this is asked has been told to stop; False elsewhere."""
    job = getattr(_here, "job", None)
    return job is not None and job.stopping.is_set()


class Job:
    """One piece of work in a thread of its own. `kind` names the pane it belongs to.

    `parts` is whatever the work wants to show on the way; `result` what it returned; `error` a sentence.
    """

    def __init__(self, kind: str, work: Callable[[Job], Any]) -> None:
        self.kind = kind
        self.what, self.done, self.total = "", 0, 0
        self.parts: dict[str, Any] = {}
        self.result: Any = None
        self.error = ""
        self.stopping = threading.Event()
        self.started = time.monotonic()
        self.ended: float | None = None
        self._since = self.started
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"cefr-sentences-{kind}", daemon=True)

    def progress(self, what: str, done: int, total: int) -> None:
        """What is being done, how much of it is done, and of how much (0: not known)."""
        if what != self.what:
            self._since = time.monotonic()
        self.what, self.done, self.total = what, done, total

    @property
    def running(self) -> bool:
        return self.ended is None

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started

    @property
    def seconds_left(self) -> float | None:
        """By the pace since this step of the work began; None before there is one."""
        if not self.running or not self.total or not self.done:
            return None
        return (time.monotonic() - self._since) / self.done * (self.total - self.done)

    def stop(self) -> None:
        """Ask it to end. Work that cannot stop in the middle goes on to its end."""
        self.stopping.set()

    def wait(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        _here.job = self
        try:
            self.result = self._work(self)
        except CefrError as error:
            self.error = str(error)
        except BaseException as error:  # a thread has nobody above it, and the user must hear of it
            _log.exception("%s failed", self.kind)
            self.error = f"Unexpected problem: {type(error).__name__}: {error}. Its place is in the console's log."
        finally:
            self.ended = time.monotonic()


class Desk:
    """Does one job at a time, because all of them need the model. The last job of each kind can be looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Job | None = None
        self._last: dict[str, Job] = {}

    @property
    def current(self) -> Job | None:
        """The job that runs now."""
        job = self._current
        return job if job is not None and job.running else None

    def last(self, kind: str) -> Job | None:
        return self._last.get(kind)

    def start(self, kind: str, work: Callable[[Job], Any]) -> Job:
        """Begin `work`. Raises InputError while another job runs."""
        with self._lock:
            if (busy := self.current) is not None:
                raise InputError(f"Something else is running ({busy.kind}). Wait for it, or stop it first.")
            job = Job(kind, work)
            self._current = self._last[kind] = job
            job.start()
            return job
