"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, TextIO, cast

from .errors import Option, Problem, TargetError

_NOT_ALLOWED = Problem("you may not write there. Choose another folder, or change its permissions")
_NOT_A_FOLDER = Problem("a part of that path is a file, not a folder. Choose another folder")
_CAUSES = {
    errno.ENOSPC: Problem("there is no space left on that disk. Free some, or choose another folder"),
    getattr(errno, "EDQUOT", -1): Problem("your disk quota is used up. Free some space, or choose another folder"),
    errno.EFBIG: Problem("the file would be larger than this system allows. Ask for fewer records"),
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: Problem("that disk is read-only. Choose another folder"),
    errno.ENOTDIR: _NOT_A_FOLDER,
    errno.EEXIST: _NOT_A_FOLDER,
    errno.ENAMETOOLONG: Problem("the name is too long. Choose a shorter one"),
}


def no_formula(cell: str) -> str:
    """`cell` of a table, with an apostrophe before what a spreadsheet would take as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def target_error(path: Path, error: Exception) -> TargetError:
    """`error` as a sentence about `path`."""
    known = _CAUSES.get(getattr(error, "errno", None) or 0)
    cause = known or getattr(error, "strerror", None) or str(error)
    return TargetError("{path} cannot be written: {cause}. Nothing was left half-written.", path=path, cause=cause)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a library to write to: flushed to the disk and renamed at the end.

    When the block raises, the temporary file is removed and `path` stays as it was. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def atomic(path: Path, mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """A file that becomes `path` when the block ends without an error. Text is UTF-8 with `\\n`, without a BOM.

    When the block raises, `path` stays as it was. Raises OSError.
    """
    encoding, newline = ("utf-8", "\n") if mode == "w" else (None, None)
    with atomic_path(path) as part, part.open(mode, encoding=encoding, newline=newline) as file:
        yield file


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends without an error.

    When the block raises, what was at `path` stays as it was. Raises OSError.
    """
    part, before = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.before")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    try:
        part.mkdir(parents=True)
        yield part
        if path.is_dir():
            shutil.rmtree(before, ignore_errors=True)
            path.rename(before)
        try:
            part.rename(path)
        except OSError:
            if before.is_dir():
                before.rename(path)
            raise
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


class Publication:
    """Several files that are published together.

    Each is written atomically when the block ends without an error; otherwise every trace is removed and files that
    were there stay.

    Raises:
        TargetError: a file exists and `force` is not set, or the folder cannot be written.
    """

    def __init__(self, *, force: bool = False) -> None:
        self.force = force
        self._writing = ExitStack()
        self._files: dict[Path, Any] = {}
        self._stale: list[Path] = []
        self._made: list[Path] = []

    def __enter__(self) -> Publication:
        return self

    def file(self, path: Path, *, ours: bool = False) -> TextIO:
        """A text file to write `path` with: UTF-8, `\\n`, no BOM. `ours`: may always be replaced."""
        refuse_existing([path], force=self.force or ours)
        try:
            missing = [f for f in (path.parent, *path.parent.parents) if not f.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made += missing
            self._files[path] = cast(TextIO, self._writing.enter_context(atomic(path)))
        except OSError as error:
            raise target_error(path, error) from error
        return self._files[path]

    def remove(self, path: Path) -> None:
        """Remove a file of an earlier run that this one does not replace."""
        if self.force and path.is_file():
            self._stale.append(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        backups: dict[Path, Path | None] = {}
        try:
            with self._writing:
                if error is not None:
                    raise error
                for file in self._files.values():
                    file.flush()
                for path in dict.fromkeys([*self._files, *self._stale]):
                    backups[path] = _set_aside(path)
        except BaseException as failure:
            self._put_back(backups)
            named = next(iter([*self._files, *self._stale]), None)
            if isinstance(failure, OSError) and named is not None:
                raise target_error(named.parent, failure) from failure
            if failure is not error:
                raise
        for backup in filter(None, backups.values()):
            with suppress(OSError):
                backup.unlink(missing_ok=True)

    def _put_back(self, backups: dict[Path, Path | None]) -> None:
        for path, backup in backups.items():
            with suppress(OSError):
                path.unlink(missing_ok=True)
                if backup is not None:
                    backup.replace(path)
        for folder in self._made:  # innermost first
            with suppress(OSError):
                folder.rmdir()


def _set_aside(path: Path) -> Path | None:
    """Rename what is at `path`, so that it can be put back; None where there is nothing."""
    if not path.exists():
        return None
    return path.replace(path.with_name(f".{path.name}.{os.getpid()}.old"))


def refuse_existing(paths: list[Path], *, force: bool) -> None:
    """Raises TargetError when one of `paths` exists and `force` is not set."""
    if folder := next((p for p in paths if p.is_dir()), None):
        raise TargetError(
            "{folder} is a folder, so no file of that name can be written. Choose another name.", folder=folder
        )
    there = [p for p in paths if p.exists()]
    if there and not force:
        names = ", ".join(p.name for p in there[:6]) + (" ..." if len(there) > 6 else "")
        raise TargetError(
            "{files} already there in {folder}. Choose another name, or replace with {force}.",
            files=names,
            folder=there[0].parent,
            force=Option("force"),
        )
