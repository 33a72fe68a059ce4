"""A Llama of two narrow layers with the embedded model's tokenizer: for what hangs on no quality."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save_tiny_model(folder: Path, seed: int = 0) -> Path:
    """Write a randomly initialized model of some three million parameters, nearly all of them embeddings."""
    import torch
    import transformers
    from cefr_sentences.extension.host.embedded import embedded_model

    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(str(embedded_model()))
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model: Any = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
        source = embedded_model() / name
        if source.exists():
            (folder / name).write_bytes(source.read_bytes())
    return folder


def logits(model: Any) -> Any:
    """The model's logits of a fixed text, to the last bit."""
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.arange(5, 25).unsqueeze(0)).logits.clone()


def plan(data: Path, **changes: Any) -> Any:
    """A short run on the fixture's data."""
    from cefr_sentences.extension.training.plan import Plan
    from cefr_sentences.extension.training.settings import TrainSettings

    values = {"rank": 4, "alpha": 8, "epochs": 3.0, "batch": 8, "micro_batch": 4, **changes}
    return Plan(TrainSettings("A1", **values), data / "d.txt", data / "d_eval.txt", str(data / "model"))
