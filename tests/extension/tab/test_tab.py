"""The tab without a browser: texts, names that come from a page, pictures, and handlers that fail."""

from __future__ import annotations

import string
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError
from cefr_sentences.extension.evaluation.metrics import METRICS
from cefr_sentences.extension.tab import paths
from cefr_sentences.extension.tab.pictures import clock, escape, histogram, note, plot, table
from cefr_sentences.extension.tab.texts import TEXTS, language_of, text
from cefr_sentences.extension.training.preflight import PROBLEMS
from cefr_sentences.extension.training.settings import TrainSettings
from hypothesis import given, settings
from hypothesis import strategies as st


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same_things(key: str) -> None:
    english, turkish = TEXTS[key]
    english = english or PROBLEMS[key.removeprefix("problem.")]
    assert english.strip()
    assert turkish.strip()
    assert placeholders(english) == placeholders(turkish)


def test_every_problem_is_there_in_turkish() -> None:
    assert {k.removeprefix("problem.") for k in TEXTS if k.startswith("problem.")} == set(PROBLEMS)


def test_the_measures_are_named_as_in_the_report() -> None:
    labels = {k.removeprefix("measure."): english for k, (english, _) in TEXTS.items() if k.startswith("measure.")}
    assert labels == {key: metric.label for key, metric in METRICS.items()}


def test_every_reason_is_there_in_both_languages() -> None:
    from cefr_sentences.extension.writing.checks import BY_NAME

    assert {k.removeprefix("write.reason.") for k in TEXTS if k.startswith("write.reason.")} == set(BY_NAME)


def test_every_text_is_used_somewhere() -> None:
    folder = Path(paths.__file__).parent
    source = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.py") if p.name != "texts.py")
    source = source.replace("'", '"')
    made = {"problem", "pane", "next", "measure"}  # these keys are put together, and the ones below
    unused = [
        k
        for k in TEXTS
        if k.split(".")[0] not in made
        and not k.endswith(".info")
        and f'"{k}"' not in source
        and f'"{k.split(".", 1)[-1]}"' not in source
    ]
    put_together = ("train.kind.", "evaluate.part_", "write.reason.", "write.some_")
    assert [k for k in unused if not k.startswith(put_together)] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("de,tr;q=0.5", "tr"),
        ("en-GB,tr", "en"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_is_the_browsers(header: str | None, language: str) -> None:
    assert language_of(header) == language


EVIL = [
    "../x",
    "..",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..\\x",
    "C:\\x",
    "x\0y",
    "CON",
    "nul.txt",
    "a" * 10_000,
    " x",
    "x ",
    "x.",
    ".hidden",
    "",
    "\n",
    "a|b",
]


@pytest.mark.parametrize("name", EVIL)
def test_names_stay_inside(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        paths.inside(tmp_path, name)
    with pytest.raises(InputError):
        paths.dataset(tmp_path, name, paths.training_files(tmp_path))


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_any_name_is_refused_or_stays_inside(name: str) -> None:
    folder = Path(tempfile.gettempdir())
    try:
        path = paths.inside(folder, name)
    except InputError:
        return
    assert path.resolve().parent == folder.resolve()


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word,sentence\n", encoding="utf-8")
    datasets = tmp_path / "datasets"
    datasets.mkdir()
    (datasets / "link.csv").symlink_to(secret)
    assert paths.tables(datasets) == ["link.csv"]
    with pytest.raises(InputError, match="link to a place outside"):
        paths.dataset(datasets, "link.csv", paths.tables(datasets))


def test_uploads_come_from_the_page_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "gradio"
    (place / "hash").mkdir(parents=True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(place))
    good = place / "hash" / "pairs.csv"
    good.write_text("word,sentence\n", encoding="utf-8")
    assert paths.upload(str(good)) == good
    outside = tmp_path / "pairs.csv"
    outside.write_text("word,sentence\n", encoding="utf-8")
    (place / "link.csv").symlink_to(outside)
    (place / "x.exe").touch()
    for path in (
        outside,
        place / "link.csv",
        place / "hash" / ".." / ".." / "pairs.csv",
        "/etc/passwd",
        "a\0b",
        None,
        3,
    ):
        with pytest.raises(InputError):
            paths.upload(str(path) if isinstance(path, Path) else path)
    with pytest.raises(InputError, match="is no table"):
        paths.upload(str(place / "x.exe"))


def test_the_exporters_own_files_are_no_tables(tmp_path: Path, run: Any) -> None:
    assert run("export", "starter", "--level", "A1", "--out", tmp_path, "--name", "a1", "--records", "20").code == 0
    (tmp_path / "mine.csv").touch()
    assert paths.tables(tmp_path) == ["mine.csv"]
    assert paths.training_files(tmp_path) == ["a1.txt"]
    assert paths.evaluation_files(tmp_path) == ["a1_eval.txt"]


def test_hard_cut_text_of_others_can_be_trained_on(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("### Instruction:\nSay it.\n\n### Response:\nIt.\n\n\n", encoding="utf-8")
    (tmp_path / "theirs_eval.txt").write_text("### Instruction:\nA\n\n### Response:\nB", encoding="utf-8")
    (tmp_path / "words.txt").write_text("happy\nbook\n", encoding="utf-8")
    assert paths.training_files(tmp_path) == ["theirs.txt"]
    assert paths.evaluation_files(tmp_path) == []


def test_pictures_escape_what_they_show() -> None:
    evil = "<script>alert(1)</script>"
    shown = [note(evil), table([evil], [[evil]]), plot([(evil, "red", [(0, 1.0), (1, 2.0)])], 1, evil)]
    shown.append(histogram([1, 300], 256, evil, evil))
    assert all("<script" not in s and escape(evil) in s for s in shown)


def test_a_histogram_counts_everything_once() -> None:
    shown = histogram([130, 140, 150, 300], 256, "tokens", "longer")
    assert sum(int(cell.split("</td>")[0]) for cell in shown.split("</div></td><td>")[1:]) == 4
    assert shown.endswith("longer: 1</div>")
    assert histogram([], 256, "tokens", "longer") == ""


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (75, "1:15"), (3700, "1:01:40")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_texts_can_be_said() -> None:
    assert text("job.left", "tr", left="1:00") == "1:00 kaldı"
    assert "several users" in text("problem.multi-user")


class Request:
    def __init__(self, language: str) -> None:
        self.headers = {"accept-language": language}


class Host:
    """As much of a host as the page asks for while it is built and refreshed."""

    strict_chat = False
    training_off = ""

    def __init__(self, folder: Path) -> None:
        from cefr_sentences.exporter.common.webui import Webui
        from cefr_sentences.extension.models.jobs import Desk

        self.folders, self.desk, self.files_desk = Webui(folder.parent, folder), Desk(), Desk()

    def state(self) -> Any:
        from cefr_sentences.extension.models.host import ModelState

        return ModelState("", "none")

    def chat_fields(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("error", [InputError("--name is bad."), RuntimeError("boom"), MemoryError()])
@pytest.mark.parametrize("late", [False, True])
def test_a_handler_that_fails_says_so_and_nothing_else_happens(tmp_path: Path, error: Exception, late: bool) -> None:
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab.ui import Ui

    with gr.Blocks():
        ui = Ui(Host(tmp_path))  # pyright: ignore[reportArgumentType]
        message = gr.HTML()

        def eager(language: str) -> Any:
            raise error

        def lazy(language: str) -> Any:
            yield {}
            raise error

        handler = ui._guarded(lazy if late else eager, 0, message)
        updates = list(handler(Request("en")))
    last = updates[-1][message]
    assert "cefr-note error" in last
    expected = "name is bad." if isinstance(error, InputError) else f"Unexpected problem: {type(error).__name__}"
    assert expected in last
    assert "Traceback" not in last


def test_every_event_of_the_tab_is_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in every single callback: each answers with a message, and none raises."""
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab import page
    from cefr_sentences.extension.tab.ui import Ui

    names: list[str] = []
    original = Ui.on

    def on(self: Ui, listener: Any, fn: Any, inputs: Any, outputs: Any, message: Any) -> None:
        def broken(*args: Any) -> Any:
            raise ZeroDivisionError("injected")

        names.append(fn.__qualname__)
        handler = self._guarded(broken, len(inputs), message)
        said = list(handler(Request("tr"), *[None] * len(inputs)))[-1][message]
        assert "ZeroDivisionError: injected" in said
        original(self, listener, fn, inputs, outputs, message)

    monkeypatch.setattr(Ui, "on", on)
    with gr.Blocks():
        page.build(Host(tmp_path))  # pyright: ignore[reportArgumentType]
    assert len(names) > 20


def test_several_users_may_not_change_anything(tmp_path: Path) -> None:
    """--multi-user: every handler that writes or changes the model refuses, also when called past the page."""
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab import page
    from cefr_sentences.extension.tab.recipe_fields import FIELDS
    from cefr_sentences.extension.tab.ui import Ui

    host = Host(tmp_path)
    host.training_off = "multi-user"
    (tmp_path / "loras" / "a").mkdir(parents=True)
    (tmp_path / "loras" / "a" / "adapter_config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "loras" / "a" / "adapter_model.safetensors").touch()
    events: list[Any] = []

    def on(self: Ui, listener: Any, fn: Any, *rest: Any) -> None:
        events.append(fn)
        original(self, listener, fn, *rest)

    original = Ui.on
    with gr.Blocks(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ui, "on", on)
        page.build(host)  # pyright: ignore[reportArgumentType]

    def said(pane: str, name: str, *values: Any) -> str:
        fn = [f for f in events if f.__module__.endswith(pane) and f.__qualname__.endswith(name)][-1]
        with pytest.raises(InputError) as caught:
            list(fn("en", *values))
        return str(caught.value)

    assert "several users" in said(".data", "handler", "", None, "A1", "x", 100, 0.1, "10:100", 256, False)
    assert "several users" in said(".train", "begin", *[None] * (5 + len(FIELDS)))
    assert "several users" in said(".apply", "take_off")
    assert "several users" in said(".apply", "hold", True)
    assert "several users" in said(".evaluate", "begin", "a", "a_eval.txt", 5)
    assert "several users" in said("tab.doctor", "begin")
    assert "several users" in said("tab.doctor", "switch", True)
    assert [p.name for p in (tmp_path / "loras").iterdir()] == ["a"]
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize("name", [n for n in EVIL if n.strip() and n.strip() == n])
def test_evil_names_past_the_page(tmp_path: Path, name: str) -> None:
    """What an API client may send in place of a name, a choice or an upload: a sentence, and nothing written."""
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab import page, recipe_fields
    from cefr_sentences.extension.tab.ui import Ui

    data = tmp_path / "data"
    for part in ("training/datasets", "loras"):
        (data / part).mkdir(parents=True)
    events: list[Any] = []
    with gr.Blocks(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ui, "on", lambda self, listener, fn, inputs, outputs, message: events.append(fn))
        page.build(Host(data))  # pyright: ignore[reportArgumentType]

    def refused(pane: str, handler: str, *values: Any) -> None:
        fn = [f for f in events if f.__module__.endswith(pane) and f.__qualname__.endswith(handler)][-1]
        with pytest.raises(InputError if pane in (".data", ".train") else CefrError):
            list(fn("en", *values))

    fine = ("A1", "fine", 60, 0.1, "10:100", 256, True)
    refused(".data", "handler", "", None, "A1", name, 60, 0.1, "10:100", 256, True)
    refused(".data", "handler", name, None, *fine)
    refused(".data", "handler", "", name, *fine)
    settings = [recipe_fields.shown(getattr(TrainSettings("A1"), name)) for name in recipe_fields.FIELDS]
    refused(".train", "begin", name, "fine", "A1", True, "fast", *settings)
    refused(".train", "begin", "x.txt", name, "A1", True, "fast", *settings)
    refused(".train", "go_on", name)
    refused(".evaluate", "begin", name, "x_eval.txt", 5)
    refused(".write", "begin", "happy", "A1", name, False, 4, 4)
    refused(".apply", "begin", name)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert files == []


def test_training_pro_is_adapted_in_its_own_module_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from cefr_sentences.extension.tab import page
    from cefr_sentences.extension.tab.ui import Ui

    events: list[Any] = []
    with gr.Blocks(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ui, "on", lambda self, listener, fn, *rest: events.append(fn))
        page.build(Host(tmp_path))  # pyright: ignore[reportArgumentType]
    switch = next(f for f in events if f.__qualname__.endswith("switch"))
    assert "is not loaded" in str(switch("en", True))
    module: Any = ModuleType("user_ext_Training_PRO")
    module.gr = gr
    monkeypatch.setitem(sys.modules, "user_ext_Training_PRO", module)
    assert "is adapted: gr" in str(switch("en", True))
    assert module.gr is not gr
    assert "as it was" in str(switch("en", False))
    assert module.gr is gr
