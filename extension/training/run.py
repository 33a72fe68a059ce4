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
from .loss import response_loss, summed_loss
from .precision import bf16_pays
from .settings import PROJECTIONS, TrainSettings

Report = Callable[[dict[str, Any]], object]


def train(
    loaded: Loaded,
    records: Sequence[Record],
    eval_records: Sequence[Record],
    settings: TrainSettings,
    out: Path,
    *,
    dataset: str,
    report: Report = lambda entry: None,
) -> Outcome:
    """Train an adapter for `loaded` on `records` and write its folder `out`.

    The evaluation loss is measured before, after each epoch, and at the end, on the answers alone.
    `report` is called with each entry of the log. `loaded.model` is left as it was.

    Raises:
        InputError: no record is short enough; ModelError: the model has no such projections, or the loss
            stopped being a number.
    """
    import torch
    import transformers

    encoded, longer = encode_all(loaded.tokenizer, records, settings.cutoff, settings.word_weight)
    if not encoded:
        raise InputError(
            f"All {longer} records are longer than the cutoff of {settings.cutoff} tokens. Raise --cutoff."
        )
    transformers.set_seed(settings.seed)
    model = _with_lora(loaded.model, settings)
    steps_an_epoch = math.ceil(len(encoded) / settings.batch)
    total = max(1, math.ceil(steps_an_epoch * settings.epochs))
    arguments = transformers.TrainingArguments(
        **adapt(
            transformers.TrainingArguments,
            output_dir=str(out),
            per_device_train_batch_size=settings.micro_batch,
            gradient_accumulation_steps=settings.accumulation,
            num_train_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            lr_scheduler_type=settings.scheduler,
            # A number of steps, because a share changed its name and meaning between versions.
            warmup_steps=round(settings.warmup * total),
            train_sampling_strategy="group_by_length",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=settings.seed,
        )
    )
    evaluate = partial(response_loss, tokenizer=loaded.tokenizer, records=eval_records, cutoff=settings.cutoff)
    callback = _callback(transformers, model, out, evaluate if eval_records else None, report)
    trainer = _trainer_class(transformers)(
        model=model,
        args=arguments,
        train_dataset=encoded,
        data_collator=partial(collate, pad_id=pad_id(loaded.tokenizer)),
        processing_class=loaded.tokenizer,
        callbacks=[callback],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.model_accepts_loss_kwargs = True  # the loss is divided by the labelled tokens of the whole step
    started = time.monotonic()
    try:
        if eval_records:
            callback.eval_entry(0, 0.0, evaluate(model))
        result = trainer.train()
        if not math.isfinite(result.training_loss):
            raise ModelError(
                f"The loss became {result.training_loss} at learning rate {settings.learning_rate:g}. "
                "Nothing was saved. Try a tenth of that learning rate."
            )
        outcome = Outcome(
            settings=settings,
            base=loaded.name,
            base_class=type(loaded.model).__name__,
            dataset=dataset,
            records=len(encoded),
            longer=longer,
            steps=trainer.state.global_step,
            train_loss=result.training_loss,
            seconds=time.monotonic() - started,
            log=callback.log,
        )
        save_adapter(model, out, outcome, records)
    finally:
        model.unload()  # takes the LoRA layers out of loaded.model again
        loaded.model.eval()
    return outcome


def _with_lora(model: Any, settings: TrainSettings) -> Any:
    from peft import LoraConfig, get_peft_model

    targets = [PROJECTIONS[p] for p in settings.projections]
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        bias="none",
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise ModelError(f"{type(model).__name__} has no layers called {', '.join(targets)}: {error}") from None


def _trainer_class(transformers: Any) -> Any:
    import torch

    class ResponseTrainer(transformers.Trainer):
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


def _callback(transformers: Any, model: Any, out: Path, evaluate: Any, report: Report) -> Any:
    class RunLog(transformers.TrainerCallback):
        """Keeps the log, and after each epoch an evaluation loss and a checkpoint."""

        def __init__(self) -> None:
            self.log: list[dict[str, Any]] = []

        def add(self, entry: dict[str, Any]) -> None:
            self.log.append(entry)
            report(entry)

        def eval_entry(self, step: int, epoch: float, loss: float) -> None:
            self.add({"current_steps": step, "epoch": epoch, "eval_loss": loss})

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                entry = {
                    "current_steps": state.global_step,
                    "total_steps": state.max_steps,
                    "epoch": state.epoch,
                }
                # transformers 5 logs strings in some versions
                self.add(entry | {k: float(logs[k]) for k in ("loss", "learning_rate", "grad_norm") if k in logs})

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if evaluate is not None:
                training = model.training
                model.eval()
                self.eval_entry(state.global_step, state.epoch, evaluate(model))
                model.train(training)
            losses = [e["loss"] for e in self.log if "loss" in e]
            if losses and state.global_step < state.max_steps:
                name = f"checkpoint-{state.global_step}-loss-{losses[-1]:.2f}".replace(".", "_")
                model.save_pretrained(str(out / name), save_embedding_layers=False)

    return RunLog()
