"""`transformers.Trainer` with our loss, and the callback that keeps the log.

Both are made in functions, so that importing this module does not import transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .artifacts import save_checkpoint
from .loss import summed_loss
from .precision import bf16_pays

Report = Callable[[dict[str, Any]], object]


def response_trainer() -> Any:
    """The Trainer class that counts answer tokens only."""
    import torch
    import transformers

    class ResponseTrainer(transformers.Trainer):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.model_accepts_loss_kwargs = True  # divide by the labelled tokens of the whole step
            self.remove_callback(transformers.PrinterCallback)

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


def run_log(model: Any, out: Path, evaluate: Callable[[Any], float] | None, report: Report) -> Any:
    """A callback with the log of the run in `log`; after each epoch it evaluates and saves a checkpoint."""
    import transformers

    class RunLog(transformers.TrainerCallback):
        def __init__(self) -> None:
            self.log: list[dict[str, Any]] = []

        def add(self, entry: dict[str, Any]) -> None:
            self.log.append(entry)
            report(entry)

        def evaluate(self, step: int, epoch: float) -> None:
            if evaluate is not None:
                model.eval()
                self.add({"current_steps": step, "epoch": epoch, "eval_loss": evaluate(model)})
                model.train()

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.evaluate(0, 0.0)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                entry = {"current_steps": state.global_step, "total_steps": state.max_steps, "epoch": state.epoch}
                # Some versions of transformers log numbers as texts.
                self.add(entry | {k: float(logs[k]) for k in ("loss", "learning_rate", "grad_norm") if k in logs})
                if not math.isfinite(self.log[-1]["loss"]):
                    control.should_training_stop = True

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.evaluate(state.global_step, state.epoch)
            losses = [e["loss"] for e in self.log if "loss" in e]
            if losses and math.isfinite(losses[-1]) and state.global_step < state.max_steps:
                save_checkpoint(model, out, state.global_step, losses[-1])

    return RunLog()
