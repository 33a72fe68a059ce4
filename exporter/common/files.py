"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from .errors import Problem, TargetError
from .lock import folder_of, free, named, only_one, take
from .targets import refuse_existing

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

_TEMPORARY = re.compile(r"\..+\.\d+\.(part|old)")


def table_cell(text: str) -> str:
    """`text` for a cell of a CSV: an apostrophe before what a spreadsheet would take as a formula, no NUL.

    Python 3.10's csv writer refuses a NUL, and a spreadsheet ends the cell there.
    """
    text = text.replace("\0", "\ufffd")
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8: other bytes cannot be sent to a page, printed, or written into a file."""
    return name.isascii() or not any("\ud800" <= c <= "\udfff" for c in name)


def target_error(path: Path, error: Exception) -> TargetError:
    """`error` as a sentence about `path`."""
    known = _CAUSES.get(getattr(error, "errno", None) or 0)
    cause = known or getattr(error, "strerror", None) or str(error)
    return TargetError("{path} cannot be written: {cause}. Nothing was left half-written.", path=path, cause=cause)


def temporary(path: Path, end: str = "part") -> Path:
    """A name beside `path` that no other process uses and that `sweep` knows."""
    return path.with_name(f".{path.name}.{os.getpid()}.{end}")


def leftovers(folder: Path) -> list[Path]:
    """Temporary files in `folder` of processes that were killed."""
    try:
        hidden = [p for p in folder.iterdir() if _TEMPORARY.fullmatch(p.name) and p.is_file()]
    except OSError:
        return []
    # Windows does not remove a file that is open; elsewhere its writer holds a lock.
    return [p for p in hidden if sys.platform == "win32" or free(p)]


def sweep(folder: Path) -> None:
    """Remove what a process that was killed has left in `folder`."""
    for path in leftovers(folder):
        with suppress(OSError):
            path.unlink()


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, to be renamed; what is not, is removed at the end.

    Raises OSError, and TargetError where `path` is there and not an ordinary file.
    """
    refuse_existing([path], force=True)
    sweep(path.parent)
    part = temporary(path)
    try:
        with part.open("wb") as held:
            if sys.platform == "win32":  # which renames no file that is open
                held.close()
            else:
                take(held, part)
            yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a library to write to: flushed to the disk and renamed at the end.

    When the block raises, the temporary file is removed and `path` stays as it was. Raises OSError.
    """
    with _part(path) as part:
        yield part
        _flush(part)
        part.replace(path)


@contextmanager
def atomic(path: Path, mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """A file that becomes `path` when the block ends without an error. Text is UTF-8 with `\\n`, without a BOM.

    When the block raises, `path` stays as it was. Raises OSError.
    """
    with atomic_path(path) as part, _open(part, mode) as file:
        yield file


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _open(path: Path, mode: Literal["w", "wb"] = "w") -> IO[Any]:
    encoding, newline = ("utf-8", "\n") if mode == "w" else (None, None)
    return path.open(mode, encoding=encoding, newline=newline)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends without an error.

    When the block raises, what was at `path` stays as it was. Raises TargetError where another process is at it, and
    OSError.
    """
    path = named(path)
    part, before = path.with_name(f".{path.name}.part"), replaced(path)
    with only_one(path):
        bring_back(path)
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
        try:
            part.mkdir()
            yield part
            for file in part.rglob("*"):
                if file.is_file():
                    _flush(file)
            if path.is_dir():
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


def replaced(path: Path) -> Path:
    """Where the folder `path` is kept while another takes its place."""
    path = named(path)
    return path.with_name(f".{path.name}.before")


def bring_back(path: Path) -> None:
    """The folder `path` again, where a process was killed while it replaced it. Call it inside `only_one`."""
    if (before := replaced(path)).is_dir():
        if path.exists():
            shutil.rmtree(before, ignore_errors=True)
        else:
            before.rename(path)


class Publication:
    """Several files that are published together, each under its name when the block ends without an error.

    At every moment each name holds the old or the new whole file, also when the process is killed. The file that was
    begun last is renamed last, after those of an earlier run are removed: let it say what belongs to the set. After an
    error every trace is removed, and files that were there stay. `key` is a file that no two publish at once.

    Raises:
        TargetError: a file exists and `force` is not set, another process is publishing, or the folder cannot be
            written.
    """

    def __init__(self, *, force: bool = False, key: Path | None = None) -> None:
        self.force, self.key = force, key
        self._writing = ExitStack()
        self._files: dict[Path, tuple[Path, IO[Any]]] = {}
        self._stale: list[Path] = []
        self._folders = ExitStack()

    def __enter__(self) -> Publication:
        if self.key is not None:
            self._begin(self.key, only_one(self.key))
        return self

    def file(self, path: Path, mode: Literal["w", "wb"] = "w", *, ours: bool = False) -> Any:
        """A file to write `path` with; text is UTF-8 with `\\n`, without a BOM. `ours`: may always be replaced."""
        refuse_existing([path], force=self.force or ours)
        part = self._begin(path, _part(path))
        file = self._begin(path, _open(part, mode))
        self._files[path] = part, file
        return file

    def _begin(self, path: Path, what: AbstractContextManager[Any]) -> Any:
        """Enter `what`, which needs the folder of `path`."""
        try:
            self._folders.enter_context(folder_of(path))
            return self._writing.enter_context(what)
        except OSError as error:
            raise target_error(path, error) from error

    def remove(self, path: Path) -> None:
        """Remove a file of an earlier run that this one does not replace."""
        sweep(path.parent)
        if self.force and path.is_file():
            self._stale.append(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        backups: dict[Path, Path | None] = {}
        self._stale = [path for path in dict.fromkeys(self._stale) if path not in self._files]
        try:
            with self._writing:
                if error is not None:
                    raise error
                for _, file in self._files.values():
                    file.flush()
                    os.fsync(file.fileno())
                    file.close()
                for path in [*self._files, *self._stale]:
                    backups[path] = _backup(path)
                self._rename()
        except BaseException as failure:
            self._put_back(backups)
            named = next(iter([*self._files, *self._stale]), None)
            if isinstance(failure, OSError) and named is not None:
                raise target_error(named.parent, failure) from failure
            if failure is not error:
                raise
        finally:
            for backup in filter(None, backups.values()):
                with suppress(OSError):
                    backup.unlink(missing_ok=True)
            self._folders.close()

    def _rename(self) -> None:
        paths = list(self._files)
        for path in [*paths[:-1], *self._stale, *paths[-1:]]:
            if path in self._files:
                self._files[path][0].replace(path)
            else:
                path.unlink(missing_ok=True)

    def _put_back(self, backups: dict[Path, Path | None]) -> None:
        for path, backup in backups.items():
            with suppress(OSError):
                if backup is None:
                    path.unlink(missing_ok=True)
                else:
                    backup.replace(path)


def _backup(path: Path) -> Path | None:
    """A second name for what is at `path`, so that it can be put back; None where there is nothing."""
    if not path.exists():
        return None
    backup = temporary(path, "old")
    try:
        os.link(path, backup)
    except OSError:  # not on every file system
        shutil.copy2(path, backup)
    return backup
