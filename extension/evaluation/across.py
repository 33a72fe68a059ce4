"""Several evaluations side by side, level by level: A1 | A2 | B1 ..."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...exporter.common.errors import InputError
from .document import Block, Heading, Picture, Table, Text, markdown, web_page
from .folder import publish, read_evaluation
from .metrics import METRICS
from .plots import level_plots
from .report import NO_PLOTS, cell
from .result import MODELS, About, Evaluation, System, TrainingRun

Column = tuple[str, Evaluation]  # an evaluation under the head of its column


def write_comparison(paths: Sequence[Path], out: Path, *, force: bool = False) -> str:
    """Read the evaluations at `paths` and publish their comparison as the folder `out`; returns its Markdown.

    Raises InputError for fewer than two, or for a file that is no evaluation.
    """
    if len(paths) < 2:
        raise InputError("--compare needs at least two evaluation.json files.")
    columns = named(list(zip(paths, map(read_evaluation, paths), strict=True)))
    pictures = level_plots(columns)
    title, blocks = contents(columns, {name: text for name, (_, text) in pictures.items()})
    images = {name: data for name, (data, _) in pictures.items()}
    text = markdown(title, blocks)
    data = {"compared": {head: evaluation.short_json() for head, evaluation in columns}}
    publish(
        out,
        {
            "report.md": text.encode(),
            "report.html": web_page(title, blocks, images).encode(),
            "comparison.json": (json.dumps(data, ensure_ascii=False) + "\n").encode(),
            **{f"plots/{name}": image for name, image in images.items()},
        },
        force=force,
    )
    return text


def named(evaluations: Sequence[tuple[Path, Evaluation]]) -> list[Column]:
    """Each evaluation under its level, and its file where several have that level."""
    levels = [evaluation.asked.level for _, evaluation in evaluations]
    columns = []
    for (path, evaluation), level in zip(evaluations, levels, strict=True):
        name = (path if path.is_dir() else path.parent if path.name == "evaluation.json" else path).resolve().stem
        columns.append((level if levels.count(level) == 1 else f"{level} ({name})", evaluation))
    return sorted(columns, key=lambda column: column[0])


def contents(columns: Sequence[Column], pictures: Mapping[str, str]) -> tuple[str, list[Block]]:
    """Title and blocks of the comparison."""
    heads = [head for head, _ in columns]
    facts = [[label, *(of(evaluation) or "-" for _, evaluation in columns)] for label, of in _FACTS]
    rows = []
    for key, metric in METRICS.items():
        for name in MODELS if metric.across else ():
            systems = [evaluation.system(name) for _, evaluation in columns]
            cells = [cell(metric, system.figure(key) if system is not None else None) for system in systems]
            if any(c != "-" for c in cells):
                rows.append([metric.label, name, *cells])
    seeds = ", ".join(f"{head}: {evaluation.asked.seed}" for head, evaluation in columns)
    subjects = "; ".join(f"{head}: {_subject(evaluation)}" for head, evaluation in columns)
    return "Comparison: " + " | ".join(heads), [
        Heading("Training and loss"),
        Table(["", *heads], [row for row in facts if any(c != "-" for c in row[1:])]),
        Heading("Sentences"),
        Table(["", "", *heads], rows),
        Text(
            "Under a figure is its 95 % interval. Levels differ in words and sentences: compare base with adapter "
            "at one level before one level with another."
        ),
        Heading("Plots"),
        *([Picture(name, text) for name, text in pictures.items()] or [Text(NO_PLOTS)]),
        Text(f"Compared: {subjects}. Seeds: {seeds}."),
        Heading("What the figures mean"),
        Table(["figure", "definition"], [[metric.label, metric.definition] for metric in METRICS.values()]),
    ]


def _subject(evaluation: Evaluation) -> str:
    about = evaluation.about or About()
    return " with ".join(name for name in (about.model, about.adapter) if name) or evaluation.subject.name


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _loss(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f} %"


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _value(system: System | None, key: str) -> float | None:
    return system.figure(key).value if system is not None else None


def _records(evaluation: Evaluation) -> int | None:
    model = evaluation.base.model
    return (model.records or None) if model is not None else None


def _run(evaluation: Evaluation) -> TrainingRun:
    return (evaluation.about or About()).run


# What is said of each evaluation, and how it is found; None where it is not known.
_FACTS: tuple[tuple[str, Callable[[Evaluation], str | None]], ...] = (
    ("training records", lambda one: _number(one.asked.training_records)),
    ("words trained on", lambda one: _number(one.asked.training_words)),
    ("evaluation records", lambda one: _number(_records(one))),
    ("words asked for here", lambda one: _number(len(one.base.rows))),
    ("longest record (tokens)", lambda one: _number((one.about or About()).longest)),
    ("judge of the sentences", lambda one: one.asked.judge),
    ("training time", lambda one: _time(_run(one).seconds)),
    ("training loss", lambda one: _loss(_run(one).train_loss)),
    ("evaluation loss, base", lambda one: _loss(_value(one.base, "loss"))),
    ("evaluation loss, adapter", lambda one: _loss(_value(one.adapter, "loss"))),
    ("perplexity, base", lambda one: _loss(_value(one.base, "perplexity"))),
    ("perplexity, adapter", lambda one: _loss(_value(one.adapter, "perplexity"))),
    ("loss reduction", lambda one: _share(one.reduction.get("loss"))),
    ("perplexity reduction", lambda one: _share(one.reduction.get("perplexity"))),
)
