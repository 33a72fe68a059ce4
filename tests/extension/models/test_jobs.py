"""Jobs: one at a time, watched, stopped, and never silent about what went wrong."""

from __future__ import annotations

import threading

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError
from cefr_sentences.extension.models.jobs import Desk, Job


def test_a_job_ends_with_its_result() -> None:
    desk = Desk()
    job = desk.start("write", lambda job: 7)
    job.wait(5)
    assert (job.result, job.error, job.running, desk.current) == (7, "", False, None)
    assert desk.last("write") is job


def test_one_at_a_time() -> None:
    desk, go = Desk(), threading.Event()
    job = desk.start("train", lambda job: go.wait(5))
    with pytest.raises(InputError, match="Another job is running"):
        desk.start("write", lambda job: None)
    go.set()
    job.wait(5)
    desk.start("write", lambda job: None).wait(5)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModelError("No model."), "No model."),
        (RuntimeError("boom"), "RuntimeError: boom"),
        (SystemExit(3), "SystemExit"),
    ],
)
def test_whatever_goes_wrong_is_said_and_the_next_job_may_start(error: BaseException, said: str) -> None:
    def work(job: Job) -> None:
        raise error

    desk = Desk()
    job = desk.start("train", work)
    job.wait(5)
    assert said in job.error
    assert "Traceback" not in job.error
    assert desk.current is None


def test_stop_is_asked_of_the_work() -> None:
    desk = Desk()
    job = desk.start("train", lambda job: job.stopping.wait(5))
    job.stop()
    job.wait(5)
    assert job.result is True


def test_time_left_is_by_the_pace_of_this_part() -> None:
    go = threading.Event()

    def work(job: Job) -> None:
        job.progress("steps", 0, 10)
        go.wait(0.2)
        job.progress("steps", 5, 10)
        go.wait(5)

    job = Desk().start("train", work)
    while job.done < 5:
        pass
    left = job.seconds_left
    go.set()
    job.wait(5)
    assert left is not None
    assert 0.1 < left < 2
    assert job.seconds_left is None


def test_a_job_that_is_told_to_stop_ends_at_its_next_report() -> None:
    begun, told = threading.Event(), threading.Event()

    def work(job: Job) -> str:
        begun.set()
        told.wait(30)
        job.progress("Reading", 1, 2)
        return "done"

    for ends_itself in (False, True):
        begun.clear()
        told.clear()
        job = Desk().start("write", work, ends_itself=ends_itself)
        begun.wait(30)
        job.stop()
        told.set()
        job.wait(30)
        assert (job.stopped, job.result, job.problems) == (not ends_itself, "done" if ends_itself else None, ())
