"""`transformers.Trainer` with our loss and our order, and the callback that keeps the log.

The classes are made in functions, so that importing this module does not import transformers.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .artifacts import save_checkpoint
from .loss import summed_loss
from .precision import bf16_pays
from .settings import TrainSettings

Report = Callable[[dict[str, Any]], object]

# How much a kill may cost: a tenth of the steps, or five minutes.
RESUME_SHARE, RESUME_SECONDS = 0.1, 300.0
# Weight of the newest loss in the smoothed one.
_SMOOTHING = 0.1


class LengthOrder:
    """The order of the records in an epoch: batches of similar length, in an order made of seed and epoch alone.

    Nothing of it hangs on the state of a random generator, so a resumed run goes on with the same batches. The epoch
    is read off `step`, what the Trainer has done: accelerate 1.8 tells a sampler epoch 0 when it skips batches.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed = lengths, batch, seed
        self.step: Callable[[], int] = lambda: 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        epoch = self.step() // -(-len(self.lengths) // self.batch)
        order = random.Random(f"{self.seed}/{epoch}")
        indices = list(range(len(self.lengths)))
        order.shuffle(indices)
        window = 50 * self.batch
        batches = []
        for start in range(0, len(indices), window):
            near = sorted(indices[start : start + window], key=lambda i: self.lengths[i])
            batches += [near[i : i + self.batch] for i in range(0, len(near), self.batch)]
        short = [b for b in batches if len(b) < self.batch]  # the last one: it would shift all others
        full = [b for b in batches if len(b) == self.batch]
        order.shuffle(full)
        for batch in full + short:
            yield from batch


def response_trainer() -> Any:
    """The Trainer class that counts answer tokens only."""
    import torch
    import transformers

    class ResponseTrainer(transformers.Trainer):
        def __init__(self, *args: Any, order: LengthOrder, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._order = order
            order.step = lambda: self.state.global_step
            self.model_accepts_loss_kwargs = True  # divide by the labelled tokens of the whole step
            self.remove_callback(transformers.PrinterCallback)

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return self._order

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            device = inputs["input_ids"].device.type
            with torch.autocast(device, torch.bfloat16, enabled=bf16_pays(device)):
                loss, tokens = summed_loss(model, inputs)
            loss = loss / (tokens if num_items_in_batch is None else num_items_in_batch)
            return (loss, None) if return_outputs else loss

    return ResponseTrainer


def run_log(
    model: Any,
    out: Path,
    settings: TrainSettings,
    evaluate: Callable[[Any], float] | None,
    report: Report,
    stop: Callable[[], bool],
    *,
    resumable: bool,
) -> Any:
    """A callback with the log of the run in `log`.

    After each epoch it evaluates; it saves copies by `settings.save`, and tells the Trainer when to save
    what a resumed run needs, and to stop when `stop` says so.
    """
    import transformers

    class Callback(transformers.TrainerCallback):
        def __init__(self) -> None:
            self.log: list[dict[str, Any]] = []
            self._smoothed = self._saved_at = math.nan
            self._safe_step, self._safe_time = 0, time.monotonic()

        def add(self, entry: dict[str, Any]) -> None:
            self.log.append(entry)
            report(entry)

        def evaluate(self, step: int, epoch: float) -> None:
            if evaluate is not None:
                model.eval()
                self.add({"current_steps": step, "epoch": epoch, "eval_loss": evaluate(model)})
                model.train()

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self._safe_step, self._safe_time = state.global_step, time.monotonic()
            if state.global_step == 0:
                self.evaluate(0, 0.0)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            stopping = stop()
            due = state.global_step - self._safe_step >= math.ceil(RESUME_SHARE * state.max_steps)
            due = due or stopping or time.monotonic() - self._safe_time >= RESUME_SECONDS
            if resumable and due and state.global_step < state.max_steps:
                control.should_save = True
                self._safe_step, self._safe_time = state.global_step, time.monotonic()
            if stopping:
                control.should_training_stop = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                entry = {"current_steps": state.global_step, "total_steps": state.max_steps, "epoch": state.epoch}
                # Some versions of transformers log numbers as texts.
                self.add(entry | {k: float(logs[k]) for k in ("loss", "learning_rate", "grad_norm") if k in logs})
                loss = self.log[-1]["loss"]
                if not math.isfinite(loss):
                    control.should_training_stop, control.should_save = True, False
                elif settings.save == "loss":
                    self._save_on_a_tenth_less(loss, state.global_step)

        def _save_on_a_tenth_less(self, loss: float, step: int) -> None:
            first = math.isnan(self._smoothed)
            self._smoothed = loss if first else self._smoothed + _SMOOTHING * (loss - self._smoothed)
            if first:
                self._saved_at = self._smoothed
            elif self._smoothed <= 0.9 * self._saved_at:
                self._saved_at = self._smoothed
                save_checkpoint(model, out, step, self._smoothed)

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            losses = [e["loss"] for e in self.log if "loss" in e]
            if losses and not math.isfinite(losses[-1]):
                return
            # A run that is being stopped is evaluated too: what it has is kept.
            self.evaluate(state.global_step, state.epoch)
            whole = not control.should_training_stop
            if losses and settings.save == "epoch" and whole and state.global_step < state.max_steps:
                save_checkpoint(model, out, state.global_step, losses[-1])

    return Callback()
