"""A run as pictures to print: black and grey on white, told apart by line style, 300 dots per inch."""

from __future__ import annotations

import io
import json
import math
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, ModelError
from ...exporter.common.files import atomic_path, target_error
from ...exporter.common.shell import PIP
from .log import NAME as LOG
from .log import LogEntry, read_log

FOLDER = "plots"
# What Training PRO's users look for, in the adapter folder itself: its entries, and its picture.
GRAPH, GRAPH_PICTURE = "training_graph.json", "training_graph.png"

Entries = Sequence[LogEntry]

# inches: as wide as the text on a page of A4
_SIZE = (6.3, 3.9)
# Where the axes are: left, bottom, width and height as shares of the picture.
_AXES = (0.16, 0.13, 0.81, 0.67)
DPI = 300
_LOSS = "loss (nats per token)"
# The smoothed line is the mean of a tenth of the steps, but never of more than these.
_WIDEST_MEAN = 51
_LONGEST_TITLE = 60


def read_entries(folder: Path) -> Entries:
    """The entries of the run in `folder`: its run.jsonl, also unfinished, or the graph data of Training PRO.

    Raises InputError: there is neither, or nothing in it to draw.
    """
    if not folder.is_dir():
        raise InputError("There is no adapter folder {folder}. Check the spelling.", folder=str(folder))
    log, graph = read_log(folder), folder / GRAPH
    if log is None and not graph.is_file():
        message = "{folder} has neither {log} nor {graph}, so nothing is known of its training. Give an adapter folder."
        raise InputError(message, folder=folder, log=LOG, graph=GRAPH)
    entries = _of_graph(graph) if log is None else log.entries
    if not any(_points(entries, key) for key in ("loss", "eval_loss")):
        message = "{file} holds no loss yet, so there is nothing to draw. Wait for the first step."
        raise InputError(message, file=graph if log is None else folder / LOG)
    return entries


def _of_graph(file: Path) -> list[LogEntry]:
    """What can be read of the graph data of Training PRO."""
    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        message = "{file} cannot be read: {error}. Draw from another copy of the folder."
        raise InputError(message, file=file, error=error) from None
    entries = []
    for line in data if isinstance(data, list) else ():
        with suppress(ValueError, TypeError):
            entries.append(LogEntry.from_json(line))
    return entries


def draw(folder: Path, name: str, entries: Entries) -> list[Path]:
    """Write what `entries` allow of `PLOTS` into `folder/plots`, and the graph into `folder`; returns their paths.

    `name` is the title. A picture that these entries do not allow is removed if an earlier run left it.

    Raises:
        ModelError: matplotlib is not installed.
        TargetError: the folder cannot be written.
    """
    _need_matplotlib()
    plots = folder / FOLDER
    try:
        plots.mkdir(parents=True, exist_ok=True)
        drawn = []
        for plot, drawer in PLOTS.items():
            path = plots / f"{plot}.png"
            if _draw(path, name, entries, drawer):
                drawn.append(path)
            else:
                path.unlink(missing_ok=True)
        if (both := plots / "combined_loss.png") in drawn:
            with atomic_path(folder / GRAPH_PICTURE) as part:
                shutil.copyfile(both, part)
            drawn.append(folder / GRAPH_PICTURE)
    except OSError as error:
        raise target_error(plots, error) from error
    return drawn


def _need_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        message = "Drawing needs matplotlib, and {package} is not installed: {pip} matplotlib"
        raise ModelError(message, package=error.name, pip=PIP) from None


def _draw(path: Path, name: str, entries: Entries, drawer: Callable[[Any, Entries], bool]) -> bool:
    """One picture, under a temporary name first. Whether there was anything to draw."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    axes: Any = figure.add_axes(_AXES)  # matplotlib's own layouts draw everything twice to find these
    if not drawer(axes, entries):
        return False
    title = name if len(name) <= _LONGEST_TITLE else f"{name[: _LONGEST_TITLE - 1]}…"
    axes.set_title(title, parse_math=False)  # a name may have dollar signs
    axes.set_xlabel("step of the optimizer")
    axes.grid(color="0.85", linewidth=0.5)
    axes.set_axisbelow(True)
    _epochs_on_top(axes, entries)
    if len(axes.get_lines()) > 1:
        axes.legend()
    with atomic_path(path) as part:
        part.write_bytes(png(figure))
    return True


def png(figure: Any) -> bytes:
    """The picture of a matplotlib figure.

    matplotlib keeps the fonts of every thread open, and each of our jobs has a thread of its own: they are closed. The
    ten megabytes of dots go at once, too: every text of a figure keeps them until Python collects its cycles.
    """
    from matplotlib import font_manager, text

    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI)
    with suppress(AttributeError):  # a private name, as matplotlib itself clears it in the child of a fork
        font_manager._get_font.cache_clear()  # pyright: ignore[reportAttributeAccessIssue]
    for one in figure.findobj(text.Text):
        one._renderer = None
    return out.getvalue()


def _epochs_on_top(axes: Any, entries: Entries) -> None:
    step, epoch = max(_points(entries, "epoch"), default=(0, 0))
    if not (step > 0 and epoch > 0):
        return
    share = epoch / step
    top = axes.secondary_xaxis("top", functions=(lambda steps: steps * share, lambda epochs: epochs / share))
    top.set_xlabel("epoch")


def _training(axes: Any, entries: Entries) -> bool:
    points = _points(entries, "loss")
    axes.set_ylabel(_LOSS)
    width = min(_WIDEST_MEAN, len(points) // 10 | 1)
    if width < 3:
        return _line(axes, points, "training", color="black", linewidth=1.2)
    _line(axes, points, "training, each step", color="0.65", linewidth=0.7)
    return _line(axes, _smooth(points, width), f"training, mean of {width} steps", color="black", linewidth=1.6)


def _evaluation(axes: Any, entries: Entries) -> bool:
    axes.set_ylabel(_LOSS)
    points = _points(entries, "eval_loss")
    return _line(axes, points, "evaluation", color="black", linestyle="--", marker="o", markersize=5, linewidth=1.2)


def _both(axes: Any, entries: Entries) -> bool:
    return any([_training(axes, entries), _evaluation(axes, entries)])


def _learning_rate(axes: Any, entries: Entries) -> bool:
    axes.set_ylabel("learning rate (per step)")
    axes.yaxis.set_major_formatter(lambda value, place: f"{value:.2e}" if value else "0")
    return _line(axes, _points(entries, "learning_rate"), "learning rate", color="black", linewidth=1.4)


def _gradient_norm(axes: Any, entries: Entries) -> bool:
    axes.set_ylabel("gradient norm (L2, before clipping)")
    return _line(axes, _points(entries, "grad_norm"), "gradient norm", color="black", linewidth=1.0)


PLOTS: dict[str, Callable[[Any, Entries], bool]] = {
    "training_loss": _training,
    "eval_loss": _evaluation,
    "combined_loss": _both,
    "learning_rate": _learning_rate,
    "gradient_norm": _gradient_norm,
}


def _line(axes: Any, points: list[tuple[float, float]], label: str, **style: Any) -> bool:
    if len(points) == 1:
        style.setdefault("marker", "s")  # a line of one point is not seen
    if points:
        axes.plot([x for x, _ in points], [y for _, y in points], label=label, **style)
    return bool(points)


def _points(entries: Entries, key: str) -> list[tuple[float, float]]:
    """(step, value) where both are finite numbers, in the order of the steps."""
    values = [(e.current_steps, getattr(e, key)) for e in entries]
    return sorted(point for point in values if all(map(_number, point)))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _smooth(points: list[tuple[float, float]], width: int) -> list[tuple[float, float]]:
    """The mean of `width` values (an odd number) around each point that has so many around it."""
    values = [y for _, y in points]
    means = [sum(values[i : i + width]) / width for i in range(len(values) - width + 1)]
    return [(points[i + width // 2][0], mean) for i, mean in enumerate(means)]
