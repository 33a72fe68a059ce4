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
    tab.expect("train-status", "cannot be trained in the webui. Load the Transformers version")


def test_a_server_that_is_not_there(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("write")
    tab.unfold("write.more")
    tab.choose("write.bank", "off, the model alone")
    tab.click("write.run")
    tab.expect("write-status", "cannot be asked: .*Is the server running", LONG)
    tab.pane("apply")
    tab.click("apply.run")
    tab.expect("apply-status", "No adapter is chosen")
    assert "Traceback" not in place.printed()


def write_from_the_bank(tab: Tab, words: str) -> None:
    tab.pane("write")
    tab.fill("write.words", words)
    tab.unfold("write.more")
    tab.choose("write.bank", "only, without a model")
    tab.click("write.run")
    tab.expect("write-status", "words have a sentence", LONG)


def test_what_was_written_is_read_with_one_key_each(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    write_from_the_bank(tab, "happy, qqq, zzz")
    keys = tab.page.keyboard
    tab.expect("write-about", "Still to read: 2.*Row 2 of 3: qqq")
    keys.press("2")
    keys.type("We have a qqq 1.")
    keys.press("Enter")
    tab.expect("write-about", "Still to read: 1.*Row 3 of 3: zzz")
    keys.press("3")
    tab.expect("write-status", "No better sentence was found for “zzz”")
    keys.press("1")
    tab.expect("write-status", "no sentence to keep for zzz")
    tab.open()
    tab.pane("write")
    tab.expect("write-sheet", "We have a qqq 1")
    assert "We have a qqq 1." in (place.data / "cefr-sentences" / "bank.jsonl").read_text(encoding="utf-8")
    with tab.page.expect_download() as download:
        tab.click("write.csv")
    assert "qqq,We have a qqq 1.,yes,ok" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_the_page_is_accessible(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    write_from_the_bank(tab, "happy, book, qqq, 123")
    for pane in ("data", "train", "evaluate", "write", "apply"):
        tab.pane(pane)
        assert tab.barriers() == []


def test_a_phone_shows_everything_without_scrolling_sideways(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    write_from_the_bank(tab, "happy, book, qqq, 123")
    tab.page.set_viewport_size({"width": 420, "height": 900})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 420
    cells = tab.at("write-sheet").locator("td:nth-child(3)")
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 420 for cell in cells.all() if (box := cell.bounding_box()))


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
        (("--webui", str(tmp_path)), "is not TextGen"),
    ):
        extra = () if "--webui" in args else ("--data", str(tmp_path))
        result = run("studio", *args, *extra)
        assert (result.code, said in result.err) == (2, True), result.err
