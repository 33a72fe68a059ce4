"""The part of `bench.gpu` that asks how fast a training is: whole runs of three ways, then our step in parts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bare import child, export

if TYPE_CHECKING:
    from cefr_sentences.exporter.records.prompt import Record

BATCH = 64
LEVEL = "B1"


def speed(args: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Whole runs of the three ways on one model and 1,000 records, then our step in parts."""
    from cefr_sentences.exporter.records.reading import read_records
    from cefr_sentences.extension.models.loading import load_tokenizer
    from cefr_sentences.extension.recipes import recipe

    from .train import CLASSIC

    model, parameters = random_model(scratch / "random", small=args.small)
    dataset = export(scratch, "starter", LEVEL, 12 if args.small else 1000, "speed", eval_share=0)
    records = read_records(dataset)
    tokenizer = load_tokenizer(str(model))
    tokens = sum(len(ids) + 1 for ids in tokenizer([r.text for r in records])["input_ids"])
    batch = 4 if args.small else BATCH
    micro = batch // 4
    common = {
        "model": str(model),
        "seed": 42,
        "settings": {**CLASSIC, "batch": batch, "micro_batch": micro, "accumulation": batch // micro},
        "dataset": str(dataset),
        "eval": None,
    }
    whole_run = {"batch": batch, "micro_batch": batch, "epochs": 1.0, "evaluations": 0, "save": "end", "keep": "last"}
    ours = asdict(replace(recipe(LEVEL, "classic").settings, **whole_run))
    jobs = _ways(records, dataset, tokenizer, ours, micro if args.trl else 0, batch)
    ways = _run_ways(jobs, common, scratch, len(records), tokens, parameters)
    steps = child(
        scratch / "steps",
        "bench.gpu_steps",
        {**common, "ours": ours, "parameters": parameters, "small": args.small},
    )
    return {"parameters": parameters, "tokens": tokens, "ways": ways, "steps": steps}


def _ways(
    records: Sequence[Record], dataset: Path, tokenizer: Any, ours: dict[str, Any], micro: int, batch: int
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Each way's module and what it is asked, the first being what the others are compared with. `micro` 0: no trl."""
    from .train import blocks, trl_ways

    @cache
    def count(piece: str) -> int:
        return len(tokenizer.encode(piece))

    jobs: dict[str, tuple[str, dict[str, Any]]] = {
        "Training PRO's way": (
            "bench.train_pro",
            {"chunk": 256, "blocks": blocks(dataset.read_text(encoding="utf-8"), count)},
        ),
        "ours": ("bench.train_ours", {"ours": ours, "goal": None, "liger": True}),
    }
    if find_spec("liger_kernel"):
        jobs["ours, without Liger's package"] = ("bench.train_ours", {"ours": ours, "goal": None, "liger": False})
    if micro:
        pairs = [(r.prompt, r.output) for r in records]
        longest = max(len(ids) + 1 for ids in tokenizer([r.text for r in records])["input_ids"])
        for name, way in trl_ways(longest, batch, micro).items():
            jobs[f"trl, {name}"] = ("bench.train_trl", {"pairs": pairs, **way})
    return jobs


def _run_ways(
    jobs: dict[str, tuple[str, dict[str, Any]]],
    common: dict[str, Any],
    scratch: Path,
    records: int,
    tokens: int,
    parameters: int,
) -> dict[str, Any]:
    """The figures of each way that came to its end; a line of the table for each as it ends."""
    from .train import figures

    ways: dict[str, Any] = {}
    print("| way | records/s | real tokens/s | MFU | against Training PRO's way | peak memory | not finite |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name, (module, ask) in jobs.items():
        done = child(scratch / name.replace(" ", "-").replace("'", "").replace(",", ""), module, {**common, **ask})
        if done is None:
            print(f"| {name} | failed | | | | | |", flush=True)
            continue
        ways[name] = way = figures({"cpu_seconds": 1.0, **done}, records, tokens, parameters)
        base = ways.get("Training PRO's way", way)["records_a_second"]
        print(
            f"| {name} | {way['records_a_second']:.1f} | {way['tokens_a_second']:,.0f} | {way['share_of_peak']:.1%} | "
            f"{way['records_a_second'] / base:.2f} | {way['peak_bytes'] / 1e9:.1f} GB | {way['not_finite']} |",
            flush=True,
        )
    for name in [name for name in ways if name.startswith("ours")]:
        mine = ways[name]
        print(
            f"{name}: {mine['seconds']:.2f} s, of them {mine['seconds_before']:.2f} to the end of the first step and "
            f"{mine['seconds_after']:.2f} after the last; a step {mine['seconds_a_step'] or 0:.3f} s",
            flush=True,
        )
    return ways


def random_model(folder: Path, *, small: bool) -> tuple[Path, int]:
    """A Llama as large as Llama-3.2-1B, with random weights and the embedded model's tokenizer."""
    import shutil

    import torch
    import transformers
    from cefr_sentences.extension.models.embedded import embedded_model

    size: dict[str, Any] = {
        "vocab_size": 49152 if small else 128256,
        "hidden_size": 16 if small else 2048,
        "num_hidden_layers": 2 if small else 16,
        "intermediate_size": 32 if small else 8192,
        "num_attention_heads": 4 if small else 32,
        "num_key_value_heads": 2 if small else 8,
    }
    ids: dict[str, Any] = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = transformers.LlamaConfig(**size, **ids, tie_word_embeddings=True, max_position_embeddings=8192)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model: Any = transformers.LlamaForCausalLM(config)
    model = model.to(torch.float32 if small else torch.bfloat16)
    model.save_pretrained(folder)
    for file in embedded_model().glob("*"):
        if file.name.startswith(("tokenizer", "special", "chat", "vocab", "merges")):
            shutil.copy(file, folder)
    return folder, sum(p.numel() for p in model.parameters())
