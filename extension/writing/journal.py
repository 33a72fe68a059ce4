"""The accepted rows of a writing job, in a file beside its target: after a kill it resumes with the rest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from ...exporter.common.checked import checked
from ...exporter.common.errors import InputError, Option
from ...exporter.common.files import target_error
from ...exporter.common.lock import folder_of, take
from ...exporter.pairs.wordlist import ListedWord
from .sheet import SheetRow

_FORMAT = 2
_EMPTY = ("detail", "found")  # in each row that a model wrote and that was accepted


def head(words: Sequence[str | ListedWord], **what: object) -> dict[str, object]:
    """What two jobs have in common if one may resume the other: their words, and `what` else the caller names."""
    return {"cefr_sentences_journal": _FORMAT, "words": _digest("\n".join(map(str, words)).encode()), **what}


def adapter_fingerprint(folder: Path | None) -> str:
    """The same for the same weights; empty without an adapter."""
    return "" if folder is None else _digest((folder / "adapter_model.safetensors").read_bytes())


class Journal:
    """Rows are added one by one, each on the disk before the next is asked for.

    `rows` are those of an earlier run of the same job. `remove` it when the target has been written.

    Raises:
        InputError: a journal of another job exists, which `force` replaces; or another job is writing it.
        TargetError: it cannot be written.
    """

    def __init__(self, target: Path, job: dict[str, object], *, force: bool = False) -> None:
        self.path = target.with_name(target.name + ".part.jsonl")
        self.rows: list[SheetRow] = []
        self._folder = ExitStack()
        try:
            self._folder.enter_context(folder_of(self.path))
            self._file = self.path.open("a+b")
        except OSError as error:
            self._folder.close()
            raise target_error(self.path, error) from error
        whole = -1
        try:
            if not take(self._file, self.path):
                raise InputError(
                    "{file} is being written by another job. Wait for it, or choose another {option}.",
                    file=self.path,
                    option=Option("out"),
                )
            whole = self._read(job, force)
            self._file.truncate(whole)  # a kill leaves half a line
            if not whole:
                self._write(job)
        except OSError as error:
            self._close(remove=whole == 0)  # nothing is lost with it
            raise target_error(self.path, error) from error
        except InputError:
            self._close()
            raise
        self._kept = len(self.rows)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self._kept:
            self.remove()  # nothing is lost with it
        self._close()

    def add(self, row: SheetRow) -> None:
        try:
            self._write({name: value for name, value in asdict(row).items() if name not in _EMPTY})
            self._kept += 1
        except OSError as error:
            raise target_error(self.path, error) from error

    def _close(self, *, remove: bool = False) -> None:
        with suppress(OSError):  # on a full disk: half a row, which `add` has complained of
            self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)
        self._folder.close()

    def remove(self) -> None:
        self._close(remove=True)

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, job: dict[str, object], force: bool) -> int:
        """Reads the rows that are there; returns how many bytes of the file are whole."""
        lines = self._file.read().splitlines(keepends=True)
        begun = _entry(lines[0]) if lines else None
        if begun != json.loads(json.dumps(job)):
            if force or (not lines or not lines[0].endswith(b"\n")):  # killed before it had begun
                return 0
            raise _other_job(self.path, begun, job)
        good = len(lines[0])
        for line in lines[1:]:
            if (row := _row(_entry(line) or {})) is None:
                break
            self.rows.append(row)
            good += len(line)
        return good


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _row(entry: dict[str, Any]) -> SheetRow | None:
    try:
        return checked(SheetRow, {name: value for name, value in entry.items() if name not in _EMPTY})
    except ValueError:
        return None


def _other_job(path: Path, begun: dict[str, Any] | None, job: dict[str, object]) -> InputError:
    options = {"out": Option("out"), "force": Option("force")}
    if begun is None or "cefr_sentences_journal" not in begun:
        return InputError(
            "{file} exists and is not a journal of this program. Choose another name with {out}, or replace it with "
            "{force}.",
            file=path,
            **options,
        )
    return InputError(
        "{file} is what another job has finished so far (other {differences}). Give that command again to resume it, "
        "choose another name with {out}, or delete it with {force}.",
        file=path,
        differences=", ".join(name.replace("_", " ") for name in job if begun.get(name) != job[name]),
        **options,
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
