"""Several evaluations side by side, level by level: A1 | A2 | B1 ..."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError
from .document import Block, Heading, Picture, Table, Text, markdown, web_page
from .folder import publish, read_evaluation
from .measures import MEASURES
from .plots import last, level_plots
from .report import NO_PLOTS, cell

_FACTS: tuple[tuple[str, Callable[[Mapping[str, Any]], Any]], ...] = (
    ("training records", lambda found: found["task"]["training_records"]),
    ("words trained on", lambda found: found["task"]["training_words"]),
    ("evaluation records", lambda found: found["base"]["records"] or None),
    ("words asked for here", lambda found: found["base"]["words"]),
    ("longest record (tokens)", lambda found: found.get("about", {}).get("longest")),
    ("training time", lambda found: _time(found.get("about", {}).get("run", {}).get("seconds"))),
    ("training loss", lambda found: _loss(found.get("about", {}).get("run", {}).get("train_loss"))),
    ("evaluation loss, base", lambda found: _loss(found["base"]["loss"])),
    ("evaluation loss, adapter", lambda found: _loss(found.get("adapter", {}).get("loss"))),
    ("perplexity, base", lambda found: _loss(found["base"]["perplexity"])),
    ("perplexity, adapter", lambda found: _loss(found.get("adapter", {}).get("perplexity"))),
    ("loss reduction", lambda found: _share(found.get("reduction", {}).get("loss"))),
    ("perplexity reduction", lambda found: _share(found.get("reduction", {}).get("perplexity"))),
)


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
    data = {"compared": {name: _short(found) for name, found in columns}}
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


def named(found: Sequence[tuple[Path, Mapping[str, Any]]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each evaluation with the head of its column: its level, and its file where several have that level."""
    levels = [one["task"]["level"] for _, one in found]
    heads = []
    for (path, one), level in zip(found, levels, strict=True):
        name = (path if path.is_dir() else path.parent if path.name == "evaluation.json" else path).resolve().stem
        heads.append((level if levels.count(level) == 1 else f"{level} ({name})", one))
    return sorted(heads, key=lambda head: head[0])


def contents(columns: Sequence[tuple[str, Mapping[str, Any]]], pictures: Mapping[str, str]) -> tuple[str, list[Block]]:
    """Title and blocks of the comparison."""
    names = [name for name, _ in columns]
    facts = [[label, *(_cell(of(found)) for _, found in columns)] for label, of in _FACTS]
    blocks: list[Block] = [
        Heading("Training and loss"),
        Table(["", *names], [row for row in facts if any(c != "-" for c in row[1:])]),
        Heading("Sentences"),
    ]
    rows = []
    for key, measure in MEASURES.items():
        for system in ("base", "adapter"):
            cells = [
                cell(measure, found[system]["figures"].get(key, {})) if system in found else "-" for _, found in columns
            ]
            if key not in ("loss", "perplexity") and any(c != "-" for c in cells):
                rows.append([measure.label, system, *cells])
    blocks += [
        Table(["", "", *names], rows),
        Text("Under a figure stands its 95 % interval. Levels differ in words and sentences: compare base with adapter "
             "at one level before one level with another."),
        Heading("Plots"),
    ]  # fmt: skip
    blocks += [Picture(name, text) for name, text in pictures.items()] or [Text(NO_PLOTS)]
    definitions = [[m.label, m.definition] for m in MEASURES.values()]
    seeds = ", ".join(f"{name}: {found['task']['seed']}" for name, found in columns)
    subjects = [f"{name}: {_subject(found)}" for name, found in columns]
    blocks += [Text("Compared: " + "; ".join(subjects) + f". Seeds: {seeds}.")]
    blocks += [Heading("What the figures mean"), Table(["figure", "definition"], definitions)]
    return "Comparison: " + " | ".join(names), blocks


def _short(found: Mapping[str, Any]) -> dict[str, Any]:
    """An evaluation without its words and sentences."""
    kept = {key: found.get(key) for key in ("about", "reduction", "difference")}
    task = {key: value for key, value in found["task"].items() if key != "lists"}
    return {**kept, "task": task, "figures": {name: found[name]["figures"] for name in found["systems"]}}


def _subject(found: Mapping[str, Any]) -> str:
    about = found.get("about", {})
    return " with ".join(str(about[key]) for key in ("model", "adapter") if about.get(key)) or last(found)


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _loss(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f} %"


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"
