"""The models folder: what can be trained, and what is missing from it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError
from ...exporter.common.webui import Webui
from ..install.interpreter import environment
from ..models.weights import read_header
from .finding import Finding, listed

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
TOKENIZER = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt", "tekken.json")
# What makes a folder of weights one that only a loader for answering reads.
_FIXED = ("exl2", "exl3", "gptq", "awq")
_GET = "Get it whole: in the webui's Model tab, Download, with its name on the hub."
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)")
_MAX_JSON = 64_000_000  # bytes


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON object. Raises ValueError when it is none, OSError when it cannot be read."""
    if path.stat().st_size > _MAX_JSON:
        raise ValueError(f"it has {path.stat().st_size:,} bytes")
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(data, dict):
        raise ValueError("it is not a JSON object")
    return data


def model_folders(webui: Webui) -> list[Path]:
    """Folders in the models folder, whatever they hold."""
    try:
        return sorted(p for p in webui.models.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def look(webui: Webui) -> Iterator[Finding]:
    if not webui.models.is_dir():
        yield Finding(
            "models",
            "note",
            f"There is no models folder {webui.models}.",
            "There is no model to train or to write with but the embedded one and those of the hub.",
            "Start the webui once, or name the folder with --model-dir in its CMD_FLAGS.txt.",
        )
        return
    ggufs = _ggufs(webui.models)
    usable: list[str] = []
    others = 0
    for folder in model_folders(webui):
        if any(folder in path.parents for path in ggufs) and not (folder / "config.json").exists():
            continue
        others += 1
        found = list(_look_at(folder))
        usable += [] if any(f.status != "ok" for f in found) else [folder.name]
        yield from found
    if usable:
        yield Finding("models", "ok", f"Can be trained: {listed(usable)}.")
    elif ggufs:
        portable = environment(webui) == webui.root / "portable_env"
        yield Finding(
            "models",
            "note" if portable else "problem",
            f"{webui.models} holds GGUF models only ({listed(p.name for p in ggufs)})"
            + (", and no other that is in order." if others else "."),
            "llama.cpp runs them, and nobody can train them; writing with them works, without an adapter.",
            "For training get the Transformers version of the same model: a folder with config.json and .safetensors.",
        )
    elif not others:
        yield Finding(
            "models",
            "note",
            f"{webui.models} holds no model.",
            "There is nothing to train or to write with but the embedded model and those of the hub.",
            "Get one in the webui's Model tab, Download, such as HuggingFaceTB/SmolLM2-135M-Instruct.",
        )


def _ggufs(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):  # links to folders are not followed, so no loop is
        folders[:] = folders if len(Path(parent).relative_to(folder).parts) < 3 else []
        found += [Path(parent, name) for name in sorted(files) if name.lower().endswith(".gguf")]
    return found


def _look_at(folder: Path) -> Iterator[Finding]:
    """What is wrong with one folder that holds no GGUF model alone."""
    try:
        names = {p.name for p in folder.iterdir()}
    except OSError as error:
        yield _problem(folder, f"cannot be read: {error.strerror}", "It is not listed.", "Change its permissions.")
        return
    weights = sorted(n for n in names if n.endswith(WEIGHTS) and not n.startswith("training_args"))
    if "adapter_config.json" in names and "config.json" not in names:
        yield Finding(
            "models",
            "note",
            f"{folder} is an adapter (LoRA), not a model.",
            "The webui offers it as a model and cannot load it.",
            "Move it into the loras folder.",
        )
        return
    if "config.json" not in names:
        if weights:
            yield _problem(folder, "has weights and no config.json", "No loader of Transformers models reads it.")
        else:
            yield Finding("models", "note", f"{folder} holds no model.", "Loading it fails.", "Delete it, or " + _GET)
        return
    try:
        config = read_json(folder / "config.json")
    except (OSError, ValueError) as error:
        yield _problem(folder, f"has a config.json that cannot be read ({error})", "The model cannot be loaded.")
        return
    if not names & set(TOKENIZER):
        yield _problem(
            folder,
            "has no tokenizer (tokenizer.json, tokenizer.model or vocab.json)",
            "Text cannot be made into tokens, so it can neither answer nor be trained.",
            "Get tokenizer.json, tokenizer_config.json and special_tokens_map.json of the same model into it.",
        )
    if not weights:
        yield _problem(folder, "has no weights (.safetensors files)", "There is nothing to load.")
        return
    missing, broken = _missing(folder, names), _broken(folder, weights)
    if missing:
        yield _problem(folder, f"lacks {len(missing)} of its files: {listed(missing)}", "The model cannot be loaded.")
    for name, why in broken:
        yield _problem(folder, f"has a damaged {name}: {why}", "The model cannot be loaded.")
    quantized = config.get("quantization_config")
    method = str(quantized.get("quant_method", "")).lower() if isinstance(quantized, dict) else ""
    if method in _FIXED:
        yield Finding(
            "models",
            "note",
            f"{folder.name} is quantized ({method}).",
            "Such a model answers, and is not trained here.",
            "For training get the version that is not quantized.",
        )


def _missing(folder: Path, names: set[str]) -> list[str]:
    """Files that an index, or the numbers in the names of others, promise."""
    wanted: set[str] = set()
    indexes = [n for n in sorted(names) if n.endswith((".safetensors.index.json", ".bin.index.json"))]
    if len(indexes) > 1 and any(n.endswith(".safetensors") for n in names):
        indexes = [n for n in indexes if n.endswith(".safetensors.index.json")]  # the one that loaders prefer
    for name in indexes:
        try:
            weight_map = read_json(folder / name).get("weight_map")
        except (OSError, ValueError):
            return [f"{name} (it cannot be read)"]
        wanted |= {str(v) for v in weight_map.values()} if isinstance(weight_map, dict) else set()
    if not indexes:
        for match in filter(None, map(_SHARD.fullmatch, sorted(names))):
            stem, _, many, ending = match.groups()
            wanted |= {f"{stem}-{i:05}-of-{many}{ending}" for i in range(1, min(int(many), 1000) + 1)}
    whole = {"model.safetensors", "pytorch_model.bin"} & names
    return sorted(wanted - names) if not (whole and wanted.isdisjoint(names)) else []


def _broken(folder: Path, weights: list[str]) -> Iterator[tuple[str, str]]:
    for name in weights:
        if name.endswith(".safetensors"):
            try:
                read_header(folder / name)
            except ValueError as error:
                yield name, str(error)
            except OSError as error:
                yield name, error.strerror or str(error)


def _problem(folder: Path, what: str, means: str, step: str = _GET) -> Finding:
    return Finding("models", "problem", f"{folder} {what}.", means, step)


def hub_names(webui: Webui) -> list[str]:
    """Models of the hub that are wanted here and are not whole: bases of adapters, and downloads that broke off."""
    from .loras import missing_bases

    wanted = missing_bases(webui)
    for folder in model_folders(webui):
        owner, sign, name = folder.name.partition("_")  # how the webui names what it has got
        if sign and any(f.status == "problem" for f in _look_at(folder)):
            wanted.append(f"{owner}/{name}")
    return [n for n in dict.fromkeys(wanted) if re.fullmatch(r"[\w.-]+/[\w.-]+", n)]


def look_at_hub(webui: Webui) -> Iterator[Finding]:
    """Ask the hub whether it lends the models that are missing. The only check that uses the network."""
    from ..models.hub import check_access

    names = hub_names(webui)
    for name in names[:10]:
        try:
            check_access(name)
        except ModelError as error:
            told, _, step = str(error).partition(". ")
            yield Finding(
                "hub", "problem", f"{told.rstrip('.')}.", "It cannot be downloaded.", step or "Check its name."
            )
        except ImportError:
            yield Finding("hub", "note", "huggingface_hub is not installed.", "The hub was not asked.")
            return
        else:
            yield Finding("hub", "ok", f"{name} can be downloaded.")
    if not names:
        yield Finding("hub", "ok", "No model is missing, so the hub was not asked.")
