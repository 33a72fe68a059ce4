"""The same model with the adapter off and on, and what needs no model, on words it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from ...exporter.bank.bank import Bank
from ...exporter.common.errors import ModelError
from ...exporter.common.progress import OnProgress
from ...exporter.language.judges import find_judge
from ...exporter.records.answers import parse_answer
from ..models.asking import Sampling
from ..models.generate import generate
from ..models.limits import device_limits
from ..models.loading import Loaded
from ..training.likelihood import record_losses, sentence_losses
from ..writing.guess import guessed
from ..writing.sheet import SheetRow
from .measure import Knowledge, Written, differences, figures, finite, measure, sample
from .metric import Sample
from .metrics import GUESSED, METRICS, commonest_opening, copy_finder
from .result import ADAPTER, BASE, MODELS, OWN, RETRIEVAL, Answers, Asked, Evaluation, Figure, System
from .retrieval import ASKED, INSIDE, UNSEEN, Shelf, retrieve
from .task import Task

# Lends a model, with its adapter on where it has one; it is given back when the block ends.
Lend = Callable[[], AbstractContextManager[Loaded]]


@dataclass(frozen=True)
class _Answered:
    """What a model answered, sentence by sentence, and its loss: nats and tokens of each record."""

    texts: list[str]
    sentences: list[list[str | None]]
    well_formed: list[bool]
    losses: list[tuple[float, int]]

    def answers(self) -> Answers:
        tokens = sum(n for _, n in self.losses)
        loss = sum(nats for nats, _ in self.losses) / tokens if tokens else math.nan
        return Answers(
            finite(loss),
            finite(math.exp(loss)),
            len(self.losses),
            len(self.texts),
            sum(self.well_formed),
            tuple(self.texts),
        )


_NO_MODEL = _Answered([], [], [], [])


def evaluate(
    model: Any,
    tokenizer: Any,
    task: Task,
    progress: OnProgress = lambda what, done, total: None,
    beside: Mapping[str, Written] | None = None,
    prompt_form: str = "instruct",
) -> Evaluation:
    """Everything measured of `model`: as it is and, where it carries an adapter, with it.

    The systems are those two; the bank, and the evaluation file's own sentences where `task` has them; and
    those of `beside`, sentences for the words of `task`, list by list. `prompt_form` is that of the model. `progress`
    is told one of MODELS, "loss", "fluency" or "figures"; an error raised in it ends the work.
    """
    loaded = Loaded("", model, tokenizer, prompt_form)
    return evaluate_lent(lambda: nullcontext(loaded), task, progress, beside)


@device_limits()
def evaluate_lent(
    lend: Lend,
    task: Task,
    progress: OnProgress = lambda what, done, total: None,
    beside: Mapping[str, Written] | None = None,
) -> Evaluation:
    """As `evaluate`, of a model that is borrowed for one part of the work after the other: in between, it is free."""
    judge = find_judge(task.judge)
    with lend() as loaded:
        names = MODELS if hasattr(loaded.model, "disable_adapter") else MODELS[:1]
        lend = _the_same(lend, loaded.name)
    models = {name: _ask(lend, task, name, progress) for name in names}
    shelf = Shelf(task.training) if task.training is not None else None
    written: dict[str, Written] = {name: answered.sentences for name, answered in models.items()}
    written[RETRIEVAL] = retrieve(Bank(), task.lists, task.level, task.seed)
    if task.own is not None:
        written[OWN] = task.own
    written |= beside or {}
    sentences = list(dict.fromkeys(s for lists in written.values() for some in lists for s in some if s is not None))
    with _lent(lend, BASE) as base:
        likely = sentence_losses(base.model, base.tokenizer, sentences, partial(progress, "fluency"))
    with _lent(lend, BASE) as base:
        guesses = _guesses(base.model, base.tokenizer, task, written, partial(progress, "fluency"))
    groups = {word: shelf.group(word) for word in set(task.words)} if shelf is not None else {}
    copied = copy_finder(shelf.sentences) if shelf is not None else None
    by_sentence = dict(zip(sentences, likely, strict=True))
    samples: dict[str, Sample] = {}
    for done, (name, lists) in enumerate(written.items()):
        progress("figures", done, len(written))
        # The bank may have been trained on; what is fetched is copied by design.
        known = Knowledge(groups, None if name == RETRIEVAL else copied, by_sentence, guesses)
        answered = models.get(name, _NO_MODEL)
        samples[name] = sample(task.lists, lists, task.level, known, answered.losses, answered.well_formed, judge)
    return _evaluation(task, models, samples, shelf)


def _guesses(
    model: Any, tokenizer: Any, task: Task, written: Mapping[str, Written], progress: Callable[[int, int], object]
) -> dict[tuple[str, str | None], float | None]:
    """By word and sentence, how probable the right word is, for some sentences of each system."""

    def score(sentences: Sequence[str]) -> list[float]:
        return [-nats for nats, _ in sentence_losses(model, tokenizer, sentences, progress)]

    rows: dict[tuple[str, str], SheetRow] = {}
    for lists in written.values():
        pairs = zip(task.words, chain.from_iterable(lists), strict=True)
        there = [(word, sentence) for word, sentence in pairs if sentence]
        rows |= {pair: SheetRow(*pair) for pair in there[:: -(-len(there) // GUESSED) or 1]}
    return {(row.word, row.sentence): row.guess for row in guessed([*rows.values()], task.level, score)}


def _the_same(lend: Lend, name: str) -> Lend:
    """`lend`, which refuses another model than `name`: somebody may have loaded one in between."""

    @contextmanager
    def same() -> Iterator[Loaded]:
        with lend() as loaded:
            if loaded.name != name:
                raise ModelError(
                    "Another model was loaded during the evaluation: {now} in place of {before}. Evaluate again.",
                    now=loaded.name,
                    before=name,
                )
            yield loaded

    return same


@contextmanager
def _lent(lend: Lend, name: str) -> Iterator[Loaded]:
    """The model as the system `name`: the base is the model without its adapter."""
    with lend() as loaded:
        off = name == BASE and hasattr(loaded.model, "disable_adapter")
        with loaded.model.disable_adapter() if off else nullcontext():
            yield loaded


def _ask(lend: Lend, task: Task, name: str, progress: OnProgress) -> _Answered:
    sampling = Sampling(task.temperature, task.seed)
    with _lent(lend, name) as loaded:
        replies = generate(
            loaded.model,
            loaded.tokenizer,
            task.prompts,
            sampling=sampling,
            prompt_form=loaded.prompt_form,
            progress=partial(progress, name),
        )
    texts = [reply.text for reply in replies]
    read = [parse_answer(text, len(words), words) for text, words in zip(texts, task.lists, strict=True)]
    with _lent(lend, name) as loaded:
        told = partial(progress, "loss")
        losses = record_losses(loaded.model, loaded.tokenizer, task.records, loaded.prompt_form, told)
    return _Answered(texts, [list(answer.sentences) for answer in read], [a.well_formed for a in read], losses)


def _evaluation(
    task: Task, models: Mapping[str, _Answered], samples: Mapping[str, Sample], shelf: Shelf | None
) -> Evaluation:
    measured = {name: measure(of) for name, of in samples.items()}
    systems = tuple(
        System(
            name,
            of.rows,
            figures(measured[name], task.seed),
            commonest_opening(of.sentences)[0],
            models[name].answers() if name in models else None,
        )
        for name, of in samples.items()
    )
    groups = [row.group for row in samples[BASE].rows]
    asked = Asked(
        task.level,
        task.lists,
        {name: groups.count(name) for name in (UNSEEN, INSIDE, ASKED)} if shelf is not None else None,
        len(task.training) if task.training is not None else None,
        len(shelf.words) if shelf is not None else None,
        task.seed,
        task.temperature,
        task.judge,
    )
    if ADAPTER not in samples:
        return Evaluation(systems, asked)
    by_name = {system.name: system for system in systems}
    return Evaluation(
        systems,
        asked,
        differences(measured[ADAPTER], measured[BASE], task.seed),
        {key: _reduction(by_name[BASE].figure(key), by_name[ADAPTER].figure(key)) for key in ("loss", "perplexity")},
    )


def _reduction(base: Figure, adapter: Figure) -> float | None:
    return None if base.value is None or adapter.value is None else 1 - adapter.value / base.value


def table(evaluation: Evaluation) -> str:
    """The comparison for people, in plain text."""
    systems = evaluation.systems
    width = max(16, *(len(system.name) + 2 for system in systems))
    lines = [f"{'':<44}" + "".join(f"{system.name:>{width}}" for system in systems)]
    for key, metric in METRICS.items():
        cells = [metric.write(system.figure(key).value) for system in systems]
        if any(cell != "-" for cell in cells):
            lines.append(f"{metric.label:<44}" + "".join(f"{cell:>{width}}" for cell in cells))
    counts = ", ".join(f"{system.name} {system.words_used} of {len(system.rows)}" for system in systems)
    asked, base = evaluation.asked, evaluation.base.model
    how = f"sampled at temperature {asked.temperature:g}" if asked.temperature else "greedy decoding"
    lines.append(f"Words used: {counts}.")
    if base is not None and base.records:
        lines.append(f"Loss over {base.records} records; the rest over {base.lists} prompts, {how}.")
    else:
        lines.append(f"Over {len(asked.lists)} prompts, {how}; no loss, because a word list has no answers.")
    return "\n".join(lines)
