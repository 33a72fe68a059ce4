"""Telling an experiment tracker (TensorBoard, Weights & Biases, Trackio, MLflow) of a run, as transformers knows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...patches import adapt
from .log import LogEntry, LogLine, OnLine
from .processes import first
from .settings import TrainSettings

_NUMBERS = ("loss", "eval_loss", "learning_rate", "grad_norm", "epoch")


@contextmanager
def tracker(settings: TrainSettings, out: Path) -> Iterator[OnLine]:
    """What to call with each entry of the log, so that the tracker of `settings.report_to` gets it.

    TensorBoard's files go into the adapter folder. The others know by their own environment variables where to.
    """
    if settings.report_to == "none" or not first():
        yield lambda line: None
        return
    from transformers import TrainerControl, TrainerState, TrainingArguments
    from transformers.integrations.integration_utils import get_reporting_integration_callbacks

    os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(out))  # before transformers 5 this was an argument
    wanted = adapt(TrainingArguments, output_dir=str(out), report_to=[settings.report_to], run_name=out.name)
    arguments = TrainingArguments(**wanted)
    callbacks = [callback() for callback in get_reporting_integration_callbacks([settings.report_to])]
    state, control = TrainerState(), TrainerControl()
    state.is_world_process_zero = True
    for callback in callbacks:
        callback.on_train_begin(arguments, state, control)

    def tell(line: LogLine) -> None:
        said = line.to_json() if isinstance(line, LogEntry) else {}
        numbers = {name: said[name] for name in _NUMBERS if name in said}
        if numbers:
            state.global_step = said["current_steps"]
            for callback in callbacks:
                callback.on_log(arguments, state, control, logs=numbers)

    try:
        yield tell
    finally:
        for callback in callbacks:
            callback.on_train_end(arguments, state, control)
