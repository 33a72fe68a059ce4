"""An adapter and its base merged into one 16-bit model folder, which is checked before it gets its name."""

from __future__ import annotations

import gc
import json
import math
import shutil
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.checked import read_object
from ...exporter.common.errors import ModelError, Option, first_line
from ...exporter.common.memory import check_memory, free_memory, gigabytes
from ...exporter.common.targets import refuse_overwriting
from ...exporter.records.prompt import ListPrompt
from ..models.adapter import CONFIG, apply_adapter, check_adapter
from ..models.gguf import edit_json
from ..models.limits import device_limits
from ..models.loading import check_model_name, libraries, load_tokenizer, locate, open_model
from ..models.metadata import NAME as METADATA
from ..models.metadata import Metadata
from ..models.prompt_form import prompt_ids
from ..models.weights import shapes
from ..training.model_card import NAME as README
from ..training.model_card import header
from .logit_check import LogitCheck, Logits, all_logits, arithmetic, compare
from .model_folder import check_out, check_space, new_model_folder

_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".onnx", ".h5", ".msgpack", ".index.json")
_NOT_COPIED = ("config.json", README, ".gitattributes", METADATA)
# The files of a repository on the hub that make a model; weights as pickles only where there are no others.
_HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.py", "LICENSE*")
# Bytes of Python, torch, transformers and the logits. With the embedded model: 1.51 GB predicted, 1.39 used.
_LIBRARIES = 800_000_000
_WORDS = (
    ("happy", "book", "friend", "water", "school", "walk"),
    ("kitchen", "letter", "dance", "winter", "doctor", "listen"),
    ("animal", "brother", "morning", "colour", "eat", "train"),
)


@dataclass(frozen=True)
class Merged:
    """A merged model. `size`: bytes of its weights; `check`: how it compares with base and adapter."""

    out: Path
    dtype: str
    size: int
    check: LogitCheck


def base_of(adapter: Path, models: Path | None = None) -> str:
    """The base that an adapter says it was trained on, as a name or folder to load.

    `models` is the webui's models folder, for a base under the name it has there. Raises ModelError when it names none.
    """
    name = check_adapter(adapter).base_model or read_object(adapter / CONFIG).get("base_model_name_or_path")
    if not isinstance(name, str) or not name:
        raise ModelError(
            "{adapter} does not say which model it was trained on. Name it with {option}.",
            adapter=adapter,
            option=Option("model"),
        )
    places = [models] if models else []
    places.append(adapter.absolute().parent.parent / "models")  # user_data/loras/NAME -> user_data/models
    here = [str(place / name) for place in places if (place / name / "config.json").is_file()]
    return name if name == "embedded" or not here else here[0]


@device_limits()
def merge(
    adapter: Path,
    base: str,
    out: Path,
    *,
    dtype: str = "bfloat16",
    force: bool = False,
    say: Callable[[str], object] = lambda line: None,
) -> Merged:
    """Write `base` with `adapter` merged into it as the Transformers folder `out`, in 16 bits.

    Tokenizer, chat template, generation settings and configuration are the base's own files. `say` is called with what
    it will take before it begins.

    Raises:
        ModelError: base or adapter cannot be used, memory is short, or the merged model does not answer as base and
            adapter do.
        TargetError: `out` cannot be written.
    """
    trained = check_adapter(adapter)
    check_out(out, force=force)
    check_model_name(base)
    torch, _ = libraries()
    folder = local_folder(base)
    refuse_overwriting([out], [adapter, folder])
    weights, size = _size(folder)
    need = size + _LIBRARIES + 6 * max(weights)
    check_space(out, 2 * sum(weights))
    free = free_memory()
    available = "" if free is None else f" ({gigabytes(free)} are free)"
    say(
        f"Merging {sum(weights):,} weights: about {gigabytes(need)} of memory{available}, and "
        f"{gigabytes(2 * sum(weights))} on the disk."
    )
    check_memory(need)
    tokenizer = load_tokenizer(str(folder))
    level = trained.level or "A1"
    prompts = [prompt_ids(tokenizer, ListPrompt(level, words)) for words in _WORDS]
    with new_model_folder(out, force=force) as part:
        before = _merge_into(torch, part, folder, adapter, base, dtype, prompts)
        _copy_the_rest(folder, part, dtype)
        gc.collect()
        new = all_logits(open_model(part, str(part), torch_dtype=getattr(torch, dtype)), prompts)
        check = compare(before, new, torch.finfo(getattr(torch, dtype)).eps)
        if not check.passed:
            raise _refusal(adapter, base, check)
        merged = {"adapter": adapter.resolve().name, "dtype": dtype, "check": asdict(check)}
        Metadata(trained.level, trained.prompt_version, trained.form, base, merged=merged).save(part)
        (part / README).write_text(_readme(out.name, adapter, base, check), encoding="utf-8")
        size = sum(p.stat().st_size for p in part.glob("*.safetensors"))
    return Merged(out, dtype, size, check)


def _refusal(adapter: Path, base: str, check: LogitCheck) -> ModelError:
    if check.effect == 0:
        return ModelError(
            "The adapter {adapter} changes nothing in {base}, so there is nothing to merge. Check that it was trained.",
            adapter=adapter,
            base=base,
        )
    return ModelError(
        "The adapter changes too little to survive the rounding, so the merged model was not kept: {check}. Use the "
        "adapter on its base, or try the other {option}."
        if check.bound == check.effect / 2
        else "The merged model does not answer as base and adapter do, so it was not kept: {check}. Use the adapter on "
        "its base, or try the other {option}.",
        check=check,
        option=Option("dtype"),
    )


def local_folder(base: str) -> Path:
    """The folder of the model `base`, downloaded where it is a name on the hub. Raises ModelError."""
    place = locate(base)
    if Path(place).is_dir():
        return Path(place)
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(place, allow_patterns=list(_HUB_FILES)))
        if not any(folder.glob("*.safetensors")):
            folder = Path(snapshot_download(place, allow_patterns=[*_HUB_FILES, "*.bin"]))
    except Exception as error:  # the hub's client has many kinds
        raise ModelError(
            "{base} cannot be downloaded: {cause}. Check the network.", base=base, cause=first_line(error)
        ) from error
    return folder


def _size(folder: Path) -> tuple[list[int], int]:
    """The number of weights in each tensor of a model folder, and the bytes that all take.

    Raises ModelError: it has none, or is quantized.
    """
    try:
        config = read_object(folder / "config.json")
        files = sorted(folder.glob("*.safetensors"))
        tensors = [math.prod(shape) for file in files for shape in shapes(file).values()]
    except (OSError, ValueError) as error:
        raise ModelError(
            "{folder} cannot be read: {cause}. Download the model again.", folder=folder, cause=error
        ) from None
    if config.get("quantization_config"):
        raise ModelError(
            "{folder} is quantized, and a merge needs whole weights. Name the original with {option}.",
            folder=folder,
            option=Option("model"),
        )
    size = sum(p.stat().st_size for p in files)
    if not tensors:
        size = sum(p.stat().st_size for p in folder.glob("*.bin"))
        tensors = [size // 2]
    return tensors, size


def _merge_into(
    torch: Any, part: Path, folder: Path, adapter: Path, base: str, dtype: str, prompts: list[list[int]]
) -> Logits:
    """Write the merged weights into `part`; return the logits of base and adapter."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    kind = getattr(torch, dtype)
    model = apply_adapter(open_model(base, str(folder), torch_dtype="auto"), adapter, base)
    with arithmetic(model, torch.float32):
        adapted = all_logits(model, prompts)
        with model.disable_adapter():
            bare = all_logits(model, prompts)
    with arithmetic(model, kind):
        noisy = all_logits(model, prompts)
    try:
        # Each sum is computed in float32 and rounded once.
        for layer in model.modules():
            if isinstance(layer, BaseTunerLayer):
                inner: Any = layer.get_base_layer()
                inner.float()
                layer.merge(safe_merge=True)
                inner.to(kind)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="All adapters are already merged")
            whole = model.merge_and_unload()
    except (ValueError, RuntimeError, NotImplementedError, AttributeError) as error:
        raise ModelError(
            "The adapter {adapter} cannot be merged: {cause}. Use it on its base.",
            adapter=adapter,
            cause=first_line(error),
        ) from error
    whole.to(kind)
    whole.save_pretrained(part)
    return Logits(adapted=adapted, bare=bare, noisy=noisy)


def _copy_the_rest(folder: Path, part: Path, dtype: str) -> None:
    """The base's own files beside the weights, as they are; in config.json only the type of the weights is changed."""
    (part / "generation_config.json").unlink(missing_ok=True)
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _NOT_COPIED or path.name.endswith(_WEIGHTS):
            continue
        if path.is_file():
            shutil.copyfile(path, part / path.name)
        elif path.name == "additional_chat_templates":
            shutil.copytree(path, part / path.name)
    shutil.copyfile(folder / "config.json", part / "config.json")
    has_new_name = "dtype" in json.loads((part / "config.json").read_text(encoding="utf-8"))
    edit_json(part / "config.json", torch_dtype=dtype, **({"dtype": dtype} if has_new_name else {}))


def _readme(name: str, adapter: Path, base: str, check: LogitCheck) -> str:
    return (
        f"{header(base, 'merge', 'transformers')}\n\n# {name}\n\nThe adapter {adapter.resolve().name}, merged into its "
        f"base model by cefr-sentences. Checked against base and adapter: {check}.\n"
    )
