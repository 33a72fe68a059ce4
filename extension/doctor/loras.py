"""The loras folder: adapters that cannot be applied, or not to any model that is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, Problem
from ...exporter.common.shell import command_line
from ...exporter.common.versions import installed, release
from ...exporter.common.webui import Webui
from ..models.adapter import misfit
from ..models.weights import PICKLE, SAFE, shapes
from ..training.checkpoint import RESUME
from .finding import Finding, listed, note, ok, problem
from .models import model_folders

_CONFIG = "adapter_config.json"
_WRAPPED = "base_model.model"  # what peft puts before each name of the model
# The model inside the model with a head; some files, such as GPT-2's, leave its name out.
_INNER = {"model", "transformer", "gpt_neox"}
_AGAIN = "Copy the folder again from where it was trained, or repeat the training."


def look(webui: Webui) -> Iterator[Finding]:
    if not webui.loras.is_dir():
        say = problem if webui.loras.exists() else note
        yield say(
            "{folder} is a file, not a folder." if webui.loras.exists() else "There is no {folder}.",
            "No adapter can be applied, and training has no place to write one.",
            "Create that folder, or name it with --lora-dir in the webui's CMD_FLAGS.txt.",
            {"folder": webui.loras},
        )
        return
    for kept in sorted(webui.loras.glob(".*.before")):
        yield note(
            "{kept} is the adapter that a killed training was to replace.",
            "It is hidden, so it is not listed.",
            "Train under the name {name} again or resume that run, which brings it back or replaces it; or rename it.",
            {"kept": kept, "name": kept.name[1:].removesuffix(".before")},
        )
    folders, good = _folders(webui), []
    for folder in folders:
        findings = list(_look_at(webui, folder))
        if (folder / _CONFIG).is_file() and not any(f.status == "problem" for f in findings):
            good.append(folder.name)
        yield from findings
    if good:
        yield ok("Can be applied: {names}.", {"names": listed(good)})
    elif not folders:
        yield ok("{folder} holds no adapter yet.", {"folder": webui.loras})


def missing_bases(webui: Webui) -> list[str]:
    """The names, or paths, of models that an adapter was trained on and that are not in the models folder."""
    missing = []
    for folder in _folders(webui):
        try:
            base = read_object(folder / _CONFIG).get("base_model_name_or_path")
        except InputError:
            continue
        if isinstance(base, str) and base and _base_folder(webui, base) is None:
            missing.append(base)
    return list(dict.fromkeys(missing))


def _folders(webui: Webui) -> list[Path]:
    if not webui.loras.is_dir():
        return []
    return sorted(p for p in webui.loras.iterdir() if p.is_dir() and not p.name.startswith("."))


def _look_at(webui: Webui, folder: Path) -> Iterator[Finding]:
    unfinished = (folder / RESUME).is_dir()
    if unfinished:
        yield note(
            "{folder} holds an unfinished run.",
            "The files for resuming it take up space until it ends; the adapter, if there is one, is that of the stop.",
            "Resume it: {command}",
            {"folder": folder, "command": command_line(["cefr-sentences", "train", "--resume", str(folder)])},
        )
    if not (folder / _CONFIG).is_file():
        copies = sorted(p.name for p in folder.glob("checkpoint-*") if (p / _CONFIG).is_file())
        if copies or not unfinished:
            yield note(
                "{folder} is not an adapter: it has no {config}.",
                "The webui lists it nevertheless, and cannot apply it. Its training may not have ended.",
                "Copy the newest checkpoint ({newest}) into the loras folder, or train it again."
                if copies
                else "Delete it, or train it again.",
                {"folder": folder, "config": _CONFIG, "newest": copies[-1] if copies else None},
            )
        return
    try:
        config = read_object(folder / _CONFIG)
    except InputError as error:
        yield problem("{error}", "It cannot be applied.", _AGAIN, {"error": error.problems[0]})
        return
    yield from _weights(folder, config)
    yield from _base(webui, folder, config)
    yield from _newer(folder, config)


def _weights(folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    if not (folder / SAFE).is_file():
        if (folder / PICKLE).is_file():
            yield problem(
                "{folder} has its weights as a pickle ({file}).",
                "A pickle can run code when it is loaded, so this package does not apply it.",
                "Convert it, which loads only numbers: {command}",
                {
                    "folder": folder,
                    "file": PICKLE,
                    "command": command_line(["cefr-sentences", "convert-adapter", str(folder)]),
                },
            )
        else:
            yield problem(
                "{folder} has no {file}.", "There is nothing to apply.", _AGAIN, {"folder": folder, "file": SAFE}
            )
        return
    try:
        weights = shapes(folder / SAFE)
    except (OSError, ValueError) as error:
        found = "{folder} has a damaged {file}: {cause}."
        yield problem(found, "It cannot be applied.", _AGAIN, {"folder": folder, "file": SAFE, "cause": error})
        return
    if wrong := _wrong_ranks(config, weights):
        yield problem(
            "{folder} says rank {rank} in {config}, but its weights have rank {wrong}.",
            "The two belong to different trainings, so peft refuses to load it.",
            "If the weights are the right ones, write their rank as r into {config}, and lora_alpha as it was trained "
            "with; otherwise train it again.",
            {"folder": folder, "config": _CONFIG, "rank": config.get("r"), "wrong": listed(map(str, wrong))},
        )


def _wrong_ranks(config: dict[str, Any], weights: dict[str, tuple[int, ...]]) -> list[int]:
    """Ranks of the weights that the configuration does not name."""
    rank, pattern = config.get("r"), config.get("rank_pattern")
    if not isinstance(rank, int) or config.get("peft_type", "LORA") != "LORA" or config.get("target_parameters"):
        return []
    named = {rank, *(pattern.values() if isinstance(pattern, dict) else ())}
    return sorted({shape[0] for name, shape in weights.items() if name.endswith("lora_A.weight") and shape} - named)


def _base(webui: Webui, folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    base = config.get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        yield note(
            "{folder} does not say which model it was trained on.",
            "Applied to another model it fails, or makes it write nonsense.",
            "Write the model's name as base_model_name_or_path into {config}.",
            {"folder": folder, "config": _CONFIG},
        )
    elif (here := _base_folder(webui, base)) is None:
        yield note(
            "{folder} was trained on {base}, which is not in {models}.",
            "It can be applied to that model only.",
            "Get that model in the webui's Model tab, Download. If you have it under another name, ignore this.",
            {"folder": folder, "base": base, "models": webui.models},
        )
    elif wrong := _misfit(folder, here, config):
        yield problem(
            "{folder} does not fit {base}: it has {given}, the model {known}.",
            "The model would run without it.",
            "If only the beginning of the names differs, this puts it right: {command}. Otherwise it belongs to "
            "another model: train it again.",
            {
                "folder": folder,
                "base": here,
                "given": wrong[0],
                "known": wrong[1],
                "command": command_line(["cefr-sentences", "convert-adapter", str(folder), "--model", str(here)]),
            },
        )


def _misfit(folder: Path, base: Path, config: dict[str, Any]) -> tuple[str, str] | None:
    """`misfit` by the headers of the files alone; None also where they do not show it.

    A model of pictures and text is loaded under other names than its file has, and a target that is a pattern, or
    leaves out layers, is for peft to resolve: of those only a module that the model lacks is a misfit.
    """
    if config.get("peft_type", "LORA") != "LORA" or config.get("target_parameters"):
        return None
    try:
        if {"vision_config", "text_config"} & set(read_object(base / "config.json")):
            return None
        modules = {name.rpartition(".")[0] for path in base.glob("*.safetensors") for name in shapes(path)}
        given = {name.partition(".lora_")[0] for name in shapes(folder / SAFE) if ".lora_" in name}
    except (InputError, OSError, ValueError):
        return None
    if not _INNER & {name.partition(".")[0] for name in modules}:
        within = {name.split(".")[2] for name in given if name.startswith(f"{_WRAPPED}.") and name.count(".") > 2}
        modules |= {f"{inner}.{module}" for inner in within for module in modules}
    targets = config.get("target_modules")
    if isinstance(targets, list):
        modules = {m for m in modules if any(m == t or m.endswith(f".{t}") for t in targets)}
    known = {f"{_WRAPPED}.{m}" for m in modules}
    if not known or (given and given <= known):
        return None
    return misfit(*({f"{module}.lora_A.weight" for module in side} for side in (given, known)))


def _base_folder(webui: Webui, base: str) -> Path | None:
    """The folder of a model of that name. The webui's folders are named by the last part of a path or hub name."""
    try:
        if Path(base).expanduser().is_dir():
            return Path(base).expanduser()
    except (OSError, ValueError, RuntimeError):
        pass
    parts = [part.lower() for part in base.replace("\\", "/").split("/") if part]
    here = {folder.name.lower(): folder for folder in model_folders(webui)}
    return next(
        (f for name, f in here.items() if parts and (name == parts[-1] or name.endswith(f"_{parts[-1]}"))), None
    )


def _newer(folder: Path, config: dict[str, Any]) -> Iterator[Finding]:
    """Written by a newer peft than is installed, which has settings that this one does not know."""
    here, wrote = installed("peft"), config.get("peft_version")
    if here is None or config.get("peft_type", "LORA") != "LORA":
        return
    if isinstance(wrote, str) and release(wrote) <= release(here):
        return
    known = _peft_settings()
    # What is empty or off was written as a default.
    unknown = [key for key in sorted(set(config) - known) if config[key]] if known else []
    values = {
        "folder": folder,
        "wrote": wrote or Problem("of a later version"),
        "here": here,
        "unknown": listed(unknown),
    }
    if unknown:
        yield problem(
            "{folder} was written by peft {wrote}, with settings that {here}, which is installed, lacks: {unknown}.",
            "peft ignores them with a warning, or refuses the adapter; its answers may differ from what was trained.",
            "Use it where that peft is installed, or train it here again.",
            values,
        )
    elif isinstance(wrote, str):
        found = "{folder} was written by peft {wrote}; {here} is installed."
        yield note(found, "It has no setting that is unknown here, so it should work.", values=values)


@lru_cache(maxsize=1)
def _peft_settings() -> frozenset[str]:
    """The settings of the installed peft; empty where it cannot be imported."""
    if find_spec("peft") is None:
        return frozenset()
    try:
        config: Any = import_module("peft").LoraConfig
        return frozenset(f.name for f in fields(config)) | {"peft_version"}
    except (Exception, SystemExit):  # torch or transformers may be broken, which the check of the GPU reports
        return frozenset()
