"""`cefr-sentences patch`: which files, what it says, and its exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DRIFT = b"from transformers import TrainingArguments as TA\nTA(no_cuda=True)\n"


@pytest.fixture(autouse=True)
def _in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_from_status_to_revert(run, webui: Path, extension) -> None:
    path = extension()
    (path.parent / "helpers.py").write_bytes(DRIFT + b"load_rows = pick_model = print\n")
    (path.parent / "texts").mkdir()
    before = tree(webui)
    result = run("patch", "status", "--webui", webui)
    assert (result.code, result.err) == (1, "")
    assert "evaluation_strategy -> eval_strategy (fails from transformers 4.51)" in result.out
    assert "2 of 2 files would be changed." in result.out
    shown = run("patch", "--webui", webui)  # diff is the default
    assert shown.code == 1
    assert '+        eval_strategy="steps" if rows else "no",\n' in shown.out
    assert tree(webui) == before
    result = run("patch", "apply", "--webui", webui)
    assert (result.code, "2 of 2 files changed." in result.out) == (0, True)
    again = tree(webui)
    result = run("patch", "apply", "--webui", webui)
    assert (result.code, "0 of 2 files changed." in result.out) == (0, True)
    assert run("patch", "status", "--webui", webui).code == 0
    assert tree(webui) == again
    result = run("patch", "revert", "--webui", webui)
    assert (result.code, result.out.count("as it was before")) == (0, 2)
    assert tree(webui) == before
    assert "No script was patched" in run("patch", "revert", "--webui", webui).out


def test_user_data_that_a_flag_has_moved(run, webui: Path, extension, tmp_path: Path) -> None:
    path = extension(where="../elsewhere/extensions")
    flags = webui / "user_data" / "CMD_FLAGS.txt"
    flags.write_text("--listen\n--user-data-dir ../elsewhere\n", encoding="utf-8")
    result = run("patch", "status", "--webui", webui, "--file", path)
    assert (result.code, "1 of 1 files would be changed." in result.out) == (1, True)
    flags.write_text("--user-data-dir ../gone", encoding="utf-8")
    result = run("patch", "status", "--webui", webui)
    assert (result.code, "gone is not a folder" in result.err) == (2, True)


def test_every_extension_is_found(run, webui: Path, extension) -> None:
    for name, where in (
        ("Training_PRO", "extensions"),
        ("Training_PRO_wip", "user_data/extensions"),
        ("other", "extensions"),
    ):
        extension(name, where, DRIFT)
    extension("tidy", content=b"x = 1\n")
    extension(".hidden", content=DRIFT)
    extension("tidy/venv", content=DRIFT)
    result = run("patch", "status", "--webui", webui)
    assert "3 of 4 files would be changed." in result.out
    assert "tidy" not in result.out
    moved = webui.parent / "elsewhere" / "data"
    moved.parent.mkdir()
    (webui / "user_data").rename(moved)
    assert "2 of 2 files" in run("patch", "status", "--webui", webui).out
    result = run("patch", "status", "--webui", webui, "--user-data-dir", moved)
    assert "3 of 4 files" in result.out
    assert "Training_PRO_wip" in result.out


def test_relative_imports_of_bundled_extensions_are_no_drift(run, webui: Path, extension) -> None:
    """They are imported as packages; but Training PRO is taken along to 4.x, where it no longer is bundled."""
    for name, where, code in (("gallery", "extensions", 0), ("x", "user_data/extensions", 1)):
        path = extension(name, where, b"from .a import b\n")
        (path.parent / "a.py").write_text("b = 1")
        assert run("patch", "status", "--webui", webui, "--file", path).code == code
    path = extension("Training_PRO_wip", "extensions", b"from .a import b\n")
    assert run("patch", "status", "--webui", webui, "--file", path).code == 1


def test_one_file(run, webui: Path, extension) -> None:
    path, other = extension("a", content=DRIFT), extension("b", content=DRIFT)
    assert run("patch", "apply", "--webui", webui, "--file", path).code == 0
    assert path.read_bytes() != DRIFT
    assert other.read_bytes() == DRIFT
    assert run("patch", "status", "--webui", webui, "--file", path).code == 0
    assert "was not patched" in run("patch", "revert", "--webui", webui, "--file", other).err
    assert run("patch", "revert", "--webui", webui, "--file", other).code == 3
    assert run("patch", "revert", "--webui", webui, "--file", path).code == 0
    assert path.read_bytes() == DRIFT


def test_files_that_are_no_extensions(run, webui: Path, extension, tmp_path: Path) -> None:
    path = extension(content=DRIFT)
    (webui / "server.py").write_bytes(DRIFT)
    (webui / "user_data/extensions/loose.py").write_bytes(DRIFT)
    for file in (webui / "server.py", webui / "user_data/extensions/loose.py", path / "../../../../server.py"):
        result = run("patch", "apply", "--webui", webui, "--file", file)
        assert (result.code, "not a file of an extension" in result.err) == (2, True)
    result = run("patch", "apply", "--webui", webui, "--file", tmp_path / "none.py")
    assert (result.code, "does not exist" in result.err) == (2, True)
    assert (webui / "server.py").read_bytes() == DRIFT


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")
def test_symbolic_links_are_refused(run, webui: Path, extension, tmp_path: Path) -> None:
    path = extension("real", content=b"x = 1\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "script.py").write_bytes(DRIFT)
    (path.parent / "linked.py").symlink_to(outside / "script.py")
    (webui / "user_data/extensions/linked").symlink_to(outside)
    for file in (path.parent / "linked.py", webui / "user_data/extensions/linked/script.py"):
        result = run("patch", "apply", "--webui", webui, "--file", file)
        assert (result.code, "is a symbolic link" in result.err) == (2, True)
    assert "0 of 1 files" in run("patch", "status", "--webui", webui).out
    assert (outside / "script.py").read_bytes() == DRIFT


ODD = {
    "a syntax error": (b"def f(:\n", "line 1"),
    "Python 2": (b"print 'a'\n", "line 1"),
    "binary": (bytes(range(256)), "not understood"),
    "zeros": (b"\x00" * 10, "null bytes"),
    "latin-1 without saying so": (b"x = '\xe9'\n", "not understood"),
}


@pytest.mark.parametrize("case", ODD)
def test_files_that_are_not_understood(run, webui: Path, extension, case: str) -> None:
    content, message = ODD[case]
    path, good = extension("odd", content=content), extension("good", content=DRIFT)
    result = run("patch", "apply", "--webui", webui, "--file", path)
    assert (result.code, message in result.out) == (3, True), result.out
    assert "1 not understood" in result.out
    result = run("patch", "apply", "--webui", webui)
    assert (result.code, "1 of 2 files changed, 1 not understood." in result.out) == (0, True), result.out
    assert path.read_bytes() == content
    assert good.read_bytes() != DRIFT


def test_an_empty_file_and_one_that_needs_nothing(run, webui: Path, extension) -> None:
    for content in (b"", b"import gradio as gr\n"):
        path = extension(content=content)
        result = run("patch", "status", "--webui", webui, "--file", path)
        assert (result.code, "nothing to do" in result.out) == (0, True)


def test_what_cannot_be_written(run, webui: Path, extension) -> None:
    first, second = extension("a", content=DRIFT), extension("b", content=DRIFT)
    first.chmod(0o444)
    result = run("patch", "apply", "--webui", webui)
    assert (result.code, "read-only" in result.err) == (1, True)  # one of two
    assert second.read_bytes() != DRIFT
    result = run("patch", "apply", "--webui", webui)
    assert (result.code, "read-only" in result.err) == (3, True)
    assert first.read_bytes() == DRIFT


def test_no_webui(run, tmp_path: Path, webui: Path) -> None:
    for folder, message in ((tmp_path / "none", "is not a folder"), (tmp_path, "is not TextGen")):
        result = run("patch", "--webui", folder)
        assert (result.code, message in result.err) == (2, True)
    result = run("patch", "--webui", webui, "--user-data-dir", tmp_path / "none")
    assert (result.code, "--user-data-dir" in result.err) == (2, True)
    assert run("patch").code == 2
    assert run("patch", "fix", "--webui", webui).code == 2
    assert run("patch", "status", "--webui", webui).out == "0 of 0 files would be changed.\n"
