"""One way of `bench.train`: ours. With a goal, it ends when the loss on held-out words has come down to it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .train_common import finish, job, wait


def main() -> None:
    from cefr_sentences.exporter.records.reading import read_records
    from cefr_sentences.extension.models.loading import load
    from cefr_sentences.extension.training import lora
    from cefr_sentences.extension.training import steps as engine
    from cefr_sentences.extension.training.log import LogEntry, LogLine
    from cefr_sentences.extension.training.plan import Plan
    from cefr_sentences.extension.training.settings import TrainSettings

    ask, folder = job()
    if not ask.get("liger", True):
        lora.fused_kernels = lambda model: nullcontext()
    settings = TrainSettings(**{**ask["ours"], "projections": tuple(ask["ours"]["projections"])})
    records = read_records(Path(ask["dataset"]))
    held_out = read_records(Path(ask["eval"])) if ask["goal"] is not None else []
    loaded = load(ask["model"])
    spent = spent_cpu = 0.0  # on evaluations, which are not training
    plain_loss = engine.response_loss

    def timed_loss(*args: Any, **kwargs: Any) -> float:
        nonlocal spent, spent_cpu
        began, began_cpu = time.perf_counter(), time.process_time()
        found = plain_loss(*args, **kwargs)
        spent += time.perf_counter() - began
        spent_cpu += time.process_time() - began_cpu
        return found

    engine.response_loss = timed_loss
    engine.save_state = lambda *state: None  # the others save none either
    curve: list[tuple[float, float]] = []

    marks: list[float] = []

    def report(line: LogLine) -> None:
        if isinstance(line, LogEntry) and line.loss is not None:
            marks.append(time.perf_counter())
        if isinstance(line, LogEntry) and line.eval_loss is not None:
            curve.append((time.perf_counter() - started - spent, line.eval_loss))

    def reached() -> bool:
        return ask["goal"] is not None and bool(curve) and curve[-1][1] <= ask["goal"]

    out = folder / "adapter"
    out.mkdir()
    started, cpu = time.perf_counter(), time.process_time()
    plan = Plan(settings, Path(ask["dataset"]), None, ask["model"])
    outcome = engine.train(loaded, plan, records, held_out, out, report=report, stop=reached)
    wait()
    seconds, cpu = time.perf_counter() - started - spent, time.process_time() - cpu - spent_cpu
    finish(
        folder,
        seconds=seconds,
        cpu_seconds=cpu,
        steps=outcome.steps,
        records=outcome.records,
        curve=curve,
        not_finite=outcome.skipped,
        at_once=settings.at_once,
        # The first steps warm up; the rest of the run is encoding, the adapter folder and its plots.
        seconds_a_step=(marks[-1] - marks[2]) / (len(marks) - 3) if len(marks) > 4 else None,
        seconds_before=marks[0] - started,
        seconds_after=started + seconds + spent - marks[-1],
    )


if __name__ == "__main__":
    main()
