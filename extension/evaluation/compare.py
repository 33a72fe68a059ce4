"""The same model with the adapter off and on, beside what needs no model, on words it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from ...exporter.records.answers import parse_answer
from ..models.generate import generate
from ..models.host import Sampling
from .bootstrap import Parts, interval
from .likelihood import record_losses, sentence_losses
from .measure import Measured, finite, measure
from .measures import MEASURES
from .metrics import copy_finder
from .retrieval import Shelf, retrieve
from .task import Task

# In the order of the report: the model without and with the adapter; a sentence of the training file under another
# word; the evaluation file's own sentences; and whatever is put beside them.
MODELS = ("base", "adapter")
RETRIEVAL, OWN = "retrieval", "own"
VERSION = 1

# What is being done (one of MODELS, or "fluency"), how much is done, and of how much.
Progress = Callable[[str, int, int], object]


def evaluate(
    model: Any,
    tokenizer: Any,
    task: Task,
    progress: Progress = lambda what, done, total: None,
    beside: Mapping[str, Sequence[Sequence[str | None]]] | None = None,
    form: str = "instruct",
) -> dict[str, Any]:
    """Everything measured, as it stands in evaluation.json.

    `base` and, where `model` carries an adapter, `adapter`: loss and perplexity (None without records), counts,
    `answers` (the raw text), `rows` (each word with its sentence and what that is like) and `figures` (each measure
    with its 95 % interval). `retrieval`, `own` and those of `beside` (sentences for the words of `task`, list by list)
    have no loss and no answers. `systems` names them all in order; `difference` is adapter less base, `reduction` by
    which share loss and perplexity fell.
    """
    adapted = hasattr(model, "disable_adapter")
    found: dict[str, Any] = {}
    answers: dict[str, list[list[str | None]]] = {}
    loss_parts: dict[str, Parts] = {}
    formed: dict[str, Parts] = {}
    for name in MODELS if adapted else MODELS[:1]:
        with _state(model, name, adapted):
            written = _answer(model, tokenizer, task, form, partial(progress, name))
            losses = record_losses(model, tokenizer, task.records, form)
        parsed = [parse_answer(text, len(words), words) for text, words in zip(written, task.lists, strict=True)]
        answers[name] = [list(p.sentences) for p in parsed]
        formed[name] = Parts([float(p.well_formed) for p in parsed], [1.0] * len(parsed))
        loss_parts[name] = Parts([nats for nats, _ in losses], [float(n) for _, n in losses])
        found[name] = {
            "loss": finite(loss_parts[name].value),
            "perplexity": finite(math.exp(loss_parts[name].value)),
            "records": len(losses),
            "lists": len(parsed),
            "well_formed": sum(p.well_formed for p in parsed),
            "answers": written,
        }
    shelf = Shelf(task.training) if task.training is not None else None
    if shelf is not None:
        answers[RETRIEVAL] = retrieve(shelf, task.lists, task.seed)
    if task.own is not None:
        answers[OWN] = task.own
    answers |= {name: [list(some) for some in lists] for name, lists in (beside or {}).items()}
    sentences = list(dict.fromkeys(s for lists in answers.values() for some in lists for s in some if s is not None))
    with _state(model, "base", adapted):
        likely = sentence_losses(model, tokenizer, sentences, partial(progress, "fluency"))
    by_sentence = dict(zip(sentences, likely, strict=True))
    groups = {word: shelf.group(word) for word in set(task.words)} if shelf is not None else {}
    copied = copy_finder(shelf.sentences) if shelf is not None else None
    measured: dict[str, Measured] = {}
    for name, lists in answers.items():
        # What is fetched from the training file is copied by design.
        finder = None if name == RETRIEVAL else copied
        measured[name] = measure(task.lists, lists, task.level, groups, finder, by_sentence)
        if name in formed:
            measured[name].parts["well_formed"] = formed[name]
        if task.records and name in loss_parts:
            measured[name].parts["loss"] = loss_parts[name]
            measured[name].parts["perplexity"] = Parts(loss_parts[name].top, loss_parts[name].of, math.exp)
        rows = measured[name].rows
        found.setdefault(name, {})
        found[name] |= {
            "words": len(rows),
            "words_used": sum(row["used"] for row in rows),
            "opening": measured[name].opening,
            "figures": measured[name].figures(task.seed),
            "rows": rows,
        }
    found["systems"] = list(answers)
    if adapted:
        found["difference"] = _difference(measured["adapter"], measured["base"], task.seed)
        found["reduction"] = {key: _reduction(found, key) for key in ("loss", "perplexity")}
    counts = {name: sum(groups.get(word) == name for word in task.words) for name in ("unseen", "inside", "asked")}
    found["task"] = {
        "level": task.level,
        "lists": [list(words) for words in task.lists],
        "groups": counts if shelf is not None else None,
        "training_records": len(task.training) if task.training is not None else None,
        "training_words": len(shelf.words) if shelf is not None else None,
        "seed": task.seed,
        "temperature": task.temperature,
    }
    return found


def _state(model: Any, name: str, adapted: bool) -> AbstractContextManager[Any]:
    return model.disable_adapter() if adapted and name == "base" else nullcontext()


def _answer(model: Any, tokenizer: Any, task: Task, form: str, progress: Callable[[int, int], object]) -> list[str]:
    sizes = [len(words) for words in task.lists]
    sampling = Sampling(task.temperature, task.seed)
    # A few at a time, so that the progress is seen to move.
    return generate(model, tokenizer, task.prompts, sizes, batch=8, sampling=sampling, form=form, progress=progress)


def _difference(adapter: Measured, base: Measured, seed: int) -> dict[str, dict[str, Any]]:
    """Adapter less base of each measure, with the interval over the same lists drawn for both."""
    found = {}
    for key in MEASURES:
        if key in adapter.parts and key in base.parts:
            low, high = interval(adapter.parts[key], seed, base.parts[key]) or (None, None)
            value = finite(adapter.parts[key].value - base.parts[key].value)
            found[key] = {"value": value, "low": low, "high": high}
    return found


def _reduction(found: dict[str, Any], key: str) -> float | None:
    base, adapter = found["base"][key], found["adapter"][key]
    return None if base is None or adapter is None else 1 - adapter / base


def table(found: dict[str, Any]) -> str:
    """The comparison for people, in plain text."""
    names = found["systems"]
    width = max(16, *(len(name) + 2 for name in names))
    lines = [f"{'':<44}" + "".join(f"{name:>{width}}" for name in names)]
    for key, kind in MEASURES.items():
        cells = [kind.write(found[name]["figures"].get(key, {}).get("value")) for name in names]
        if any(cell != "-" for cell in cells):
            lines.append(f"{kind.label:<44}" + "".join(f"{cell:>{width}}" for cell in cells))
    counts = ", ".join(f"{name} {found[name]['words_used']} of {found[name]['words']}" for name in names)
    task, first = found["task"], found["base"]
    how = f"sampled at temperature {task['temperature']:g}" if task["temperature"] else "greedy decoding"
    lines.append(f"Words used: {counts}.")
    if first["records"]:
        lines.append(f"Loss over {first['records']} records; the rest over {first['lists']} prompts, {how}.")
    else:
        lines.append(f"Over {first['lists']} prompts, {how}; no loss, because a word list has no answers.")
    return "\n".join(lines)
