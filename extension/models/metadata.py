"""Reads and writes cefr_sentences.json, which describes an adapter, or a model folder that this program made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import InputError, ModelError

NAME = "cefr_sentences.json"


@dataclass(frozen=True)
class Data:
    """The training file, by its name alone, and the fingerprint of its records; empty where they are not known."""

    file: str = ""
    records: int | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Metadata:
    """What an adapter was trained for, on what and how; or what a model folder was merged or converted from.

    `level` is empty and `form` is "instruct" where other software trained it. What is only shown, and decides nothing,
    is kept as the file has it: `settings`, `recipe`, `eval_loss` (`before` and `after`), `merged` and `converted`.
    """

    level: str = ""
    prompt_version: int | None = None
    form: str = "instruct"
    base_model: str = ""
    data: Data = field(default_factory=Data)
    settings: Mapping[str, Any] | None = None
    recipe: Mapping[str, Any] | None = None
    adapter_of_step: int | None = None
    steps: int | None = None
    planned_steps: int | None = None
    seconds: float | None = None
    eval_loss: Mapping[str, Any] | None = None
    versions: Mapping[str, Any] | None = None
    merged: Mapping[str, Any] | None = None
    converted: Mapping[str, Any] | None = None

    @property
    def of_a_model(self) -> bool:
        """Whether this is a model folder that this program made, rather than an adapter."""
        return self.merged is not None or self.converted is not None

    def save(self, folder: Path) -> None:
        """Write what is known into `folder`: with a level also the form, after a training also an empty `eval_loss`."""
        known = {f.name for f in fields(self) if getattr(self, f.name) != getattr(_NOTHING, f.name)}
        known |= {"form"} if self.level else set()
        known |= {"eval_loss"} if self.settings is not None else set()
        said = {name: value for name, value in asdict(self).items() if name in known}
        (folder / NAME).write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


_NOTHING = Metadata()


def read_metadata(folder: Path) -> Metadata:
    """The metadata in `folder`, of any version; empty where there are none. Raises ModelError for a damaged file."""
    file = folder / NAME
    if not file.exists():
        return _NOTHING
    try:
        return checked(Metadata, read_object(file))
    except (InputError, ValueError) as error:
        raise ModelError(
            "{file} is damaged: {cause}. Delete it to use the adapter as one that was trained elsewhere.",
            file=file,
            cause=error,
        ) from None
