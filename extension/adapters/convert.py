"""A GGUF file made into a folder that can be trained, and what its quantization has already lost."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.errors import CefrError, ModelError, first_line
from ...exporter.common.memory import check_memory, gigabytes
from ...exporter.common.targets import refuse_overwriting
from ...exporter.records.prompt import ListPrompt
from ..models.gguf import Gguf, check_architecture, edit_json, llama3_rope, open_gguf, save_folder
from ..models.loading import libraries, load
from ..models.metadata import Metadata
from ..models.prompt_form import prompt_ids
from ..models.weights import check_count
from .model_folder import check_out, check_space, new_model_folder

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
_NATIVE = {"F16": "float16", "BF16": "bfloat16"}
# Bytes for a weight that transformers takes at its peak while it reads a file: 7.6 were measured with the embedded
# model.
_PEAK = 8
_LIBRARIES = 400_000_000  # bytes of Python, torch and transformers themselves
_CHECKED_TOKENS = 24
_PROMPT = ListPrompt("A1", ("happy", "book", "friend"))


@dataclass(frozen=True)
class ConvertedModel:
    """A folder made from a file. `tokens`: how many next tokens of the two were compared, and equal."""

    out: Path
    gguf: Gguf
    dtype: str
    tokens: int


def own_dtype(gguf: Gguf) -> str:
    """The type that loses nothing: the file's own 16 bits, or float32 for what was rounded in blocks."""
    return "float32" if gguf.quantized else _NATIVE.get(gguf.main_type, "float32")


def describe_loss(gguf: Gguf) -> str:
    """What is in the file, and what that means for a training, in words."""
    rows = [
        f"  {kind:<8} {w.tensors:>5,} tensors  {w.numbers:>15,} weights  {8 * w.size / w.numbers:>5.2f} bits a weight"
        for kind, w in sorted(gguf.types.items(), key=lambda item: -item[1].numbers)
    ]
    if gguf.quantized:
        where = gguf.source or f"its metadata name it only as {gguf.name!r}"
        said = (
            f"Most of it is {gguf.main_type}; on average {gguf.bits:.1f} bits a weight, where the original has 16. "
            "What was rounded off is lost: training starts from the rounded weights, and the adapter fits only these. "
            f"Better use the original, if you can get it: {where}."
        )
    else:
        said = f"Its weights are not quantized ({gguf.bits:.1f} bits a weight), so nothing was lost."
    return "\n".join([f"{gguf.path.name} ({gguf.architecture}) holds", *rows, said])


def convert_model(gguf: Gguf, out: Path, *, dtype: str | None = None, force: bool = False) -> ConvertedModel:
    """Write the model in the file `gguf` (see `read_gguf`) as a Transformers folder `out` that can be trained.

    The folder is loaded before it gets its name, and must answer with the same tokens as the file.

    Raises:
        ModelError: transformers does not read its architecture, memory is short, or the folder answers differently.
        TargetError: `out` cannot be written.
    """
    check_out(out, force=force)
    source = gguf.path
    refuse_overwriting([out], [source])
    dtype = dtype or own_dtype(gguf)
    check_space(out, gguf.weights * BYTES[dtype])
    torch, _ = libraries()
    check_architecture(gguf)
    check_memory(gguf.weights * _PEAK + _LIBRARIES)
    with new_model_folder(out, force=force) as part:
        try:
            model, tokenizer = open_gguf(source, dtype)
            rope = llama3_rope(gguf, _theta(model))
        except CefrError:
            raise
        except Exception as error:  # transformers fails in many ways at a file that is unlike those it knows
            raise ModelError(
                "transformers cannot read {file}: {cause}. Get the Transformers version of the model.",
                file=source,
                cause=first_line(error),
            ) from error
        check_count(source, model, gguf.weights)
        save_folder(model, tokenizer, part, dtype, rope)
        # Otherwise transformers 4 makes token_type_ids too, which its generate() then refuses.
        edit_json(part / "tokenizer_config.json", model_input_names=["input_ids", "attention_mask"])
        if rope is not None:  # the file's own factors, so that what was made of them is checked too
            model.model.rotary_emb.inv_freq /= torch.tensor(gguf.rope_factors)
        ids = prompt_ids(tokenizer, _PROMPT)
        answer = _greedy(torch, model.float(), ids)
        del model
        gc.collect()
        _compare(torch, part, ids, answer)
        made_from = {"file": source.name, "name": gguf.name, "bits": round(gguf.bits, 3)}
        Metadata(converted=made_from).save(part)
    return ConvertedModel(out, gguf, dtype, len(answer))


def _theta(model: Any) -> float:
    parameters = getattr(model.config, "rope_parameters", None) or {}
    return float(getattr(model.config, "rope_theta", None) or parameters.get("rope_theta") or 10000.0)


def _greedy(torch: Any, model: Any, ids: list[int]) -> list[int]:
    """The tokens that the model continues with when it always takes the most likely one."""
    given = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        out = model.generate(
            input_ids=given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=_CHECKED_TOKENS,
            do_sample=False,
            pad_token_id=0,
        )
    return out[0, len(ids) :].tolist()


def _compare(torch: Any, folder: Path, ids: list[int], answer: list[int]) -> None:
    loaded = load(str(folder))
    if prompt_ids(loaded.tokenizer, _PROMPT) != ids:
        raise ModelError(
            "The folder's tokenizer reads a prompt differently from the file's, so it was not kept. Get the "
            "Transformers version of the model."
        )
    new = _greedy(torch, loaded.model.float(), ids)
    if new != answer:
        raise ModelError(
            "The folder answers differently from the file from token {token} on, so it was not kept. Get the "
            "Transformers version of the model.",
            token=next((i for i, (a, b) in enumerate(zip(answer, new, strict=False), 1) if a != b), len(new) + 1),
        )


def describe(converted: ConvertedModel) -> str:
    """What was written, and how to train on it, in words."""
    size = gigabytes(converted.gguf.weights * BYTES[converted.dtype])
    return (
        f"Written: {converted.out} ({converted.dtype}, {size}). It answers a prompt with the same "
        f"{converted.tokens} tokens as the file.\nTrain on it with --model {converted.out}"
    )
