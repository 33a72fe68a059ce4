"""Writing, and the way back: nothing is lost, whatever happens."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from cefr_sentences.patches import store
from cefr_sentences.patches.folders import Script
from cefr_sentences.patches.patcher import apply, status
from cefr_sentences.patches.store import NotApplied, revert_script
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DRIFT = b"from transformers import TrainingArguments as TA\r\nTA(no_cuda=True)\r\n"


def script(path: Path) -> Script:
    return Script(path, path.parent)


def applied(path: Path) -> Script:
    (report,) = status([script(path)])
    apply(report)
    return report.script


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_there_and_back(extension, every_rule: bytes) -> None:
    path = extension()
    path.chmod(0o640)
    ours = applied(path)
    after = path.read_bytes()
    assert after != every_rule
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert status([ours])[0].state == "patched"
    manifest = json.loads((path.parent / ".cefr-patches/script.py.json").read_bytes())
    assert manifest["before"] == store.digest(every_rule)
    assert manifest["after"] == store.digest(after)
    assert (path.parent / ".cefr-patches" / manifest["backup"]).read_bytes() == every_rule
    assert {"python", "cefr-sentences"} <= set(manifest["versions"])
    assert any("evaluation_strategy" in rule["change"] for rule in manifest["rules"])
    with pytest.raises(NotApplied, match="nothing to apply"):
        applied(path)
    assert revert_script(ours) is True
    assert files(path.parent) == {"script.py": every_rule}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([b"# \xc3\xa9\r\n", b"x = 1\n", DRIFT, b"TA(optim='adamw_hf')\n", b"\r\n"]), max_size=6)
)
def test_revert_undoes_apply(tmp_path: Path, parts: list[bytes]) -> None:
    path = tmp_path / "script.py"
    before = DRIFT + b"".join(parts)
    path.write_bytes(before)
    ours = applied(path)
    once = path.read_bytes()
    assert once != before
    assert status([ours])[0].after is None
    revert_script(ours)
    assert files(tmp_path) == {"script.py": before}


def test_a_file_edited_since_is_not_reverted(extension, every_rule: bytes) -> None:
    path = extension()
    ours = applied(path)
    path.write_bytes(path.read_bytes() + b"# mine\r\n")
    edited = path.read_bytes()
    assert status([ours])[0].state == "edited"
    with pytest.raises(NotApplied, match="edited since") as refusal:
        revert_script(ours)
    assert path.read_bytes() == edited
    backup = next((path.parent / ".cefr-patches").glob("*.orig"))
    assert str(backup) in str(refusal.value)
    assert backup.read_bytes() == every_rule


def test_an_edited_file_may_be_patched_again_and_no_backup_is_lost(extension, every_rule: bytes) -> None:
    path = extension()
    applied(path)
    path.write_bytes(DRIFT)
    ours = applied(path)
    assert revert_script(ours) is True
    assert path.read_bytes() == DRIFT
    assert [p.read_bytes() for p in (path.parent / ".cefr-patches").glob("*.orig")] == [every_rule]


def test_patched_once_more_by_later_rules_it_still_goes_back_to_the_first(extension) -> None:
    path = extension(content=DRIFT)
    ours = applied(path)
    (report,) = status([ours])
    more = report.before + b"# a later rule\r\n"
    store.replace_script(ours, report.before, more, [])
    assert path.read_bytes() == more
    revert_script(ours)
    assert path.read_bytes() == DRIFT


def test_a_backup_that_is_not_what_it_was(extension) -> None:
    path = extension()
    ours = applied(path)
    after = path.read_bytes()
    next((path.parent / ".cefr-patches").glob("*.orig")).write_bytes(b"other")
    with pytest.raises(NotApplied, match="missing or was changed"):
        revert_script(ours)
    assert path.read_bytes() == after
    (path.parent / ".cefr-patches/script.py.json").write_text("{")
    with pytest.raises(NotApplied, match="was not patched"):
        revert_script(ours)


def test_reverting_what_was_put_back_by_hand(extension, every_rule: bytes) -> None:
    path = extension()
    ours = applied(path)
    path.write_bytes(every_rule)
    assert revert_script(ours) is False


def test_a_read_only_file(extension, every_rule: bytes) -> None:
    path = extension()
    path.chmod(0o444)
    with pytest.raises(NotApplied, match="read-only"):
        applied(path)
    assert files(path.parent) == {"script.py": every_rule}


def test_a_file_that_another_program_changes_meanwhile(extension) -> None:
    path = extension()
    (report,) = status([script(path)])
    path.write_bytes(b"# new\n")
    with pytest.raises(NotApplied, match="changed by another program"):
        apply(report)
    assert files(path.parent) == {"script.py": b"# new\n"}


def test_two_patchers_at_once(extension, every_rule: bytes) -> None:
    path = extension()
    reports = [status([script(path)])[0] for _ in range(8)]
    said: list[str] = []

    def work(number: int) -> None:
        try:
            apply(reports[number])
            said.append("applied")
        except NotApplied as error:
            said.append(str(error))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("applied") == 1
    assert all("Another patcher" in s or "another program" in s for s in said if s != "applied")
    assert path.read_bytes() == reports[0].after
    assert revert_script(reports[0].script) is True
    assert files(path.parent) == {"script.py": every_rule}


def test_while_another_holds_the_lock(extension, every_rule: bytes) -> None:
    path = extension()
    with store._locked(script(path)), pytest.raises(NotApplied, match="Another patcher is at work"):
        applied(path)
    assert path.read_bytes() == every_rule
    applied(path)


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are a POSIX feature")
def test_a_full_disk(extension, webui: Path, every_rule: bytes) -> None:
    # A limit on the size of files fails in the middle of a write, as a full disk does.
    import subprocess

    path = extension()
    for limit in (100, len(every_rule) + 10):  # in the backup; in the patched file, which is longer
        code = (
            f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
            "from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", code, "patch", "apply", "--webui", str(webui)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 3, result.stderr
        assert "cannot be written" in result.stderr
        assert "Traceback" not in result.stderr
        assert files(path.parent) == {"script.py": every_rule}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_patched_by_root_a_file_stays_its_owners(extension) -> None:
    path = extension()
    os.chown(path, 12345, 12345)
    applied(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)
