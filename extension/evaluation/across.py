"""Several evaluations side by side, level by level: A1 | A2 | B1 ..."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, TargetError
from .document import Heading, Paragraph, Picture, ReportBlock, Table, pages
from .folder import COMPARED, DATA, data_of, publish, read_evaluation
from .metrics import METRICS
from .plots import level_plots, name_of
from .report import NO_PLOTS, cell
from .result import ADAPTER, BASE, MODELS, About, Evaluation, TrainingRun
from .voice import ENGLISH, Voice

Column = tuple[str, Evaluation]  # an evaluation under the head of its column


def write_comparison(paths: Sequence[Path], out: Path, say: Voice = ENGLISH, *, force: bool = False) -> str:
    """Read the evaluations at `paths` and publish their comparison as the folder `out`; returns its Markdown.

    Raises InputError for fewer than two, or for a file that is not an evaluation, and TargetError where `out` holds the
    report of an evaluation.
    """
    if len(paths) < 2:
        raise InputError("--compare needs at least two evaluation.json files.")
    if (out / DATA).exists():
        raise TargetError(
            "{folder} holds the report of an evaluation, which a comparison does not replace. Choose another folder.",
            folder=out,
        )
    columns = named(list(zip(paths, map(read_evaluation, paths), strict=True)))
    pictures = level_plots(columns, say)
    title, blocks = contents(columns, {name: text for name, (_, text) in pictures.items()}, say)
    files = pages(title, blocks, pictures, say.code)
    data = {"compared": {head: evaluation.short_json() for head, evaluation in columns}}
    publish(out, {**files, COMPARED: (json.dumps(data, ensure_ascii=False) + "\n").encode()}, force=force)
    return files["report.md"].decode()


def named(evaluations: Sequence[tuple[Path, Evaluation]]) -> list[Column]:
    """Each evaluation under its level; where several have that level, also under as much of its place as differs."""
    places: dict[str, list[Path]] = {}
    for path, evaluation in evaluations:
        real = data_of(path).resolve()
        places.setdefault(evaluation.asked.level, []).append(real.parent if real.name == DATA else real.with_suffix(""))
    heads = {level: iter(_heads(level, some)) for level, some in places.items()}
    return sorted(((next(heads[one.asked.level]), one) for _, one in evaluations), key=lambda column: column[0])


def _heads(level: str, places: Sequence[Path]) -> Sequence[str]:
    """Different heads for the evaluations of one level."""
    names = [place.name for place in places]
    longer = [f"{place.parent.name}/{place.name}" for place in places]
    numbers = list(map(str, range(1, len(places) + 1)))
    apart = next(some for some in (names, longer, numbers) if len({*some}) == len(some))
    return [level] if len(places) == 1 else [f"{level} ({one})" for one in apart]


def contents(
    columns: Sequence[Column], pictures: Mapping[str, str], say: Voice = ENGLISH
) -> tuple[str, list[ReportBlock]]:
    """Title and blocks of the comparison."""
    heads = [head for head, _ in columns]
    facts = [[label, *(c or "-" for c in cells)] for label, cells in _facts([one for _, one in columns], say)]
    rows = []
    for key, metric in METRICS.items():
        for name in MODELS if metric.across else ():
            cells = [cell(metric, evaluation.figure(name, key), say) for _, evaluation in columns]
            if any(c != "-" for c in cells):
                rows.append([say(metric.label), name_of(name, say), *cells])
    seeds = ", ".join(f"{head}: {evaluation.asked.seed}" for head, evaluation in columns)
    subjects = "; ".join(f"{head}: {_subject(evaluation, say)}" for head, evaluation in columns)
    meaning = [[say(metric.label), say(metric.definition)] for metric in METRICS.values()]
    return say("Comparison: {heads}", heads=" | ".join(heads)), [
        Heading(say("Training and loss")),
        Table(["", *heads], [row for row in facts if any(c != "-" for c in row[1:])]),
        Heading(say("Sentences")),
        Table(["", "", *heads], rows),
        Paragraph(
            say(
                "Under a figure is its 95 % interval. Levels differ in words and sentences: compare base with adapter "
                "at one level before one level with another."
            )
        ),
        Heading(say("Plots")),
        *([Picture(name, text) for name, text in pictures.items()] or [Paragraph(say(NO_PLOTS))]),
        Paragraph(say("Compared: {subjects}. Seeds: {seeds}.", subjects=subjects, seeds=seeds)),
        Heading(say("What the figures mean")),
        Table([say("figure"), say("definition")], meaning),
    ]


def _subject(evaluation: Evaluation, say: Voice) -> str:
    about = evaluation.about or About()
    if about.model and about.adapter:
        return say("{model} with {adapter}", model=about.model, adapter=about.adapter)
    return about.model or about.adapter or name_of(evaluation.subject.name, say)


def _facts(evaluations: Sequence[Evaluation], say: Voice) -> Iterator[tuple[str, list[str | None]]]:
    """What is said of each evaluation under its label; None where it is not known."""

    def row(
        label: str, write: Callable[[Any], str], values: Callable[[Evaluation], Any]
    ) -> tuple[str, list[str | None]]:
        there = map(values, evaluations)
        return label, [None if value is None else write(value) for value in there]

    def count(value: int) -> str:
        return say.number(f"{value:,}")

    def loss(value: float) -> str:
        return say.number(f"{value:.2f}")

    def time(seconds: float) -> str:
        if seconds >= 90:
            return say("{n} min", n=say.fixed(seconds / 60, 1))
        return say("{n} s", n=say.fixed(seconds, 0))

    yield row(say("training records"), count, lambda one: one.asked.training_records)
    yield row(say("words trained on"), count, lambda one: one.asked.training_words)
    yield row(say("evaluation records"), count, _records)
    yield row(say("words asked for here"), count, lambda one: len(one.base.rows))
    yield row(say("longest record (tokens)"), count, lambda one: (one.about or About()).longest)
    yield row(say("judge of the sentences"), str, lambda one: one.asked.judge)
    yield row(say("training time"), time, lambda one: _run(one).seconds)
    yield row(say("training loss"), loss, lambda one: _run(one).train_loss)
    yield row(say("evaluation loss, base"), loss, lambda one: one.figure(BASE, "loss").value)
    yield row(say("evaluation loss, adapter"), loss, lambda one: one.figure(ADAPTER, "loss").value)
    yield row(say("perplexity, base"), loss, lambda one: one.figure(BASE, "perplexity").value)
    yield row(say("perplexity, adapter"), loss, lambda one: one.figure(ADAPTER, "perplexity").value)
    yield row(say("loss reduction"), say.share, lambda one: one.reduction.get("loss"))
    yield row(say("perplexity reduction"), say.share, lambda one: one.reduction.get("perplexity"))


def _records(evaluation: Evaluation) -> int | None:
    model = evaluation.base.model
    return (model.records or None) if model is not None else None


def _run(evaluation: Evaluation) -> TrainingRun:
    return (evaluation.about or About()).run
