"""What happens at the steps of a run: its log, the evaluations, copies, the best adapter, and when it ends."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .artifacts import save_checkpoint, save_weights
from .checkpoint import RESUME, step_of
from .log import LogEntry, OnLine
from .optimizer import Stepped
from .processes import agreed, first
from .settings import TrainSettings

# How much a kill may cost: a tenth of the steps, or five minutes.
RESUME_SHARE, RESUME_SECONDS = 0.1, 300.0
# Weight of the newest loss in the smoothed one.
_SMOOTHING = 0.1


def best_evaluation(log: Sequence[LogEntry]) -> LogEntry | None:
    """The entry with the lowest evaluation loss; the untrained model does not count."""
    losses = [(e.eval_loss, e) for e in log if e.eval_loss is not None and e.current_steps > 0]
    return min((one for one in losses if math.isfinite(one[0])), key=lambda one: one[0], default=(0.0, None))[1]


def best_folder(work: Path, step: int) -> Path:
    """Where the adapter of `step` is kept as long as it may be the best."""
    return work / f"best-{step}"


class Watch:
    """The log of a run of `total` steps, and what it leads to.

    It evaluates by `settings.evaluations` and keeps the best adapter beside the checkpoints; it saves copies into `out`
    by `settings.save`, says when to `save` what a resumed run needs, and when to end: when `stop` says so, or, with
    `early` set, when `settings.patience` is at its end.
    """

    def __init__(
        self,
        model: Any,
        settings: TrainSettings,
        total: int,
        out: Path,
        *,
        evaluate: Callable[[Any], float] | None = None,
        report: OnLine = lambda line: None,
        stop: Callable[[], bool] = lambda: False,
        save: Callable[[int], None] = lambda step: None,
        earlier: Sequence[LogEntry] = (),
    ) -> None:
        self.model, self.settings, self.total = model, settings, total
        self.out, self.work = out, out / RESUME
        self._evaluation, self._report, self._stop, self._save = evaluate, report, stop, save
        self.log = list(earlier)
        self.early = False
        self.before = max((e.seconds or 0.0 for e in earlier), default=0.0)  # of the run's earlier pieces
        self._began = time.monotonic()
        self._smoothed = self._saved_at = math.nan
        self._safe_step, self._safe_time = 0, time.monotonic()
        for entry in earlier:
            if entry.loss is not None:
                self._smooth(entry.loss)

    def begin(self, step: int) -> None:
        """Before the step after `step`."""
        self._safe_step = step
        if step == 0:
            self._evaluate(0, 0.0)
        for folder in self.work.glob("best-*"):  # of steps that are trained once more
            if first() and step_of(folder) > step:
                shutil.rmtree(folder, ignore_errors=True)

    def after(self, step: int, epoch: float, done: Stepped, *, epoch_ends: bool) -> bool:
        """After a step with what it came to. Whether the run ends here."""
        stopping, due = self._asked(step)
        seconds = round(self.before + time.monotonic() - self._began, 3)
        loss, norm = (None, None) if done.skipped else (done.loss, done.norm)
        self._add(LogEntry(step, self.total, epoch, seconds, loss, None, done.rate, norm, done.skipped))
        last = step == self.total
        every = self.settings.evaluation_steps(self.total)
        # A run that is being stopped is evaluated too: what it has is kept.
        if last or stopping or (every and step % every == 0):
            self._evaluate(step, epoch)
            (self.early,) = agreed(not last and self._hopeless())
        ending = last or stopping or self.early
        if first():
            self._copy(step, loss, epoch_ends=epoch_ends and not ending)
            if due and not self.early:
                self._save(step)
                self._drop_bests()
                self._safe_step, self._safe_time = step, time.monotonic()
        return ending

    def _asked(self, step: int) -> tuple[bool, bool]:
        """Whether the run is to stop, and whether it is time to save what a resumed run needs."""
        stopping = self._stop()
        due = stopping or step - self._safe_step >= math.ceil(RESUME_SHARE * self.total)
        due = due or time.monotonic() - self._safe_time >= RESUME_SECONDS
        stopping, due = agreed(stopping, due and step < self.total)
        return stopping, due

    def _add(self, entry: LogEntry) -> None:
        self.log.append(entry)
        if first():
            self._report(entry)

    def _copy(self, step: int, loss: float | None, *, epoch_ends: bool) -> None:
        """A copy of the adapter, where the settings ask for one at this step."""
        if loss is None:
            return
        fallen = self._smooth(loss)
        if self.settings.save == "loss" and fallen:
            save_checkpoint(self.model, self.out, step, self._smoothed)
        elif self.settings.save == "epoch" and epoch_ends:
            save_checkpoint(self.model, self.out, step, loss)

    def _drop_bests(self) -> None:
        """Of the best adapters those stay that a run resumed from any kept checkpoint would know."""
        oldest = min((step_of(p) for p in self.work.glob("checkpoint-*")), default=0)
        kept = sorted(step_of(p) for p in self.work.glob("best-*"))
        for step in [s for s in kept if s <= oldest][:-1]:
            shutil.rmtree(best_folder(self.work, step), ignore_errors=True)

    def _evaluate(self, step: int, epoch: float) -> None:
        if self._evaluation is None or not first():
            return
        self.model.eval()
        self._add(LogEntry(step, epoch=epoch, eval_loss=self._evaluation(self.model)))
        self.model.train()
        best = best_evaluation(self.log)
        if self.settings.keep == "best" and best is not None and best.current_steps == step:
            save_weights(self.model, best_folder(self.work, step))

    def _hopeless(self) -> bool:
        best = best_evaluation(self.log)
        if not self.settings.patience or best is None:
            return False
        since = [e for e in self.log if e.eval_loss is not None and e.current_steps > best.current_steps]
        return len(since) >= self.settings.patience

    def _smooth(self, loss: float) -> bool:
        """Whether the smoothed loss has fallen by a tenth since it was last said so."""
        first_one = math.isnan(self._smoothed)
        self._smoothed = loss if first_one else self._smoothed + _SMOOTHING * (loss - self._smoothed)
        fallen = not first_one and self._smoothed <= 0.9 * self._saved_at
        if first_one or fallen:
            self._saved_at = self._smoothed
        return fallen
