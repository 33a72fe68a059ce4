"""Where the settings of a run come from: its recipe, what was changed in it, and what it came to for the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .settings import TrainSettings


@dataclass(frozen=True)
class Resolved:
    """What the settings come to for these data, this model and this memory; `memory_bytes` where it was measured."""

    learning_rate: float
    longest_record: int  # tokens
    records_at_a_time: int
    accumulation: int
    checkpointing: str
    steps: int
    warmup_steps: int
    evaluation_every: int  # steps; 0: only before the first
    memory_bytes: int | None


@dataclass(frozen=True)
class RecipeSource:
    """The recipe by its name and as it `says`, and the settings that were `changed` in it, by name."""

    name: str = ""
    says: TrainSettings | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    resolved: Resolved | None = None

    def to_json(self) -> dict[str, Any]:
        """As log, plan and metadata have it; empty where the settings come from no recipe."""
        known = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        return known if self.name or self.resolved else {}
