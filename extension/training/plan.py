"""What is decided of a run before it begins, as a file beside its checkpoints, so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import InputError, Option, Problem
from ...exporter.common.files import atomic
from ...exporter.records.prompt import Example, Record
from ...exporter.records.reading import TrainingFile, read_training
from ..models.loading import Loaded
from .artifacts import fingerprint
from .checkpoint import RESUME
from .data import encoded_records
from .memory import fitted, try_out
from .processes import world
from .settings import TrainSettings
from .source import RecipeSource, Resolved

_FILE = "plan.json"


@dataclass(frozen=True)
class Plan:
    """All that decides a run besides the model's weights. `model` is the name of the base."""

    settings: TrainSettings
    dataset: Path
    eval: Path | None
    model: str
    recipe: RecipeSource = field(default_factory=RecipeSource)

    def records(
        self, note: Callable[[Problem], object] = lambda problem: None
    ) -> tuple[list[Record | Example], list[Record | Example]]:
        """The records to train on and to evaluate on; `note` is called with what had to be put right to read them.

        Raises InputError; also when one has another level.
        """
        sides = []
        for path in (self.dataset, self.eval):
            read = read_training(path) if path is not None else TrainingFile(())
            check_levels(path, read.records, self.settings.level)
            for problem in read.notes:
                note(problem)
            sides.append(list(read.records))
        return sides[0], sides[1]

    def save(self, out: Path, records: Sequence[Record | Example]) -> None:
        """Write the plan for `records`, all of them, into the folder `out` of the run."""
        (out / RESUME).mkdir(exist_ok=True)
        held_out = str(self.eval.resolve()) if self.eval else None
        dataset = str(self.dataset.resolve())
        saved = _Saved(self.settings, dataset, self.model, fingerprint(records), held_out)
        said = {**asdict(saved), "recipe": self.recipe.to_json()}
        with atomic(out / RESUME / _FILE) as file:  # a halved batch writes it again
            file.write(json.dumps(said, indent=2) + "\n")

    @staticmethod
    def load(out: Path) -> Plan:
        """The plan of the unfinished run in `out`. Raises InputError where there is none."""
        saved = _read(out)
        held_out = Path(saved.eval) if saved.eval else None
        return Plan(saved.settings, Path(saved.dataset), held_out, saved.model, saved.recipe)

    def resolved(self, loaded: Loaded, records: Sequence[Record | Example]) -> Plan:
        """The plan for these data, this model and this memory, with what its settings come to under `recipe`."""
        chosen = self.settings.for_model(loaded.model.config)
        encoded, _ = encoded_records(loaded.tokenizer, records, chosen)
        if world() > 1:  # each has its own memory; what fits has to be said with --micro-batch
            checkpointing = "on" if chosen.checkpointing == "on" else "off"
            settings, memory = replace(chosen, checkpointing=checkpointing), None
            try_out(loaded, encoded, settings)
        else:
            settings, need = fitted(loaded, encoded, chosen)
            memory = need.of(settings.at_once)
        steps = settings.steps(len(encoded))
        came_to = Resolved(
            learning_rate=settings.learning_rate,
            longest_record=max(len(e["input_ids"]) for e in encoded),
            records_at_a_time=settings.at_once,
            accumulation=settings.accumulation,
            checkpointing=settings.checkpointing,
            steps=steps,
            warmup_steps=settings.warmup_steps(steps),
            evaluation_every=settings.evaluation_steps(steps),
            memory_bytes=memory,
        )
        return replace(self, settings=settings, recipe=replace(self.recipe, resolved=came_to))


@dataclass(frozen=True)
class _Saved:
    """A plan as its file has it, and the fingerprint of its records."""

    settings: TrainSettings
    dataset: str
    model: str
    fingerprint: str
    eval: str | None = None
    recipe: RecipeSource = field(default_factory=RecipeSource)


def _read(out: Path) -> _Saved:
    path = out / RESUME / _FILE
    if not path.is_file():
        raise InputError("{folder} holds no unfinished run, so there is nothing to resume.", folder=out)
    try:
        return checked(_Saved, read_object(path))
    except (InputError, ValueError) as error:
        message = "The unfinished run in {folder} cannot be read ({error}). Train it from the start, with {option}."
        raise InputError(message, folder=out, error=error, option=Option("force")) from None


def check_unchanged(out: Path, plan: Plan, records: Sequence[Record | Example]) -> None:
    """Raises InputError when the run in `out` was begun with other records."""
    if fingerprint(records) != _read(out).fingerprint:
        message = "{file} or its evaluation file has changed since the run began. Train from the start."
        raise InputError(message, file=plan.dataset)


def check_levels(path: Path | None, records: Sequence[Record | Example], level: str) -> None:
    """Raises InputError when a record of `path` is of another level than `level`. Other people's have none."""
    for number, record in enumerate(records, 1):
        if record.level not in (level, ""):
            message = "{file}, record {number} is of level {found}, not {level}. Choose {found} as {option}."
            values = {"number": number, "found": record.level, "level": level, "option": Option("level")}
            raise InputError(message, file=path, **values)
