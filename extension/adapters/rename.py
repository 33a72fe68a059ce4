"""An adapter whose tensors have another beginning in their names than peft looks for: the names put right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...exporter.common.errors import ModelError, TargetError
from ...exporter.common.files import atomic_path, target_error
from ..models.adapter import CONFIG, keys_of
from ..models.loading import libraries, locate
from ..models.weights import SAFE, check_file, shapes


def rename(folder: Path, base: str) -> Path:
    """Give the tensors of the adapter in `folder` the names that they have in `base`; the old file is kept, as `.old`.

    Raises:
        ModelError: the names are right, or differ in more than their beginning.
        TargetError: the folder cannot be written, or has such an old file already.
    """
    source, kept = folder / SAFE, folder / f"{SAFE}.old"
    check_file(source)
    given, known = list(shapes(source)), names_in(folder, base)
    names = renamed(given, known)
    if names is None:
        raise ModelError(
            "The names in {file} differ from those of {base} in more than their beginning: {given} is none of them, "
            "{known} is. The adapter belongs to another model.",
            file=source,
            base=base,
            given=min(set(given) - known, default="nothing"),
            known=min(known - set(given), default="nothing"),
        )
    if all(old == new for old, new in names.items()):
        raise ModelError(
            "The names in {file} are those of {base}, so there is nothing to convert.", file=source, base=base
        )
    if kept.exists() or kept.is_symlink():
        raise TargetError("{file} is there already, so nothing was converted. Move it away and repeat this.", file=kept)
    from safetensors.torch import load_file, save_file

    weights = load_file(source)
    try:
        with atomic_path(kept) as part:
            part.write_bytes(source.read_bytes())
        with atomic_path(source) as part:
            save_file({names[name]: tensor for name, tensor in weights.items()}, part, {"format": "pt"})
    except Exception as error:  # safetensors has an error of its own for a full disk
        raise target_error(source, error) from error
    return source


def names_in(folder: Path, base: str) -> set[str]:
    """The names that an adapter with this configuration has in `base`, of which no weights are loaded."""
    from peft import PeftConfig, get_peft_model

    torch, transformers = libraries()
    try:
        config = PeftConfig.from_pretrained(str(folder))
        model_config = transformers.AutoConfig.from_pretrained(locate(base), trust_remote_code=False)
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(model_config, trust_remote_code=False)
            return keys_of(get_peft_model(model, config))
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ModelError(
            "{config} cannot be used for {base}: {cause}. Was the adapter trained on another model?",
            config=folder / CONFIG,
            base=base,
            cause=str(error).splitlines()[0][:300],
        ) from error


def renamed(given: Iterable[str], known: set[str]) -> dict[str, str] | None:
    """The name in `known` for each name in `given`, where they differ only in one beginning, the same for all."""
    plain = {name: name.replace(".default.", ".") for name in given}  # as a state dict has them
    first = min((name for name in plain.values() if ".lora_" in name), default=None)
    if first is None:
        return None
    for target in known:
        if ".lora_" not in (same := _common_end(first, target)):
            continue
        old, new = first.removesuffix(same), target.removesuffix(same)
        names = {name: new + text.removeprefix(old) for name, text in plain.items() if text.startswith(old)}
        if len(names) == len(plain) and set(names.values()) == known:
            return names
    return None


def _common_end(one: str, two: str) -> str:
    """The last parts, divided by dots, that both names have."""
    parts = []
    for a, b in zip(reversed(one.split(".")), reversed(two.split(".")), strict=False):
        if a != b:
            break
        parts.append(a)
    return ".".join(reversed(parts))
