"""The handlers of the panes, called as the page or an API client would."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError
from cefr_sentences.extension.models.jobs import Job
from cefr_sentences.extension.training.settings import SETTINGS, TrainSettings

from .conftest import Built, Request, built_page
from .test_paths import EVIL

pytest.importorskip("gradio", reason="gradio is not installed")

Build = Callable[..., Built]

EXPORT: dict[str, Any] = {
    "table": "",
    "level": "A1",
    "name": "fine",
    "records": 60,
    "share": 0.1,
    "mix": "10:100",
    "chunk": 256,
    "replace": True,
}
TRAINING: dict[str, Any] = {
    "dataset": "x.txt",
    "name": "fine",
    "level": "A1",
    "replace": True,
    "kind": "fast",
    **{name: getattr(TrainSettings("A1"), name) for name, setting in SETTINGS.items() if setting.group},
}


def adapter(loras: Path, name: str) -> None:
    (loras / name).mkdir(parents=True)
    (loras / name / "adapter_config.json").write_text("{}", encoding="utf-8")
    (loras / name / "adapter_model.safetensors").write_bytes(b"\x02" + b"\0" * 7 + b"{}")  # no tensors


@pytest.fixture
def place(tmp_path: Path) -> Built:
    data = tmp_path / "place" / "data"
    for part in ("training/datasets", "loras"):
        (data / part).mkdir(parents=True)
    return built_page(data)


@pytest.fixture
def shared(tmp_path: Path) -> Built:
    """The page of a webui that runs for several users, with an adapter."""
    adapter(tmp_path / "loras", "a")
    return built_page(tmp_path, training_off="multi-user")


@pytest.mark.parametrize(
    ("pane", "handler", "given"),
    [
        ("data", "export", EXPORT),
        ("train", "start", TRAINING),
        ("apply", "apply", {"adapter": "a"}),
        ("apply", "take_off", {}),
        ("apply", "switch_strict", {"strict": True}),
        ("evaluate", "evaluate", {"adapter": "a", "dataset": "a_eval.txt", "prompts": 5}),
        ("write", "keep", {"row": 1, "sentence": "x", "to_bank": True}),
        ("doctor", "examine", {}),
        ("doctor", "adapt_training_pro", {"wanted": True}),
    ],
)
def test_several_users_may_not_change_anything(shared: Built, pane: str, handler: str, given: dict[str, Any]) -> None:
    """--multi-user: every handler that writes or changes the model refuses, also when called past the page."""
    with pytest.raises(InputError, match="several users"):
        shared.call(pane, handler, **given)
    assert "several users" not in shared.answers(pane, handler, "tr", **given)[-1][shared.events[pane, handler].message]
    data = shared.ui.host.folders.user_data
    assert not shared.ui.host.strict_chat
    assert [path.name for path in (data / "loras").iterdir()] == ["a"]
    assert not (data / "training").exists()


@pytest.mark.parametrize("name", [name for name in EVIL if name.strip() and name.strip() == name])
def test_evil_names_past_the_page(place: Built, name: str) -> None:
    """What an API client may send in place of a name, a choice or an upload: a sentence, and nothing written."""

    def refused(pane: str, handler: str, **given: Any) -> None:
        with pytest.raises(InputError if pane in ("data", "train") else CefrError):
            place.call(pane, handler, **given)

    refused("data", "export", **{**EXPORT, "name": name})
    refused("data", "export", **{**EXPORT, "table": name})
    refused("data", "export", **{**EXPORT, "upload": name})
    refused("train", "start", **TRAINING | {"dataset": name})
    refused("train", "start", **TRAINING | {"name": name})
    refused("train", "resume", name=name)
    refused("evaluate", "evaluate", adapter=name, dataset="x_eval.txt", prompts=5)
    refused("write", "write", words="happy", level="A1", adapter=name, strict=False, candidates=4, tries=4)
    refused("apply", "apply", adapter=name)
    data = place.ui.host.folders.user_data
    assert [path for path in data.parent.rglob("*") if path.is_file()] == []


def test_everything_that_is_wrong_with_a_run_is_said_at_once(place: Built) -> None:
    built = place
    given = TRAINING | {"name": "../x", "dataset": None, "rank": 0, "learning_rate": 5}
    message = built.answers("train", "start", **given)[-1][built.events["train", "start"].message]
    for part in ("fixed first", "No model is loaded", "'../x'", "“Rank” 0", "“Learning rate” 5", "No training file"):
        assert part.replace("'", "&#x27;") in message
    assert "--" not in message
    turkish = built.answers("train", "start", "tr", **given)[-1][built.events["train", "start"].message]
    assert "Öğrenme oranı" in turkish
    assert turkish.count("•") == message.count("•") >= 5


@pytest.mark.parametrize(("key", "value"), [("rank", "many"), ("rank", None), ("rank", float("inf")), ("epochs", "x")])
def test_a_field_that_is_no_number(place: Built, key: str, value: Any) -> None:
    message = place.answers("train", "start", **TRAINING | {key: value})[-1][place.events["train", "start"].message]
    assert f"“{key.capitalize()}”: {value!r}".replace("'", "&#x27;") in message
    assert "number." in message


@pytest.mark.parametrize(
    ("value", "said"), [(None, "is empty. Enter a number"), ("x", r"is not a (whole )?number for")]
)
@pytest.mark.parametrize("key", ["records", "chunk", "share"])
def test_a_number_of_the_export_that_is_none(place: Built, key: str, value: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        place.call("data", "check", **{**EXPORT, key: value})


@pytest.mark.parametrize(("pane", "handler"), [("apply", "apply"), ("evaluate", "evaluate")])
def test_nothing_is_chosen(place: Built, pane: str, handler: str) -> None:
    with pytest.raises(InputError, match="No adapter is chosen"):
        place.call(pane, handler)


@pytest.mark.parametrize(("pane", "handler"), [("apply", "apply"), ("evaluate", "evaluate")])
def test_a_portable_build_uses_no_adapter(
    place: Built, pane: str, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.ui.host, "training_off", "portable")
    with pytest.raises(InputError, match="without torch"):
        place.call(pane, handler, adapter="a")


def test_no_evaluation_file_is_chosen(tmp_path: Path, build: Build) -> None:
    adapter(tmp_path / "loras", "a")
    with pytest.raises(InputError, match="No file is chosen"):
        build(tmp_path).call("evaluate", "evaluate", adapter="a")


@pytest.mark.parametrize("chunk", [15, 1_000_001])
def test_a_chunk_length_out_of_range(place: Built, chunk: int) -> None:
    with pytest.raises(InputError, match="out of range: 16 to"):
        place.call("data", "check", **{**EXPORT, "chunk": chunk})


def test_what_training_pro_would_cut_at_the_shortest_chunk(place: Built) -> None:
    place.ui.host.counter = lambda: lambda text: len(text.split())
    said = str(place.call("data", "check", **{**EXPORT, "chunk": 16})[-2])
    assert re.search(r"records have \d+ to \d+ tokens. With a chunk length of 16, Training PRO would cut 54 of", said)


def test_an_error_of_the_prompt_is_shown_below_it(place: Built) -> None:
    event = place.events["write", "show_prompt"]
    assert event.message.elem_id == "cefr-write-count"
    assert event.message is not place.events["write", "write"].message


def test_data_is_looked_at_and_exported(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path, counter=lambda: None)
    event = built.events["data", "export"]
    (result, _), status = event.outputs, event.message
    shown = built.call("data", "check", **EXPORT)
    assert not (tmp_path / "training").exists()  # looking writes nothing
    html = shown[-2][result]
    assert html.count("cefr-record") == 2
    assert "All 2,809 rows were used." in html
    assert "Load a model to see" in html
    (tmp_path / "training" / "datasets").mkdir(parents=True)
    shown = built.call("data", "export", "tr", **EXPORT)
    assert "eğitim</td>" in shown[-3][result]
    assert "Dosyalar" in shown[-1][status]
    assert "kayıt çok az" not in shown[-1][status]
    few = built.call("data", "export", "tr", **{**EXPORT, "name": "few", "records": 20})
    assert "kayıt çok az" in few[-1][status]  # too few to train on, said where they are made
    chosen = {component.elem_id: update["value"] for component, update in shown[-1].items() if component is not status}
    assert chosen == {"cefr-train-dataset": "fine.txt", "cefr-evaluate-dataset": "fine_eval.txt"}
    assert (tmp_path / "training" / "datasets" / "fine.txt").is_file()
    messages = [u[status] for u in built.answers("data", "export", **{**EXPORT, "replace": False}) if status in u]
    assert "“Replace files of that name”" in messages[-1]


@pytest.mark.parametrize(
    ("table", "upload", "name"),
    [
        ("", None, "a1"),
        ("my words.csv", None, "my-words-a1"),
        ("", "/tmp/x/Sözlük.xlsx", "Sözlük-a1"),
        ("words_A1.csv", None, "words_A1-train"),  # another name than the table's own
        ("!.csv", None, "a1"),
    ],
)
def test_the_name_is_that_of_the_table(place: Built, table: str, upload: str | None, name: str) -> None:
    updates = place.call("data", "suggest_name", table=table, upload=upload, level="A1")
    assert [update if isinstance(update, str) else update["visible"] for update in updates.values()] == [
        name,
        not upload,
    ]


def test_training_pro_is_adapted_in_its_own_module_alone(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    built = build(tmp_path)
    assert "is not loaded" in str(built.call("doctor", "adapt_training_pro", wanted=True))
    module: Any = ModuleType("user_ext_Training_PRO")
    module.gr = gr
    monkeypatch.setitem(sys.modules, "user_ext_Training_PRO", module)
    assert "is adapted: gr" in str(built.call("doctor", "adapt_training_pro", wanted=True))
    assert module.gr is not gr
    assert "its own code" in str(built.call("doctor", "adapt_training_pro", wanted=False))
    assert module.gr is gr


def test_a_job_is_followed_to_its_end(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.tab import pane

    monkeypatch.setattr(pane, "_PACE", 0.01)
    built = build(tmp_path)
    apply = built.events["apply", "take_off"]
    one: Any = apply.handler.__self__  # pyright: ignore[reportFunctionMemberAccess]
    two = threading.Event()

    def work(job: Job) -> None:
        job.progress("Half", 1, 2)
        assert two.wait(30)
        raise InputError("{n} <went> wrong.", n=2)

    seen = []
    for updates in one.follow(one.host.desk.start("apply", work), "en"):
        seen.append(updates)
        if "Half 1/2" in updates.get(apply.message, ""):
            two.set()
    assert "width:50.0%" in seen[-2][apply.message]
    assert "2 &lt;went&gt; wrong." in seen[-1][apply.message]  # and `ended` has nothing to say
    assert "cefr-note error" in seen[-1][apply.message]


def test_another_users_job_is_not_shown(tmp_path: Path, build: Build) -> None:
    for training_off, shown in (("", True), ("multi-user", False)):
        built = build(tmp_path, training_off=training_off)
        job = built.ui.host.files_desk.start("data", lambda job: None)
        job.wait(30)
        event = next(e for e in built.ui.events if e.pane == "data" and e.handler.__name__ == "opened")
        said = list(event.handler("en"))
        assert (len(said) > 1) == shown  # without it the pane says that it has done nothing: one update


def test_findings_of_the_doctor_problems_first(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.doctor import finding
    from cefr_sentences.extension.tab import doctor

    found = [
        replace(finding.ok("{path} is empty.", {"path": "x"}), check="datasets"),
        replace(finding.note("torch sees {device}.", values={"device": "cpu"}), check="gpu"),
        replace(finding.problem("{path} is empty.", "Loading it fails.", "It can.", {"path": "<a>"}), check="datasets"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda folders, progress: found)
    built = build(tmp_path)
    shown = built.call("doctor", "examine", "tr")[-2][built.events["doctor", "examine"].outputs[0]]
    cards = shown.split("cefr-note")[1:]
    assert ["error" in card.split(">")[0] for card in cards] == [True, False, False]
    for part in ("<b>&lt;a&gt; boş.</b>", "<p>Yüklenmesi başarısız olur.</p>", "<b>Sonraki adım:</b> It can."):
        assert part in cards[0]
    assert "1 denetimde sorun bulunmadı" in cards[-1]
    found[1:] = []
    healthy = built.call("doctor", "examine")[-2][built.events["doctor", "examine"].outputs[0]]
    assert healthy.count("cefr-note") == 1
    assert "cefr-note good" in healthy


def test_the_bar_of_a_job() -> None:
    from cefr_sentences.extension.tab.pane import job_bar

    def bar(**of_job: Any) -> str:
        job: Any = Job("train", lambda job: None)
        for name, value in of_job.items():
            setattr(job, name, value)
        return job_bar(job, "en")

    assert "Working ...<div" in bar()
    assert "busy" in bar()
    assert ">Reading<div" in bar(what="Reading", done=3)
    half = bar(what="Reading", done=1000, total=2000, _since=time.monotonic() - 60)
    assert ">Reading 1,000/2,000 · 1:00 min left<div" in half
    assert "width:50.0%" in half
    assert 'aria-valuenow="50"' in half
    assert "busy" in bar(what="Reading", done=0, total=10)
    stopping = Job("train", lambda job: None)
    stopping.progress("Reading", 1, 2)
    stopping.stop()
    assert "Stopping after this step" in job_bar(stopping, "en")
    assert "Reading" not in job_bar(stopping, "en")


def test_a_job_that_goes_on_is_drawn_when_something_has_changed(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(tmp_path)
    pane = built.events["apply", "take_off"].handler.__self__  # pyright: ignore[reportFunctionMemberAccess]

    class Slow:
        """A job that is looked at four times, and moves once."""

        kind, problems, result, seconds_left, total = "apply", (), None, None, 4
        what, done, looks, stopping, stopped = "Half", 1, 0, threading.Event(), False

        @property
        def running(self) -> bool:
            return self.looks < 4

        def wait(self, timeout: float) -> None:
            self.looks += 1
            self.done = 1 if self.looks < 2 else 2

    monkeypatch.setattr(pane, "ended", lambda job, language: {})
    updates = [update[pane.status] for update in pane.follow(Slow(), "en") if update]
    assert len(updates) == 3
    assert ["1/4" in updates[0], "2/4" in updates[1], updates[2]] == [True, True, ""]


def test_stop_is_there_while_a_job_runs(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    pane = built.events["evaluate", "stop"].handler.__self__  # pyright: ignore[reportFunctionMemberAccess]
    begun = threading.Event()

    def work(job: Job) -> None:
        for step in range(10_000):
            job.progress("Half", step, 10_000)
            begun.set()
            time.sleep(0.01)

    seen = []
    for updates in pane.follow(pane.host.desk.start("evaluate", work), "en"):
        seen.append(updates)
        begun.wait(30)
        built.call("evaluate", "stop")
    assert seen[0][pane.stop_button]["visible"] is True
    assert seen[-2][pane.stop_button]["visible"] is False
    assert "Stopped" in seen[-1][pane.status]


def test_coming_back_to_the_page(tmp_path: Path, build: Build) -> None:
    built = build(tmp_path)
    names = [None] * len(built.ui.lists)
    (tmp_path / "loras" / "new").mkdir(parents=True)
    (tmp_path / "loras" / "new" / "adapter_config.json").write_text("{}")
    updates = built.ui.refreshed(Request(), *names)
    assert set(updates) == set(built.ui.kept_fresh)
    assert sum("new" in update.get("choices", ()) for update in updates.values() if isinstance(update, dict)) == 3
