"""All settings of one training run, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...exporter.common.errors import InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ..models.prompt_form import PROMPT_FORMS

# Names as the webui's trainers show them -> module names of Llama-like models.
PROJECTIONS = {
    "q": "q_proj",
    "k": "k_proj",
    "v": "v_proj",
    "o": "o_proj",
    "gate": "gate_proj",
    "up": "up_proj",
    "down": "down_proj",
}

# What each number may be, both ends included, and what each name may be.
RANGES: dict[str, tuple[float, float]] = {
    "rank": (1, 1024),
    "alpha": (1, 4096),
    "dropout": (0, 0.9),
    "epochs": (0.01, 1000),
    "learning_rate": (1e-7, 0.1),
    "warmup": (0, 0.9),
    "batch": (1, 4096),
    "micro_batch": (1, 4096),
    "word_weight": (1, 100),
    "cutoff": (0, 131072),
    "evaluations": (0, 1000),
    "patience": (0, 1000),
}
CHOICES = {
    "scheduler": ("cosine", "linear", "constant_with_warmup"),
    "optimizer": ("adamw_torch", "adafactor"),
    "save": ("epoch", "loss", "end"),
    "keep": ("best", "last"),
    "form": PROMPT_FORMS,
    "loss_on": ("answer", "all"),
    "checkpointing": ("auto", "on", "off"),
}


@dataclass(frozen=True)
class TrainSettings:
    """What decides a run. Lengths are in tokens; `warmup` is a share of all steps; `learning_rate` the peak.

    `batch` records make a step of the optimizer, taken at most `micro_batch` at a time. `word_weight` is how much
    the tokens of a requested word weigh in its sentence, where every other answer token weighs 1: without
    it a small model writes good sentences about something near the word. `cutoff` 0 is the longest record. `save`
    says when a copy of the adapter is kept on the way: after each epoch, whenever the smoothed loss has fallen by a
    tenth, or only at the end.

    The loss on unseen words is measured `evaluations` times, evenly spread over the steps. After `patience` times
    without a new best one the run ends (0: never); `keep` says whether the best adapter or the last one is the
    result. `checkpointing` computes activations twice instead of keeping them, for less memory: "auto" where the
    batch would not fit otherwise.

    Raises:
        InputError: a value out of range.
    """

    level: str
    rank: int = 64
    alpha: int = 128
    dropout: float = 0.05
    projections: tuple[str, ...] = ("q", "k", "v", "o")
    epochs: float = 3.0
    learning_rate: float = 5e-4
    scheduler: str = "cosine"
    warmup: float = 0.1
    batch: int = 16
    micro_batch: int = 4
    word_weight: float = 4.0
    cutoff: int = 0
    optimizer: str = "adamw_torch"
    save: str = "epoch"
    evaluations: int = 10
    patience: int = 0
    keep: str = "best"
    form: str = "instruct"
    loss_on: str = "answer"
    checkpointing: str = "auto"
    seed: int = 42

    def __post_init__(self) -> None:
        if problems := self._problems():
            raise InputError("\n".join(problems))

    def _problems(self) -> list[str]:
        """Everything that is wrong, so that a user mends it in one go."""
        found = [
            f"--{name.replace('_', '-')} {value:g} is out of range: {low:g} to {high:g}."
            for name, (low, high) in RANGES.items()
            if not low <= (value := getattr(self, name)) <= high
        ]
        found += [
            f"--{name.replace('_', '-')} {value!r}: choose from {', '.join(choices)}."
            for name, choices in CHOICES.items()
            if (value := getattr(self, name)) not in choices
        ]
        try:
            parse_level(self.level, TRAINABLE)
        except InputError as error:
            found.append(str(error))
        if not found and self.batch % self.at_once:
            found.append(f"--batch {self.batch} is not a multiple of --micro-batch {self.micro_batch}.")
        if not self.projections or any(p not in PROJECTIONS for p in self.projections):
            found.append(f"--projections {','.join(self.projections)!r}: choose from {','.join(PROJECTIONS)}.")
        return found

    @property
    def at_once(self) -> int:
        """Records in one forward pass."""
        return min(self.batch, self.micro_batch)

    @property
    def accumulation(self) -> int:
        return self.batch // self.at_once

    def steps(self, records: int) -> int:
        """Steps of the optimizer that so many records make."""
        return max(1, math.ceil(math.ceil(records / self.batch) * self.epochs))

    def warmup_steps(self, total: int) -> int:
        """How many of `total` steps the learning rate rises."""
        return round(self.warmup * total)

    def evaluation_steps(self, total: int) -> int:
        """Every how many of `total` steps the evaluation loss is measured; 0: only before the first."""
        return max(1, round(total / self.evaluations)) if self.evaluations else 0

    def as_training_pro(self) -> dict[str, Any]:
        """The settings under the names Training PRO's users know (`training_parameters.json`)."""
        return {
            "micro_batch_size": self.at_once,
            "grad_accumulation": self.accumulation,
            "epochs": self.epochs,
            "learning_rate": f"{self.learning_rate:g}",
            "lr_scheduler_type": self.scheduler,
            "lora_rank": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "cutoff_len": self.cutoff,
            "warmup_ratio": self.warmup,
            "optimizer": self.optimizer,
            "hard_cut_string": "\\n\\n\\n",
            "train_only_after": "### Response:" if self.loss_on == "answer" else "",
            "training_projection": "-".join(self.projections),
        }
