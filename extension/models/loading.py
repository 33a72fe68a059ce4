"""Load a model and its tokenizer without a webui: a Transformers folder, a hub name, or `embedded`."""

from __future__ import annotations

import importlib.util
import os
import re
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.errors import ModelError, Option, first_line
from ...exporter.common.shell import PIP
from ...exporter.records.prompt import ListPrompt, wrap
from .adapter import apply_adapter, check_adapter
from .limits import device_limits
from .weights import check_belongs, check_weights

# A prompt, and what else a keyboard has.
_PROBE = wrap(ListPrompt("A1", ("dog", "cat")).text) + string.printable + "é’“”–😀"


@dataclass(frozen=True)
class Loaded:
    """A causal language model and its tokenizer. `name` is what the user asked for; `prompt_form` is that of its
    prompts, which an adapter may have been trained with (see `prompt_form.py`)."""

    name: str
    model: Any
    tokenizer: Any
    prompt_form: str = "instruct"


def check_model_name(model: str) -> None:
    """Refuse what is wrong with the name itself, before torch is imported. Raises ModelError."""
    path = Path(model).expanduser()
    if model == "embedded":
        return
    if path.suffix.lower() == ".gguf" or (path.is_dir() and _only_gguf(path)):
        raise ModelError(
            "{model} is a GGUF model, which llama.cpp runs and which cannot be trained here. Use the Transformers "
            "version of the same model (a folder with config.json and .safetensors files), or convert the file: "
            "cefr-sentences convert-model FILE.gguf --out DIR",
            model=model,
        )
    if path.is_dir():
        if not (path / "config.json").exists():
            raise ModelError(
                "{model} has no config.json, so it is not a Transformers model folder. Give the folder that has one.",
                model=model,
            )
        if not any(path.glob("*.safetensors")) and not any(path.glob("*.bin")):
            raise ModelError(
                "{model} has no weights (.safetensors files). Check that the download is complete.", model=model
            )
        check_weights(path)
        return
    if path.exists():
        raise ModelError(
            "{model} is a file. Give a Transformers folder, a hub name like owner/model, or 'embedded'.", model=model
        )
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model) or model.startswith((".", "/", "~")):
        raise ModelError(
            "{model} does not exist, and is not a hub name like owner/model either. Check the spelling.", model=model
        )


def load(name: str, adapter: Path | None = None, *, four_bit: bool = False) -> Loaded:
    """Load `name`, with `adapter` applied when given. bfloat16 on a GPU that has it, else float32.

    With `four_bit` the weights are quantized on loading (NF4, for QLoRA), which bitsandbytes does on CUDA GPUs.

    Raises:
        ModelError: it cannot be found, downloaded or loaded, or the adapter belongs to another model.
    """
    check_model_name(name)
    form = check_adapter(adapter).form if adapter is not None else "instruct"
    _, transformers = libraries()
    folder = locate(name)
    model = _model(name, folder, four_bit)
    tokenizer = _tokenizer(transformers, name, folder)
    _check_ids(name, model, tokenizer)
    if adapter is not None:
        model = apply_adapter(model, adapter, name)
    return Loaded(name, model.eval(), tokenizer, form)


def _model(name: str, folder: str, four_bit: bool) -> Any:
    torch, transformers = libraries()
    cuda = torch.cuda.is_available()
    if four_bit:
        _check_four_bit(cuda)
    if cuda and "LOCAL_RANK" in os.environ:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dtype = torch.bfloat16 if cuda and torch.cuda.is_bf16_supported() else torch.float16 if cuda else torch.float32
    if not four_bit:  # never model.to(dtype): that would round the position frequencies too
        return open_model(name, folder, "cuda" if cuda else "cpu", dtype=dtype)
    quantized = transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_use_double_quant=True,
    )
    return open_model(name, folder, quantization_config=quantized, device_map={"": torch.cuda.current_device()})


def open_model(name: str | Path, folder: str, device: str | None = None, **how: Any) -> Any:
    """The causal model in `folder`, all of it from its files, on `device`; `how` is for from_pretrained.

    Raises:
        ModelError: it cannot be loaded, or the weights are not those that its config.json describes.
    """
    torch, transformers = libraries()
    try:
        with device_limits():
            model, loading = transformers.AutoModelForCausalLM.from_pretrained(
                folder, trust_remote_code=False, output_loading_info=True, ignore_mismatched_sizes=True, **how
            )
            check_belongs(name, model, loading)
            model = model.eval() if device is None else model.eval().to(device)
            # A config can be wrong in what only the first token shows.
            first = torch.zeros(1, 1, dtype=torch.long, device=model.device)
            model.generate(first, attention_mask=first + 1, max_new_tokens=1, do_sample=False)
            return model
    except ModelError:
        raise
    except Exception as error:  # damaged files make the libraries fail in many ways
        message = "{model} cannot be loaded: {cause}. Get it again, or choose another one."
        raise ModelError(message, model=name, cause=first_line(error)) from error


def _check_ids(name: str, model: Any, tokenizer: Any) -> None:
    last, known = max(tokenizer(_PROBE)["input_ids"], default=0), model.get_input_embeddings().weight.shape[0]
    if last >= known:
        raise ModelError(
            "The tokenizer of {model} is that of another model: it turns a prompt into token {token}, and the model "
            "has {known}. Get the model again, or choose another one.",
            model=name,
            token=last,
            known=known,
        )


def _check_four_bit(cuda: bool) -> None:
    if not cuda:
        raise ModelError(
            "4-bit weights need a CUDA GPU, and this Python sees none. Train without {option}.",
            option=Option("four_bit"),
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError("4-bit weights need bitsandbytes, which is not installed: {pip} bitsandbytes", pip=PIP)


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
    """torch and transformers, with the latter's messages off. Raises ModelError where one is not installed."""
    try:
        import torch
        import transformers
    except ImportError as error:
        from ..install.interpreter import install_with

        raise ModelError(
            "This command needs torch and transformers, and {package} is not installed. In a webui, run it with the "
            "webui's own Python; elsewhere: {command}",
            package=error.name,
            command=install_with("train"),
        ) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers


def _tokenizer(transformers: Any, name: str, folder: str) -> Any:
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tokenizer.decode(tokenizer(_PROBE)["input_ids"])  # some of its files are used only then
    except Exception as error:  # also the tokenizers' own, which have no kind
        raise ModelError(
            "The tokenizer of {model} cannot be loaded: {cause}. Get the model again, or choose another one.",
            model=name,
            cause=first_line(error),
        ) from error
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
