"""The append-only log: what a stopped, resumed, failed or killed run looks like afterwards."""

from __future__ import annotations

from pathlib import Path

from cefr_sentences.extension.training.log import NAME, append, read_log


def step(n: int, loss: float = 1.0) -> dict[str, float]:
    return {"current_steps": n, "loss": loss}


def test_no_log(tmp_path: Path) -> None:
    assert read_log(tmp_path) is None
    (tmp_path / NAME).write_text("not json\n", encoding="utf-8")
    assert read_log(tmp_path) is None


def test_a_resumed_run_forgets_what_it_does_again(tmp_path: Path) -> None:
    append(tmp_path, {"event": "start", "model": "m"})
    for entry in (step(1), step(2, 5.0), step(3)):
        append(tmp_path, entry)
    append(tmp_path, {"event": "end", "state": "stopped"})
    log = read_log(tmp_path)
    assert log is not None
    assert log.state == "stopped"
    append(tmp_path, {"event": "resume", "step": 1})
    append(tmp_path, step(2, 0.5))
    log = read_log(tmp_path)
    assert log is not None
    assert [(e["current_steps"], e["loss"]) for e in log.losses] == [(1, 1.0), (2, 0.5)]
    assert log.state == "running"


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    append(tmp_path, {"event": "start", "model": "m"})
    append(tmp_path, {"current_steps": 0, "eval_loss": 2.0})
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write('{"current_steps": 1, "lo')
    log = read_log(tmp_path)
    assert log is not None
    assert (log.losses, [e["eval_loss"] for e in log.evaluations]) == ([], [2.0])


def test_a_failure_keeps_its_reason(tmp_path: Path) -> None:
    append(tmp_path, {"event": "start", "model": "m"})
    append(tmp_path, {"event": "end", "state": "failed", "error": "no memory"})
    log = read_log(tmp_path)
    assert log is not None
    assert (log.state, log.error) == ("failed", "no memory")
