"""One training run: LoRA by peft on `transformers.Trainer`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...exporter.errors import InputError, ModelError
from ...exporter.prompt import Record
from ...patches import adapt
from ..host.standalone import Loaded
from .artifacts import Outcome, save_adapter
from .data import collate, encode_all, pad_id
from .limits import limits
from .lora import lora_layers
from .loss import response_loss
from .settings import TrainSettings
from .trainer import LengthOrder, Report, response_trainer, run_log


def train(
    loaded: Loaded,
    records: Sequence[Record],
    eval_records: Sequence[Record],
    settings: TrainSettings,
    out: Path,
    *,
    dataset: str,
    report: Report = lambda entry: None,
    stop: Callable[[], bool] = lambda: False,
    work: Path | None = None,
    checkpoint: Path | None = None,
    earlier: Sequence[dict[str, Any]] = (),
) -> Outcome:
    """Train an adapter for `loaded` on `records` and write its folder `out`.

    The evaluation loss is measured before, after each epoch, and at the end, on the answers alone.
    `report` is called with each entry of the log. `loaded.model` is left as it was, also after an error.

    `stop` is asked after each step; a stopped run saves what it has. Checkpoints to resume from are written
    into `work`; `checkpoint` is the one to go on from, and `earlier` the log up to it.

    Raises:
        InputError: no record is short enough.
        ModelError: the model has no such projections, there is not enough memory, or the loss stopped being
            a number.
        TargetError: `out` cannot be written.
    """
    import transformers

    encoded, longer = encode_all(loaded.tokenizer, records, settings.cutoff, settings.word_weight)
    if not encoded:
        raise InputError(
            f"All {longer} records are longer than the cutoff of {settings.cutoff} tokens. Raise --cutoff."
        )
    transformers.set_seed(settings.seed)
    evaluate = partial(response_loss, tokenizer=loaded.tokenizer, records=eval_records, cutoff=settings.cutoff)
    started = time.monotonic()
    lengths = [len(e["input_ids"]) for e in encoded]
    with limits(settings, out), lora_layers(loaded.model, settings) as model:
        log = run_log(
            model, out, settings, evaluate if eval_records else None, report, stop, resumable=work is not None
        )
        log.log.extend(earlier)
        trainer = response_trainer()(
            model=model,
            args=_arguments(settings, len(encoded), work or out, loaded.model.device.type),
            train_dataset=encoded,
            data_collator=partial(collate, pad_id=pad_id(loaded.tokenizer)),
            processing_class=loaded.tokenizer,
            callbacks=[log],
            order=LengthOrder(lengths, settings.batch, settings.seed),
        )
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        last = next((e["loss"] for e in reversed(log.log) if "loss" in e), result.training_loss)
        if not math.isfinite(last):
            raise ModelError(
                f"The loss became {last} at step {trainer.state.global_step} with learning rate "
                f"{settings.learning_rate:g}. No adapter was saved. Try a tenth of that learning rate."
            )
        outcome = Outcome(
            settings=settings,
            base=loaded.name,
            base_class=type(loaded.model).__name__,
            dataset=dataset,
            records=len(encoded),
            longer=longer,
            steps=trainer.state.global_step,
            planned=trainer.state.max_steps,
            train_loss=result.training_loss,
            seconds=time.monotonic() - started,
            log=log.log,
        )
        save_adapter(model, out, outcome, records)
    return outcome


def _arguments(settings: TrainSettings, records: int, out: Path, device: str) -> Any:
    """transformers' own settings, under the names of the installed version."""
    import torch
    from transformers import TrainingArguments

    arguments = TrainingArguments(
        **adapt(
            TrainingArguments,
            output_dir=str(out),
            use_cpu=device == "cpu",  # where the model is; the Trainer would move it to a GPU
            per_device_train_batch_size=settings.at_once,
            gradient_accumulation_steps=settings.accumulation,
            num_train_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            lr_scheduler_type=settings.scheduler,
            # A number of steps, because a share changed its name and meaning between versions.
            warmup_steps=round(settings.warmup * settings.steps(records)),
            logging_steps=1,
            logging_nan_inf_filter=False,
            save_strategy="no",  # our callback says when
            save_total_limit=2,  # a kill in the middle of one leaves the other
            optim=settings.optimizer,
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=settings.seed,
        )
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # several would be DataParallel, with another batch than was asked for
    return arguments
