"""A Llama of two narrow layers with the embedded model's tokenizer: for what hangs on no quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# A head over all 49,152 tokens is nine tenths of the work of a model this narrow.
TOKENS = 4096


def save_tiny_model(folder: Path, seed: int = 0, tokens: int = TOKENS) -> Path:
    """Write a randomly initialized model of a few hundred thousand parameters that knows the first `tokens` tokens."""
    import torch
    import transformers
    from cefr_sentences.extension.models.embedded import embedded_model

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
        source = embedded_model() / name
        if source.exists():
            (folder / name).write_bytes(source.read_bytes())
    _keep_tokens(folder / "tokenizer.json", tokens)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(str(folder))
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
    return folder


def _keep_tokens(path: Path, tokens: int) -> None:
    """The first `tokens` of a byte-pair tokenizer: its merges are in the order of the tokens that they make."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    model = whole["model"]
    dropped = max(0, len(model["vocab"]) - tokens)
    model["vocab"] = {token: i for token, i in model["vocab"].items() if i < tokens}
    model["merges"] = model["merges"][: len(model["merges"]) - dropped]
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def export_starter(folder: Path) -> None:
    """Training files of 60 records, `d.txt` and `d_eval.txt` among them."""
    from cefr_sentences.extension.cli import main

    args = ["export", "starter", "--level", "A1", "--out", str(folder), "--name", "d", "--mix", "6:100"]
    assert main([*args, "--records", "60", "--eval", "0.1"]) == 0


def log_lines(folder: Path, *lines: dict[str, Any]) -> None:
    """Add `lines` to the log of a run in `folder`, as they are in the file."""
    with (folder / "run.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


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
