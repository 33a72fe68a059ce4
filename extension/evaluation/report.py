"""The report of one evaluation: what was run, the figures, the sentences, and what each figure means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...exporter.language.levels import LEVELS
from ...exporter.language.profile import mean_score
from .bootstrap import DRAWS
from .document import Block, Heading, Items, Picture, Table, Text, markdown, web_page
from .folder import DATA, publish
from .measures import MEASURES, SYSTEMS, Measure, name_of, rated, reference
from .plots import last, plots

NO_PLOTS = "The plots were left out: matplotlib is not installed (pip install matplotlib)."
_WHAT = {
    "base": "the model as it is",
    "adapter": "the same model with the adapter",
    "retrieval": "no model: a training sentence that contains the word and was listed under other words, where there "
    "is one",
    "own": "the sentences that the evaluation file itself has for these words",
}
_SHOWN = 30  # words in the table of examples


def files(found: dict[str, Any]) -> dict[str, bytes]:
    """The files of the report's folder."""
    pictures = plots(found)
    title, blocks = contents(found, {name: text for name, (_, text) in pictures.items()})
    images = {name: data for name, (data, _) in pictures.items()}
    return {
        "report.md": markdown(title, blocks).encode(),
        "report.html": web_page(title, blocks, images).encode(),
        DATA: (json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode(),
        **{f"plots/{name}": data for name, data in images.items()},
    }


def write_report(found: dict[str, Any], out: Path, *, force: bool = False) -> None:
    """Publish the report of `found` (what `evaluate` returned, with `about`) as the folder `out`."""
    publish(out, files(found), force=force)


def html_report(found: dict[str, Any]) -> str:
    """The report as one page that needs no other file."""
    return files(found)["report.html"].decode()


def contents(found: Mapping[str, Any], pictures: Mapping[str, str]) -> tuple[str, list[Block]]:
    """Title and blocks. `pictures` are the plots there are, by file name, with what they show."""
    task = found["task"]
    about = found.get("about", {})
    title = f"Evaluation: {about.get('adapter') or about.get('model') or 'model'}, {task['level']}"
    blocks: list[Block] = [Heading("What was run"), *_run(found)]
    blocks += [Heading("Figures"), *_figures(found)]
    blocks += [Heading("Plots")]
    blocks += [Picture(name, text) for name, text in pictures.items()] or [Text(NO_PLOTS)]
    blocks += [Heading("Side by side"), *_examples(found)]
    blocks += [Heading("Flagged"), *_flagged(found)]
    blocks += [Heading("What the figures mean"), *_meaning(found)]
    blocks += [Heading("Which judge did what"), *_judges(found)]
    return title, blocks


def _run(found: Mapping[str, Any]) -> list[Block]:
    task, about = found["task"], found.get("about", {})
    how = f"sampled at temperature {task['temperature']:g}" if task["temperature"] else "greedy"
    words = sum(map(len, task["lists"]))
    facts = {
        "model": about.get("model"),
        "adapter": about.get("adapter"),
        "level": task["level"],
        "words from": about.get("dataset"),
        "asked": f"{words:,} words in {len(task['lists']):,} lists, one answer each, {how}",
        "records for the loss": f"{found['base']['records']:,}" if found["base"]["records"] else None,
        "training file": about.get("training"),
        "seed": str(task["seed"]),
        "date": about.get("date"),
        "versions": ", ".join(f"{name} {number}" for name, number in about.get("versions", {}).items()),
    }
    rows = [[name, str(value)] for name, value in facts.items() if value]
    blocks: list[Block] = [Table(["", ""], rows)]
    groups = task["groups"]
    if groups is not None:
        blocks.append(
            Text(
                f"Of the {words:,} words asked for, training never saw {groups['unseen']:,}; {groups['inside']:,} "
                f"stand inside sentences for other words; {groups['asked']:,} were asked for in training."
            )
        )
    else:
        blocks.append(Text("The training file is not known, so words seen in training and copies are not told apart."))
    blocks.append(
        Items([f"{name_of(name)}: {_WHAT.get(name, 'sentences put beside them')}" for name in found["systems"]])
    )
    if words > (different := len({word.casefold() for some in task["lists"] for word in some})):
        blocks.append(
            Text(
                f"These are {different:,} different words, some of them asked for several times. The intervals tell "
                "how figures vary over lists of these words; other words may differ by more."
            )
        )
    blocks += [Text(f"Note: {note}") for note in about.get("notes", [])]
    return blocks


def _figures(found: Mapping[str, Any]) -> list[Block]:
    systems, level = found["systems"], found["task"]["level"]
    human = rated()["levels"][level]
    difference = found.get("difference", {})
    head = ["", *map(name_of, systems), "human reference"]
    if difference:
        head.insert(1 + systems.index("adapter") + 1, "adapter less base")
    rows = []
    for key, measure in MEASURES.items():
        cells = [cell(measure, found[name]["figures"].get(key, {})) for name in systems]
        if not any(c != "-" for c in cells):
            continue
        if difference:
            cells.insert(systems.index("adapter") + 1, cell(measure, difference.get(key, {}), signed=True))
        rows.append([measure.label, *cells, reference(key, level)])
    blocks: list[Block] = [
        Table(head, rows),
        Text(
            f"Under a figure stands its 95 % interval: percentiles of {DRAWS:,} bootstrap samples in which whole lists "
            "(for the loss, whole records) are drawn anew, because the sentences of a list are written together. The "
            "difference is of the same lists. Figures of a whole sample, such as distinct-2, have none: a sentence "
            "drawn twice would change them. Where nothing failed, or nothing succeeded, no draw can differ: of n "
            "sentences without a failure, as many as 3/n of all may still fail (the rule of three)."
        ),
        Text(
            "Human reference: words a sentence, tokens above the level, distinct-2 and the commonest opening of graded "
            f"learner corpora; the readability index of {human['sentences']:,} encyclopedic sentences that two people "
            f"gave the level (standard deviation {human['deviation']:.1f})."
        ),
    ]
    reduction = found.get("reduction", {})
    if reduction.get("perplexity") is not None:
        loss, perplexity = reduction["loss"], reduction["perplexity"]
        blocks.append(
            Text(f"The adapter lowers the loss by {100 * loss:.1f} % and the perplexity by {100 * perplexity:.1f} %.")
        )
    openings = [f"{name_of(n)} “{found[n]['opening']}”" for n in systems if found[n]["opening"]]
    blocks.append(Text("Commonest openings: " + ", ".join(openings) + "."))
    return blocks


def cell(measure: Measure, figure: Mapping[str, Any], signed: bool = False) -> str:
    """A figure with its interval on a second line."""
    value = figure.get("value")
    if value is None:
        return "-"
    text = measure.write(value)
    if signed:
        text = ("+" if value > 0 else "") + text.replace(" %", " points")
    if figure.get("low") is not None:
        text += "\n" + measure.write_interval(figure["low"], figure["high"])
    return text


def _examples(found: Mapping[str, Any]) -> list[Block]:
    systems = found["systems"]
    columns = [found[name]["rows"] for name in systems]
    first: dict[str, list[str]] = {}
    for some in zip(*columns, strict=True):
        first.setdefault(some[0]["word"], [row["sentence"] or "(no sentence)" for row in some])
    rows = [[word, *sentences] for word, sentences in first.items()][:_SHOWN]
    total = len(first)
    shown = f"All {total:,} words" if total <= _SHOWN else f"The first {_SHOWN} of {total:,} words"
    shown += ", the first sentence of each."
    return [Text(shown), Table(["word", *map(name_of, systems)], rows)]


def flags(row: Mapping[str, Any], level: str) -> list[str]:
    """What is wrong with a sentence, in a few words each; empty when nothing is."""
    if row["sentence"] is None:
        return ["no sentence"]
    reasons = [] if row["used"] else ["the word is not in it"]
    if not row["level"]:
        reasons.append("no English word")
    elif abs(LEVELS.index(row["level"]) - LEVELS.index(level)) > 1:
        reasons.append(f"level {row['level']}")
    if row.get("near_duplicate"):
        reasons.append("much like an earlier one")
    if row.get("copied"):
        reasons.append("copied from training")
    return reasons


def _flagged(found: Mapping[str, Any]) -> list[Block]:
    name, level = last(found), found["task"]["level"]
    rows = [(row, reasons) for row in found[name]["rows"] if (reasons := flags(row, level))]
    total = len(found[name]["rows"])
    said = Text(
        f"{len(rows):,} of {total:,} words of “{name_of(name)}” have no sentence, or one without the word, more than a "
        "level away, much like an earlier one, or copied from training. All of them:"
    )
    if not rows:
        return [Text(f"None of the {total:,} words of “{name_of(name)}”.")]
    cells = [[row["word"], row["sentence"] or "-", "; ".join(reasons)] for row, reasons in rows]
    return [said, Table(["word", "sentence", "why"], cells)]


def _meaning(found: Mapping[str, Any]) -> list[Block]:
    there: set[str] = set().union(*(found[name]["figures"] for name in found["systems"]))
    return [Table(["figure", "definition"], [[m.label, m.definition] for k, m in MEASURES.items() if k in there])]


def _judges(found: Mapping[str, Any]) -> list[Block]:
    level, spearman, n = found["task"]["level"], rated()["spearman"], rated()["sentences"]
    items = [
        "Nothing was chosen by a judge here: base and adapter wrote one answer to each list, and every sentence in it "
        "was counted.",
        f"The judge (docs/judge.md in cefr-sentences) reports ControlError (target {mean_score(level):.2f} for "
        f"{level}), “at the level” and “within one level”. The word lists report the tokens above the "
        "level, and the judge reads them too.",
        f"The readability index is the second measure: its formula knows neither. Its rank correlation with human "
        f"ratings is {spearman['train']:.2f} on {n['train']:,} sentences and {spearman['dev']:.2f} on {n['dev']:,} "
        f"others, and "
        f"with the judge {spearman['judge']:.2f} on the latter. It is weaker than the judge, and made independently.",
        "The base model reports the perplexity of sentences, with the adapter off for all of them.",
    ]
    beside: Sequence[str] = [name for name in found["systems"] if name not in SYSTEMS]
    if beside:
        items.append(
            f"{', '.join(beside)}: written elsewhere. Where the judge chose among candidates, as cefr-sentences write "
            "lets it, its own figures flatter them: read the readability index and the perplexity."
        )
    return [Items(items)]
