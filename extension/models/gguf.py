"""A GGUF file: what is in it, and its model as a Transformers folder."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, ModelError, first_line
from ...exporter.common.shell import PIP

# Types that keep each weight as a number of its own; the others round in blocks.
_EXACT = ("F64", "F32", "F16", "BF16")
_SPLIT = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)
# Only models that predict the next token can be trained here.
_NO_CAUSAL_MODELS = ("t5", "t5encoder", "umt5")
# Entries of transformers' table that are not architectures.
_NO_ARCHITECTURES = ("general", "tokenizer")
_ROPE_FACTORS = "rope_freqs.weight"


@dataclass(frozen=True)
class Weights:
    """What a file holds of one tensor type."""

    tensors: int = 0
    numbers: int = 0
    size: int = 0

    def plus(self, numbers: int, size: int) -> Weights:
        """With one more tensor."""
        return Weights(self.tensors + 1, self.numbers + numbers, self.size + size)


@dataclass(frozen=True)
class Gguf:
    """What a file says of itself. `types` is by tensor type."""

    path: Path
    architecture: str
    name: str
    source: str
    types: dict[str, Weights]
    rope_factors: tuple[float, ...]

    @property
    def weights(self) -> int:
        return sum(held.numbers for held in self.types.values())

    @property
    def bits(self) -> float:
        """Bits for a weight, on average."""
        return 8 * sum(held.size for held in self.types.values()) / max(1, self.weights)

    @property
    def quantized(self) -> bool:
        return any(kind not in _EXACT for kind in self.types)

    @property
    def main_type(self) -> str:
        """The type of most weights."""
        return max(self.types, key=lambda kind: self.types[kind].numbers)


def read_gguf(path: Path) -> Gguf:
    """Read the header of `path`.

    Raises:
        InputError: it is not a GGUF file, is a part of a split one, is damaged, or is not a language model.
        ModelError: the package gguf is missing.
    """
    if path.is_dir():
        first = next(iter(sorted(path.glob("*.gguf"))), None)
        raise InputError(
            "{path} is a folder. Give the GGUF file itself, such as {first}."
            if first
            else "{path} is a folder. Give the GGUF file itself.",
            path=path,
            first=first,
        )
    if not path.is_file():
        raise InputError("{path} does not exist. Give a GGUF file.", path=path)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise InputError(
            "{path} is not a GGUF file: it does not begin with GGUF. Check that the download is complete.", path=path
        )
    split = _SPLIT.search(path.name)
    if split and int(split[1]) > 1:
        raise _split(path, int(split[1]))
    try:
        from gguf import GGUFReader
    except ImportError:
        raise ModelError("Reading a GGUF file needs the package gguf: {pip} gguf", pip=PIP) from None
    try:
        return _describe(path, GGUFReader(str(path)))
    except InputError:
        raise
    except Exception as error:  # a damaged file makes the reader fail in any way
        raise InputError(
            "{path} is a damaged GGUF file, or only its beginning: {cause}. Download it again.",
            path=path,
            cause=first_line(error),
        ) from None


def _split(path: Path, parts: int) -> InputError:
    return InputError(
        "{path} is one of {parts} parts, which transformers does not read. Join them with llama.cpp's "
        "llama-gguf-split --merge FIRST_PART WHOLE.gguf, or get the file in one piece.",
        path=path,
        parts=parts,
    )


def _describe(path: Path, reader: Any) -> Gguf:
    def text(key: str) -> str:
        field = reader.fields.get(key)
        return bytes(field.parts[field.data[0]]).decode(errors="replace") if field is not None else ""

    parts = reader.fields.get("split.count")
    if parts is not None and (count := int(parts.parts[parts.data[0]][0])) > 1:
        raise _split(path, count)
    architecture, kind = text("general.architecture"), text("general.type")
    if architecture == "clip" or kind == "mmproj":
        raise InputError(
            "{path} is the vision part of a model (mmproj), not a language model. Give the other file.", path=path
        )
    if kind not in ("", "model"):
        raise InputError("{path} holds no model; its type is {kind}. Give a model file.", path=path, kind=kind)
    if not architecture:
        raise InputError("{path} does not name its architecture. Give a model file.", path=path)
    types: dict[str, Weights] = {}
    factors: tuple[float, ...] = ()
    for tensor in reader.tensors:
        kind_of = tensor.tensor_type.name
        types[kind_of] = types.get(kind_of, Weights()).plus(int(tensor.n_elements), int(tensor.n_bytes))
        if tensor.name == _ROPE_FACTORS:
            factors = tuple(float(x) for x in tensor.data)
    if not types:
        raise InputError("{path} holds no weights (perhaps only a vocabulary). Give a model file.", path=path)
    original = "general.base_model.0." if kind and text("general.base_model.0.repo_url") else "general."
    source = text(f"{original}repo_url") or text("general.source.huggingface.repository") or text("general.source.url")
    return Gguf(path, architecture, text("general.name") or path.stem, source, types, factors)


def readable() -> list[str]:
    """The architectures that the installed transformers reads from GGUF and that can be trained here."""
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    return sorted(set(GGUF_SUPPORTED_ARCHITECTURES) - {*_NO_CAUSAL_MODELS, *_NO_ARCHITECTURES})


def check_architecture(gguf: Gguf) -> None:
    """Raises ModelError unless the installed transformers reads it."""
    import transformers

    supported = readable()

    def plain(name: str) -> str:
        return name.replace("_", "").replace("-", "")  # qwen2moe in the file, qwen2_moe in transformers

    if plain(gguf.architecture) not in map(plain, supported):
        raise ModelError(
            "{path} is a {architecture} model, and transformers {version} does not read that from GGUF. It reads "
            "{supported}. Get the Transformers version of the model instead: {source}",
            path=gguf.path,
            architecture=gguf.architecture,
            version=transformers.__version__,
            supported=", ".join(supported),
            source=gguf.source or gguf.name,
        )


def open_gguf(path: Path, dtype: str) -> tuple[Any, Any]:
    """The model in `dtype` and its tokenizer, read by transformers, whose errors are passed on."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, trust_remote_code=False)
    for parameter in model.parameters():  # not model.to(): it would round the position frequencies as well
        parameter.data = parameter.data.to(getattr(torch, dtype))
    # transformers marks the dequantized model as quantized and then refuses to save it.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.is_quantized = False
    model.hf_quantizer = None
    tokenizer: Any = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name, trust_remote_code=False)
    return model.eval(), tokenizer


def save_folder(model: Any, tokenizer: Any, folder: Path, dtype: str, rope: dict[str, Any] | None = None) -> None:
    """Write both as a folder that transformers 4 and 5 read. `rope`: settings that differ from the default."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # transformers 5 writes names that 4 does not know.
    edit_json(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast", extra_special_tokens=None)
    parameters = getattr(model.config, "rope_parameters", None) or {}
    theta = getattr(model.config, "rope_theta", None) or parameters.get("rope_theta")
    edit_json(folder / "config.json", rope_theta=theta, torch_dtype=dtype)
    if rope is not None:
        new = {"rope_parameters": {**parameters, **rope}} if parameters else {}
        edit_json(folder / "config.json", rope_scaling=rope, **new)


def edit_json(path: Path, **values: Any) -> None:
    """Set entries of a JSON object; None removes one."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data.update(values)
    data = {key: value for key, value in data.items() if value is not None or key not in values}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def llama3_rope(gguf: Gguf, theta: float) -> dict[str, Any] | None:
    """The settings of Llama 3.1 and later behind the file's RoPE factors, which transformers does not read.

    The factor of a frequency is 1 where a wave is shorter than 1/4 of the original context, `factor` where it is
    longer than all of it, and between the two 1/factor is reached linearly in context / wavelength.
    None where the file has no factors.

    Raises ModelError: they follow a different rule.
    """
    if not gguf.rope_factors:
        return None
    factor, low, high, context = max(gguf.rope_factors), 1.0, 4.0, 8192
    half = len(gguf.rope_factors)
    expected = []
    for i in range(half):
        wave = 2 * math.pi * theta ** (i / half)
        smooth = min(1.0, max(0.0, (context / wave - low) / (high - low)))
        expected.append(1 / ((1 - smooth) / factor + smooth))
    if any(abs(e - f) > 1e-3 * f for e, f in zip(expected, gguf.rope_factors, strict=True)):
        raise ModelError(
            "{path} changes the position frequencies by a rule that transformers does not read from GGUF, so the "
            "folder would answer differently. Get the Transformers version of the model instead.",
            path=gguf.path,
        )
    return {
        "rope_type": "llama3",
        "factor": factor,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": context,
    }
