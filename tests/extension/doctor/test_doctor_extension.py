"""Our extension in a webui, and drift in the others."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from cefr_sentences.extension.doctor import drift as drift_room
from cefr_sentences.extension.doctor import extension as room
from cefr_sentences.extension.install import install as installer

from ..doctored import bad, found, make_v4, one, put
from ..installed import REQUIREMENTS, SCRIPT, TEMPLATE, install


@pytest.fixture(autouse=True)
def _own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (room, drift_room):
        monkeypatch.setattr(module, "wrong_python", lambda webui: None)


def test_not_installed(webui: Path) -> None:
    one(webui, "extension", "problem", "not installed", "install --enable --webui")


def test_installed_and_enabled(webui: Path) -> None:
    install(webui, enable=True)
    assert bad(webui, "extension") == []
    assert "CMD_FLAGS.txt" in str(found(webui, "extension", "ok")[0].found)


def test_installed_and_not_enabled(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(webui)
    one(webui, "extension", "problem", "not enabled", "--extensions cefr_sentences")
    (webui / "user_data/CMD_FLAGS.txt").write_text("# --extensions cefr_sentences\n--extensions other\n")
    one(webui, "extension", "problem", "not enabled")
    monkeypatch.setitem(sys.modules, "user_ext_cefr_sentences", ModuleType("loaded"))  # asked in the tab itself
    one(webui, "extension", "note", "not enabled")


@pytest.mark.parametrize(
    ("settings", "enabled"),
    [
        ("mode: instruct\ndefault_extensions:\n- gallery\n- cefr_sentences\nother: 1\n", True),
        ("default_extensions: [gallery, 'cefr_sentences']\n", True),
        ('default_extensions:\n  # ours\n  - "cefr_sentences"  # yes\n', True),
        ("default_extensions:\n- gallery\nother:\n- cefr_sentences\n", False),
        ("default_extensions: []\n", False),
        ("\0\x01 {{{", False),
    ],
)
def test_enabled_in_session(webui: Path, settings: str, enabled: bool) -> None:
    install(webui)
    (webui / "user_data/settings.yaml").write_text(settings)
    assert (bad(webui, "extension") == []) == enabled


@pytest.mark.parametrize("flags", [b'--extensions "cefr_sentences\n', b"--listen \xff\xfe\n"])
def test_flags_that_cannot_be_read(webui: Path, flags: bytes) -> None:
    install(webui)
    (webui / "user_data/CMD_FLAGS.txt").write_bytes(flags)
    one(webui, "extension", "problem", "cannot be read", "UTF-8")


def test_edited_missing_and_other(webui: Path) -> None:
    install(webui, enable=True)
    with (webui / SCRIPT).open("a") as file:
        file.write("# mine\n")
    one(webui, "extension", "note", SCRIPT, "was changed since")
    (webui / SCRIPT).write_text("print()")
    one(webui, "extension", "problem", SCRIPT, "not written by cefr-sentences")
    (webui / SCRIPT).unlink()
    install(webui, enable=True)
    (webui / TEMPLATE).unlink()
    one(webui, "extension", "note", "Missing from the installation: CEFR Sentences.yaml.")
    (webui / TEMPLATE).symlink_to(webui / TEMPLATE)
    one(webui, "extension", "problem", TEMPLATE, "is a link")


def test_older_than_the_package(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "template_file", lambda: "instruction_template: older\n")
    monkeypatch.setattr(installer, "install_source", lambda: "/another/place")
    install(webui, enable=True)
    monkeypatch.undo()
    monkeypatch.setattr(room, "wrong_python", lambda webui: None)
    finding = one(webui, "extension", "note", "Written by another version", "CEFR Sentences.yaml.")
    assert "script.py" not in str(finding.found)  # only the place it came from differs
    monkeypatch.setattr(room, "wrong_python", lambda webui: "another")
    assert bad(webui, "extension") == []
    assert (webui / REQUIREMENTS).exists()


@pytest.mark.parametrize("where", ["extensions", "user_data/extensions"])
def test_a_clone_of_the_repository(webui: Path, where: str) -> None:
    install(webui, enable=True)
    put(webui / where / "cefr-sentences/pyproject.toml", '[project]\nname = "cefr-sentences"\n')
    one(webui, "extension", "problem", "copy of the repository", "Move it out")
    put(webui / where / "cefr-sentences/pyproject.toml", b'name = "other\xff"\n')
    assert bad(webui, "extension") == []


CALL = "from transformers import TrainingArguments\nTrainingArguments({}='no')\n"
DRIFTED = CALL.format("evaluation_strategy")
LATER = CALL.format("logging_dir")


def drift(webui: Path, text: str, where: str = "user_data/extensions/other") -> Path:
    return put(webui / where / "script.py", text)


def versions(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    monkeypatch.setattr(drift_room, "installed", given.get)


def test_drift_that_fails_here(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, transformers="4.57.6", gradio="4.37.2")
    drift(webui, DRIFTED)
    one(webui, "patches", "problem", "other", "evaluation_strategy -> eval_strategy", "patch diff --webui")


def test_drift_that_will_fail(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, transformers="4.57.6")
    drift(webui, LATER)
    one(webui, "patches", "note", "logging_dir -> removed", "later versions refuse it")
    versions(monkeypatch, transformers="5.23.0")
    one(webui, "patches", "problem", "logging_dir -> removed")


def test_the_version_that_the_webui_asks_for(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("packaging", reason="packaging is not installed")
    versions(monkeypatch)
    drift(webui, LATER)
    one(webui, "patches", "problem")  # not known, so it is told
    put(webui / "requirements/full/requirements.txt", "transformers==4.57.*\n")
    one(webui, "patches", "note", "with transformers 4.57")


def test_bundled_extensions_count_when_they_are_switched_on(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, transformers="4.57.6")
    drift(webui, DRIFTED, "extensions/silent")
    one(webui, "patches", "note", "came with the webui and is not switched on")
    (webui / "user_data/CMD_FLAGS.txt").write_text("--extensions silent\n")
    one(webui, "patches", "problem", "silent")
    (webui / "user_data/CMD_FLAGS.txt").write_text("--extensions 'silent\n")
    one(webui, "patches", "note", "silent")
    (webui / "extensions/silent").rename(webui / "extensions/Training_PRO")
    one(webui, "patches", "problem", "Training_PRO")


def test_imports(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, transformers="4.57.6")
    monkeypatch.setattr(drift_room, "find_spec", lambda name: None)
    path = drift(webui, "import bitsandbytes\n")
    one(webui, "patches", "problem", "import bitsandbytes")
    monkeypatch.setattr(drift_room, "find_spec", lambda name: object())
    one(webui, "patches", "note", "import bitsandbytes")
    path.write_text("from .parts import thing\n\nthing()\n")
    put(path.with_name("parts.py"), "thing = print\n")
    one(webui, "patches", "note", "from .x import")
    make_v4(webui)
    one(webui, "patches", "problem", "from .x import")


def test_scripts_that_are_not_understood(webui: Path) -> None:
    drift(webui, "print 'Python 2'\n")
    put(webui / "user_data/extensions/other/junk.py", b"\x00\xff")
    one(webui, "patches", "note", "script.py", "junk.py")


def test_patched_and_edited_since(webui: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, transformers="4.57.6")
    monkeypatch.setattr("cefr_sentences.patches.imports.missing", lambda scripts, root: [[] for _ in scripts])  # 10 s
    path = drift(webui, DRIFTED)
    assert run("patch", "apply", "--webui", webui).code == 0
    assert bad(webui, "patches") == []
    with path.open("a") as file:
        file.write("print()\n")
    one(webui, "patches", "note", "edited since", "patch status --file")
