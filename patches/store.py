"""Writing a patched script, and the way back: a backup and a manifest beside it, in `.cefr-patches/`."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..exporter.common.checked import checked, read_object
from ..exporter.common.errors import InputError, TargetError
from ..exporter.common.files import atomic_path
from ..exporter.common.lock import take
from ..exporter.common.versions import installed
from .folders import Script
from .scan import DriftPlace

FOLDER = ".cefr-patches"
_PACKAGES = ("cefr-sentences", "transformers", "peft", "gradio")


class NotApplied(TargetError):
    """The command was right, but a script could not be changed."""

    exit_code = 3


@dataclass(frozen=True)
class Manifest:
    """What is kept about a patched script. `before` and `after` are SHA-256; `backup` is a name in the same folder."""

    file: str
    before: str
    after: str
    backup: str
    when: str
    rules: tuple[dict[str, Any], ...]
    versions: dict[str, str]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_manifest(script: Script) -> Manifest | None:
    """What is kept about `script`; None when it was never patched, or the manifest cannot be read."""
    try:
        return checked(Manifest, read_object(_manifest(script)))
    except (InputError, ValueError):
        return None


def replace_script(script: Script, before: bytes, after: bytes, places: list[DriftPlace]) -> None:
    """Write `after` if the script still is `before`; its mode stays. The backup and the manifest are written first.

    Raises:
        NotApplied: the file is read-only, was changed meanwhile, or cannot be written; nothing was changed then.
    """
    with _locked(script):
        _refuse_changed(script, before)
        first, backup = digest(before), _folder(script) / f"{script.inside.name}.{digest(before)[:12]}.orig"
        known = read_manifest(script)
        if known is not None and known.after == first and _backup(script, known).is_file():
            first, backup = known.before, _backup(script, known)  # patched once more: the first backup stays
        manifest = Manifest(
            file=script.inside.as_posix(),
            before=first,
            after=digest(after),
            backup=backup.name,
            when=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            rules=tuple(
                {"line": f.line, "found": f.found, "change": f.rule.describe() if f.rule else ""}
                for f in places
                if f.edits
            ),
            versions=_versions(),
        )
        old_manifest = _manifest(script).read_bytes() if _manifest(script).is_file() else None
        new_backup = not backup.exists()
        try:
            if new_backup:
                _write(backup, before)
            _write(_manifest(script), json.dumps(asdict(manifest), indent=2).encode())
            _write(script.path, after, like=script.path)
        except OSError as error:
            with suppress(OSError):
                _put_back(_manifest(script), old_manifest)
                if new_backup:
                    backup.unlink(missing_ok=True)
            raise _refusal(script, error) from error


def revert_script(script: Script) -> bool:
    """Give the script the bytes it had before; False when it already has them.

    Raises:
        NotApplied: never patched, edited since, or the backup is missing or was changed.
    """
    with _locked(script):
        manifest = read_manifest(script)
        if manifest is None:
            raise NotApplied(
                "{script} was not patched by this command, so there is nothing to revert.", script=script.path
            )
        now, backup = script.path.read_bytes(), _backup(script, manifest)
        if digest(now) == manifest.before:  # also where a revert was killed after it had written the script
            _forget(script, backup)
            return False
        if digest(now) != manifest.after:
            raise NotApplied(
                "{script} was edited since it was patched, so it was not reverted. The original is {backup}; copy it "
                "over the file if the edits may be lost.",
                script=script.path,
                backup=backup,
            )
        original = backup.read_bytes() if backup.is_file() else b""
        if digest(original) != manifest.before:
            raise NotApplied(
                "{backup}, the backup of {script}, is missing or was changed. Nothing was done. Install "
                "the extension again.",
                backup=backup,
                script=script.path,
            )
        _refuse_changed(script, now)
        try:
            _write(script.path, original, like=script.path)
        except OSError as error:
            raise _refusal(script, error) from error
        _forget(script, backup)
        return True


def tidy(script: Script) -> None:
    """Remove the lock that a patcher which was killed has left."""
    if (script.extension / FOLDER / "lock").exists():
        with suppress(NotApplied), _locked(script):
            pass


def _forget(script: Script, backup: Path) -> None:
    """Remove backup and manifest; the latter last, so that after a kill the next revert finishes this."""
    with suppress(OSError):
        backup.unlink(missing_ok=True)
        _manifest(script).unlink()
        _folder(script).rmdir()


def _folder(script: Script) -> Path:
    return script.extension / FOLDER / script.inside.parent


def _manifest(script: Script) -> Path:
    return _folder(script) / f"{script.inside.name}.json"


def _backup(script: Script, manifest: Manifest) -> Path:
    return _folder(script) / Path(manifest.backup).name


def _refuse_changed(script: Script, before: bytes) -> None:
    if not script.path.stat().st_mode & stat.S_IWUSR or not os.access(script.path, os.W_OK):
        raise NotApplied("{script} is read-only. Make it writable, and try again.", script=script.path)
    if script.path.is_symlink() or script.path.read_bytes() != before:
        raise NotApplied("{script} was changed by another program just now. Try again.", script=script.path)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def _write(path: Path, content: bytes, like: Path | None = None) -> None:
    """Write `path` atomically, with the mode and owner of `like`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as part:
        part.write_bytes(content)
        if like is not None:
            status = like.stat()
            part.chmod(stat.S_IMODE(status.st_mode))
            with suppress(OSError, AttributeError):  # patched by root, the file stays its owner's (not on Windows)
                os.chown(part, status.st_uid, status.st_gid)


def _refusal(script: Script, error: OSError) -> NotApplied:
    return NotApplied(
        "{script} cannot be written: {cause}. It is as it was. Free some space, or correct the permissions of its "
        "folder, and try again.",
        script=script.path,
        cause=error.strerror or error,
    )


@contextmanager
def _locked(script: Script) -> Iterator[None]:
    """One patcher at a time in an extension; the system releases the lock when a process dies.

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
            raise NotApplied(
                "Another patcher is at work in {extension}. Wait for it, and try again.", extension=script.extension
            )
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps a file that is open
                path.unlink()
                path.parent.rmdir()


def _versions() -> dict[str, str]:
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    return versions | {package: version for package in _PACKAGES if (version := installed(package))}
