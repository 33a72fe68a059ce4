"""What the Train pane says of an estimate and of a run, and how it draws the run's log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..training.artifacts import Outcome
from ..training.estimate import Estimate
from ..training.log import RunLog
from .charts import Curve, line_chart
from .languages import number, text
from .markup import Markup, clock, element, gigabytes, join
from .setting_labels import say_in
from .style import BLUE, ORANGE


def ready(estimate: Estimate, tokenizer: Any, language: str) -> str:
    """An estimate in words."""
    values = {
        "records": estimate.records,
        "steps": estimate.steps,
        "time": clock(estimate.seconds),
        "memory": number(gigabytes(estimate.peak), language),
        "trained": number(f"{estimate.trained / 1e6:.1f}", language),
        "parameters": f"{estimate.parameters / 1e6:,.0f}",
        "at_once": estimate.settings.at_once,
        "accumulation": estimate.settings.accumulation,
    }
    adds_bos = tokenizer("x")["input_ids"][0] == tokenizer.bos_token_id and tokenizer.bos_token_id is not None
    values["bos"] = tokenizer.bos_token if adds_bos else text("train.no_bos", language)
    values["eos"] = tokenizer.eos_token
    longer = _longer(estimate.longer, language)
    return "\n".join([text("train.ready", language, **values), *longer, text("train.marks", language, **values)])


def ended(outcome: Outcome, name: str, language: str) -> str:
    """How the run `name` has ended, in words."""
    if outcome.failure is not None:
        first = text("train.failed", language, name=name, reason=say_in("train", outcome.failure, language))
    elif outcome.stopped:
        first = text("train.stopped", language, name=name, step=outcome.steps, total=outcome.planned)
    else:
        first = text("train.done", language, name=name)
    skipped = [text("train.skipped", language, steps=outcome.skipped)] if outcome.skipped else []
    return "\n".join([first, *_longer(outcome.longer, language), *skipped])


def _longer(records: int, language: str) -> list[str]:
    """The line about records that do not fit, where there are any."""
    return [text("train.longer", language, longer=records)] if records else []


def drawn(log: RunLog, language: str, size: int | None = None) -> Markup:
    """The losses of a run as a chart, with its last figures; `size` is the memory in use, in bytes."""
    total = next((entry.total_steps for entry in log.losses if entry.total_steps), 1)
    training = [(e.current_steps, e.loss) for e in log.entries if e.loss is not None]
    evaluation = [(e.current_steps, e.eval_loss) for e in log.entries if e.eval_loss is not None]
    lines = [
        Curve(text("train.loss", language), BLUE, training),
        Curve(text("train.eval_loss", language), ORANGE, evaluation),
    ]
    chart = line_chart(lines, total, text("train.steps", language), partial(number, language=language))
    if not log.losses:
        return chart
    last = log.losses[-1]
    facts = [text("train.step", language, step=last.current_steps, total=total)]
    facts += [f"{line.label} {number(f'{line.points[-1][1]:.3f}', language)}" for line in lines if line.points]
    if last.learning_rate is not None:
        facts.append(f"{text('train.rate', language)} {number(f'{last.learning_rate:.2e}', language)}")
    if size is not None:
        facts.append(f"{text('train.memory', language)} {number(gigabytes(size), language)}")
    return join(element("p", _in_words(evaluation, total, language)), chart, element("div", " · ".join(facts)))


def _in_words(evaluation: Sequence[tuple[int, float]], total: int, language: str) -> str:
    """What the evaluation losses say of the run; the first one is from before the first step."""
    if len(evaluation) < 2:
        return ""
    step, loss = min(evaluation, key=lambda point: point[1])
    before, now = (number(f"{one:.2f}", language) for one in (evaluation[0][1], loss))
    last = "best_at_end" if step >= total else "better"
    key = last if step == evaluation[-1][0] else "best_before" if step else "no_better"
    return text(f"train.curve_{key}", language, step=step, before=before, now=now)


def memory() -> int:
    """Bytes that this process holds: on the GPU where there is one, else in memory."""
    import psutil
    import torch

    return torch.cuda.memory_allocated() if torch.cuda.is_available() else psutil.Process().memory_info().rss
