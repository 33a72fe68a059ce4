"""All settings of one training run, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...exporter.errors import InputError
from ...exporter.levels import TRAINABLE, parse_level

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


@dataclass(frozen=True)
class TrainSettings:
    """What decides a run. Lengths are in tokens; `warmup` is a share of all steps; `learning_rate` the peak.

    `batch` records make a step of the optimizer, taken at most `micro_batch` at a time. `word_weight` is how much
    the tokens of a requested word weigh in its sentence, where every other answer token weighs 1: without
    it a small model writes good sentences about something near the word.

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
    cutoff: int = 512
    seed: int = 42

    def __post_init__(self) -> None:
        parse_level(self.level, TRAINABLE)
        self._between("rank", self.rank, 1, 1024)
        self._between("alpha", self.alpha, 1, 4096)
        self._between("dropout", self.dropout, 0, 0.9)
        self._between("epochs", self.epochs, 0.01, 1000)
        self._between("learning-rate", self.learning_rate, 1e-7, 0.1)
        self._between("warmup", self.warmup, 0, 0.9)
        self._between("batch", self.batch, 1, 4096)
        self._between("micro-batch", self.micro_batch, 1, 4096)
        self._between("word-weight", self.word_weight, 1, 100)
        self._between("cutoff", self.cutoff, 32, 131072)
        if self.batch % self.at_once:
            raise InputError(f"--batch {self.batch} is not a multiple of --micro-batch {self.micro_batch}.")
        unknown = [p for p in self.projections if p not in PROJECTIONS]
        if unknown or not self.projections:
            raise InputError(f"--projections {','.join(self.projections)!r}: choose from {','.join(PROJECTIONS)}.")
        if self.scheduler not in ("cosine", "linear", "constant_with_warmup"):
            raise InputError(f"--scheduler {self.scheduler!r}: choose cosine, linear or constant_with_warmup.")

    @staticmethod
    def _between(name: str, value: float, low: float, high: float) -> None:
        if not low <= value <= high:
            raise InputError(f"--{name} {value:g} is out of range: {low:g} to {high:g}.")

    @property
    def at_once(self) -> int:
        """Records in one forward pass."""
        return min(self.batch, self.micro_batch)

    @property
    def accumulation(self) -> int:
        return self.batch // self.at_once

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
            "optimizer": "adamw_torch",
            "hard_cut_string": "\\n\\n\\n",
            "train_only_after": "### Response:",
            "training_projection": "-".join(self.projections),
        }
