"""The tab into a webui and out again."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension.install import install as room
from cefr_sentences.extension.install import interpreter
from cefr_sentences.extension.install.install import uninstall
from cefr_sentences.extension.install.template import template_file

from ..installed import FLAGS, REQUIREMENTS, SCRIPT, TEMPLATE, files, install


def test_install_writes_three_files_and_uninstall_removes_them(webui: Path) -> None:
    (webui / "user_data/training/datasets/mine.txt").write_text("x")
    before = files(webui)
    report = install(webui)
    assert files(webui).keys() - before.keys() == {SCRIPT, REQUIREMENTS, TEMPLATE}
    assert {p.relative_to(webui).as_posix() for p in report.written} == {SCRIPT, REQUIREMENTS, TEMPLATE}
    assert "--extensions cefr_sentences" in str(report)
    cache = webui / "user_data/extensions/cefr_sentences/__pycache__"
    cache.mkdir()
    (cache / "script.cpython-311.pyc").write_bytes(b"x")
    uninstall(find_webui(webui))
    assert files(webui) == before
    assert not (webui / "user_data/extensions/cefr_sentences").exists()
    assert "Nothing was installed there" in str(uninstall(find_webui(webui)))


def test_twice_changes_nothing_and_says_so(webui: Path) -> None:
    install(webui, enable=True)
    once = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in webui.rglob("*") if p.is_file()}
    report = install(webui, enable=True)
    assert (report.written, len(report.unchanged)) == ((), 4)
    assert "Nothing had to be changed" in str(report)
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in webui.rglob("*") if p.is_file()} == once


def test_what_an_older_version_wrote_is_replaced(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "template_file", lambda: "instruction_template: older\n")
    install(webui)
    monkeypatch.undo()
    report = install(webui)
    assert [p.name for p in report.written] == ["CEFR Sentences.yaml"]
    assert template_file() in (webui / TEMPLATE).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [SCRIPT, REQUIREMENTS, TEMPLATE])
@pytest.mark.parametrize("how", ["other", "edited", "folder", "link"])
def test_files_that_are_not_as_we_wrote_them_are_refused_and_kept(webui: Path, name: str, how: str) -> None:
    path = webui / name
    if how == "edited":
        install(webui)
        path.write_bytes(path.read_bytes() + b"# mine\n")
    else:
        path.parent.mkdir(parents=True)
        if how == "other":
            path.write_text("mine")
        elif how == "folder":
            path.mkdir()
        else:
            (webui / "mine").write_text("mine")
            path.symlink_to(webui / "mine")
    before = files(webui)
    with pytest.raises(TargetError, match="Move it away") as error:
        install(webui, enable=True)
    assert str(path) in str(error.value)
    assert files(webui) == before
    report = uninstall(find_webui(webui))
    assert path.exists()
    assert str(path) in str(report)
    assert path not in report.removed


def test_a_linked_extension_folder_is_not_written_through(webui: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "checkout"
    elsewhere.mkdir()
    (webui / "user_data/extensions").mkdir()
    (webui / "user_data/extensions/cefr_sentences").symlink_to(elsewhere)
    with pytest.raises(TargetError, match="is a link to"):
        install(webui)
    assert not any(elsewhere.iterdir())
    assert not (webui / TEMPLATE).exists()


def test_linked_user_data_and_flags_stay_links(webui: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    (webui / "user_data").rename(moved)
    (webui / "user_data").symlink_to(moved)
    (tmp_path / "flags").write_text("--listen\n")
    (moved / "CMD_FLAGS.txt").symlink_to(tmp_path / "flags")
    install(webui, enable=True)
    assert (moved / "CMD_FLAGS.txt").is_symlink()
    assert (tmp_path / "flags").read_text() == "--listen\n--extensions cefr_sentences\n"
    uninstall(find_webui(webui))
    assert (tmp_path / "flags").read_text() == "--listen\n"


def test_a_place_that_cannot_be_written(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(webui)
    (webui / "user_data/instruction-templates").touch()  # a file where a folder should be
    with pytest.raises(TargetError, match="cannot be written"):
        install(webui)
    (webui / "user_data/instruction-templates").unlink()
    assert files(webui) == before
    real = Path.open

    def refuse(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        if "w" in mode and "extensions" in self.parts:
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *args, **kwargs)  # pyright: ignore

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TargetError, match="may not write there"):
        install(webui)
    assert files(webui) == before


def test_a_read_only_folder(webui: Path) -> None:
    install(webui)
    folder = webui / "user_data/extensions/cefr_sentences"
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("permissions do not bind this user")
        with pytest.raises(TargetError, match="may not write there"):
            uninstall(find_webui(webui))
    finally:
        folder.chmod(0o700)
    assert (webui / SCRIPT).exists()


def test_a_removal_that_fails_puts_everything_back(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(webui)
    before = files(webui)
    real = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self.name == "CEFR Sentences.yaml":
            raise PermissionError(13, "Permission denied")
        real(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(TargetError, match="cannot be written"):
        uninstall(find_webui(webui))
    assert files(webui) == before


@pytest.mark.parametrize(("answer", "enabled"), [("", True), ("y", True), ("evet", True), ("n", False), (None, False)])
def test_on_a_terminal_it_asks(
    run, webui: Path, answer: str | None, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(interpreter, "find_spec", lambda name: None)  # so that this Python has no gradio
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: True))
    assert run("install", "--webui", webui, "--any-python").code == 0
    assert (webui / FLAGS).exists() == enabled
    assert str(webui / FLAGS) in asked[0]
    if enabled:
        run("install", "--webui", webui, "--any-python")
        assert len(asked) == 1
    assert run("install", "--webui", webui).code == 2  # refused before it asks
    assert len(asked) == 1


def test_elsewhere_it_does_not_ask(run, webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: False))
    result = run("install", "--webui", webui, "--any-python")
    assert f"add --extensions cefr_sentences to {webui / FLAGS}" in result.out
    assert run("install", "--webui", webui, "--any-python", "--no-enable").code == 0
    assert not (webui / FLAGS).exists()
    assert run("install", "--webui", webui, "--any-python", "--enable").code == 0
    assert run("uninstall", "--webui", webui).code == 0
    assert run("install", "--webui", webui / "modules").code == 2
    assert (webui / FLAGS).read_bytes() == b""
