"""Runs that are stopped, resumed, killed or fail: what is kept, and that the base is left to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError, ModelError, TargetError
from cefr_sentences.exporter.records.reading import read_records
from cefr_sentences.extension.models.host import with_adapter
from cefr_sentences.extension.training.artifacts import run_folder
from cefr_sentences.extension.training.checkpoint import RESUME, last_checkpoint
from cefr_sentences.extension.training.log import Halved, read_log
from cefr_sentences.extension.training.optimizer import Stepped
from cefr_sentences.extension.training.plan import Plan
from cefr_sentences.extension.training.run import carry_out
from cefr_sentences.extension.training.settings import TrainSettings

from ..tiny import logits, plan

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("one_thread", "small_pictures")]


def losses(outcome: Any) -> list[tuple[int, float]]:
    return [(e.current_steps, e.loss) for e in outcome.log if e.loss is not None]


def after(steps: int) -> tuple[Callable[[Any], object], Callable[[], bool]]:
    """A report and a stop that ends a run after so many steps."""
    seen: list[Any] = []
    return seen.append, lambda: sum(getattr(e, "loss", None) is not None for e in seen) + 1 >= steps


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("stop", [4, 7, 12])
def test_a_stopped_run_goes_on_to_the_same_adapter(data: Path, tiny: Any, tmp_path: Path, stop: int) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    for folder in (whole, halves):
        folder.mkdir()
    one = carry_out(tiny, plan(data), whole)
    report, stopping = after(stop)
    first = carry_out(tiny, plan(data), halves, report=report, stop=stopping)
    assert (first.stopped, first.steps, first.planned) == (True, stop, 21)
    assert (halves / "adapter_model.safetensors").exists()
    log = read_log(halves)
    assert log is not None
    assert (log.state, len(log.losses)) == ("stopped", stop)
    second = carry_out(tiny, Plan.load(halves), halves, resume=True)
    assert losses(second) == losses(one)
    assert all(weights(whole)[name].equal(tensor) for name, tensor in weights(halves).items())
    assert not (halves / RESUME).exists()
    log = read_log(halves)
    assert log is not None
    assert (log.state, [e.current_steps for e in log.losses]) == ("finished", list(range(1, 22)))
    with pytest.raises(InputError, match="no unfinished run"):
        Plan.load(halves)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt(), ModelError("no")])
def test_a_run_that_fails(data: Path, tiny: Any, tmp_path: Path, error: BaseException) -> None:
    def report(line: Any) -> None:
        if getattr(line, "current_steps", 0) == 2:
            raise error

    with pytest.raises(type(error)):
        carry_out(tiny, plan(data), tmp_path, report=report)
    assert list(tmp_path.iterdir()) == []  # before the first checkpoint nothing is worth keeping


def hungry(monkeypatch: pytest.MonkeyPatch, most: int, said: str, begin: int = 0) -> None:
    """From the call `begin` on a batch of more than `most` records does not fit into memory."""
    import torch
    from cefr_sentences.extension.training import optimizer

    calls = 0
    original = optimizer.backward

    def loss(model: Any, batch: Any, scale: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > begin and len(batch.input_ids) > most:
            raise torch.cuda.OutOfMemoryError(said) if said == "cuda" else RuntimeError(said)
        return original(model, batch, scale)

    monkeypatch.setattr(optimizer, "backward", loss)


SAID = ["[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried", "cuda"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("said", SAID)
def test_out_of_memory(data: Path, tiny: Any, tmp_path: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hungry(monkeypatch, 0, said)
    with pytest.raises(ModelError, match="not enough memory for one record at a time"):
        carry_out(tiny, plan(data), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("begin", [0, 20])
def test_a_batch_that_does_not_fit_is_halved(
    data: Path, tiny: Any, tmp_path: Path, begin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first step, and in the middle, from the newest checkpoint on: the result is that of small batches."""
    for folder in ("small", "halved"):
        (tmp_path / folder).mkdir()
    one = carry_out(tiny, plan(data, micro_batch=2, dropout=0.0), tmp_path / "small")
    hungry(monkeypatch, 2, SAID[0], begin)
    seen: list[Any] = []
    two = carry_out(tiny, plan(data, dropout=0.0), tmp_path / "halved", report=seen.append)
    assert [line.micro_batch for line in seen if isinstance(line, Halved)] == [2]
    assert two.settings.batch == 8
    assert [loss for _, loss in losses(two)] == pytest.approx([loss for _, loss in losses(one)], abs=3e-4)
    log = read_log(tmp_path / "halved")
    assert log is not None
    assert (log.state, [e.current_steps for e in log.losses]) == ("finished", list(range(1, 22)))


@pytest.mark.usefixtures("untouched")
def test_a_failure_after_a_checkpoint_can_be_resumed(data: Path, tiny: Any, tmp_path: Path) -> None:
    def report(line: Any) -> None:
        if getattr(line, "current_steps", 0) == 6 and line.loss is not None:
            raise OSError(28, "No space left on device")

    with pytest.raises(TargetError, match="no space left"):
        carry_out(tiny, plan(data), tmp_path, report=report)
    log = read_log(tmp_path)
    assert log is not None
    assert log.state == "failed"
    assert "no space left" in log.error
    checkpoint = last_checkpoint(tmp_path)
    assert checkpoint is not None
    done = carry_out(tiny, Plan.load(tmp_path), tmp_path, resume=True)
    assert (done.steps, done.stopped) == (21, False)


def test_data_that_changed_are_not_gone_on_with(data: Path, tiny: Any, tmp_path: Path) -> None:
    copy = tmp_path / "d.txt"
    copy.write_bytes((data / "d.txt").read_bytes())
    changed = Plan(plan(data).settings, copy, None, str(data / "model"))
    out = tmp_path / "out"
    out.mkdir()
    report, stopping = after(2)
    carry_out(tiny, changed, out, report=report, stop=stopping)
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text[: text.rindex("\n\n\n")], encoding="utf-8")
    with pytest.raises(InputError, match="has changed since the run began"):
        carry_out(tiny, Plan.load(out), out, resume=True)


def test_a_killed_run_is_resumed_by_the_command(data: Path, tmp_path: Path, run: Any) -> None:
    out = tmp_path / "killed"
    args = ["train", str(data / "d.txt"), "--model", str(data / "model"), "--level", "A1", "--out", str(out)]
    args += ["--rank", "4", "--epochs", "12", "--batch", "8"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cefr_sentences.extension", *args],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    for _ in range(1200):
        if process.poll() is not None or (last_checkpoint(out) and len(list(out.glob(f"{RESUME}/checkpoint-*"))) > 1):
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    checkpoint = last_checkpoint(out)
    assert checkpoint is not None
    again = run(*args)
    assert (again.code, "holds an unfinished run. Resume it (--resume)" in again.err) == (2, True)
    result = run("train", "--resume", out)
    assert result.code == 0, result.err
    log = read_log(out)
    assert log is not None
    assert [e.current_steps for e in log.losses] == list(range(1, 85))
    assert json.loads((out / "cefr_sentences.json").read_text(encoding="utf-8"))["steps"] == 84


def test_save_rules(data: Path, tiny: Any, tmp_path: Path) -> None:
    for rule, copies in (("end", 0), ("epoch", 2)):
        out = tmp_path / rule
        out.mkdir()
        carry_out(tiny, plan(data, save=rule), out)
        assert len(list(out.glob("checkpoint-*-loss-*"))) == copies


def test_a_copy_for_each_tenth_that_the_smoothed_loss_falls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.training import watch

    kept: list[tuple[int, float]] = []
    monkeypatch.setattr(watch, "save_checkpoint", lambda model, out, step, loss: kept.append((step, loss)))
    settings = TrainSettings("A1", save="loss")
    log = watch.Watch(None, settings, 60, tmp_path)
    smoothed, expected, last = 4.0, [], 4.0
    for step in range(1, 60):
        loss = 4.0 if step == 1 else 1.0 if step < 20 else 5.0
        smoothed += 0.1 * (loss - smoothed)
        if smoothed <= 0.9 * last:
            last = smoothed
            expected.append((step, smoothed))
        log.after(step, 0.0, Stepped(loss, 1.0, 1e-4, False), epoch_ends=False)
    assert len(expected) > 3
    assert kept == [(step, pytest.approx(loss)) for step, loss in expected]


@pytest.mark.usefixtures("untouched")
def test_an_adapter_on_loan_is_given_back(data: Path, tiny: Any, tmp_path: Path) -> None:
    out = tmp_path / "a"
    out.mkdir()
    carry_out(tiny, plan(data, learning_rate=0.05), out)
    before = logits(tiny.model)
    with with_adapter(tiny, out) as adapted:
        assert not before.equal(logits(adapted.model))
    with pytest.raises(CefrError), with_adapter(tiny, out):
        raise InputError("in the middle")


def test_what_train_needs(run: Any, tmp_path: Path) -> None:
    result = run("train", tmp_path / "x.txt", "--level", "A1")
    assert (result.code, "train needs --model, --out, or --resume DIR" in result.err) == (2, True)
    result = run("train", "--resume", tmp_path)
    assert (result.code, "holds no unfinished run" in result.err) == (2, True)


def test_the_estimate(data: Path, tiny: Any) -> None:
    from cefr_sentences.extension.training.estimate import estimate

    records = read_records(data / "d.txt")
    before = logits(tiny.model)
    found = estimate(tiny, records, plan(data).settings)
    assert (found.records, found.longer, found.steps) == (54, 0, 21)
    # LoRA of rank 4: 4 x (in + out) for each of q, k, v, o (32 wide, k and v 16) in two layers
    assert found.trained == 2 * 4 * (64 + 48 + 48 + 64)
    assert found.parameters == sum(p.numel() for p in tiny.model.parameters())
    assert found.seconds > 0
    assert found.peak > 10_000_000
    assert before.equal(logits(tiny.model))
    with pytest.raises(InputError, match="longer than the cutoff"):
        estimate(tiny, records, plan(data, cutoff=32).settings)


def test_an_adapter_is_only_replaced_by_another_one(tmp_path: Path) -> None:
    """Two forced runs that fail after a checkpoint leave the adapter from before; one that ends well replaces it."""
    out, before = tmp_path / "a", tmp_path / ".a.before"
    out.mkdir()
    (out / "adapter_config.json").write_text("old", encoding="utf-8")
    for _ in range(2):
        with run_folder(out, force=True):
            (out / "checkpoint-1").mkdir()
            (out / "run.jsonl").touch()
        assert (before / "adapter_config.json").read_text(encoding="utf-8") == "old"
    with run_folder(out, force=True):
        (out / "adapter_config.json").write_text("new", encoding="utf-8")
    assert (out / "adapter_config.json").read_text(encoding="utf-8") == "new"
    assert not before.exists()


@pytest.mark.usefixtures("untouched")
def test_a_run_in_pieces_reports_the_whole(data: Path, tiny: Any, tmp_path: Path) -> None:
    """Mean loss and seconds are those of all pieces."""
    report, stopping = after(9)
    first = carry_out(tiny, plan(data), tmp_path, report=report, stop=stopping)
    second = carry_out(tiny, Plan.load(tmp_path), tmp_path, resume=True)
    assert second.train_loss == pytest.approx(sum(loss for _, loss in losses(second)) / 21)
    assert second.seconds > first.seconds
    assert (second.log[-2].seconds or 0) > (first.log[-2].seconds or 0)


def test_a_folder_is_for_one_run(tmp_path: Path) -> None:
    """A second run is told, also with --force and to resume; what a killed one was to replace comes back."""
    out, kept = tmp_path / "a", tmp_path / ".a.before"
    with run_folder(out):
        for how in ({"force": True}, {"resume": True}, {}):
            with pytest.raises(TargetError, match="Another process is writing"), run_folder(out, **how):
                pass
        (out / "adapter_config.json").touch()
    out.rename(kept)  # where a kill leaves it: before, and after the new folder was made
    for _ in range(2):
        with pytest.raises(TargetError, match="already holds something"), run_folder(out):
            pass
        assert (out / "adapter_config.json").exists()
        out.rename(kept)
        (out / RESUME).mkdir(parents=True)
    (out / RESUME / "checkpoint-3").mkdir()
    with pytest.raises(TargetError, match=r"unfinished run.*\n.*to replace is in .*a.before"), run_folder(out):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == [".a.before", "a"]


def test_resume_takes_no_settings(run: Any, tmp_path: Path) -> None:
    result = run("train", "--resume", tmp_path, "--epochs", "5", "--recipe", "classic")
    assert (result.code, "Leave out --epochs, --recipe." in result.err) == (2, True)


def test_a_full_disk_saves_nothing_half(data: Path, tmp_path: Path) -> None:
    code = (
        "import resource, sys;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    args = ["train", str(data / "d.txt"), "--model", str(data / "model"), "--level", "A1", "--out", str(tmp_path / "o")]
    command = [sys.executable, "-c", code, *args, "--epochs", "1", "--batch", "4", "--micro-batch", "4"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2, result.stderr
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("*.safetensors"))
