"""The Train pane without a model: what it says of runs, and which runs it begins, resumes and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, Problem
from cefr_sentences.extension.models.host import ModelState
from cefr_sentences.extension.training.artifacts import Outcome
from cefr_sentences.extension.training.checkpoint import RESUME
from cefr_sentences.extension.training.estimate import Estimate
from cefr_sentences.extension.training.log import LogEntry, RunLog
from cefr_sentences.extension.training.plan import Plan
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.training.source import RecipeSource

from ..tiny import log_lines
from .conftest import Built, Request

pytest.importorskip("gradio", reason="gradio is not installed")

from cefr_sentences.extension.tab import train
from cefr_sentences.extension.tab.languages import number
from cefr_sentences.extension.tab.train_view import drawn, ended, ready

Build = Callable[..., Built]
LOADED = ModelState("base", "trainable", "Transformers")
DONE = "Trained: the adapter x is ready. See in Evaluate how good it is."


def outcome(**changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "settings": TrainSettings("A1"),
        "base": "base",
        "base_class": "Llama",
        "dataset": "a.txt",
        "records": 100,
        "longer": 0,
        "longest": 200,
        "steps": 10,
        "planned": 10,
        "early": False,
        "kept": 10,
        "train_loss": 1.0,
        "seconds": 1.0,
        "log": [LogEntry(0, eval_loss=3.0), LogEntry(10, eval_loss=2.0)],
        "recipe": RecipeSource(),
    }
    return Outcome(**values | changes)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, [DONE]),
        ({"log": []}, [DONE]),
        (
            {"steps": 4},
            ["Stopped at step 4 of 10. The adapter x holds what was learned so far; Resume continues the run."],
        ),
        (
            {"steps": 4, "failure": Problem("It broke.")},
            ["It broke. What was learned until then is kept as the adapter x."],
        ),
        (
            {"log": [LogEntry(1, skipped=True)], "longer": 1200},
            [
                DONE,
                "Records that are longer than the cutoff and are left out: 1,200.",
                "Steps that were skipped, because their gradients were not finite: 1.",
            ],
        ),
    ],
)
def test_how_a_run_has_ended(changes: dict[str, Any], lines: list[str]) -> None:
    assert ended(outcome(**changes), "x", "en").splitlines() == lines


class Tokenizer:
    bos_token, eos_token = "<s>", "</s>"

    def __init__(self, bos: int | None, first: int) -> None:
        self.bos_token_id, self.first = bos, first

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [self.first]}


@pytest.mark.parametrize(
    ("bos", "first", "said"), [(1, 1, "(BOS): <s>."), (1, 5, "(BOS): none."), (None, 5, "(BOS): none.")]
)
def test_an_estimate_in_words(bos: int | None, first: int, said: str) -> None:
    settings = TrainSettings("A1", batch=16, micro_batch=4)
    made = Estimate(settings, 1200, 3, 225, 75.4, 2_540_000_000, 2_300_000, 135_000_000)
    lines = ready(made, Tokenizer(bos, first), "en").splitlines()
    assert lines[0].startswith("Ready. 1,200 records make 225 steps. On this machine they take about 1:15 min,")
    assert "at most about 2.5 GB of memory" in lines[0]
    assert lines[1] == "Records that are longer than the cutoff and are left out: 3."
    assert lines[2].startswith("2.3 of 135 million parameters are trained, with 4 x 4 records per step.")
    assert said in lines[2]


def test_a_log_is_drawn_with_its_last_figures() -> None:
    log = RunLog()
    log.entries += [LogEntry(step, 4, loss=loss, learning_rate=5e-4) for step, loss in ((1, 3.0), (2, 2.5))]
    assert "Step 2 of 4 · training loss 2.500 · learning rate 5.00e-04</div>" in drawn(log, "en")
    log.entries.append(LogEntry(2, eval_loss=2.75))
    shown = drawn(log, "en", 1_500_000_000)
    assert "evaluation loss, held-out words 2.750 · learning rate 5.00e-04 · memory 1.5 GB</div>" in shown
    assert shown.count("<polyline") == 2
    assert drawn(RunLog(), "en") == ""


def unfinished(loras: Path, name: str, *, model: str = "base") -> Path:
    """A run with a checkpoint, as a kill leaves it."""
    out = loras / name
    (out / RESUME / "checkpoint-2").mkdir(parents=True)
    plan = Plan(TrainSettings("A1"), loras / "a.txt", None, model)
    (loras / "a.txt").write_text("### Instruction:\nA\n\n### Response:\nB", encoding="utf-8")
    plan.save(out, [])
    return out


def pane(built: Built) -> Any:
    return built.events["train", "stop"].handler.__self__  # pyright: ignore[reportFunctionMemberAccess]


def test_a_run_is_resumed_with_its_own_model(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [LOADED]
    monkeypatch.setattr(train, "unfinished_runs", lambda loras: ["run"])
    built = build(tmp_path, state=lambda: states[-1])
    unfinished(tmp_path / "loras", "run")
    begun: list[Any] = []
    monkeypatch.setattr(
        pane(built), "_run", lambda language, plan, out, **how: begun.append((plan.model, out.name, how)) or iter(())
    )
    for state, said in (
        (ModelState("other", "trainable", "Transformers"), "started with base. Load that model"),
        (ModelState("", "none"), "No model is loaded"),
        (ModelState("base", "trainable", "Transformers", ("x",)), "LoRA x is applied"),
    ):
        states.append(state)
        with pytest.raises(InputError, match=said):
            built.call("train", "resume", name="run")
    with pytest.raises(InputError, match="No unfinished run is chosen"):
        built.call("train", "resume", name="another")
    assert begun == []
    states.append(LOADED)
    built.call("train", "resume", name="run")
    assert begun == [("base", "run", {"resume": True, "replace": False})]


def test_only_a_training_is_stopped(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    event = built.events["train", "stop"]
    button = event.handler.__self__.stop_button  # pyright: ignore[reportFunctionMemberAccess]
    hidden = {button: {"__type__": "update", "visible": False}}
    assert built.call("train", "stop") == hidden
    for kind, stopped in (("write", False), ("train", True), ("estimate", True)):
        release = threading.Event()
        job = built.ui.host.desk.start(kind, lambda job, release=release: release.wait(30))
        said = built.call("train", "stop")
        assert (job.stopping.is_set(), said == hidden) == (stopped, not stopped)
        assert ("Stopping after this step" in said.get(event.message, "")) == stopped
        release.set()
        job.wait(30)


def test_a_run_that_was_killed_is_shown(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "unfinished_runs", lambda loras: ["stopped", "killed"])
    built = build(tmp_path)
    for name in ("stopped", "killed"):
        out = tmp_path / "loras" / name
        out.mkdir(parents=True)
        log_lines(out, {"event": "start"})
        log_lines(out, {"current_steps": 3, "total_steps": 9, "loss": 1.0, "learning_rate": 1e-4})
    log_lines(tmp_path / "loras" / "stopped", {"event": "end", "state": "stopped"})
    status = built.events["train", "stop"].message
    (said,) = built.call("train", "opened")
    assert "The run killed was killed at step 3" in said[status]
    built.ui.host.desk.start("train", lambda job: None).wait(30)
    for said in built.call("train", "opened"):  # what this process has trained is shown instead
        assert "killed" not in said.get(status, "")


def test_an_estimate_leaves_the_picture_of_the_run(tmp_path: Path, build: Build) -> None:
    one = pane(build(tmp_path))
    out = tmp_path / "run"
    out.mkdir()
    log_lines(out, {"current_steps": 3, "total_steps": 9, "loss": 1.0, "learning_rate": 1e-4})
    for kind, shown in (("estimate", False), ("train", True)):
        job = one.host.desk.start(kind, lambda job: setattr(job, "shown", out))
        job.wait(30)
        assert bool(one.show(job, "en")) == shown


def test_an_estimate_puts_the_minutes_beside_quick_and_thorough(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(tmp_path, lend=lambda: nullcontext(SimpleNamespace(tokenizer=Tokenizer(None, 5))))
    one = pane(built)
    plan = SimpleNamespace(settings=TrainSettings("A1"), records=lambda: ([], None))
    monkeypatch.setattr(one, "_plan", lambda language, given: (plan, tmp_path))

    def estimate(loaded: Any, records: Any, settings: TrainSettings) -> Estimate:
        seconds = 20.0 if settings is plan.settings else 3000.0
        return Estimate(settings, 1200, 0, 225, seconds, 2_540_000_000, 2_300_000, 135_000_000)

    monkeypatch.setattr(train, "estimate", estimate)
    last = built.call("train", "estimate", kind="fast")[-1]
    assert "1,200 records make 225 steps" in last[one.status]
    assert last[one.fields.kind]["choices"] == [
        ("Quick (fast): about 1 min", "fast"),
        ("Thorough (classic): about 50 min", "classic"),
    ]

    def fails(loaded: Any, records: Any, settings: TrainSettings) -> Estimate:
        if settings is not plan.settings:
            raise InputError("It does not fit.")
        return estimate(loaded, records, settings)

    monkeypatch.setattr(train, "estimate", fails)
    last = built.call("train", "estimate", kind="fast")[-1]
    assert [label for label, _ in last[one.fields.kind]["choices"]] == [
        "Quick (fast): about 1 min",
        "Thorough (classic)",
    ]


@pytest.mark.parametrize(("failure", "kind"), [(None, "good"), (Problem("It broke."), "error")])
def test_a_run_that_failed_is_no_success(tmp_path: Path, build: Build, failure: Problem | None, kind: str) -> None:
    one = pane(build(tmp_path))

    def work(job: Any) -> train.Trained:
        job.shown = tmp_path / "run"
        return train.Trained(outcome(failure=failure), ["Keys were left out."])  # what the reader of the file says

    job = one.host.desk.start("train", work)
    job.wait(30)
    updates = one.ended(job, "en")
    assert f'class="cefr-note {kind}"' in updates[one.status]
    assert "Keys were left out." in updates[one.status]
    chosen = {box.elem_id: update["value"] for box, update in updates.items() if box is not one.status}
    assert chosen == dict.fromkeys(("cefr-evaluate-adapter", "cefr-write-adapter", "cefr-apply-adapter"), "run")


@pytest.mark.parametrize("replace", [False, True])
def test_only_the_box_replaces_an_adapter(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    one = pane(build(tmp_path))
    forced: list[bool] = []

    class Folder:
        def __init__(self, out: Path, *, resume: bool, force: bool) -> None:
            forced.append(force)
            raise InputError("Enough.")

    class Lent:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    one.host.lend = Lent
    monkeypatch.setattr(train, "run_folder", Folder)
    plan = Plan(TrainSettings("A1"), tmp_path / "a.txt", None, "base")
    list(one._run("en", plan, tmp_path / "x", resume=False, replace=replace))
    assert forced == [replace]


def test_a_training_file_brings_its_level_and_recipe(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    datasets = tmp_path / "training" / "datasets"
    datasets.mkdir(parents=True)
    for name, description in (("b2", '{"level": "B2"}'), ("bad", "{")):
        (datasets / f"{name}.txt").write_text("### Instruction:\nA\n\n### Response:\nB", encoding="utf-8")
        (datasets / f"{name}.meta.json").write_text(description, encoding="utf-8")
    fields = pane(built).fields
    updates = built.call("train", "fill_for_file", dataset="b2.txt", kind="fast")
    assert (updates[fields.level], updates[fields.name]) == ("B2", "cefr-b2")
    (tmp_path / "loras" / "cefr-b2").mkdir(parents=True)
    assert built.call("train", "fill_for_file", dataset="b2.txt", kind="fast")[fields.name] == "cefr-b2-2"
    assert built.call("train", "fill_for_file", dataset="bad.txt", kind="fast") == {}
    assert built.call("train", "fill_for_file", dataset="", kind="fast") == {}


def test_the_losses_in_words() -> None:
    from cefr_sentences.extension.tab.train_view import _in_words

    assert _in_words([(0, 3.0)], 20, "en") == ""
    assert "Still getting better" in _in_words([(0, 3.0), (10, 2.0)], 20, "en")
    assert "Best at the end" in _in_words([(0, 3.0), (20, 2.0)], 20, "en")
    assert "Best at step 10" in _in_words([(0, 3.0), (10, 2.0), (20, 2.5)], 20, "en")
    assert "Not better than before" in _in_words([(0, 3.0), (10, 3.5)], 20, "en")
    assert "3,00 değerinden 2,00" in _in_words([(0, 3.0), (10, 2.0)], 20, "tr")
    assert (number("93.5 %", "en"), number("93.5 %", "tr")) == ("93.5 %", "%93,5")


def test_what_can_be_resumed_is_shown_only_where_there_is_something(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(tmp_path)
    row = next(c for c in built.ui.kept_fresh if type(c).__name__ == "Row")
    for names in ([], ["a"]):
        monkeypatch.setattr(train, "unfinished_runs", lambda loras, names=names: names)
        updates = built.ui.refreshed(Request(), *[None] * len(built.ui.lists))
        assert updates[row]["visible"] is bool(names)
