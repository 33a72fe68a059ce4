"""An evaluation as dataclasses, and the one place that turns it into JSON (evaluation.json) and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from ...exporter.common.checked import checked, wrong
from ...exporter.language.judges import DEFAULT
from ...exporter.language.levels import LEVELS

# The model without and with the adapter; a training sentence listed under another word; the evaluation file's own
# sentences. Systems of any other name are sentences that were written elsewhere (--beside).
BASE, ADAPTER, RETRIEVAL, OWN = "base", "adapter", "retrieval", "own"
MODELS = (BASE, ADAPTER)
# Keys of evaluation.json, beside which each system is a key too.
RESERVED = frozenset((*MODELS, RETRIEVAL, OWN, "systems", "task", "difference", "reduction", "about"))


@dataclass(frozen=True)
class Figure:
    """The value of a metric, and the ends of its 95 % interval; None where there is none.

    `top` and `of` are the sums whose ratio the value comes from, where it comes from one.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    top: float | None = None
    of: float | None = None


NO_FIGURE = Figure()


@dataclass(frozen=True)
class Row:
    """A requested word, and what its sentence is like. Without a sentence only the first four fields say anything.

    `group` is how well training knows the word (see `retrieval.py`), empty where the training file is not known.
    `score` and `level` are the judge's; `above` are the words above the level, `tokens_above` of `tokens` without the
    requested word. `perplexity` is the base model's, and so is `guess`, the probability of the right word among ten;
    None where none were put in its place. `copied` is None where the training file is not known, `near_duplicate` where
    the sentence is not the first one for its word.
    """

    word: str
    group: str = ""
    sentence: str | None = None
    used: bool = False
    score: float | None = None
    level: str = ""
    above: tuple[str, ...] = ()
    tokens_above: int = 0
    tokens: int = 0
    readability: float | None = None
    length: int = 0
    perplexity: float | None = None
    guess: float | None = None
    copied: bool | None = None
    near_duplicate: bool | None = None


@dataclass(frozen=True)
class Answers:
    """What only a model has: the raw text of its answers, and its loss (nats a token) over `records` records.

    Loss and perplexity are None without records; `well_formed` counts the answers that are lists as asked for.
    """

    loss: float | None
    perplexity: float | None
    records: int
    lists: int
    well_formed: int
    answers: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """One column of the report: the sentences of a model or of something else, and what they are like.

    `rows` has one entry for each requested word, in order; `figures` is by the key of the metric.
    """

    name: str
    rows: tuple[Row, ...]
    figures: Mapping[str, Figure]
    opening: str = ""
    model: Answers | None = None

    def figure(self, key: str) -> Figure:
        return self.figures.get(key, NO_FIGURE)

    @property
    def words_used(self) -> int:
        return sum(row.used for row in self.rows)


@dataclass(frozen=True)
class Asked:
    """What was asked. `groups` counts the words by how well training knows them; None: training is not known."""

    level: str
    lists: tuple[tuple[str, ...], ...] = ()
    groups: Mapping[str, int] | None = None
    training_records: int | None = None
    training_words: int | None = None
    seed: int = 0
    temperature: float = 0.0
    judge: str = DEFAULT

    @property
    def words(self) -> list[str]:
        return [word for words in self.lists for word in words]


@dataclass(frozen=True)
class TrainingRun:
    """What the adapter's folder tells of its training."""

    seconds: float | None = None
    steps: int | None = None
    train_loss: float | None = None


@dataclass(frozen=True)
class About:
    """What was evaluated, by name alone, since reports are shown around: no paths. `longest` is in tokens."""

    model: str | None = None
    adapter: str | None = None
    dataset: str | None = None
    training: str | None = None
    fingerprint: str | None = None
    longest: int | None = None
    run: TrainingRun = field(default_factory=TrainingRun)
    date: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """Everything measured. `systems` are in the order of the report, the base model first.

    `difference` is adapter less base, by metric; `reduction` the share by which loss and perplexity fell. Both are
    empty without an adapter.
    """

    systems: tuple[System, ...]
    asked: Asked
    difference: Mapping[str, Figure] = field(default_factory=dict)
    reduction: Mapping[str, float | None] = field(default_factory=dict)
    about: About | None = None

    def system(self, name: str) -> System | None:
        return self._by_name.get(name)

    def figure(self, name: str, key: str) -> Figure:
        """The metric `key` of the system `name`; NO_FIGURE where one of them is missing."""
        system = self.system(name)
        return system.figure(key) if system is not None else NO_FIGURE

    @property
    def base(self) -> System:
        return self._by_name[BASE]

    @property
    def adapter(self) -> System | None:
        return self._by_name.get(ADAPTER)

    @property
    def subject(self) -> System:
        """The model that the evaluation is about: with the adapter where there is one."""
        return self.adapter or self.base

    @cached_property
    def _by_name(self) -> dict[str, System]:
        return {system.name: system for system in self.systems}

    def to_json(self) -> dict[str, Any]:
        """The object of evaluation.json, made of nothing but dicts, lists and plain values."""
        return _plain({**self._summary(), **{system.name: _system_json(system) for system in self.systems}})

    def short_json(self) -> dict[str, Any]:
        """The same without words and sentences, and with the figures of all systems under `figures`."""
        whole = self._summary()
        del whole["task"]["lists"]
        return _plain({**whole, "figures": {system.name: _figures_json(system.figures) for system in self.systems}})

    def _summary(self) -> dict[str, Any]:
        whole: dict[str, Any] = {
            "systems": [system.name for system in self.systems],
            "task": asdict(self.asked),
        }
        if self.difference:
            whole["difference"] = _figures_json(self.difference)
        if self.reduction:
            whole["reduction"] = dict(self.reduction)
        if self.about is not None:
            known = {key: value for key, value in asdict(self.about.run).items() if value is not None}
            whole["about"] = {**asdict(self.about), "run": known}
        return whole

    @classmethod
    def from_json(cls, data: Any) -> Evaluation:
        """Reads what `to_json` made. Raises ValueError where `data` is anything else."""
        whole = checked(_Whole, data)
        systems = tuple(_system(name, data.get(name)) for name in whole.systems)
        if not systems or systems[0].name != BASE:
            raise wrong("{place} is missing", BASE)
        if whole.task.level not in LEVELS:
            raise wrong("{place} is not a level", "task.level")
        words = whole.task.words or [row.word for row in systems[0].rows]
        if other := next((system.name for system in systems if [row.word for row in system.rows] != words), None):
            raise wrong("{place} has other words than were asked for", other)
        if whole.difference and ADAPTER not in whole.systems:
            raise wrong("{place} is missing", ADAPTER)
        return cls(systems, whole.task, whole.difference, whole.reduction, whole.about)


@dataclass(frozen=True)
class _Whole:
    """The keys of evaluation.json beside those of its systems."""

    systems: tuple[str, ...]
    task: Asked
    difference: Mapping[str, Figure] = field(default_factory=dict)
    reduction: Mapping[str, float | None] = field(default_factory=dict)
    about: About | None = None


def _system_json(system: System) -> dict[str, Any]:
    return {
        **(asdict(system.model) if system.model is not None else {}),
        "words": len(system.rows),
        "words_used": system.words_used,
        "opening": system.opening,
        "figures": _figures_json(system.figures),
        "rows": [_row_json(row) for row in system.rows],
    }


def _figures_json(figures: Mapping[str, Figure]) -> dict[str, dict[str, float | None]]:
    """`top` and `of` only where there are any."""
    return {
        name: {key: value for key, value in asdict(figure).items() if value is not None or key not in ("top", "of")}
        for name, figure in figures.items()
    }


def _row_json(row: Row) -> dict[str, Any]:
    cells = asdict(row)
    if row.sentence is None:
        return {key: cells[key] for key in ("word", "group", "sentence", "used")}
    return {k: v for k, v in cells.items() if v is not None or k not in ("copied", "near_duplicate")}


def _plain(whole: dict[str, Any]) -> dict[str, Any]:
    """With tuples as the lists that JSON makes of them."""
    return json.loads(json.dumps(whole))


def _system(name: str, data: Any) -> System:
    model = checked(Answers, data, name) if isinstance(data, dict) and "answers" in data else None
    made = checked(_Columns, data, name)
    return System(name, made.rows, made.figures, made.opening, model)


@dataclass(frozen=True)
class _Columns:
    """What evaluation.json holds of a system, besides a model's answers."""

    rows: tuple[Row, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    opening: str = ""
