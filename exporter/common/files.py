"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO

from .errors import TargetError

_CAUSES = {
    errno.ENOSPC: "there is no space left on that disk. Free some, or choose another folder",
    getattr(errno, "EDQUOT", -1): "your disk quota is used up. Free some space, or choose another folder",
    errno.EFBIG: "the file would be larger than this system allows. Ask for fewer records",
    errno.EACCES: "you may not write there. Choose another folder, or change its permissions",
    errno.EPERM: "you may not write there. Choose another folder, or change its permissions",
    errno.EROFS: "that disk is read-only. Choose another folder",
    errno.ENOTDIR: "a part of that path is a file, not a folder. Choose another folder",
    errno.EEXIST: "a part of that path is a file, not a folder. Choose another folder",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one",
}


def no_formula(cell: str) -> str:
    """`cell` of a table, with an apostrophe before what a spreadsheet would take as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def target_error(path: Path, error: Exception) -> TargetError:
    """`error` as a sentence about `path`."""
    known = _CAUSES.get(getattr(error, "errno", None) or 0)
    cause = known or getattr(error, "strerror", None) or str(error)
    return TargetError(f"{path} cannot be written: {cause}. Nothing was left half-written.")


class Publication:
    """Several files that are published together.

    Each is written under a temporary name in its own folder, flushed to the disk, and renamed when the
    block ends without an error; otherwise every trace is removed and files that were there stay.

    Raises:
        TargetError: a file exists and `force` is not set, or the folder cannot be written.
    """

    def __init__(self, *, force: bool = False) -> None:
        self.force = force
        self._open: list[tuple[TextIO, Path, Path]] = []
        self._stale: list[Path] = []
        self._made: list[Path] = []

    def __enter__(self) -> Publication:
        return self

    def file(self, path: Path, *, ours: bool = False) -> TextIO:
        """A text file to write `path` with: UTF-8, `\\n`, no BOM. `ours`: may always be replaced."""
        refuse_existing([path], force=self.force or ours)
        try:
            self._make_folder(path.parent)
            part = path.with_name(f".{path.name}.{os.getpid()}.part")
            file = part.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise target_error(path, error) from error
        self._open.append((file, part, path))
        return file

    def remove(self, path: Path) -> None:
        """Take away a file of an earlier run that this one does not replace."""
        if self.force and path.is_file():
            self._stale.append(path)

    def _make_folder(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._made += missing

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        done: list[tuple[Path, Path | None]] = []
        try:
            with ExitStack() as closing:
                for file, _, _ in self._open:
                    closing.callback(file.close)
                if kind is None:
                    for file, _, _ in self._open:
                        file.flush()
                        os.fsync(file.fileno())
            if kind is not None:
                self._discard(done)
                if isinstance(error, OSError) and self._open:
                    raise target_error(self._open[0][2].parent, error) from error
                return
            targets = [target for _, _, target in self._open]
            for path in targets + [p for p in self._stale if p not in targets]:
                backup = path.with_name(f".{path.name}.{os.getpid()}.old") if path.exists() else None
                if backup is not None:
                    path.replace(backup)
                done.append((path, backup))
            for _, part, path in self._open:
                part.replace(path)
        except OSError as failure:
            self._discard(done)
            where = self._open[0][2] if self._open else self._stale[0]
            raise target_error(where.parent, failure) from failure
        for _, backup in done:
            if backup is not None:
                with suppress(OSError):
                    backup.unlink(missing_ok=True)

    def _discard(self, done: list[tuple[Path, Path | None]]) -> None:
        for _, part, _ in self._open:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        for path, backup in done:
            with suppress(OSError):
                path.unlink(missing_ok=True)
                if backup is not None:
                    backup.replace(path)
        for folder in self._made:  # innermost first
            with suppress(OSError):
                folder.rmdir()


def refuse_existing(paths: list[Path], *, force: bool) -> None:
    """Raises TargetError when one of `paths` exists and `force` is not set."""
    if folder := next((p for p in paths if p.is_dir()), None):
        raise TargetError(f"{folder} is a folder, so no file of that name can be written. Choose another name.")
    there = [p for p in paths if p.exists()]
    if there and not force:
        names = ", ".join(p.name for p in there[:6]) + (" ..." if len(there) > 6 else "")
        raise TargetError(f"{names} already there in {there[0].parent}. Choose another name, or replace with --force.")
