"""A report's folder, which appears whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...exporter.common.errors import InputError, TargetError
from ...exporter.common.files import target_error

DATA = "evaluation.json"
_OURS = frozenset({"report.md", "report.html", DATA, "comparison.json", "plots"})


def check_folder(out: Path, *, force: bool) -> None:
    """Raises TargetError when `out` holds anything but a report and `force` is not set, or cannot be a folder."""
    try:
        if out.exists() and not out.is_dir():
            raise TargetError(f"{out} is a file. Choose another folder with --out.")
        others = sorted(p.name for p in out.iterdir() if p.name not in _OURS) if out.exists() else []
        has_report = out.exists() and any((out / name).is_file() for name in (DATA, "comparison.json"))
        if out.exists() and any(out.iterdir()) and (others or not has_report) and not force:
            what = ", ".join(others[:5]) or "no report"
            raise TargetError(
                f"{out} holds other things ({what}). Choose another --out, or write beside them with --force."
            )
    except OSError as error:
        raise target_error(out, error) from error


def publish(out: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Write `files` (paths inside the folder, and bytes) as the folder `out`, in place of the report it may hold.

    With `force`, other files in it stay. Raises TargetError as `check_folder` does, or when it cannot be written;
    `out` is then as it was.
    """
    check_folder(out, force=force)
    out = out.resolve()
    part, before = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "before"))
    try:
        shutil.rmtree(part, ignore_errors=True)
        for name, data in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        if out.exists():
            for other in out.iterdir():
                if other.name not in _OURS:
                    copy = shutil.copytree if other.is_dir() else shutil.copy2
                    copy(other, part / other.name)
            out.rename(before)
        part.rename(out)
    except OSError as error:
        if before.exists() and not out.exists():
            before.rename(out)
        raise target_error(out, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)


def read_evaluation(path: Path) -> dict[str, object]:
    """The evaluation.json at `path`, or in the folder `path`. Raises InputError when it is none of ours."""
    path = path / DATA if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path} does not exist. `cefr-sentences evaluate ... --out DIR` writes it.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(found, dict) or not {"systems", "task", "base"} <= set(found):
        raise InputError(f"{path} is no evaluation.json of `cefr-sentences evaluate`.")
    return found
