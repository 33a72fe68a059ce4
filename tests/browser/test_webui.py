"""The same path in a real text-generation-webui: `CEFR_WEBUI=DIR make test-webui`.

The webui is started as it is, with the embedded model in its models folder. Its Python is that of its own
installer, or `CEFR_WEBUI_PYTHON`. Pictures go to `CEFR_WEBUI_PICTURES`, if that is set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import LONG, Studio, Tab, free_port, wait_for

ROOT = os.environ.get("CEFR_WEBUI")
pytestmark = pytest.mark.skipif(not ROOT, reason="CEFR_WEBUI is not set: no real webui to try")
MODEL = "cefr-test-model"
Open = Callable[..., Tab]


def python(root: Path) -> str:
    own = (root / "installer_files/env/bin/python", root / "installer_files/env/python.exe")
    return os.environ.get("CEFR_WEBUI_PYTHON") or next((str(p) for p in own if p.exists()), "python3")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """That webui, with our extension, a model and an empty name for each thing the tests make."""
    from cefr_sentences.extension.models.embedded import embedded_model

    root = Path(str(ROOT)).resolve()
    data = root / "user_data"
    made = [data / "models" / MODEL, data / "loras" / "cefr-test"]
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
    for path in (data / "training" / "datasets").glob("cefr-test*"):
        path.unlink()
    shutil.copytree(embedded_model(), made[0])
    install = [python(root), "-m", "cefr_sentences.extension"]
    said = subprocess.run([*install, "install", "--webui", str(root)], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    port, log = free_port(), tmp_path_factory.mktemp("webui") / "log"
    flags = ["--extensions", "cefr_sentences", "--model", MODEL, "--loader", "Transformers", "--cpu"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [python(root), "server.py", "--listen-port", str(port), *flags],
            cwd=root,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, log)
        yield Studio(url, data, log, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
        for path in (data / "training" / "datasets").glob("cefr-test*"):
            path.unlink()


class WebuiTab(Tab):
    def open(self) -> None:
        self.page.goto(self.url)
        self.page.wait_for_selector("#chat-input textarea", timeout=90_000)
        self.page.wait_for_timeout(4000)
        self.page.get_by_role("tab", name="CEFR", exact=True).first.click()
        self.page.wait_for_selector("#cefr-head .cefr-next", timeout=90_000)


def picture(tab: Tab, name: str) -> None:
    if folder := os.environ.get("CEFR_WEBUI_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        tab.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def tab(place: Studio, browser: Any) -> Iterator[Tab]:
    context = browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 1000}, accept_downloads=True, reduced_motion="reduce"
    )
    yield WebuiTab(context.new_page(), place.url)
    context.close()


def test_data_and_training(place: Studio, tab: Tab) -> None:
    tab.expect("head", rf"Model: {MODEL} \(Transformers\)")
    tab.fill("data.name", "cefr-test")
    tab.fill("data.records", "64")
    tab.unfold("data.more")
    tab.fill("data.mix", "6:100")
    tab.click("data.export")
    tab.expect("data-status", "The files are in", LONG)
    picture(tab, "1-data")
    tab.pane("train")
    tab.choose("train.dataset", "cefr-test.txt")
    tab.unfold("train.settings")
    tab.fill("train.name", "cefr-test")
    for key, value in {"rank": "8", "alpha": "16", "epochs": "1", "batch": "4", "micro_batch": "4"}.items():
        tab.fill(f"train.{key}", value)
    tab.click("train.start")
    tab.expect("train-picture", "Step [0-9]+ of 15", LONG)
    picture(tab, "2-training")
    tab.expect("train-status", "Trained: the adapter cefr-test is ready", LONG)
    assert (place.data / "loras" / "cefr-test" / "adapter_model.safetensors").is_file()


def test_evaluate(place: Studio, tab: Tab) -> None:
    tab.pane("evaluate")
    tab.choose("evaluate.adapter", "cefr-test")
    tab.choose("evaluate.dataset", "cefr-test_eval.txt")
    tab.at("evaluate.prompts").locator("input[type=number]").fill("1")
    tab.click("evaluate.run")
    tab.expect("evaluate-result", "perplexity", LONG)
    picture(tab, "3-evaluate")


def test_write(place: Studio, tab: Tab) -> None:
    tab.pane("write")
    tab.fill("write.words", "happy, book, friend, water, house, green")
    tab.unfold("write.more")
    tab.choose("write.adapter", "cefr-test")
    tab.choose("write.bank", "off, the model alone")
    tab.click("write.run")
    tab.expect("write-status", "of 6 words have a sentence", LONG)
    picture(tab, "4-write")


def chat(place: Studio, tab: Tab, message: str, answer: str, kind: str) -> list[str]:
    """Send it; what was asked and answered, once that is over, as the webui has it `internal` or `visible`.

    It is read from the history: Chat shows the numbers of a list, but not as text.
    """
    tab.page.locator("#chat-input textarea").fill(message)
    tab.page.locator("#Generate").click()
    said = ["", ""]
    for _ in range(LONG // 1000):
        tab.page.wait_for_timeout(1000)
        histories = sorted((place.data / "logs" / "instruct").glob("*.json"), key=lambda p: p.stat().st_mtime)
        if histories:
            said = json.loads(histories[-1].read_text(encoding="utf-8"))[kind][-1][:2]
        if re.search(answer, said[1]) and not tab.page.locator("#stop").first.is_visible():
            return said
    pytest.fail(f"{message} was answered with {said}")


def test_apply_and_chat(place: Studio, tab: Tab) -> None:
    tab.pane("apply")
    tab.choose("apply.adapter", "cefr-test")
    tab.click("apply.run")
    tab.expect("apply-status", "now writes with cefr-test", LONG)
    picture(tab, "5-apply")
    tab.page.get_by_role("tab", name="Chat", exact=True).first.click()
    # What cannot be read is answered with the reason; the next answer is as long as ever.
    chat(place, tab, "/cefr A7: happy", r"A7.* is not a CEFR level", "visible")
    picture(tab, "6-refused")
    words = "happy, book, friend, water, house, green"
    asked, answered = chat(place, tab, f"/cefr A1: {words}", r"\n6\. ", "internal")
    picture(tab, "6-chat")
    assert asked.startswith("Generate A1-level English sentences for these 6 words:\n1. happy\n")
    assert answered.startswith("1. ")
    # The webui's own trainer may follow: none of our layers is left in the model.
    tab.open()
    tab.pane("apply")
    tab.click("apply.off")
    tab.expect("apply-status", "No LoRA is applied", LONG)


def test_doctor(place: Studio, tab: Tab) -> None:
    tab.unfold("doctor.title")
    tab.click("doctor.run")
    tab.expect("doctor-found", r"hecks that found nothing wrong", LONG)
    picture(tab, "7-doctor")


def test_the_webui_is_well(place: Studio) -> None:
    assert "Traceback" not in place.printed()
