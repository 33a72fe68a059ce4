"""The small files of a model and an adapter, whole and damaged: seeded.

`python -m tests.fuzz.models 1000` reads that many of each kind and prints what became of them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models import generate
from cefr_sentences.extension.models.adapter import apply_adapter, check_adapter
from cefr_sentences.extension.models.host import ask
from cefr_sentences.extension.models.loading import load

from .files import Kind, Kinds, json_bytes, main

_SCRATCH = tempfile.TemporaryDirectory()  # goes with the process


@cache
def _whole() -> Path:
    """A folder with a tiny model, its tokenizer, and an adapter for it in `a`."""
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder = Path(_SCRATCH.name)
    tokenizer = Tokenizer(
        models.BPE(dict(zip(sorted(pre_tokenizers.ByteLevel.alphabet()), range(3, 259), strict=True)), [])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>"])
    marks = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=262, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2
    )
    model: Any = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")).save_pretrained(
        str(folder / "a")
    )
    return folder


def _read(path: Path) -> None:
    """The model with its adapter writes a few tokens; `path` is the damaged file."""
    folder = path.parent.parent if path.parent.name == "a" else path.parent
    for whole in _whole().rglob("*"):
        copy = folder / whole.relative_to(_whole())
        if whole.is_file() and copy != path:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(whole, copy)
    loaded = load(str(folder))
    if path.parent.name == "a":
        check_adapter(folder / "a")
        apply_adapter(loaded.model, folder / "a", loaded.name)
    with patch.object(generate, "answer_tokens", lambda words: 4):
        ask(loaded, [ListPrompt("A1", ("dog", "cat"))])


def _kind(name: str) -> Kind:
    return (
        f"m/{name}",
        lambda chance: json_bytes(json.loads((_whole() / name).read_text(encoding="utf-8")), chance),
        _read,
    )


KINDS: Kinds = {
    "config": _kind("config.json"),
    "generation": _kind("generation_config.json"),
    "tokenizer": _kind("tokenizer_config.json"),
    "tokens": _kind("tokenizer.json"),
    "adapter": _kind("a/adapter_config.json"),
}


if __name__ == "__main__":
    _whole()  # before the clock runs
    became = main(*map(int, sys.argv[1:]), kinds=KINDS)
    sys.exit(bool(became["failed"] or became["slow"]))
