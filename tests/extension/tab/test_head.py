"""The head of the tab: what to do next, and what is in use."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.extension.models.host import ModelState
from cefr_sentences.extension.tab.languages import text

from .conftest import Host

pytest.importorskip("gradio", reason="gradio is not installed")

from cefr_sentences.extension.tab.head import head

LOADED = ModelState("model", "trainable", "Transformers")


def place(folder: Path, *, data: int = 0, adapter: bool = False, **of_host: Any) -> Any:
    host: Any = Host(folder)
    if data:
        host.folders.datasets.mkdir(parents=True)
        record = "### Instruction:\nA\n\n### Response:\nB"
        (host.folders.datasets / "a.txt").write_text("\n\n\n".join([record] * data), encoding="utf-8")
    if adapter:
        (host.folders.loras / "one").mkdir(parents=True)
        (host.folders.loras / "one" / "adapter_config.json").write_text("{}", encoding="utf-8")
    for name, value in of_host.items():
        setattr(host, name, value)
    return host


@pytest.mark.parametrize(
    ("step", "made", "state"),
    [
        ("data", {}, LOADED),
        ("data", {"data": 49}, LOADED),  # too few records to train on
        ("portable", {"training_off": "portable"}, LOADED),
        ("words", {"data": 50}, ModelState("http://server", "answers", "API")),
        ("model", {"data": 50}, ModelState("", "none")),
        ("train", {"data": 50}, ModelState("model", "none")),  # it was unloaded and is loaded again
        ("train", {"data": 50}, LOADED),
        ("chat", {"data": 50, "adapter": True}, ModelState("model", "trainable", "Transformers", ("one",))),
        ("evaluate", {"adapter": True}, LOADED),
    ],
)
def test_the_next_step(tmp_path: Path, step: str, made: dict[str, Any], state: ModelState) -> None:
    shown = head(place(tmp_path, **made, state=lambda: state), "en")
    assert f"<b>Next:</b> {text(f'next.{step}')}".replace("'", "&#x27;") in shown


def test_after_an_evaluation_the_next_step_is_to_write(tmp_path: Path) -> None:
    host = place(tmp_path, adapter=True, state=lambda: LOADED)
    host.desk.start("evaluate", lambda job: None).wait(30)
    assert text("next.write") in head(host, "en")
    stopped = host.desk.start("evaluate", lambda job: (job.stop(), job.progress("", 0, 1)))
    stopped.wait(30)
    assert text("next.evaluate") in head(host, "en")


def test_what_is_in_use(tmp_path: Path) -> None:
    assert "Model: none loaded · LoRA applied: none</div>" in head(place(tmp_path), "en")
    state = ModelState("<m>", "trainable", "Transformers", ("a", "b"))
    host = place(tmp_path, state=lambda: state)
    assert "Model: &lt;m&gt; (Transformers) · LoRA applied: a, b</div>" in head(host, "en")
    release = threading.Event()
    job = host.desk.start("train", lambda job: release.wait(30))
    assert "· Çalışıyor: 2 Eğit</div>" in head(host, "tr")
    release.set()
    job.wait(30)
