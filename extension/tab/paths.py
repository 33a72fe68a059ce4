"""Names that come from a page, made into paths that stay where they belong; a place for what it downloads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ...exporter.common.errors import InputError
from ...exporter.common.files import is_text
from ...exporter.pairs.tables import NEEDS, TABLES
from ...exporter.records.export import is_ours
from ...exporter.records.names import check_name
from ...exporter.records.prompt import HARD_CUT, RESPONSE_HEAD
from ..training.preflight import FEW_RECORDS

_READABLE = frozenset(kind for kind in TABLES if kind not in NEEDS or find_spec(NEEDS[kind]) is not None)
# Conversations that the webui puts into its datasets folder.
_EXAMPLES = ("example_messages.json", "example_sharegpt.json", "example_text.json")
MAX_UPLOAD = 200_000_000  # bytes
# The first answer of a hard-cut text begins within so many bytes, and as many records as a training needs are in these.
_HEAD_BYTES, _ENOUGH_BYTES = 16_384, 500_000


def tables(datasets: Path) -> list[str]:
    """Files of the datasets folder that may hold pairs, by name."""
    found = (p for p in _files(datasets) if p.suffix.lower() in _READABLE and p.name not in _EXAMPLES)
    return sorted(p.name for p in found if not is_ours(p))


def training_files(datasets: Path) -> list[str]:
    """Hard-cut text, newest first: the exporter's (with a description beside it), and others', by the heading."""
    texts = [p for p in _files(datasets) if p.suffix == ".txt" and not _is_evaluation(p) and (_ours(p) or _others(p))]
    return [p.name for p in sorted(texts, key=lambda p: p.stat().st_mtime, reverse=True)]


def trainable(datasets: Path) -> bool:
    """Whether a training file has as many records as a training needs."""
    return any(_count(datasets / name) >= FEW_RECORDS for name in training_files(datasets))


def _count(path: Path) -> int:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_ENOUGH_BYTES).count(HARD_CUT.encode()) + 1
    return 0


def evaluation_files(datasets: Path) -> list[str]:
    """The evaluation files of the exporter's training files."""
    ours = [f for f in training_files(datasets) if _ours(datasets / f)]
    return [n for f in ours if (datasets / (n := f"{Path(f).stem}_eval.txt")).is_file()]


def _ours(path: Path) -> bool:
    return path.with_suffix(".meta.json").is_file()


def _is_evaluation(path: Path) -> bool:
    """Whether it is the evaluation file of a training file beside it."""
    return path.stem.endswith("_eval") and path.with_name(f"{path.stem.removesuffix('_eval')}.txt").is_file()


def _others(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return RESPONSE_HEAD.strip().encode() in file.read(_HEAD_BYTES)
    return False


def dataset(datasets: Path, name: object, allowed: list[str]) -> Path:
    """The file `name` of the datasets folder. Raises InputError unless it is one of `allowed`, and lies there."""
    if not name:
        raise InputError("No file is chosen. Make one in the Data pane.")
    if not isinstance(name, str) or name not in allowed:
        raise InputError("There is no file {name!r} to choose in {folder}.", name=str(name)[:80], folder=datasets)
    return inside(datasets, name)


def inside(folder: Path, name: str) -> Path:
    """`folder / name`. Raises InputError when that is not a plain name, or a link that leads out of the folder."""
    check_name(name)
    path = folder / name
    if path.resolve().parent != folder.resolve():
        message = "{name!r} is a link to a place outside {folder}, which the page may not use."
        raise InputError(message, name=name, folder=folder)
    return path


def upload(path: object) -> Path:
    """A file that the page has just sent. Raises InputError when it is anything else on this machine."""
    if not isinstance(path, str) or "\0" in path:
        raise InputError("No file was sent.")
    place = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio").resolve()
    real = Path(path).resolve()
    if place not in real.parents or not real.is_file():
        raise InputError("{name!r} is not a file that this page has sent.", name=Path(path).name[:80])
    name = real.name[:80]
    if real.suffix.lower() not in (*TABLES, ".txt"):  # Anki writes notes as .txt
        raise InputError("{name!r} is not a table. Send one of {kinds}.", name=name, kinds=", ".join(TABLES))
    if real.stat().st_size > MAX_UPLOAD:
        message = "{name!r} is larger than {size} MB. Use the command cefr-sentences export."
        raise InputError(message, name=name, size=MAX_UPLOAD // 10**6)
    return real


def download_folder() -> Path:
    """A new folder for files to download; all of them go with the process."""
    return Path(tempfile.mkdtemp(dir=_scratch().name))


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cefr-")


def _files(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".") and is_text(p.name))
