"""The report of one evaluation: what was run, the figures, the sentences, and what each figure means."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from ...exporter.common.errors import Problem
from ...exporter.language.judges import find_judge
from ...exporter.language.profile import mean_score
from .bootstrap import DRAWS
from .document import BulletList, Heading, Paragraph, Picture, ReportBlock, Table, pages
from .folder import DATA, publish
from .metric import HIGHER, LOWER, Metric
from .metrics import METRICS, levels_apart, rated
from .plots import name_of, plots
from .result import ADAPTER, BASE, OWN, RETRIEVAL, Evaluation, Figure, Row
from .voice import ENGLISH, Voice

NO_PLOTS = "The plots were left out: matplotlib is not installed (pip install matplotlib)."
_WHAT = {
    BASE: Problem("the model as it is"),
    ADAPTER: Problem("the same model with the adapter"),
    RETRIEVAL: Problem("no model: the bank's sentence for the word, where there is one"),
    OWN: Problem("the sentences that the evaluation file itself has for these words"),
}
_BETTER = {HIGHER: Problem("higher"), LOWER: Problem("lower"), "": Problem("")}
_SHOWN = 30  # words in the table of examples


def files(evaluation: Evaluation, say: Voice = ENGLISH) -> dict[str, bytes]:
    """The files of the report's folder. The data are the same in every language."""
    pictures = plots(evaluation, say)
    title, blocks = contents(evaluation, {name: text for name, (_, text) in pictures.items()}, say)
    data = json.dumps(evaluation.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    return {**pages(title, blocks, pictures, say.code), DATA: f"{data}\n".encode()}


def write_report(evaluation: Evaluation, out: Path, say: Voice = ENGLISH, *, force: bool = False) -> None:
    """Publish the report as the folder `out`."""
    publish(out, files(evaluation, say), force=force)


def html_report(evaluation: Evaluation, say: Voice = ENGLISH) -> str:
    """The report as one page that needs no other file."""
    return files(evaluation, say)["report.html"].decode()


def contents(
    evaluation: Evaluation, pictures: Mapping[str, str], say: Voice = ENGLISH
) -> tuple[str, list[ReportBlock]]:
    """Title and blocks. `pictures` are the plots that exist, by file name, with what they show."""
    about = evaluation.about
    name = (about and (about.adapter or about.model)) or say("model")
    blocks: list[ReportBlock] = [Heading(say("What was run")), *_run(evaluation, say)]
    blocks += [Heading(say("Figures")), *_figures(evaluation, say)]
    blocks += [Heading(say("Plots"))]
    blocks += [Picture(name, text) for name, text in pictures.items()] or [Paragraph(say(NO_PLOTS))]
    blocks += [Heading(say("Side by side")), *_examples(evaluation, say)]
    blocks += [Heading(say("To look at")), *_to_look_at(evaluation, say)]
    blocks += [Heading(say("What the figures mean")), _meaning(evaluation, say)]
    blocks += [Heading(say("Which judge did what")), _judges(evaluation, say)]
    return say("Evaluation: {name}, {level}", name=name, level=evaluation.asked.level), blocks


def _run(evaluation: Evaluation, say: Voice) -> list[ReportBlock]:
    asked, about, model = evaluation.asked, evaluation.about, evaluation.base.model
    words = asked.words
    asking = {"words": len(words), "lists": len(asked.lists), "how": _how(asked.temperature, say)}
    facts = {
        say("model"): about and about.model,
        say("adapter"): about and about.adapter,
        say("level"): asked.level,
        say("words from"): about and about.dataset,
        say("asked"): say("{words} words in {lists} lists, one answer each, {how}", **asking),
        say("records for the loss"): say.number(f"{model.records:,}") if model is not None and model.records else None,
        say("training file"): about and about.training,
        say("seed"): str(asked.seed),
        say("date"): about and about.date,
        say("versions"): about and ", ".join(f"{name} {number}" for name, number in about.versions.items()),
    }
    blocks: list[ReportBlock] = [Table(["", ""], [[name, value] for name, value in facts.items() if value])]
    groups = asked.groups
    if groups is None:
        said = say("The training file is not known, so words seen in training and copies are not told apart.")
    else:
        said = say(
            "Of the {words} words asked for, training never saw {unseen}; {inside} occur in sentences for other "
            "words; {asked} were asked for in training.", words=len(words), **groups,
        )  # fmt: skip
    written = Problem("sentences that were written elsewhere")
    names = [system.name for system in evaluation.systems]
    described = [f"{name_of(name, say)}: {say(_WHAT.get(name, written))}" for name in names]
    blocks += [Paragraph(said), BulletList(described)]
    if len(words) > (different := len({word.casefold() for word in words})):
        said = say(
            "These are {words} different words, some of them asked for several times. The intervals tell how figures "
            "vary over lists of these words; other words may differ by more.", words=different,
        )  # fmt: skip
        blocks.append(Paragraph(said))
    return blocks + [Paragraph(say("Note: {note}", note=note)) for note in (about.notes if about is not None else ())]


def _how(temperature: float, say: Voice) -> str:
    if not temperature:
        return say("greedy")
    return say("sampled at temperature {temperature}", temperature=say.number(f"{temperature:g}"))


def _figures(evaluation: Evaluation, say: Voice) -> list[ReportBlock]:
    systems, level = evaluation.systems, evaluation.asked.level
    names = [system.name for system in systems]
    after = names.index(ADAPTER) + 1 if evaluation.difference else 0  # where the difference is shown; 0 is nowhere
    head = ["", *(name_of(name, say) for name in names), say("human reference")]
    if after:
        head.insert(1 + after, say("adapter less base"))
    rows, human = [], defaultdict(list)
    for key, metric in METRICS.items():
        cells = [cell(metric, system.figure(key), say) for system in systems]
        if all(c == "-" for c in cells):
            continue
        if after:
            cells.insert(after, cell(metric, evaluation.difference.get(key), say, signed=True))
        rows.append([say(metric.label), *cells, say.number(metric.reference(level))])
        if metric.human is not None:
            human[say(metric.human.source(level))].append(say(metric.label))
    references = "; ".join(f"{', '.join(of)}: {source}" for source, of in human.items())
    blocks: list[ReportBlock] = [Table(head, rows), Paragraph(say(_INTERVALS, draws=DRAWS))]
    blocks.append(Paragraph(say("Human reference: {references}.", references=references)))
    loss, perplexity = (evaluation.reduction.get(key) for key in ("loss", "perplexity"))
    if loss is not None and perplexity is not None:
        shares = {"loss": say.share(loss), "perplexity": say.share(perplexity)}
        said = say("The adapter lowers the loss by {loss} and the perplexity by {perplexity}.", **shares)
        blocks.append(Paragraph(said))
    openings = [f"{name_of(system.name, say)} “{system.opening}”" for system in systems if system.opening]
    return [*blocks, Paragraph(say("Commonest openings: {openings}.", openings=", ".join(openings)))]


_INTERVALS = (
    "Under a figure is its 95 % interval: percentiles of {draws} bootstrap samples in which whole lists (for the loss, "
    "whole records) are resampled, because the sentences of a list are written together. The difference is of the same "
    "lists. Figures of a whole sample, such as distinct-2, have none: a sentence drawn twice would change them. Where "
    "nothing failed, or nothing succeeded, no sample can differ, and the interval is that of Clopper and Pearson for "
    "independent sentences."
)


def cell(metric: Metric, figure: Figure | None, say: Voice = ENGLISH, *, signed: bool = False) -> str:
    """A figure with its interval on a second line."""
    if figure is None or figure.value is None:
        return "-"
    text = metric.write(figure.value)
    if signed:
        text = ("+" if figure.value > 0 else "") + text
    points = signed and text.endswith(" %")
    said = say("{n} points", n=say.number(text.removesuffix(" %"))) if points else say.number(text)
    if figure.low is not None and figure.high is not None:
        low, high = map(say.number, metric.write_ends(figure.low, figure.high))
        said += "\n" + say("{low} to {high}", low=low, high=high)
    return said


def _examples(evaluation: Evaluation, say: Voice) -> list[ReportBlock]:
    systems = evaluation.systems
    first: dict[str, list[str]] = {}
    for rows in zip(*(system.rows for system in systems), strict=True):
        first.setdefault(rows[0].word, [row.sentence or say("(no sentence)") for row in rows])
    total = len(first)
    shown = (
        say("All {words} words, the first sentence of each.", words=total)
        if total <= _SHOWN
        else say("The first {shown} of {words} words, the first sentence of each.", shown=_SHOWN, words=total)
    )
    table = Table(
        [say("word"), *(name_of(system.name, say) for system in systems)],
        [[word, *sentences] for word, sentences in first.items()][:_SHOWN],
    )
    return [Paragraph(shown), table]


def flags(row: Row, level: str, say: Voice = ENGLISH) -> list[str]:
    """What is wrong with a sentence, in a few words each; empty when nothing is."""
    if row.sentence is None:
        return [say("no sentence")]
    reasons = [] if row.used else [say("the word is not in it")]
    if not row.level:
        reasons.append(say("no English word"))
    elif levels_apart(row.level, level) > 1:
        reasons.append(say("level {level}", level=row.level))
    if row.near_duplicate:
        reasons.append(say("much like an earlier one"))
    if row.copied:
        reasons.append(say("copied from training"))
    return reasons


def _to_look_at(evaluation: Evaluation, say: Voice) -> list[ReportBlock]:
    subject, level = evaluation.subject, evaluation.asked.level
    odd = [(row, reasons) for row in subject.rows if (reasons := flags(row, level, say))]
    name, total = name_of(subject.name, say), len(subject.rows)
    if not odd:
        return [Paragraph(say("None of the {words} words of “{name}”.", words=total, name=name))]
    said = say(
        "{n} of {words} words of “{name}” have no sentence, or one without the word, more than a level away, "
        "much like an earlier one, or copied from training. All of them:",
        n=len(odd), words=total, name=name,
    )  # fmt: skip
    rows = [[row.word, row.sentence or "-", "; ".join(reasons)] for row, reasons in odd]
    return [Paragraph(said), Table([say("word"), say("sentence"), say("why")], rows)]


def _meaning(evaluation: Evaluation, say: Voice) -> ReportBlock:
    known = {key for system in evaluation.systems for key in system.figures}
    rows = [[say(m.label), say(m.definition), say(_BETTER[m.better])] for key, m in METRICS.items() if key in known]
    return Table([say("figure"), say("definition"), say("better")], rows)


def _judges(evaluation: Evaluation, say: Voice) -> ReportBlock:
    level, judge = evaluation.asked.level, find_judge(evaluation.asked.judge)
    spearman, n = rated().spearman, rated().sentences
    items = [
        say(
            "Nothing was chosen by a judge here: base and adapter wrote one answer to each list, and every sentence in "
            "it was counted."
        ),
        say(
            "The judge “{judge}” (docs/judge.md in cefr-sentences) reports ControlError (target {target} for "
            "{level}), “at the level” and “within one level”. The word lists report the tokens above the level, and "
            "the judge reads them too.",
            judge=judge.name, target=say.fixed(mean_score(level, judge), 2), level=level,
        ),
        say(
            "The readability index is the second measure: its formula knows neither. Its rank correlation with human "
            "ratings is {train} on {trained} sentences and {dev} on {others} others, and with the judge {judge} on "
            "the latter. It is weaker than the judge, and made independently.",
            trained=n["train"], others=n["dev"], **{key: say.fixed(value, 2) for key, value in spearman.items()},
        ),
        say("The base model reports the perplexity of sentences, with the adapter off for all of them."),
    ]  # fmt: skip
    elsewhere = [system.name for system in evaluation.systems if system.name not in _WHAT]
    if elsewhere:
        items.append(
            say(
                "{names}: written elsewhere. Where the judge chose among candidates, as cefr-sentences write lets it, "
                "its own figures flatter them: read the readability index and the perplexity.",
                names=", ".join(elsewhere),
            )
        )
    return BulletList(items)
