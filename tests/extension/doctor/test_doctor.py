"""The doctor as a whole: its findings, its guard, its command."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import Problem
from cefr_sentences.exporter.common.webui import Webui, find_webui
from cefr_sentences.extension.doctor import examine as room
from cefr_sentences.extension.doctor.command import describe
from cefr_sentences.extension.doctor.examine import Check, examine, findings
from cefr_sentences.extension.doctor.finding import Finding, listed, note, ok, problem

from ..doctored import bad, found, lora, make_v4, model, put
from ..installed import files, install


@pytest.mark.parametrize(
    "values",
    [("bad", "x", "y", "z"), ("ok", "", "", ""), ("problem", "x", "", "z"), ("problem", "x", "y", "")],
)
def test_a_finding_says_enough(values: tuple[Any, ...]) -> None:
    status, found, means, step = values
    with pytest.raises(ValueError, match=r"finding|says too little"):
        Finding(status, Problem(found), Problem(means), Problem(step))


def test_a_check_that_fails_is_a_finding_and_keeps_what_it_had(webui: Path) -> None:
    def check(webui: Webui) -> Iterator[Finding]:
        yield ok("first")
        raise PermissionError(13, "Permission denied", "/a/file")

    first, failed = findings(Check("x", check), find_webui(webui))
    assert (str(first.found), first.check, failed.status, failed.check) == ("first", "x", "problem", "x")
    assert "PermissionError: Permission denied (/a/file)" in str(failed.found)

    def leave(webui: Webui) -> Iterator[Finding]:
        sys.exit("gone")
        yield

    assert "SystemExit: gone" in str(findings(Check("x", leave), find_webui(webui))[0].found)
    with pytest.raises(KeyboardInterrupt):
        findings(Check("x", lambda webui: (_ for _ in ()).throw(KeyboardInterrupt)), find_webui(webui))


def test_no_token_is_ever_shown(webui: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret-of-another-form")
    lora(webui, base_model_name_or_path="owner/hf_abcdefghijklmnopqrstuvwxyzABCDEFGH")
    lora(webui, "second", base_model_name_or_path="owner/secret-of-another-form")
    for flags in ((), ("--json",)):
        out = run("doctor", "--webui", webui, *flags).out
        assert "hf_***" in out
        assert "owner/***" in out
        assert "abcdefgh" not in out
        assert "secret-of" not in out


def test_every_check_is_guarded(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[Finding]:
        raise RuntimeError("broken")

    monkeypatch.setattr(room, "CHECKS", [replace(check, look=broken) for check in room.CHECKS])
    every = examine(find_webui(webui), online=True)
    assert len(every) == len(room.CHECKS) == len({f.check for f in every}) == 11
    assert {f.status for f in every} == {"problem"}
    page = (Path(__file__).parents[3] / "docs/doctor.md").read_text(encoding="utf-8")
    assert [f.check for f in every if f"`{f.check}`" not in page] == []


@pytest.mark.parametrize("what", ["training", "loras", "models", "extensions", "everything"])
def test_folders_that_are_missing_or_files(webui: Path, what: str) -> None:
    names = ["training", "loras", "models", "extensions"] if what == "everything" else [what]
    for as_file in (False, True):
        for name in names:
            path = webui / "user_data" / name
            shutil.rmtree(path, ignore_errors=True)
            if as_file:
                path.write_bytes(b"\0\xff")
        assert not [f for f in examine(find_webui(webui)) if "could not be completed" in str(f.found)]


def test_nothing_is_written(webui: Path) -> None:
    make_v4(webui)
    install(webui, enable=True)
    model(webui)
    lora(webui)
    put(webui / "user_data/extensions/other/script.py", "import bitsandbytes\n")
    before = files(webui)
    examine(find_webui(webui))
    assert files(webui) == before


def test_flags_that_move_folders(webui: Path, tmp_path: Path) -> None:
    flags = webui / "user_data/CMD_FLAGS.txt"
    flags.write_text(f"# --lora-dir no\n--lora-dir={tmp_path}\n--model-dir 'my models' --listen\n")
    moved = find_webui(webui)
    assert (moved.loras, moved.models) == (tmp_path, webui / "my models")
    flags.write_text('--lora-dir "unclosed\n')
    assert (find_webui(webui).lora_dir, find_webui(webui).model_dir) == (None, None)
    (webui / "my models/one").mkdir(parents=True)
    put(webui / "my models/one/config.json", {})
    flags.write_text("--model-dir 'my models'\n")
    assert "one" in str(bad(webui, "models")[0].found)


def test_the_command(run, webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("doctor", "--webui", webui)
    assert (result.code, result.out.splitlines()[0]) == (1, "PROBLEMS")
    data = json.loads(run("doctor", "--webui", webui, "--json").out)
    assert all(set(entry) == {"check", "status", "found", "means", "next"} for entry in data)
    monkeypatch.setattr(room, "findings", lambda check, webui: [note("x", "y")])
    assert run("doctor", "--webui", webui).code == 0
    assert run("doctor", "--webui", webui / "modules").code == 2
    assert run("doctor").code == 2
    assert run("doctor", "--webui", webui, "--user-data-dir", webui / "nowhere").code == 2


def test_what_is_no_webui(run, webui: Path) -> None:
    shutil.rmtree(webui / "user_data")
    result = run("doctor", "--webui", webui)
    assert (result.code, "no user_data folder" in result.err) == (2, True)
    (webui / "user_data").symlink_to(webui / "user_data")
    assert run("doctor", "--webui", webui).code == 2
    assert run("doctor", "--webui", webui / "nowhere").code == 2


def test_a_user_data_folder_with_nothing_in_it(webui: Path) -> None:
    shutil.rmtree(webui / "user_data")
    (webui / "user_data").mkdir()
    assert [f.check for f in examine(find_webui(webui)) if f.status == "problem"] == ["extension"]


def test_problems_come_first_and_say_the_next_step() -> None:
    text = describe(
        [
            replace(ok("fine"), check="b"),
            replace(note("hm", "so what"), check="a"),
            replace(problem("{what} broken", "it fails", "fix {what}", {"what": "it"}), check="c"),
        ]
    )
    lines = [line.strip() for line in text.splitlines() if line]
    assert lines == [
        "PROBLEMS",
        "c:          it broken",
        "it fails",
        "-> fix it",
        "WORTH KNOWING",
        "a:          hm",
        "so what",
        "IN ORDER",
        "b:          fine",
        "1 problem, 1 note, 1 in order.",
    ]


def test_words() -> None:
    assert listed("abc") == "a, b, c"
    assert str(listed(map(str, range(2000)))).endswith("4, 5 and 1,994 more")


def test_an_unreadable_folder(webui: Path) -> None:
    folder = webui / "user_data/training/datasets"
    folder.chmod(0)
    try:
        if os.access(folder, os.R_OK):
            pytest.skip("permissions do not bind this user")
        assert "could not be completed" in str(found(webui, "datasets")[0].found)
    finally:
        folder.chmod(0o700)
