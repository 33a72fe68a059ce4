"""An adapter's folder: whether it is whole, what its training wrote beside it, and whether it fits a model."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...exporter.common.errors import CefrError, ModelError, Option, first_line
from .limits import device_limits
from .metadata import Metadata, read_metadata
from .weights import PICKLE, SAFE, check_file, shapes

CONFIG = "adapter_config.json"


def check_adapter(folder: Path) -> Metadata:
    """What training wrote beside the adapter. Raises ModelError where `folder` holds no adapter, or not a whole one."""
    if not folder.is_dir():
        raise ModelError("There is no adapter folder {folder}. Check the spelling.", folder=str(folder))
    if (folder / PICKLE).is_file() and not (folder / SAFE).exists():
        raise ModelError(
            "{folder} has its weights as a pickle (adapter_model.bin), which can run code when it is loaded. Convert "
            "it to safetensors, which loads only numbers: cefr-sentences convert-adapter {folder}",
            folder=folder,
        )
    if not (folder / CONFIG).exists() or not (folder / SAFE).exists():
        raise ModelError(
            "{folder} is not an adapter: it needs adapter_config.json and adapter_model.safetensors. Check that its "
            "training has ended.",
            folder=folder,
        )
    check_file(folder / SAFE)
    return read_metadata(folder)


def apply_adapter(model: Any, folder: Path, name: str, as_: str = "default") -> Any:
    """`model`, called `name`, with the adapter in `folder` in it as `as_`, for use and not for training.

    Raises ModelError when it does not fit; its layers may be in the model then.
    """
    from peft import PeftModel

    try:
        with device_limits(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Found missing adapter keys")  # `misfit` says it
            adapted = PeftModel.from_pretrained(model, str(folder), adapter_name=as_, is_trainable=False)
        wrong = misfit(shapes(folder / SAFE), keys_of(adapted, as_))
    except CefrError:
        raise
    except Exception as error:  # peft and torch fail in many ways at what does not fit
        raise ModelError(
            "The adapter {adapter} does not fit {model}: {cause}. Was it trained on another model?",
            adapter=folder,
            model=name,
            cause=first_line(error),
        ) from error
    if wrong:
        raise ModelError(
            "The adapter {adapter} does not fit {model}, which would run without it: the adapter has {given}, the "
            "model {known}. If only the beginning of the names differs, this puts it right: cefr-sentences "
            "convert-adapter {adapter} {option} {model}",
            adapter=folder,
            model=name,
            given=wrong[0],
            known=wrong[1],
            option=Option("model"),
        )
    return adapted.eval()


def keys_of(adapted: Any, adapter: str = "default") -> set[str]:
    """The names that `adapter`, which is in the model, has in a file."""
    from peft import get_peft_model_state_dict

    return set(get_peft_model_state_dict(adapted, adapter_name=adapter, save_embedding_layers=False))


def misfit(given: Iterable[str], known: Iterable[str]) -> tuple[str, str] | None:
    """The first LoRA tensor of a file that the model lacks, and the first of the model that the file lacks.

    peft leaves out the former and lets the latter be zero, without a word. None where the two are the same.
    """
    file, model = ({name for name in names if ".lora_" in name} for names in (given, known))
    if file == model:
        return None
    return min(file - model, default="nothing"), min(model - file, default="nothing")
