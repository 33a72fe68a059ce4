"""The small script in the webui's folder, loaded in both webuis' ways, over tabs that work and tabs that do not."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cefr_sentences.extension.install import interpreter

from ..installed import SCRIPT, install

GOOD = """
params = {"is_tab": True, "display_name": "CEFR", "language": "tr"}
calls = []
def setup(): calls.append("setup")
def ui(): calls.append("ui")
def custom_css(): return "css"
def chat_input_modifier(text, visible_text, state): return text + "!", visible_text
def custom_generate_chat_prompt(text, state, **kwargs): return "prompt " + text
"""
BAD = """
params = {}
def setup(): raise RuntimeError("no setup today")
def ui(): raise SystemExit("no ui today")
def custom_css(): raise RuntimeError("no css")
def chat_input_modifier(text, visible_text, state): raise RuntimeError("no chat")
def custom_generate_chat_prompt(text, state, **kwargs): raise RuntimeError("no prompt")
"""
BROKEN = {
    "missing": "raise ModuleNotFoundError(\"No module named 'cefr_sentences'\", name='cefr_sentences')",
    "its own need missing": "import a_module_that_nobody_has",
    "syntax": "def broken(:",
    "exit": "raise SystemExit(3)",
    "odd": "class Panic(BaseException): pass\nraise Panic('compiled code')",
    "half": "params = None",
}


class FakeGradio(types.ModuleType):
    """Remembers what is shown."""

    def __init__(self) -> None:
        super().__init__("gradio")
        self.shown: list[str] = []
        self.columns: list[types.SimpleNamespace] = []

    def Markdown(self, text: str) -> None:
        self.shown.append(text)

    def Code(self, text: str, **_: object) -> None:
        self.shown.append(text)

    def Column(self) -> object:
        from contextlib import nullcontext

        self.columns.append(types.SimpleNamespace(visible=True))
        return nullcontext(self.columns[-1])


@pytest.fixture
def load(
    webui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], types.ModuleType]]:
    """Load the installed script in either webui's way, over a tab with this source."""
    install(webui)
    monkeypatch.chdir(webui)
    monkeypatch.syspath_prepend(str(webui))
    known = set(sys.modules)

    def call(tab: str) -> types.ModuleType:
        (tmp_path / "tab.py").write_text(tab, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("cefr_sentences.extension.script", tmp_path / "tab.py")
        assert spec is not None
        real = importlib.import_module

        def import_module(name: str, package: str | None = None) -> types.ModuleType:
            if name != spec.name:
                return real(name, package)
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module

        monkeypatch.setattr(importlib, "import_module", import_module)
        if request.param == "v3":
            return real("user_data.extensions.cefr_sentences.script")
        path = webui / SCRIPT
        outer = importlib.util.spec_from_file_location("user_ext_cefr_sentences", path)
        assert outer is not None
        assert outer.loader is not None
        module = importlib.util.module_from_spec(outer)
        sys.modules[outer.name] = module
        outer.loader.exec_module(module)
        return module

    yield call
    for name in set(sys.modules) - known:
        if name.startswith(("user_data", "user_ext")):
            del sys.modules[name]


@pytest.fixture
def gradio(monkeypatch: pytest.MonkeyPatch) -> FakeGradio:
    fake = FakeGradio()
    monkeypatch.setitem(sys.modules, "gradio", fake)
    return fake


both_webuis = pytest.mark.parametrize("load", ["v3", "v4"], indirect=True)


@both_webuis
def test_the_hooks_of_the_package_are_the_scripts(load: Callable[[str], types.ModuleType], gradio: FakeGradio) -> None:
    script = load(GOOD)
    assert script.params == {"is_tab": True, "display_name": "CEFR", "language": "tr"}
    script.setup()
    script.ui()
    assert script._ours.calls == ["setup", "ui"]
    assert script._ours.params is script.params
    assert script.custom_css() == "css"
    assert script.chat_input_modifier("a", "b", {}) == ("a!", "b")
    assert script.custom_generate_chat_prompt("a", {}, history=[]) == "prompt a"
    assert not hasattr(script, "logits_processor_modifier")
    assert gradio.shown == []
    assert gradio.columns[0].visible


@both_webuis
@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_package_leaves_a_tab_that_says_so(
    load: Callable[[str], types.ModuleType], gradio: FakeGradio, why: str
) -> None:
    script = load(BROKEN[why])
    public = {n for n in vars(script) if not n.startswith("_") and callable(getattr(script, n))}
    assert public - {"Callable", "Any"} == {"ui"}
    assert script.params == {"is_tab": True, "display_name": "CEFR"}
    for _ in range(2):  # the webui builds its page again on "Apply flags/extensions and restart"
        gradio.shown.clear()
        script.ui()
        text, command, details = gradio.shown
        assert "not installed" in text
        words = [sys.executable, "-m", "pip", "install", "--upgrade", interpreter.install_source()]
        assert command == interpreter.command_line(words)
        assert "Error" in details or "Exit" in details or "Panic" in details


@both_webuis
def test_faults_in_hooks_leave_chat_as_it_was(
    load: Callable[[str], types.ModuleType], gradio: FakeGradio, caplog: pytest.LogCaptureFixture
) -> None:
    script = load(BAD)
    script.setup()
    processors = [object()]
    assert script.custom_css() == ""
    assert script.chat_input_modifier("a", "b", {}) == ("a", "b")
    assert script.custom_generate_chat_prompt("a", {}, history=[]) is None
    assert script._UNCHANGED["logits_processor_modifier"](processors, None) is processors
    for _ in range(2):
        gradio.shown.clear()
        script.ui()
        assert ["no setup today" in gradio.shown[1], "no ui today" in gradio.shown[3]] == [True, True]
        assert len(gradio.shown) == 4
        assert not gradio.columns[-1].visible
    assert {"no css", "no chat", "no prompt"} <= {str(r.exc_info[1]) for r in caplog.records if r.exc_info}


@both_webuis
def test_only_ctrl_c_leaves_the_script(load: Callable[[str], types.ModuleType]) -> None:
    with pytest.raises(KeyboardInterrupt):
        load("raise KeyboardInterrupt")


def test_without_the_package_at_all(webui: Path) -> None:
    """In a process that cannot import this package."""
    install(webui)
    code = (
        "import importlib.util, sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'cefr_sentences':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "spec = importlib.util.spec_from_file_location('user_ext_cefr_sentences', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(module.params['is_tab'], hasattr(module, 'setup'), module._failures[0][1].splitlines()[-1])\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(webui / SCRIPT)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("True False ModuleNotFoundError: No module named 'cefr_sentences")


HALF = """
import gradio as gr
params = {}
def setup(): pass
def ui():
    with gr.Tabs():
        with gr.Tab("Data"):
            with gr.Row():
                box = gr.Textbox(label="half built")
                gr.Button("go").click(lambda x: x, box, box)
                gr.Radio(["a", "b"])
                raise RuntimeError("in the middle")
"""


@both_webuis
@pytest.mark.skipif(importlib.util.find_spec("gradio") is None, reason="gradio is not installed")
@pytest.mark.parametrize("tab", [HALF, BAD, BROKEN["missing"]], ids=["half", "bad", "missing"])
def test_the_page_around_a_fault_stands(load: Callable[[str], types.ModuleType], tab: str) -> None:
    from urllib.request import urlopen

    import gradio as gr  # pyright: ignore[reportMissingImports]

    script = load(tab)
    if hasattr(script, "setup"):
        script.setup()
    with gr.Blocks(analytics_enabled=False) as page:  # as the webui builds its own
        with gr.Tab("Chat"):
            gr.Textbox(label="before")
        with gr.Tab(script.params["display_name"]):
            script.ui()
        with gr.Tab("Session"):
            gr.Textbox(label="after")
    config = json.loads(json.dumps(page.get_config_file()))
    components = {c["id"]: c for c in config["components"]}
    hidden: set[int] = set()

    def walk(node: dict, inside: bool) -> None:
        inside = inside or components.get(node["id"], {"props": {}})["props"].get("visible") is False
        if inside:
            hidden.add(node["id"])
        for child in node.get("children") or []:
            walk(child, inside)

    walk(config["layout"], False)
    seen = [c for c in components.values() if c["id"] not in hidden]
    labels = {c["props"].get("label") for c in seen}
    assert {"before", "after"} <= labels
    assert "half built" not in labels
    assert ("half built" in {c["props"].get("label") for c in components.values()}) == (tab == HALF)
    texts = " ".join(str(c["props"].get("value")) for c in seen)
    assert ("pip install" in texts) == (tab == BROKEN["missing"])
    for error in ("in the middle", "no setup today", "no ui today", "No module named"):
        assert (error in texts) == (error in tab)
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", share=False)
    try:
        for part in ("", "config"):
            with urlopen(address + part, timeout=30) as answer:
                assert answer.status == 200
    finally:
        page.close()
