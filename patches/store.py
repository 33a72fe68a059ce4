"""Writing a patched script, and the way back: a backup and a manifest beside it, in `.cefr-patches/`."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..exporter.common.lock import take
from ..exporter.common.versions import installed
from .errors import NotApplied
from .folders import Script
from .scan import Finding

FOLDER = ".cefr-patches"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_manifest(script: Script) -> dict[str, Any] | None:
    """What is kept about `script`; None when it was never patched, or the manifest cannot be read."""
    try:
        manifest = json.loads(_manifest(script).read_text(encoding="utf-8"))
        return manifest if {"before", "after", "backup"} <= set(manifest) else None
    except (OSError, ValueError, TypeError):
        return None


def replace_script(script: Script, before: bytes, after: bytes, findings: list[Finding]) -> None:
    """Write `after`, when the script still is `before`; its mode stays. The backup and the manifest come first.

    Raises:
        NotApplied: the file is read-only, changed meanwhile, or cannot be written; nothing was changed then.
    """
    with _locked(script):
        _refuse_changed(script, before)
        known = read_manifest(script)
        if known is not None and known["after"] == digest(before) and _backup(script, known).is_file():
            first, backup = known["before"], _backup(script, known)  # patched once more: the first backup stays
        else:
            first, backup = digest(before), _folder(script) / f"{script.inside.name}.{digest(before)[:12]}.orig"
        manifest = {
            "file": script.inside.as_posix(),
            "before": first,
            "after": digest(after),
            "backup": backup.name,
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "rules": [
                {"line": f.line, "found": f.found, "change": f.rule.describe() if f.rule else ""}
                for f in findings
                if f.edits
            ],
            "versions": _versions(),
        }
        old_manifest = _manifest(script).read_bytes() if _manifest(script).is_file() else None
        new_backup = not backup.exists()
        try:
            if new_backup:
                _write(backup, before)
            _write(_manifest(script), json.dumps(manifest, indent=2).encode())
            _write(script.path, after, mode=script.path.stat().st_mode)
        except OSError as error:
            with suppress(OSError):
                _put_back(_manifest(script), old_manifest)
                if new_backup:
                    backup.unlink(missing_ok=True)
            raise _refusal(script, error) from error


def revert_script(script: Script) -> bool:
    """Give the script the bytes it had before; False when it has them.

    Raises:
        NotApplied: never patched, edited since, or the backup is missing or not what it was.
    """
    manifest = read_manifest(script)
    if manifest is None:
        raise NotApplied(f"{script.path} was not patched by this command, so there is nothing to revert.")
    with _locked(script):
        now = script.path.read_bytes()
        if digest(now) == manifest["before"]:
            return False
        backup = _backup(script, manifest)
        if digest(now) != manifest["after"]:
            raise NotApplied(
                f"{script.path} was edited since it was patched, so it was left. The original is {backup}; copy it "
                "over the file if its edits may go."
            )
        original = backup.read_bytes() if backup.is_file() else b""
        if digest(original) != manifest["before"]:
            raise NotApplied(f"{backup}, the backup of {script.path}, is missing or was changed. Nothing was done.")
        _refuse_changed(script, now)
        try:
            _write(script.path, original, mode=script.path.stat().st_mode)
        except OSError as error:
            raise _refusal(script, error) from error
        with suppress(OSError):
            _manifest(script).unlink()
            backup.unlink()
            _folder(script).rmdir()
        return True


def _folder(script: Script) -> Path:
    return script.extension / FOLDER / script.inside.parent


def _manifest(script: Script) -> Path:
    return _folder(script) / f"{script.inside.name}.json"


def _backup(script: Script, manifest: dict[str, Any]) -> Path:
    return _folder(script) / Path(str(manifest["backup"])).name


def _refuse_changed(script: Script, before: bytes) -> None:
    if not script.path.stat().st_mode & stat.S_IWUSR or not os.access(script.path, os.W_OK):
        raise NotApplied(f"{script.path} is read-only. Make it writable, and try again.")
    if script.path.is_symlink() or script.path.read_bytes() != before:
        raise NotApplied(f"{script.path} was changed by another program just now. Try again.")


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def _write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a temporary file in the same folder, flush it to the disk, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part.chmod(stat.S_IMODE(mode))
            with suppress(OSError, AttributeError):  # patched by root, the file stays its owner's (not on Windows)
                os.chown(part, path.stat().st_uid, path.stat().st_gid)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _refusal(script: Script, error: OSError) -> NotApplied:
    return NotApplied(
        f"{script.path} cannot be written: {error.strerror or error}. It is as it was. Free space or mend the "
        "permissions of its folder, and try again."
    )


@contextmanager
def _locked(script: Script) -> Iterator[None]:
    """One patcher at a time in an extension; the system lets go of the lock when a process dies.

    Raises:
        NotApplied: another one is at work, or the folder cannot be written.
    """
    path = script.extension / FOLDER / "lock"
    try:
        path.parent.mkdir(exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise _refusal(script, error) from error
    with file:
        if not take(file, path):
            raise NotApplied(f"Another patcher is at work in {script.extension}. Wait for it, and try again.")
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps a file that is open
                path.unlink()
                path.parent.rmdir()


def _versions() -> dict[str, str]:
    packages = ("cefr-sentences", "libcst", "transformers", "peft", "gradio")
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    return versions | {package: found for package in packages if (found := installed(package))}
