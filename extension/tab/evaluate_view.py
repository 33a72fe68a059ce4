"""What the Evaluate pane shows: a verdict, four lines, sentences side by side, and all figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from ..evaluation.metric import Metric
from ..evaluation.metrics import METRICS
from ..evaluation.result import Evaluation, Figure, Row
from .languages import has, number, say, text
from .markup import Markup, element, join, note, table

# System -> the text that names its column.
_COLUMNS = {"base": "base", "adapter": "with", "retrieval": "retrieval", "own": "own"}
# The metrics of the four lines.
_LINES = ("used", "exact", "copied", "opening")
# Verdict -> what its box looks like.
_KINDS = {"better": "good", "worse": "error", "same": "", "few": ""}
_SHOWN = 12  # words with their sentences; the report has all


def shown(evaluation: Evaluation, language: str) -> Markup:
    """The whole result, the plainest first."""
    return join(
        note(verdict(evaluation, language), _KINDS[_change(evaluation)]),
        _lines(evaluation, language),
        element("h4", text("evaluate.answers", language)),
        _sentences(evaluation, language),
        element("details", element("summary", text("evaluate.figures", language)), _figures(evaluation, language)),
    )


def verdict(evaluation: Evaluation, language: str) -> str:
    """What the adapter changes, in a sentence: by the words used, and only where the interval is on one side of 0."""
    key = _change(evaluation)
    base, subject = evaluation.base, evaluation.subject
    values = {"words": len(subject.rows), "used": subject.words_used, "before": base.words_used}
    level = number(METRICS["exact"].write(subject.figure("exact").value), language)
    return text(f"evaluate.verdict_{key}", language, at=level, level=evaluation.asked.level, **values)


def _change(evaluation: Evaluation) -> str:
    """Whether more or fewer words are used with the adapter for certain. One list has no interval: it is too few."""
    difference = evaluation.difference.get("used", Figure())
    if difference.low is None or difference.high is None:
        return "few"
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "same"


def _lines(evaluation: Evaluation, language: str) -> Markup:
    """The four figures that say most, each in a sentence."""
    base, subject = evaluation.base, evaluation.subject
    items = []
    for key in _LINES:
        metric, now, before = METRICS[key], subject.figure(key), base.figure(key)
        if now.value is not None:
            written = {"now": metric.write(now.value), "before": metric.write(before.value)}
            values = {name: number(one, language) for name, one in written.items()}
            said = text(f"evaluate.line_{key}", language, word=subject.opening, **values)
            items.append(element("li", said))
    return element("ul", *items)


def _sentences(evaluation: Evaluation, language: str) -> Markup:
    """Each word with its sentence before and after."""
    heads = [text(key, language) for key in ("data.word", "evaluate.base", "evaluate.with")]
    adapter = evaluation.adapter
    rows: Sequence[tuple[Row, Row | None]] = list(zip_longest(evaluation.base.rows, adapter.rows if adapter else ()))
    body = [[one.word, one.sentence or "-", (two and two.sentence) or "-"] for one, two in rows[:_SHOWN]]
    more = len(rows) - len(body)
    rest = element("p", text("evaluate.more", language, n=more)) if more else Markup()
    return join(table(heads, body, kind="prose"), rest)


def _figures(evaluation: Evaluation, language: str) -> Markup:
    """The metrics of every system, with what each means."""
    systems = [system for name in _COLUMNS if (system := evaluation.system(name)) is not None]
    named = ("measure", *(_COLUMNS[system.name] for system in systems), "human", "meaning")
    rows = []
    for metric in METRICS.values():
        figures = [system.figure(metric.key) for system in systems]
        if any(figure.value is not None for figure in figures):
            cells = [_figure(metric, figure, language) for figure in figures]
            reference = number(metric.reference(evaluation.asked.level), language)
            rows.append([say(metric.label, language), *cells, reference, _meaning(metric, language)])
    answers = evaluation.base.model
    assert answers is not None
    remark = text("evaluate.note", language, records=answers.records, lists=answers.lists)
    heads = [text(f"evaluate.{name}", language) for name in named]
    return join(table(heads, rows, kind="figures"), element("p", remark))


def _meaning(metric: Metric, language: str) -> str:
    key = f"measure.{metric.key}"
    return text(key, language) if has(key) else say(metric.definition, language)


def _figure(metric: Metric, figure: Figure, language: str) -> str:
    value = number(metric.write(figure.value), language)
    if figure.low is None or figure.high is None:
        return value
    low, high = (number(end, language) for end in metric.write_ends(figure.low, figure.high))
    return f"{value} ({low} – {high})"
