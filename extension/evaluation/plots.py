"""The report's plots as PNG, told apart by hatching and dashes, so that they can be printed in black and white."""

from __future__ import annotations

import importlib.util
import textwrap
from collections.abc import Sequence
from typing import Any

from ...exporter.common.errors import Problem
from ..training.plots import png
from .document import Pictures
from .metric import Histogram
from .metrics import METRICS
from .result import ADAPTER, BASE, MODELS, OWN, RETRIEVAL, Asked, Evaluation, Figure, System
from .voice import ENGLISH, Voice

# What the sentences are from, as people read it. Sentences that were written elsewhere have the name they were given.
_NAMES = {
    BASE: Problem("base"),
    ADAPTER: Problem("adapter"),
    RETRIEVAL: Problem("retrieval"),
    OWN: Problem("evaluation file"),
}
_LOOKS = (("white", "////"), ("0.45", ""), ("0.8", ""), ("white", "...."), ("0.25", "xx"), ("0.65", "\\\\"))
_LINES = ("--", "-", ":", "-.")
_GREYS = ("0.55", "0", "0.35", "0.15", "0.6", "0.3")
# Every name that a plot may have, in a report and in a comparison.
PICTURES = ("shares.png", "perplexity.png", *(f"{m.histogram.name}.png" for m in METRICS.values() if m.histogram))


def available() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def name_of(system: str, say: Voice = ENGLISH) -> str:
    """The name of a system for people."""
    return say(_NAMES[system]) if system in _NAMES else system


def plots(evaluation: Evaluation, say: Voice = ENGLISH) -> Pictures:
    """The plots of one evaluation; empty without matplotlib."""
    if not available():
        return {}
    systems, asked = evaluation.systems, evaluation.asked
    drawn = [metric for metric in METRICS.values() if metric.bars]
    names = {system.name: name_of(system.name, say) for system in systems}
    bars = [(names[one.name], [one.figure(metric.key) for metric in drawn]) for one in systems if one.figures]
    pictures: Pictures = {
        "shares.png": (
            _bars([say(metric.label) for metric in drawn], bars, say("per cent"), 100),
            say("Shares, with 95 % intervals where there are any"),
        )
    }
    for histogram in (metric.histogram for metric in METRICS.values() if metric.histogram is not None):
        picture = _steps(systems, histogram, asked, say)
        pictures[f"{histogram.name}.png"] = (picture, say(histogram.caption, level=asked.level))
    models = [(names[one.name], [one.figure("perplexity")]) for one in systems if "perplexity" in one.figures]
    if models:
        pictures["perplexity.png"] = (
            _bars([say("perplexity of the answers")], models, "", 1),
            say("Perplexity of the evaluation file's answers, with 95 % intervals"),
        )
    return pictures


def level_plots(columns: Sequence[tuple[str, Evaluation]], say: Voice = ENGLISH) -> Pictures:
    """The plots of several evaluations by the heads of their columns: perplexity, and shares with the adapter."""
    if not available():
        return {}
    heads = [head for head, _ in columns]
    perplexities = [(name_of(name, say), [one.figure(name, "perplexity") for _, one in columns]) for name in MODELS]
    shares = [
        (say(metric.label), [one.subject.figure(metric.key) for _, one in columns])
        for metric in METRICS.values()
        if metric.level_bars
    ]
    return {
        "perplexity.png": (
            _bars(heads, perplexities, say("perplexity of the answers"), 1),
            say("Perplexity by level, 95 % intervals"),
        ),
        "shares.png": (
            _bars(heads, shares, say("per cent"), 100),
            say("Shares with the adapter by level, 95 % intervals"),
        ),
    }


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot, which would keep a window's state in a server

    figure = Figure(figsize=(width, height), layout="constrained")
    axes: Any = figure.subplots()
    return figure, axes


def _bars(groups: Sequence[str], series: Sequence[tuple[str, Sequence[Figure]]], label: str, by: float) -> bytes:
    """A group of bars for each of `groups`, with a bar for each series. `by` is what values are multiplied by."""
    inches = max(4.5, 1.1 * len(groups) + 1.0)
    figure, axes = _canvas(inches, 4.2)
    width = 0.8 / max(1, len(series))
    for i, (name, figures) in enumerate(series):
        colour, hatch = _LOOKS[i % len(_LOOKS)]
        for place, each in enumerate(figures):
            value, low, high = each.value, each.low, each.high
            if value is None:
                continue
            at = place - 0.4 + (i + 0.5) * width
            axes.bar(at, by * value, width * 0.92, color=colour, edgecolor="black", hatch=hatch, linewidth=0.8)
            if low is not None and high is not None:
                error = [[by * max(0.0, value - low)], [by * max(0.0, high - value)]]
                axes.errorbar(at, by * value, yerr=error, color="black", capsize=3, linewidth=1)
        axes.bar(0, 0, 0, color=colour, edgecolor="black", hatch=hatch, label=name)
    labels = [textwrap.wrap(group, 13) for group in groups]
    axes.set_xticks(range(len(groups)), ["\n".join(lines) for lines in labels])
    below = -0.14 - 0.05 * max(0, max(map(len, labels), default=0) - 2)
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.4)
    axes.set_axisbelow(True)
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, below),
        ncols=int(inches / 1.8),
        frameon=False,
    )
    return png(figure)


def _steps(systems: Sequence[System], histogram: Histogram, asked: Asked, say: Voice) -> bytes:
    """The share of sentences in each bin, a stepped line for each system."""
    figure, axes = _canvas(7.5, 4.2)
    edges, right = list(histogram.edges), histogram.edges[0] + 1
    for i, system in enumerate(systems):
        values = [value for row in system.rows if (value := histogram.value(row)) is not None]
        if values:
            axes.hist(
                values, bins=edges, weights=[100 / len(values)] * len(values), histtype="step",
                linestyle=_LINES[i % len(_LINES)], color=_GREYS[i % len(_GREYS)],
                linewidth=2 if system.name == ADAPTER else 1.3, label=name_of(system.name, say),
            )  # fmt: skip
            right = max(right, min(max(values) + 1, edges[-1]))
    if histogram.marked is not None:
        axes.axvline(histogram.marked(asked), color="black", linewidth=0.8)
    axes.set_xlabel(say(histogram.axis))
    axes.set_ylabel(say("per cent of the sentences"))
    axes.set_xlim(edges[0], right)
    axes.grid(alpha=0.4)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels)
    return png(figure)
