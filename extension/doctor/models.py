"""The models folder: what can be trained, and what is missing from it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, Problem
from ...exporter.common.lock import busy
from ...exporter.common.webui import Webui
from ..models.weights import shapes
from .finding import Finding, listed, note, ok, problem

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
TOKENIZER = {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt", "tekken.json"}
# What makes a folder of weights one that only a loader for answering reads.
_FIXED = ("exl2", "exl3", "gptq", "awq")
_GET = "Download the whole model: in the webui's Model tab, Download, with its name on the hub."
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)")
_MOST_ASKED = 10  # models that the hub is asked for


def model_folders(webui: Webui) -> list[Path]:
    """Folders in the models folder, whatever they hold."""
    try:
        return sorted(p for p in webui.models.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def look(webui: Webui) -> Iterator[Finding]:
    if not webui.models.is_dir():
        yield note(
            "There is no models folder {folder}.",
            "The only models to train or to write with are the embedded one and those on the hub.",
            "Start the webui once, or name the folder with --model-dir in its CMD_FLAGS.txt.",
            {"folder": webui.models},
        )
        return
    yield from _left(webui.models)
    ggufs = _ggufs(webui.models)
    portable = (webui.root / "portable_env").is_dir()
    holders = {parent for path in ggufs for parent in path.parents}
    folders = [f for f in model_folders(webui) if f not in holders or (f / "config.json").exists()]
    trainable: list[str] = []
    for folder in folders:
        findings = list(_look_at(folder))
        trainable += [] if findings else [folder.name]
        yield from findings
    if trainable:
        yield ok("Can be trained: {names}.", {"names": listed(trainable)})
    elif ggufs:
        say = note if portable else problem
        yield say(
            "{folder} holds GGUF models only ({names}), and no other model that is in order."
            if folders
            else "{folder} holds GGUF models only ({names}).",
            "llama.cpp runs them, and the webui cannot train them. Writing with them works, without an adapter.",
            "For training, get the Transformers version of the same model: a folder with config.json and .safetensors.",
            {"folder": webui.models, "names": listed(p.name for p in ggufs)},
        )
    elif not folders:
        yield note(
            "{folder} holds no model.",
            "Writing from the bank works; there is no model to write what it lacks."
            if portable
            else "The only models to train or to write with are the embedded one and those on the hub.",
            "Put a GGUF model into that folder, and load it in the Model tab."
            if portable
            else "Get one in the webui's Model tab, Download, such as HuggingFaceTB/SmolLM2-135M-Instruct.",
            {"folder": webui.models},
        )


def _left(models: Path) -> Iterator[Finding]:
    """What merges and conversions that were killed have hidden there."""
    for path in sorted([*models.glob(".*.before"), *models.glob(".*.part")]):
        name, _, kind = path.name[1:].rpartition(".")
        if not path.is_dir() or busy(models / name):
            continue
        if kind == "before":
            yield note(
                "{kept} is the model that a killed merge or conversion was to replace.",
                "It is hidden, so it is not listed.",
                "Merge or convert under the name {name} again, which brings it back or replaces it; or rename it.",
                {"kept": path, "name": name},
            )
        else:
            yield note(
                "{left} is a part of a model, of a merge or conversion that was killed.",
                "It is hidden, and takes space.",
                "Delete it, or merge or convert under the name {name} again.",
                {"left": path, "name": name},
            )


def _ggufs(folder: Path) -> list[Path]:
    every = []
    for parent, folders, files in os.walk(folder):  # links to folders are not followed, so there is no loop
        folders[:] = folders if len(Path(parent).relative_to(folder).parts) < 3 else []
        every += [Path(parent, name) for name in sorted(files) if _is_model(name.lower())]
    return every


def _is_model(name: str) -> bool:
    return name.endswith(".gguf") and not name.startswith("mmproj")  # what a model sees with


def _look_at(folder: Path) -> Iterator[Finding]:
    """What is wrong with one folder, and why it cannot be trained."""
    try:
        names = {p.name for p in folder.iterdir()}
    except OSError as error:
        means, step = "It is not listed.", "Change its permissions."
        yield problem("{folder} cannot be read: {cause}.", means, step, {"folder": folder, "cause": error.strerror})
        return
    weights = sorted(n for n in names if n.endswith(WEIGHTS) and not n.startswith("training_args"))
    if "config.json" not in names:
        yield _no_model(folder, adapter="adapter_config.json" in names, weights=bool(weights))
        return
    try:
        config = read_object(folder / "config.json")
    except InputError as error:
        yield _unloadable("{error}", folder, error=error.problems[0])
        return
    if not names & TOKENIZER:
        yield problem(
            "{folder} has no tokenizer (tokenizer.json, tokenizer.model or vocab.json).",
            "Text cannot be split into tokens, so it can neither answer nor be trained.",
            "Get tokenizer.json, tokenizer_config.json and special_tokens_map.json of the same model into it.",
            {"folder": folder},
        )
    if not weights:
        yield _unloadable("{folder} has no weights (.safetensors files).", folder)
        return
    if missing := _missing(folder, names):
        found = "{folder} lacks {n} of its files: {names}."
        yield _unloadable(found, folder, n=len(missing), names=listed(missing))
    for name in weights:
        if name.endswith(".safetensors"):
            try:
                shapes(folder / name)
            except (OSError, ValueError) as error:
                yield _unloadable("{folder} has a damaged {name}: {cause}.", folder, name=name, cause=error)
    quantized = config.get("quantization_config")
    method = str(quantized.get("quant_method", "")).lower() if isinstance(quantized, dict) else ""
    if method in _FIXED:
        yield note(
            "{name} is quantized ({method}).",
            "Such a model answers, but cannot be trained here.",
            "For training, get the version that is not quantized.",
            {"name": folder.name, "method": method},
        )


def _no_model(folder: Path, *, adapter: bool, weights: bool) -> Finding:
    """About a folder without a configuration."""
    if adapter:
        return note(
            "{folder} is an adapter (LoRA), not a model.",
            "The webui offers it as a model, but cannot load it.",
            "Move it into the loras folder.",
            {"folder": folder},
        )
    if weights:
        means = "No loader of Transformers models reads it."
        return problem("{folder} has weights but no config.json.", means, _GET, {"folder": folder})
    return note(
        "{folder} holds no model.", "Loading it fails.", "Delete it, or download the model.", {"folder": folder}
    )


def _unloadable(found: str, folder: Path, **values: object) -> Finding:
    return problem(found, "The model cannot be loaded.", _GET, {"folder": folder, **values})


def _missing(folder: Path, names: set[str]) -> list[str]:
    """Files that an index, or the numbers in the names of others, promise."""
    wanted: set[str] = set()
    indexes = [n for n in sorted(names) if n.endswith((".safetensors.index.json", ".bin.index.json"))]
    if len(indexes) > 1 and any(n.endswith(".safetensors") for n in names):
        indexes = [n for n in indexes if n.endswith(".safetensors.index.json")]  # the one that loaders prefer
    for name in indexes:
        try:
            weight_map = read_object(folder / name).get("weight_map")
        except InputError:
            return [f"{name} (it cannot be read)"]
        wanted |= {str(v) for v in weight_map.values()} if isinstance(weight_map, dict) else set()
    if not indexes:
        for match in filter(None, map(_SHARD.fullmatch, names)):
            stem, _, many, ending = match.groups()
            wanted |= {f"{stem}-{i:05}-of-{many}{ending}" for i in range(1, min(int(many), 1000) + 1)}
    whole = {"model.safetensors", "pytorch_model.bin"} & names
    return sorted(wanted - names) if not (whole and wanted.isdisjoint(names)) else []


def hub_names(webui: Webui) -> list[str]:
    """Models of the hub that are needed here and incomplete: bases of adapters, and interrupted downloads."""
    from .loras import missing_bases

    wanted = missing_bases(webui)
    for folder in model_folders(webui):
        owner, _, name = folder.name.partition("_")  # how the webui names what it downloaded
        if any(f.status == "problem" for f in _look_at(folder)):
            wanted.append(f"{owner}/{name}")
    return [n for n in dict.fromkeys(wanted) if re.fullmatch(r"[\w.-]+/[\w.-]+", n)]


def look_at_hub(webui: Webui) -> Iterator[Finding]:
    """Ask the hub whether the models that are missing can be downloaded. The only check that uses the network."""
    from ..models import hub

    names = hub_names(webui)
    for name in islice(names, _MOST_ASKED):
        try:
            refusal = hub.refusal(name)
        except ImportError:
            yield note("huggingface_hub is not installed.", "The hub was not asked.")
            return
        if refusal is None:
            yield ok("{name} can be downloaded.", {"name": name})
        else:
            yield Finding("problem", refusal.cause, Problem("It cannot be downloaded."), refusal.remedy)
    if not names:
        yield ok("No model is missing, so the hub was not asked.")
