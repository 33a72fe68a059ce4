"""The steps of a training: LoRA layers of peft in a plain loop.

The loop is our own rather than `transformers.Trainer`: it knows how many tokens a step learns before it starts, waits
for the GPU once a step, and is the same for one process and several. What else the Trainer would bring (schedules,
trackers) is used from transformers directly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, Problem
from ...exporter.records.prompt import Example, Record
from ..models.loading import Loaded
from ..models.prompt_form import pad_id
from .artifacts import Outcome, save_adapter, save_checkpoint
from .checkpoint import RESUME, load_state, save_state, step_of
from .data import Encoded, collate, encoded_records, labelled_tokens
from .limits import limits
from .log import OnLine, read_log
from .lora import lora_layers
from .loss import response_loss
from .optimizer import Optimizer, Stepped
from .order import batches, pieces
from .plan import Plan
from .processes import connected, first, share
from .settings import TrainSettings
from .trackers import tracker
from .watch import Watch, best_evaluation, best_folder

# So many steps in a row without usable gradients end a run: it would not recover.
MOST_SKIPPED = 5


def train(
    loaded: Loaded,
    plan: Plan,
    records: Sequence[Record | Example],
    eval_records: Sequence[Record | Example],
    out: Path,
    *,
    report: OnLine = lambda line: None,
    stop: Callable[[], bool] = lambda: False,
    checkpoint: Path | None = None,
) -> Outcome:
    """Train an adapter for `loaded` on `records`, as the settings of `plan` say, and write its folder `out`.

    The evaluation loss, on the answers alone, is measured before and as often as the settings say; the best adapter
    or the last one becomes the result, as they say. `report` is called with each entry of the log. `loaded.model` is
    left as it was, also after an error.

    `stop` is asked after each step; a stopped run saves what it has. `checkpoint` is the one to continue from, with
    the log in `out` up to it; those to resume from are written into `out/RESUME`.

    Raises:
        InputError: no record is short enough.
        OutOfMemory: the batch does not fit.
        ModelError: the model has no such projections, or the gradients were not finite from the start.
        TargetError: `out` cannot be written.
    """
    import transformers

    started = time.monotonic()
    settings = plan.settings.for_model(loaded.model.config)
    encoded, longer = encoded_records(loaded.tokenizer, records, settings)
    log = read_log(out) if checkpoint is not None else None
    transformers.set_seed(settings.seed)
    with (
        limits(settings, out),
        connected(loaded.model.device.type),
        lora_layers(loaded.model, settings) as model,
        tracker(settings, out) as track,
    ):
        total = settings.steps(len(encoded))
        optimizer = Optimizer(model, settings, total)
        watch = Watch(
            model,
            settings,
            total,
            out,
            evaluate=_evaluation(loaded, eval_records, settings) if eval_records else None,
            report=lambda entry: (report(entry), track(entry)),
            stop=stop,
            save=lambda step: save_state(out / RESUME, step, optimizer.state()),
            earlier=log.entries if log is not None else (),
        )
        loop = _Loop(optimizer, watch, encoded, settings, pad_id(loaded.tokenizer))
        loop.run(checkpoint)
        seconds = watch.before + time.monotonic() - started
        outcome = _outcome(loaded, plan, loop, longer, seconds)
        if first():
            _save(model, out, outcome, records)
    return outcome


def _evaluation(loaded: Loaded, records: Sequence[Record | Example], settings: TrainSettings) -> Callable[[Any], float]:
    """What measures the loss on `records`."""
    return partial(
        response_loss,
        tokenizer=loaded.tokenizer,
        records=records,
        batch=2 * settings.at_once,  # nothing is kept for a backward pass
        cutoff=settings.cutoff,
        form=settings.form,
    )


def _outcome(loaded: Loaded, plan: Plan, loop: _Loop, longer: int, seconds: float) -> Outcome:
    watch = loop.watch
    return Outcome(
        settings=loop.settings,
        base=loaded.name,
        base_class=type(loaded.model).__name__,
        dataset=plan.dataset.name,
        records=len(loop.encoded),
        longer=longer,
        longest=max(loop.lengths),
        steps=loop.step,
        planned=watch.total,
        early=watch.early,
        kept=_kept(watch, loop.settings, loop.step),
        train_loss=_mean([e.loss for e in watch.log if e.loss is not None]),
        seconds=seconds,
        log=watch.log,
        recipe=plan.recipe,
        failure=loop.failure,
    )


class _Loop:
    """The steps of a run. `step` is the last one that was done; `failure` why the run could not continue."""

    def __init__(
        self, optimizer: Optimizer, watch: Watch, encoded: Sequence[Encoded], settings: TrainSettings, pad: int
    ) -> None:
        self.optimizer, self.watch, self.encoded, self.settings, self.pad = optimizer, watch, encoded, settings, pad
        self.lengths = [len(e["input_ids"]) for e in encoded]
        self.step = 0
        self.failure: Problem | None = None
        self._in_a_row = 0

    def run(self, checkpoint: Path | None) -> None:
        """All steps from the beginning or from `checkpoint`. Raises ModelError when not one had usable gradients."""
        if checkpoint is not None:
            self.step = step_of(checkpoint)
            self.optimizer.load(load_state(checkpoint))
        self.optimizer.model.train()
        self.watch.begin(self.step)
        an_epoch = -(-len(self.encoded) // self.settings.batch)
        while self.step < self.watch.total:
            epoch, begin = divmod(self.step, an_epoch)
            for batch in batches(self.lengths, self.settings.batch, self.settings.seed, epoch)[begin:]:
                self.step += 1
                stepped = self._learn(batch)
                done = self.step / an_epoch
                if self.watch.after(self.step, done, stepped, epoch_ends=done.is_integer()) or self.failure:
                    return
                if self.step == self.watch.total:
                    break

    def _learn(self, batch: Sequence[int]) -> Stepped:
        """One step of the optimizer. Raises ModelError when not one step of the run had usable gradients."""
        tokens = labelled_tokens([self.encoded[i] for i in batch])
        taken = pieces(share(batch), self.lengths, self.settings.at_once)
        done = self.optimizer.step([collate([self.encoded[i] for i in piece], self.pad) for piece in taken], tokens)
        if not done.skipped:
            self._in_a_row = 0
            return done
        self._in_a_row += not self.optimizer.overflowing
        if self._in_a_row >= MOST_SKIPPED:
            self.failure = self._not_finite(batch)
            if all(entry.loss is None for entry in self.watch.log):
                raise ModelError(self.failure)
        return done

    def _not_finite(self, batch: Sequence[int]) -> Problem:
        model = self.optimizer.model.get_base_model()
        return Problem(
            "The run ended at step {step}: in {steps} steps in a row the gradients were not finite, last with records "
            "{records} (attention {attention}, {dtype}). The weights were not touched by these steps. Load the model "
            "with another attention implementation (eager is the plainest), or lower the learning rate.",
            {
                "step": self.step,
                "steps": MOST_SKIPPED,
                "records": ", ".join(str(i + 1) for i in sorted(batch)[:8]) + (" ..." if len(batch) > 8 else ""),
                "attention": getattr(model.config, "_attn_implementation", None) or "unknown",
                "dtype": self.optimizer.precision.dtype,
            },
        )


def _kept(watch: Watch, settings: TrainSettings, step: int) -> int:
    """The step whose adapter is the result."""
    best = best_evaluation(watch.log) if settings.keep == "best" else None
    return best.current_steps if best else step


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _save(model: Any, out: Path, outcome: Outcome, records: Sequence[Record | Example]) -> None:
    """The adapter folder; where an earlier adapter is the result, the last one becomes a checkpoint beside it."""
    earlier_one = best_folder(out / RESUME, outcome.kept) if outcome.kept < outcome.steps else None
    if earlier_one is not None:
        save_checkpoint(model, out, outcome.steps, next(e.loss for e in reversed(outcome.log) if e.loss is not None))
    save_adapter(model, out, outcome, records, weights=earlier_one)
