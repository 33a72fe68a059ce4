"""The loras folder: adapters that cannot be applied, or not to any model that is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...exporter.common.versions import release
from ...exporter.common.webui import Webui
from ..install.interpreter import command_line
from ..models.weights import PICKLE, SAFE, Tensor, read_header
from ..training.plan import RESUME
from .finding import Finding, listed
from .models import model_folders, read_json
from .python import installed_version

_CONFIG = "adapter_config.json"
_ANEW = "Copy the folder anew from where it was trained, or train it again."


def look(webui: Webui) -> Iterator[Finding]:
    folders = _folders(webui)
    if folders is None:
        yield Finding(
            "loras",
            "problem" if webui.loras.exists() else "note",
            f"{webui.loras} is a file, not a folder." if webui.loras.exists() else f"There is no {webui.loras}.",
            "No adapter can be applied, and training has no place to write one.",
            "Make that folder, or name it with --lora-dir in the webui's CMD_FLAGS.txt.",
        )
        return
    good = []
    for folder in folders:
        found = list(_look_at(webui, folder))
        good += [] if any(f.status == "problem" for f in found) or not _has_config(folder) else [folder.name]
        yield from found
    if good:
        yield Finding("loras", "ok", f"Can be applied: {listed(good)}.")
    elif not folders:
        yield Finding("loras", "ok", f"{webui.loras} holds no adapter yet.")


def missing_bases(webui: Webui) -> list[str]:
    """The names, or paths, of models that an adapter was trained on and that are not in the models folder."""
    found = []
    for folder in _folders(webui) or []:
        try:
            base = read_json(folder / _CONFIG).get("base_model_name_or_path")
        except (OSError, ValueError):
            continue
        if isinstance(base, str) and base and not _is_here(webui, base):
            found.append(base)
    return list(dict.fromkeys(found))


def _folders(webui: Webui) -> list[Path] | None:
    if not webui.loras.is_dir():
        return None
    return sorted(p for p in webui.loras.iterdir() if p.is_dir() and not p.name.startswith("."))


def _has_config(folder: Path) -> bool:
    return (folder / _CONFIG).is_file()


def _look_at(webui: Webui, folder: Path) -> Iterator[Finding]:
    if (folder / RESUME).is_dir():
        yield Finding(
            "loras",
            "note",
            f"{folder} holds an unfinished run.",
            "What it needs to go on takes room until it ends; the adapter in it, if any, is that of the stop.",
            f"Go on with it: cefr-sentences train --resume {folder}",
        )
    if not _has_config(folder):
        copies = sorted(p.name for p in folder.glob("checkpoint-*") if (p / _CONFIG).is_file())
        if copies or not (folder / RESUME).is_dir():
            yield Finding(
                "loras",
                "note",
                f"{folder} is no adapter: it has no {_CONFIG}.",
                "The webui lists it all the same, and cannot apply it. Its training has not ended, perhaps.",
                f"Copy the newest copy ({copies[-1]}) into the loras folder, or train it again."
                if copies
                else "Delete it, or train it again.",
            )
        return
    try:
        config = read_json(folder / _CONFIG)
    except (OSError, ValueError) as error:
        yield _problem(folder, f"has an {_CONFIG} that cannot be read ({error})", "It cannot be applied.", _ANEW)
        return
    yield from _weights(webui, folder, config)
    yield from _base(webui, folder, config)
    yield from _newer(folder, config)


def _weights(webui: Webui, folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    if not (folder / SAFE).is_file():
        if (folder / PICKLE).is_file():
            convert = command_line(["cefr-sentences", "convert-adapter", str(folder)])
            yield _problem(
                folder,
                f"has its weights as a pickle ({PICKLE})",
                "A pickle can run code when it is loaded, so this package does not apply it.",
                f"Convert it, which loads nothing but numbers: {convert}",
            )
        else:
            yield _problem(folder, f"has no {SAFE}", "There is nothing to apply.", _ANEW)
        return
    try:
        tensors = read_header(folder / SAFE)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        yield _problem(folder, f"has a damaged {SAFE}: {cause}", "It cannot be applied.", _ANEW)
        return
    if wrong := _wrong_rank(config, tensors):
        yield _problem(
            folder,
            f"says rank {config.get('r')} in {_CONFIG}, and its weights have rank {listed(map(str, wrong))}",
            "The two belong to different trainings, so peft refuses to load it.",
            f"If the weights are the right ones, write their rank as r in {_CONFIG}, and lora_alpha as it was "
            "trained with; otherwise train it again.",
        )


def _wrong_rank(config: dict[str, Any], tensors: list[Tensor]) -> list[int]:
    """Ranks of the weights that the configuration does not name."""
    rank, pattern = config.get("r"), config.get("rank_pattern")
    if not isinstance(rank, int) or config.get("peft_type", "LORA") != "LORA" or config.get("target_parameters"):
        return []
    named = {rank, *(pattern.values() if isinstance(pattern, dict) else ())}
    return sorted({t.shape[0] for t in tensors if t.name.endswith("lora_A.weight") and t.shape} - named)


def _base(webui: Webui, folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    base = config.get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        yield Finding(
            "loras",
            "note",
            f"{folder} does not say which model it was trained on.",
            "Applied to another one it fails, or makes nonsense.",
            f"Write the model's name as base_model_name_or_path into {_CONFIG}.",
        )
    elif not _is_here(webui, base):
        yield Finding(
            "loras",
            "note",
            f"{folder} was trained on {base}, which is not in {webui.models}.",
            "It can be applied to that model only.",
            "Get that model in the webui's Model tab, Download. If you have it under another name, nothing is amiss.",
        )


def _is_here(webui: Webui, base: str) -> bool:
    """Whether a model of that name is here. Of a path, or of owner/name, the webui's folders have the last part."""
    try:
        if Path(base).expanduser().is_dir():
            return True
    except (OSError, ValueError, RuntimeError):
        pass
    parts = [part for part in base.replace("\\", "/").split("/") if part]
    names = {folder.name.lower() for folder in model_folders(webui)}
    wanted = {parts[-1].lower(), "_".join(parts[-2:]).lower()} if parts else set()
    return bool(wanted & names) or any(name.endswith(f"_{parts[-1].lower()}") for name in names if parts)


def _newer(folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    """Written by a newer peft than is installed, which has settings that this one does not know."""
    having, wrote = installed_version("peft"), config.get("peft_version")
    if having is None or config.get("peft_type", "LORA") != "LORA":
        return
    if isinstance(wrote, str) and release(wrote) <= release(having):
        return
    known = _peft_knows()
    unknown = sorted(set(config) - known) if known else []
    told = [key for key in unknown if config[key]]  # what is empty or off was written as a default
    if not told and not isinstance(wrote, str):
        return
    settings = f" and has settings that it does not know: {listed(told)}" if told else ""
    yield Finding(
        "loras",
        "problem" if told else "note",
        f"{folder} was written by peft {wrote or 'of a later version'}{settings}. Installed is {having}."
        if not settings
        else f"{folder} was written by peft {wrote or 'of a later version'}{settings} ({having} is installed).",
        "peft ignores them with a warning, or refuses the adapter; its answers may differ from what was trained."
        if told
        else "It has no setting that is not known here, so it should work.",
        f"Use it where peft {wrote or 'is newer'} is installed, or train it here again." if told else "",
    )


@lru_cache(maxsize=1)
def _peft_knows() -> frozenset[str]:
    """The settings of the installed peft; empty where it cannot be imported."""
    if find_spec("peft") is None:
        return frozenset()
    try:
        config: Any = import_module("peft").LoraConfig
        return frozenset(f.name for f in fields(config)) | {"peft_version"}
    except (Exception, SystemExit):  # torch or transformers may be broken; look_at_gpu says so
        return frozenset()


def _problem(folder: Path, what: str, means: str, step: str) -> Finding:
    return Finding("loras", "problem", f"{folder} {what}.", means, step)
