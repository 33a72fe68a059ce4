"""The report of one evaluation: what was run, the figures, the sentences, and what each figure means."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from ...exporter.language.judges import find_judge
from ...exporter.language.profile import mean_score
from .bootstrap import DRAWS
from .document import Block, Heading, Items, Picture, Table, Text, markdown, web_page
from .folder import DATA, publish
from .metric import Metric
from .metrics import METRICS, levels_apart, rated
from .plots import name_of, plots
from .result import ADAPTER, BASE, OWN, RETRIEVAL, Evaluation, Figure, Row

NO_PLOTS = "The plots were left out: matplotlib is not installed (pip install matplotlib)."
_WHAT = {
    BASE: "the model as it is",
    ADAPTER: "the same model with the adapter",
    RETRIEVAL: "no model: the bank's sentence for the word, where there is one",
    OWN: "the sentences that the evaluation file itself has for these words",
}
_SHOWN = 30  # words in the table of examples


def files(evaluation: Evaluation) -> dict[str, bytes]:
    """The files of the report's folder."""
    pictures = plots(evaluation)
    title, blocks = contents(evaluation, {name: text for name, (_, text) in pictures.items()})
    images = {name: data for name, (data, _) in pictures.items()}
    data = json.dumps(evaluation.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    return {
        "report.md": markdown(title, blocks).encode(),
        "report.html": web_page(title, blocks, images).encode(),
        DATA: f"{data}\n".encode(),
        **{f"plots/{name}": image for name, image in images.items()},
    }


def write_report(evaluation: Evaluation, out: Path, *, force: bool = False) -> None:
    """Publish the report as the folder `out`."""
    publish(out, files(evaluation), force=force)


def html_report(evaluation: Evaluation) -> str:
    """The report as one page that needs no other file."""
    return files(evaluation)["report.html"].decode()


def contents(evaluation: Evaluation, pictures: Mapping[str, str]) -> tuple[str, list[Block]]:
    """Title and blocks. `pictures` are the plots there are, by file name, with what they show."""
    about = evaluation.about
    name = (about and (about.adapter or about.model)) or "model"
    blocks: list[Block] = [Heading("What was run"), *_run(evaluation)]
    blocks += [Heading("Figures"), *_figures(evaluation)]
    blocks += [Heading("Plots")]
    blocks += [Picture(name, text) for name, text in pictures.items()] or [Text(NO_PLOTS)]
    blocks += [Heading("Side by side"), *_examples(evaluation)]
    blocks += [Heading("Flagged"), *_flagged(evaluation)]
    blocks += [Heading("What the figures mean"), _meaning(evaluation)]
    blocks += [Heading("Which judge did what"), _judges(evaluation)]
    return f"Evaluation: {name}, {evaluation.asked.level}", blocks


def _run(evaluation: Evaluation) -> list[Block]:
    asked, about, model = evaluation.asked, evaluation.about, evaluation.base.model
    how = f"sampled at temperature {asked.temperature:g}" if asked.temperature else "greedy"
    words = asked.words
    facts = {
        "model": about and about.model,
        "adapter": about and about.adapter,
        "level": asked.level,
        "words from": about and about.dataset,
        "asked": f"{len(words):,} words in {len(asked.lists):,} lists, one answer each, {how}",
        "records for the loss": f"{model.records:,}" if model is not None and model.records else None,
        "training file": about and about.training,
        "seed": str(asked.seed),
        "date": about and about.date,
        "versions": about and ", ".join(f"{name} {number}" for name, number in about.versions.items()),
    }
    blocks: list[Block] = [Table(["", ""], [[name, value] for name, value in facts.items() if value])]
    groups = asked.groups
    blocks.append(
        Text("The training file is not known, so words seen in training and copies are not told apart.")
        if groups is None
        else Text(
            f"Of the {len(words):,} words asked for, training never saw {groups['unseen']:,}; {groups['inside']:,} "
            f"occur in sentences for other words; {groups['asked']:,} were asked for in training."
        )
    )
    names = [system.name for system in evaluation.systems]
    blocks.append(
        Items([f"{name_of(name)}: {_WHAT.get(name, 'sentences that were written elsewhere')}" for name in names])
    )
    if len(words) > (different := len({word.casefold() for word in words})):
        blocks.append(
            Text(
                f"These are {different:,} different words, some of them asked for several times. The intervals tell "
                "how figures vary over lists of these words; other words may differ by more."
            )
        )
    return blocks + [Text(f"Note: {note}") for note in (about.notes if about is not None else ())]


def _figures(evaluation: Evaluation) -> list[Block]:
    systems, level = evaluation.systems, evaluation.asked.level
    names = [system.name for system in systems]
    after = names.index(ADAPTER) + 1 if evaluation.difference else 0  # where the difference is shown; 0 is nowhere
    head = ["", *map(name_of, names), "human reference"]
    if after:
        head.insert(1 + after, "adapter less base")
    rows, human = [], defaultdict(list)
    for key, metric in METRICS.items():
        cells = [cell(metric, system.figure(key)) for system in systems]
        if all(c == "-" for c in cells):
            continue
        if after:
            cells.insert(after, cell(metric, evaluation.difference.get(key), signed=True))
        rows.append([metric.label, *cells, metric.reference(level)])
        if metric.human is not None:
            human[metric.human.source(level)].append(metric.label)
    blocks: list[Block] = [
        Table(head, rows),
        Text(
            f"Under a figure is its 95 % interval: percentiles of {DRAWS:,} bootstrap samples in which whole lists "
            "(for the loss, whole records) are resampled, because the sentences of a list are written together. The "
            "difference is of the same lists. Figures of a whole sample, such as distinct-2, have none: a sentence "
            "drawn twice would change them. Where nothing failed, or nothing succeeded, no sample can differ, and "
            "the interval is that of Clopper and Pearson for independent sentences."
        ),
        Text("Human reference: " + "; ".join(f"{', '.join(of)}: {source}" for source, of in human.items()) + "."),
    ]
    loss, perplexity = (evaluation.reduction.get(key) for key in ("loss", "perplexity"))
    if loss is not None and perplexity is not None:
        blocks.append(
            Text(f"The adapter lowers the loss by {100 * loss:.1f} % and the perplexity by {100 * perplexity:.1f} %.")
        )
    openings = [f"{name_of(system.name)} “{system.opening}”" for system in systems if system.opening]
    return [*blocks, Text("Commonest openings: " + ", ".join(openings) + ".")]


def cell(metric: Metric, figure: Figure | None, signed: bool = False) -> str:
    """A figure with its interval on a second line."""
    if figure is None or figure.value is None:
        return "-"
    text = metric.write(figure.value)
    if signed:
        text = ("+" if figure.value > 0 else "") + text.replace(" %", " points")
    if figure.low is not None and figure.high is not None:
        text += "\n" + metric.write_interval(figure.low, figure.high)
    return text


def _examples(evaluation: Evaluation) -> list[Block]:
    systems = evaluation.systems
    first: dict[str, list[str]] = {}
    for rows in zip(*(system.rows for system in systems), strict=True):
        first.setdefault(rows[0].word, [row.sentence or "(no sentence)" for row in rows])
    total = len(first)
    shown = f"All {total:,} words" if total <= _SHOWN else f"The first {_SHOWN} of {total:,} words"
    table = Table(
        ["word", *(name_of(system.name) for system in systems)],
        [[word, *sentences] for word, sentences in first.items()][:_SHOWN],
    )
    return [Text(f"{shown}, the first sentence of each."), table]


def flags(row: Row, level: str) -> list[str]:
    """What is wrong with a sentence, in a few words each; empty when nothing is."""
    if row.sentence is None:
        return ["no sentence"]
    reasons = [] if row.used else ["the word is not in it"]
    if not row.level:
        reasons.append("no English word")
    elif levels_apart(row.level, level) > 1:
        reasons.append(f"level {row.level}")
    if row.near_duplicate:
        reasons.append("much like an earlier one")
    if row.copied:
        reasons.append("copied from training")
    return reasons


def _flagged(evaluation: Evaluation) -> list[Block]:
    subject, level = evaluation.subject, evaluation.asked.level
    flagged = [(row, reasons) for row in subject.rows if (reasons := flags(row, level))]
    name, total = name_of(subject.name), len(subject.rows)
    if not flagged:
        return [Text(f"None of the {total:,} words of “{name}”.")]
    return [
        Text(
            f"{len(flagged):,} of {total:,} words of “{name}” have no sentence, or one without the word, more than a "
            "level away, much like an earlier one, or copied from training. All of them:"
        ),
        Table(
            ["word", "sentence", "why"],
            [[row.word, row.sentence or "-", "; ".join(reasons)] for row, reasons in flagged],
        ),
    ]


def _meaning(evaluation: Evaluation) -> Block:
    known = {key for system in evaluation.systems for key in system.figures}
    rows = [[m.label, m.definition, m.better] for key, m in METRICS.items() if key in known]
    return Table(["figure", "definition", "better"], rows)


def _judges(evaluation: Evaluation) -> Block:
    judge, level = find_judge(evaluation.asked.judge), evaluation.asked.level
    spearman, n = rated()["spearman"], rated()["sentences"]
    items = [
        "Nothing was chosen by a judge here: base and adapter wrote one answer to each list, and every sentence in it "
        "was counted.",
        f"The judge {judge.name} (docs/judge.md in cefr-sentences) reports ControlError (target "
        f"{mean_score(level, judge):.2f} for "
        f"{level}), “at the level” and “within one level”. The word lists report the tokens above the "
        "level, and the judge reads them too.",
        f"The readability index is the second measure: its formula knows neither. Its rank correlation with human "
        f"ratings is {spearman['train']:.2f} on {n['train']:,} sentences and {spearman['dev']:.2f} on {n['dev']:,} "
        f"others, and with the judge {spearman['judge']:.2f} on the latter. It is weaker than the judge, and made "
        "independently.",
        "The base model reports the perplexity of sentences, with the adapter off for all of them.",
    ]
    elsewhere = [system.name for system in evaluation.systems if system.name not in _WHAT]
    if elsewhere:
        items.append(
            f"{', '.join(elsewhere)}: written elsewhere. Where the judge chose among candidates, as cefr-sentences "
            "write lets it, its own figures flatter them: read the readability index and the perplexity."
        )
    return Items(items)
