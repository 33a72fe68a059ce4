"""What a user sees when there is no model to train, or no server to ask; and a studio that cannot start."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import LONG, Studio, Tab, studio

Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose only model is a server that is not there."""
    with studio(tmp_path_factory.mktemp("studio") / "data", "--api", "http://127.0.0.1:9") as running:
        yield running


def test_a_server_cannot_be_trained(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.expect("head", r"Model: http://127\.0\.0\.1:9 \(API\)")
    tab.fill("data.records", "20")
    tab.fill("data.name", "few")
    tab.click("data.export")
    tab.expect("data-status", "The files are in", LONG)
    tab.expect("data-found", "Load a model to see how many tokens")
    tab.pane("train")
    tab.click("train.start")
    tab.expect("train-status", "cannot be trained by anybody. Load the Transformers version")


def test_a_server_that_is_not_there(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("write")
    tab.choose("write.bank", "off, the model alone")
    tab.click("write.run")
    tab.expect("write-status", "cannot be asked: .*Is the server running", LONG)
    tab.pane("apply")
    tab.click("apply.run")
    tab.expect("apply-status", "No adapter is chosen")
    assert "Traceback" not in place.printed()


def test_a_studio_that_cannot_start(run: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("studio", "--data", tmp_path, "--api", "http://127.0.0.1:9", "--port", port)
    assert (result.code, f"cannot listen on 127.0.0.1:{port}" in result.err) == (2, True)
    assert "Traceback" not in result.err
    for args, said in (
        (("--port", "0"), "--port 0 is out of range"),
        (("--api", "localhost"), "is not the address of a server"),
        (("--model", str(tmp_path / "none")), "does not exist"),
        (("--webui", str(tmp_path)), "is not a text-generation-webui"),
    ):
        extra = () if "--webui" in args else ("--data", str(tmp_path))
        result = run("studio", *args, *extra)
        assert (result.code, said in result.err) == (2, True), result.err
