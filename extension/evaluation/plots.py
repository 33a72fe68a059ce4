"""The report's plots as PNG at 300 DPI, told apart by hatching and dashes, so that they can be printed in black."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ...exporter.language.profile import mean_score
from .measures import MEASURES, name_of

_LOOKS = (("white", "////"), ("0.45", ""), ("0.8", ""), ("white", "...."), ("0.25", "xx"), ("0.65", "\\\\"))
_SHARES = ("well_formed", "used", "exact", "within_one", "above", "opening")
_LINES = ("--", "-", ":", "-.")


def available() -> bool:
    """Whether matplotlib is there."""
    import importlib.util

    return importlib.util.find_spec("matplotlib") is not None


def plots(found: Mapping[str, Any]) -> dict[str, tuple[bytes, str]]:
    """File name -> PNG and what it shows, of an evaluation; empty without matplotlib."""
    if not available():
        return {}
    systems = found["systems"]
    bars = [
        (name, [found[name]["figures"].get(key, {}) for key in _SHARES]) for name in systems if found[name]["figures"]
    ]
    level = found["task"]["level"]
    scores = {name: _values(found, name, "score") for name in systems}
    lengths = {name: _values(found, name, "length") for name in systems}
    made = {
        "shares.png": (
            _bars([MEASURES[key].label for key in _SHARES], bars, "per cent", 100),
            "Shares, with 95 % intervals where there are any",
        ),
        "scores.png": (
            _steps(scores, "the judge's score of a sentence", [1 + i * 0.25 for i in range(21)], mean_score(level)),
            f"How the judge's scores are spread; the vertical line is the mean of human {level} sentences",
        ),
        "lengths.png": (
            _steps(lengths, "words in a sentence", [i + 0.5 for i in range(31)], None),
            "How long the sentences are (longer than 30 words are not drawn)",
        ),
    }
    if found["base"]["loss"] is not None:
        models = [(name, [found[name]["figures"]["perplexity"]]) for name in ("base", "adapter") if name in found]
        made["perplexity.png"] = (
            _bars(["perplexity of the answers"], models, "", 1),
            "Perplexity of the evaluation file's answers, with 95 % intervals",
        )
    return made


def level_plots(columns: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, tuple[bytes, str]]:
    """The plots of several evaluations: perplexity, and the shares of the adapters."""
    if not available():
        return {}
    names = [name for name, _ in columns]
    bars = [
        (system, [found[system]["figures"].get("perplexity", {}) if system in found else {} for _, found in columns])
        for system in ("base", "adapter")
    ]
    shares = [
        (
            MEASURES[key].label,
            [found[last(found)]["figures"].get(key, {}) for _, found in columns],
        )
        for key in ("used", "within_one", "above")
    ]
    return {
        "perplexity.png": (_bars(names, bars, "perplexity of the answers", 1), "Perplexity by level, 95 % intervals"),
        "shares.png": (_bars(names, shares, "per cent", 100), "Shares with the adapter by level, 95 % intervals"),
    }


def last(found: Mapping[str, Any]) -> str:
    """The model that an evaluation is about: with the adapter where there is one."""
    return "adapter" if "adapter" in found else "base"


def _values(found: Mapping[str, Any], name: str, key: str) -> list[float]:
    return [row[key] for row in found[name]["rows"] if row.get(key) is not None]


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot, which would keep a window's state in a server

    figure = Figure(figsize=(width, height), layout="constrained")
    axes: Any = figure.subplots()
    return figure, axes


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=300)
    return out.getvalue()


def _bars(
    groups: Sequence[str], series: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], label: str, by: float
) -> bytes:
    """A group of bars for each of `groups`, with a bar for each series. `by` is what values are multiplied with."""
    inches = max(4.5, 1.1 * len(groups) + 1.0)
    figure, axes = _figure(inches, 4.2)
    width = 0.8 / max(1, len(series))
    for i, (name, figures) in enumerate(series):
        colour, hatch = _LOOKS[i % len(_LOOKS)]
        for place, figure_of in enumerate(figures):
            value, low, high = (figure_of.get(key) for key in ("value", "low", "high"))
            if value is None:
                continue
            at = place - 0.4 + (i + 0.5) * width
            axes.bar(at, by * value, width * 0.92, color=colour, edgecolor="black", hatch=hatch, linewidth=0.8)
            if low is not None and high is not None:
                error = [[by * max(0.0, value - low)], [by * max(0.0, high - value)]]
                axes.errorbar(at, by * value, yerr=error, color="black", capsize=3, linewidth=1)
        axes.bar(0, 0, 0, color=colour, edgecolor="black", hatch=hatch, label=name_of(name))
    axes.set_xticks(range(len(groups)), ["\n".join(textwrap.wrap(group, 13)) for group in groups])
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.4)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=int(inches / 1.8), frameon=False)
    return _png(figure)


def _steps(values: Mapping[str, Sequence[float]], label: str, edges: Sequence[float], line: float | None) -> bytes:
    """The share of sentences in each bin, a stepped line for each system."""
    figure, axes = _figure(7.5, 4.2)
    for i, (name, some) in enumerate(values.items()):
        if some:
            weights = [100 / len(some)] * len(some)
            style, grey = _LINES[i % len(_LINES)], ("0.55", "0", "0.35", "0.15", "0.6", "0.3")[i % 6]
            axes.hist(
                list(some), bins=list(edges), weights=weights, histtype="step", linestyle=style, color=grey,
                linewidth=2 if name == "adapter" else 1.3, label=name_of(name),
            )  # fmt: skip
    if line is not None:
        axes.axvline(line, color="black", linewidth=0.8)
    axes.set_xlabel(label)
    axes.set_ylabel("per cent of the sentences")
    axes.set_xlim(edges[0], max([edges[0] + 1, *(min(max(some) + 1, edges[-1]) for some in values.values() if some)]))
    axes.grid(alpha=0.4)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels)
    return _png(figure)
