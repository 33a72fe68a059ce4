"""The files that hold weights: what is in them, and whether they are whole, without loading any."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

from ...exporter.common.checked import read_object
from ...exporter.common.errors import InputError, ModelError, Problem
from ...exporter.common.ordinary import content

PICKLE = "adapter_model.bin"
SAFE = "adapter_model.safetensors"

_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
# What config.json calls the number of layers, and the sizes of the embedding, which are the sizes of some weights.
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_SIZES = ("hidden_size", "n_embd", "d_model", "vocab_size")
_INDEX = "model.safetensors.index.json"


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor in a safetensors file, by its name. Only the header is read.

    Raises:
        ValueError: it is not such a file, or incomplete; its argument is a `Problem`.
        OSError: it cannot be read.
    """
    if not path.is_file():  # a pipe would never end
        raise ValueError(Problem("it is not an ordinary file"))
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        if _POINTER.startswith(first) and first:
            raise ValueError(Problem("it is a pointer of Git LFS, not the weights; fetch them with: git lfs pull"))
        length = int.from_bytes(first, "little")
        if len(first) < 8 or length > min(size, _LONGEST_HEADER):
            raise ValueError(_incomplete(size, None))
        header = file.read(length)
    try:
        entries = {
            n: (tuple(e["shape"]), *e["data_offsets"]) for n, e in json.loads(header).items() if n != "__metadata__"
        }
        whole = 8 + length + max((int(end) for _, _, end in entries.values()), default=0)
        if any(prod(shape) < 0 or not 0 <= begin <= end for shape, begin, end in entries.values()):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise ValueError(_incomplete(size, None)) from None
    if size != whole:
        raise ValueError(_incomplete(size, whole))
    return {name: shape for name, (shape, _, _) in entries.items()}


def check_weights(folder: Path) -> None:
    """Raises ModelError when a safetensors file in `folder`, or one that its index names, is missing or not whole.

    Also where there is a pipe among the files, and where config.json describes a much larger model, which could take
    all memory before a weight is read.
    """
    try:
        names = set(map(str, json.loads(content(folder / _INDEX))["weight_map"].values()))
    except FileNotFoundError:
        names = set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_whole(folder / _INDEX, getattr(error, "strerror", None) or error) from None
    for path in folder.iterdir():
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise _not_whole(path, Problem("it is not an ordinary file"))
    there: list[tuple[int, ...]] = []
    for path in sorted({*(folder / name for name in names), *folder.glob("*.safetensors")}):
        if not path.exists():
            raise _not_whole(path, Problem("it is missing"))
        there += check_file(path).values()
    if there:
        _check_size(folder, read_object(folder / "config.json"), there)


def _check_size(folder: Path, config: Mapping[str, Any], there: list[tuple[int, ...]]) -> None:
    if "text_config" in config:  # of a model that sees; what is beside it may be old
        return
    sizes = {size for shape in there for size in shape}
    for key, value in config.items():
        said = {"key": key, "value": value, "n": len(there)}
        if not isinstance(value, int):
            continue
        if key in _SIZES and value not in sizes:
            raise _other_model(folder, Problem("it says {key} {value}, and no weight has that size", said))
        if key in _LAYERS and not 0 < value <= len(there):
            raise _other_model(folder, Problem("it says {key} {value}, and there are {n} weights in all", said))


def check_file(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes in the safetensors file `path`. Raises ModelError when it is not whole."""
    try:
        return shapes(path)
    except (OSError, ValueError) as error:
        raise _not_whole(path, error.args[0] if isinstance(error, ValueError) else error.strerror) from None


def check_belongs(name: object, model: Any, loading: Mapping[str, Any]) -> None:
    """Raises ModelError when `model` was not made of exactly its files, by what from_pretrained says of the `loading`.

    What transformers leaves out without a word may be more than this kind of model needs (another head, a buffer). It
    is refused where it has a place in the model: in one layer more, or as the bias of a layer that has none.
    """
    places = {_any_layer(parameter) for parameter, _ in model.named_parameters()}
    left_out = sorted(key for key in map(str, loading["unexpected_keys"]) if _any_layer(key) in places)
    other_size = sorted(str(key[0] if isinstance(key, tuple) else key) for key in loading["mismatched_keys"])
    missing = sorted(set(map(str, loading["missing_keys"])) - set(other_size))
    for keys, said in (
        (missing, Problem("{n} weights are missing ({first})")),
        (other_size, Problem("{n} weights have another size ({first})")),
        (left_out, Problem("{n} weights have no place in it ({first})")),
    ):
        if keys:
            raise _other_model(name, replace(said, values={"n": len(keys), "first": keys[0]}))


def check_count(name: object, model: Any, there: int | None) -> None:
    """Raises ModelError when `model`, loaded by somebody else, has more weights than the `there` of its files.

    Its loader made up the others, and does not say which. None: it is not known how many there are.
    """
    parameters = [*model.parameters()]
    if there is None or any(parameter.is_meta for parameter in parameters):  # some are kept elsewhere
        return
    more = sum(parameter.numel() for parameter in parameters) - there
    if more > 0:
        raise ModelError(
            "{model} has {more} weights that are in none of its files, so they are random. Download it again.",
            model=name,
            more=f"{more:,}",
        )


def count(folder: Path) -> int | None:
    """How many weights the safetensors files in `folder` hold. None where there are none, or they are quantized."""
    try:
        quantized = "quantization_config" in read_object(folder / "config.json")
        held = [shapes(path) for path in folder.glob("*.safetensors")]
    except (InputError, OSError, ValueError):
        return None
    return None if quantized or not held else sum(prod(shape) for file in held for shape in file.values())


def _any_layer(parameter: str) -> str:
    """The module of a parameter, the same for all layers."""
    return re.sub(r"\d+", "#", parameter.rpartition(".")[0])


def _other_model(name: object, cause: Problem) -> ModelError:
    return ModelError(
        "The weights in {model} are not those of the model that its config.json describes: {cause}. Download or copy "
        "both again.",
        model=name,
        cause=cause,
    )


def _not_whole(path: Path, cause: object) -> ModelError:
    return ModelError("{file} cannot be used: {cause}. Download or copy it again.", file=path, cause=cause)


def _incomplete(size: int, whole: int | None) -> Problem:
    if size == 0:
        return Problem("it is empty")
    if whole is None:
        return Problem("it is incomplete, or not a safetensors file")
    said = "{missing} of its {whole} bytes are missing" if whole > size else "it has {more} bytes too many"
    return Problem(said, {"missing": f"{whole - size:,}", "whole": f"{whole:,}", "more": f"{size - whole:,}"})
