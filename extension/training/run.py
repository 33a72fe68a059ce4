"""One training run: LoRA by peft on `transformers.Trainer`."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, ModelError
from ...exporter.records.prompt import Example, Record
from ...patches import adapt
from ..models.loading import Loaded
from ..models.prompt_form import pad_id
from .artifacts import Outcome, save_adapter, save_checkpoint
from .data import Encoded, collate, encode, fitting
from .limits import limits
from .lora import lora_layers
from .loss import response_loss
from .order import LengthOrder
from .processes import first, shares
from .settings import TrainSettings
from .trainer import response_trainer
from .watch import Report, best_evaluation, best_folder, run_watch


def encoded_records(
    tokenizer: Any, records: Sequence[Record | Example], settings: TrainSettings
) -> tuple[list[Encoded], int]:
    """The records that fit the cutoff as token ids, and how many do not. Raises InputError when none does."""
    everything = encode(
        tokenizer,
        records,
        word_weight=settings.word_weight,
        form=settings.form,
        loss_on=settings.loss_on,
    )
    encoded, longer = fitting(everything, settings.cutoff)
    if not encoded:
        raise InputError(
            f"All {longer} records are longer than the cutoff of {settings.cutoff} tokens. Raise --cutoff."
        )
    return encoded, longer


def train(
    loaded: Loaded,
    records: Sequence[Record | Example],
    eval_records: Sequence[Record | Example],
    settings: TrainSettings,
    out: Path,
    *,
    dataset: str,
    report: Report = lambda entry: None,
    stop: Callable[[], bool] = lambda: False,
    work: Path | None = None,
    checkpoint: Path | None = None,
    earlier: Sequence[dict[str, Any]] = (),
    recipe: dict[str, Any] | None = None,
) -> Outcome:
    """Train an adapter for `loaded` on `records` and write its folder `out`.

    The evaluation loss, on the answers alone, is measured before and as often as the settings say; the best adapter
    or the last one becomes the result, as they say. `report` is called with each entry of the log. `loaded.model` is
    left as it was, also after an error.

    `stop` is asked after each step; a stopped run saves what it has. Checkpoints to resume from are written
    into `work`; `checkpoint` is the one to go on from, and `earlier` the log up to it. `recipe` goes into the card.

    Raises:
        InputError: no record is short enough.
        OutOfMemory: the batch does not fit.
        ModelError: the model has no such projections, or the loss stopped being a number.
        TargetError: `out` cannot be written.
    """
    import transformers

    encoded, longer = encoded_records(loaded.tokenizer, records, settings)
    transformers.set_seed(settings.seed)
    evaluate = partial(
        response_loss,
        tokenizer=loaded.tokenizer,
        records=eval_records,
        cutoff=settings.cutoff,
        form=settings.form,
    )
    started = time.monotonic()
    scratch = work or out / ".best"
    with limits(settings, out), lora_layers(loaded.model, settings) as model, removed(None if work else scratch):
        watch = run_watch(
            model,
            out,
            settings,
            evaluate if eval_records else None,
            report,
            stop,
            work=scratch,
            resumable=work is not None,
        )
        watch.go_on(earlier)
        trainer = response_trainer()(
            model=model,
            args=_arguments(settings, len(encoded), scratch, loaded.model.device.type),
            train_dataset=encoded,
            data_collator=partial(collate, pad_id=pad_id(loaded.tokenizer)),
            processing_class=loaded.tokenizer,
            callbacks=[watch],
            order=LengthOrder([len(e["input_ids"]) for e in encoded], settings.batch, settings.seed),
        )
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        losses = [e["loss"] for e in watch.log if "loss" in e] or [result.training_loss]
        last = next((e["loss"] for e in reversed(watch.log) if "loss" in e), result.training_loss)
        if not math.isfinite(last):
            raise ModelError(
                f"The loss became {last} at step {trainer.state.global_step} with learning rate "
                f"{settings.learning_rate:g}. No adapter was saved. Try a tenth of that learning rate."
            )
        best = best_evaluation(watch.log) if settings.keep == "best" else None
        outcome = Outcome(
            settings=settings,
            base=loaded.name,
            base_class=type(loaded.model).__name__,
            dataset=dataset,
            records=len(encoded),
            longer=longer,
            longest=max(len(e["input_ids"]) for e in encoded),
            steps=trainer.state.global_step,
            planned=trainer.state.max_steps,
            early=watch.early,
            kept=best["current_steps"] if best else trainer.state.global_step,
            train_loss=sum(losses) / len(losses),
            seconds=watch.before + time.monotonic() - started,
            log=watch.log,
            recipe=recipe or {},
        )
        if first():
            earlier_one = best_folder(scratch, outcome.kept) if outcome.kept < outcome.steps else None
            if earlier_one is not None:
                save_checkpoint(model, out, outcome.steps, last)
            save_adapter(model, out, outcome, records, weights=earlier_one)
    return outcome


@contextmanager
def removed(folder: Path | None) -> Iterator[None]:
    """Without `folder` afterwards."""
    try:
        yield
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _arguments(settings: TrainSettings, records: int, out: Path, device: str) -> Any:
    """transformers' own settings, under the names of the installed version."""
    import torch
    from transformers import TrainingArguments

    at_once, accumulation = shares(settings)
    arguments = TrainingArguments(
        **adapt(
            TrainingArguments,
            output_dir=str(out),
            use_cpu=device == "cpu",  # where the model is; the Trainer would move it to a GPU
            per_device_train_batch_size=at_once,
            gradient_accumulation_steps=accumulation,
            num_train_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            lr_scheduler_type=settings.scheduler,
            # A number of steps, because a share changed its name and meaning between versions.
            warmup_steps=settings.warmup_steps(settings.steps(records)),
            logging_steps=1,
            logging_nan_inf_filter=False,
            save_strategy="no",  # our callback says when
            save_total_limit=2,  # a kill in the middle of one leaves the other
            optim=_optimizer(settings, device),
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=settings.seed,
            ddp_timeout=86_400,  # seconds that the other processes wait while the first evaluates
        )
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # several would be DataParallel, with another batch than was asked for
    return arguments


def _optimizer(settings: TrainSettings, device: str) -> str:
    """The fused kernel does the same in one pass; on a CPU there is nothing to gain from it."""
    fused = settings.optimizer == "adamw_torch" and device == "cuda"
    return "adamw_torch_fused" if fused else settings.optimizer
