"""What happens at the steps of a run: its log, the evaluations, copies, the best adapter, and when it ends.

The class is made in a function, so that importing this module does not import transformers.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .artifacts import save_checkpoint, save_weights
from .processes import agreed, first
from .settings import TrainSettings

Report = Callable[[dict[str, Any]], object]

# How much a kill may cost: a tenth of the steps, or five minutes.
RESUME_SHARE, RESUME_SECONDS = 0.1, 300.0
# Weight of the newest loss in the smoothed one.
_SMOOTHING = 0.1


def best_evaluation(log: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The entry with the lowest evaluation loss; the untrained model does not count."""
    found = [e for e in log if "eval_loss" in e and e["current_steps"] > 0 and math.isfinite(e["eval_loss"])]
    return min(found, key=lambda e: e["eval_loss"]) if found else None


def best_folder(work: Path, step: int) -> Path:
    """Where the adapter of `step` is kept as long as it may be the best."""
    return work / f"best-{step}"


def run_watch(
    model: Any,
    out: Path,
    settings: TrainSettings,
    evaluate: Callable[[Any], float] | None,
    report: Report,
    stop: Callable[[], bool],
    *,
    work: Path,
    resumable: bool,
) -> Any:
    """A callback with the log of the run in `log`.

    It evaluates by `settings.evaluations` and keeps the best adapter in `work`; it saves copies into `out` by
    `settings.save`, and tells the Trainer when to save what a resumed run needs, and to stop: when `stop` says so,
    when the loss is no number any more, or, with `early` set, when `settings.patience` is at its end.
    """
    import transformers

    class Watch(transformers.TrainerCallback):
        def __init__(self) -> None:
            self.log: list[dict[str, Any]] = []
            self.early = False
            self.before = 0.0  # seconds of the run's earlier pieces
            self._began = time.monotonic()
            self._stopping = False
            self._smoothed = self._saved_at = math.nan
            self._safe_step, self._safe_time = 0, time.monotonic()

        def go_on(self, earlier: Sequence[dict[str, Any]]) -> None:
            """The log of the run's earlier pieces."""
            self.log.extend(earlier)
            for entry in earlier:
                self.before = entry.get("seconds", self.before)
                if "loss" in entry:
                    self._smooth(entry["loss"])

        def add(self, entry: dict[str, Any]) -> None:
            self.log.append(entry)
            if first():
                report(entry)

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self._safe_step, self._safe_time = state.global_step, time.monotonic()
            if state.global_step == 0:
                self._evaluate(0, 0.0)
            for folder in work.glob("best-*"):  # of steps that are trained once more
                if first() and _step(folder) > state.global_step:
                    shutil.rmtree(folder, ignore_errors=True)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            stopping = stop()
            due = state.global_step - self._safe_step >= math.ceil(RESUME_SHARE * state.max_steps)
            due = due or stopping or time.monotonic() - self._safe_time >= RESUME_SECONDS
            due = resumable and due and state.global_step < state.max_steps
            self._stopping, due = agreed(stopping, due)
            if due:
                control.should_save = True
                self._safe_step, self._safe_time = state.global_step, time.monotonic()
            if self._stopping:
                control.should_training_stop = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if not logs or "loss" not in logs:
                return
            entry = {"current_steps": state.global_step, "total_steps": state.max_steps, "epoch": state.epoch}
            # Some versions of transformers log numbers as texts.
            entry["seconds"] = round(self.before + time.monotonic() - self._began, 3)
            self.add(entry | {k: float(logs[k]) for k in ("loss", "learning_rate", "grad_norm") if k in logs})
            loss = self.log[-1]["loss"]
            if not math.isfinite(loss):
                control.should_training_stop, control.should_save = True, False
                return
            every = settings.evaluation_steps(state.max_steps)
            last = state.global_step == state.max_steps
            # A run that is being stopped is evaluated too: what it has is kept.
            if last or self._stopping or (every and state.global_step % every == 0):
                self._evaluate(state.global_step, state.epoch)
                (self.early,) = agreed(not last and self._hopeless())
                if self.early:
                    control.should_training_stop, control.should_save = True, False
            if settings.save == "loss" and first():
                self._save_on_a_tenth_less(loss, state.global_step)

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            """Of the best adapters those stay that a run resumed from any kept checkpoint would know."""
            if not first():
                return
            oldest = min((_step(p) for p in work.glob("checkpoint-*")), default=0)
            kept = sorted(_step(p) for p in work.glob("best-*"))
            for step in [s for s in kept if s <= oldest][:-1]:
                shutil.rmtree(best_folder(work, step), ignore_errors=True)

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            losses = [e["loss"] for e in self.log if "loss" in e]
            whole = not control.should_training_stop and state.global_step < state.max_steps
            if losses and settings.save == "epoch" and whole and first():
                save_checkpoint(model, out, state.global_step, losses[-1])

        def _evaluate(self, step: int, epoch: float) -> None:
            if evaluate is None or not first():
                return
            model.eval()
            self.add({"current_steps": step, "epoch": epoch, "eval_loss": evaluate(model)})
            model.train()
            best = best_evaluation(self.log)
            if settings.keep == "best" and best is not None and best["current_steps"] == step:
                save_weights(model, best_folder(work, step))

        def _hopeless(self) -> bool:
            best = best_evaluation(self.log)
            if not settings.patience or best is None:
                return False
            since = [e for e in self.log if "eval_loss" in e and e["current_steps"] > best["current_steps"]]
            return len(since) >= settings.patience

        def _save_on_a_tenth_less(self, loss: float, step: int) -> None:
            if self._smooth(loss):
                save_checkpoint(model, out, step, self._smoothed)

        def _smooth(self, loss: float) -> bool:
            """Whether the smoothed loss has fallen by a tenth since it was last said so."""
            first_one = math.isnan(self._smoothed)
            self._smoothed = loss if first_one else self._smoothed + _SMOOTHING * (loss - self._smoothed)
            fallen = not first_one and self._smoothed <= 0.9 * self._saved_at
            if first_one or fallen:
                self._saved_at = self._smoothed
            return fallen

    return Watch()


def _step(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0
