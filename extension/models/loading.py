"""Load a model and its tokenizer by ourselves: a Transformers folder, a hub name, or `embedded`."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError

META = "cefr_sentences.json"


@dataclass(frozen=True)
class Loaded:
    """A causal language model and its tokenizer. `name` is what the user asked for; `form` is that of its prompts,
    which an adapter may have been trained on (see `form.py`)."""

    name: str
    model: Any
    tokenizer: Any
    form: str = "instruct"


def check_model_name(model: str) -> None:
    """Refuse what can be told from the name alone, before torch is imported. Raises ModelError."""
    path = Path(model).expanduser()
    if model == "embedded":
        return
    if path.suffix.lower() == ".gguf" or (path.is_dir() and _only_gguf(path)):
        raise ModelError(
            f"{model} is a GGUF model, which llama.cpp runs and nobody can train. Take the Transformers version of "
            "the same model (a folder with config.json and .safetensors files), or make one of the file: "
            "cefr-sentences convert-model FILE.gguf --out DIR"
        )
    if path.is_dir():
        if not (path / "config.json").exists():
            raise ModelError(f"{model} has no config.json, so it is not a Transformers model folder.")
        if not any(path.glob("*.safetensors")) and not any(path.glob("*.bin")):
            raise ModelError(f"{model} has no weights (.safetensors files). Is the download complete?")
        return
    if path.exists():
        raise ModelError(f"{model} is a file. Give a Transformers folder, a hub name like owner/model, or 'embedded'.")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model) or model.startswith((".", "/", "~")):
        raise ModelError(f"{model} does not exist, and is no hub name like owner/model either.")


def check_adapter(folder: Path) -> dict[str, Any]:
    """What our training wrote beside the adapter; empty for other people's. Raises ModelError."""
    if not folder.is_dir():
        raise ModelError(f"There is no adapter folder {folder}.")
    if (folder / "adapter_model.bin").is_file() and not (folder / "adapter_model.safetensors").exists():
        raise ModelError(
            f"{folder} has its weights as a pickle (adapter_model.bin), which can run code when it is loaded. Make "
            f"safetensors of it, which loads numbers only: cefr-sentences convert-adapter {folder}"
        )
    if not (folder / "adapter_config.json").exists() or not (folder / "adapter_model.safetensors").exists():
        raise ModelError(
            f"{folder} is not an adapter: it needs adapter_config.json and adapter_model.safetensors. "
            "Did its training end?"
        )
    try:
        return json.loads((folder / META).read_text(encoding="utf-8")) if (folder / META).exists() else {}
    except ValueError as error:
        raise ModelError(
            f"{folder / META} is damaged: {error}. Remove it to use the adapter as a foreign one."
        ) from None


def load(name: str, adapter: Path | None = None, *, four_bit: bool = False) -> Loaded:
    """Load `name`, with `adapter` applied when given. bfloat16 on a GPU that has it, else float32.

    With `four_bit` the weights are quantized on loading (NF4, for QLoRA), which bitsandbytes does on CUDA GPUs.

    Raises:
        ModelError: it cannot be found, downloaded or loaded, or the adapter belongs to another model.
    """
    check_model_name(name)
    card = check_adapter(adapter) if adapter is not None else {}
    torch, transformers = libraries()
    folder = locate(name)
    cuda = torch.cuda.is_available()
    if four_bit:
        _check_four_bit(cuda)
    if cuda and "LOCAL_RANK" in os.environ:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dtype = torch.bfloat16 if cuda and torch.cuda.is_bf16_supported() else torch.float16 if cuda else torch.float32
    try:
        if four_bit:
            quantized = transformers.BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_compute_dtype=dtype,
                bnb_4bit_use_double_quant=True,
            )
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder,
                quantization_config=quantized,
                device_map={"": torch.cuda.current_device()},
                trust_remote_code=False,
            )
        else:
            # Never model.to(dtype): that would round the positions' frequencies too.
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, trust_remote_code=False)
            model = model.to("cuda" if cuda else "cpu")
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise ModelError(f"{name} cannot be loaded: {first_line(error)}") from error
    tokenizer = _tokenizer(transformers, name, folder)
    if adapter is not None:
        from peft import PeftModel

        try:
            model = PeftModel.from_pretrained(model, str(adapter), is_trainable=False)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelError(
                f"The adapter {adapter} does not fit {name}: {first_line(error)}. Was it trained on another model?"
            ) from error
    model.eval()
    return Loaded(name, model, tokenizer, card.get("form", "instruct"))


def _check_four_bit(cuda: bool) -> None:
    if not cuda:
        raise ModelError("4-bit weights need a CUDA GPU, and this Python sees none. Train without --four-bit.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError("4-bit weights need bitsandbytes, which is not installed: pip install bitsandbytes")


def load_tokenizer(name: str) -> Any:
    """The tokenizer of `name` alone. Raises ModelError."""
    if Path(name).is_dir() and (Path(name) / "tokenizer_config.json").exists():
        folder = name  # a tokenizer folder without a model is enough
    else:
        check_model_name(name)
        folder = ""
    _, transformers = libraries()
    return _tokenizer(transformers, name, folder or locate(name))


def libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        from ..install.interpreter import install_with

        raise ModelError(
            f"This command needs torch and transformers, and {error.name} is not installed. In a webui, run it with "
            f"the webui's own Python; elsewhere: {install_with('train')}"
        ) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers


def _tokenizer(transformers: Any, name: str, folder: str) -> Any:
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(f"The tokenizer of {name} cannot be loaded: {first_line(error)}") from error
    tokenizer.padding_side = "left"
    return tokenizer


def locate(name: str) -> str:
    """A folder or hub name that from_pretrained takes, after asking the hub with one small file."""
    if name == "embedded":
        from .embedded import embedded_model

        return str(embedded_model())
    path = Path(name).expanduser()
    if path.is_dir():
        return str(path)
    from .hub import check_access

    check_access(name)
    return name


def _only_gguf(folder: Path) -> bool:
    return not (folder / "config.json").exists() and any(folder.glob("*.gguf"))


def first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300].rstrip(".")
