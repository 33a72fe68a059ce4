"""`make bench-train`: training as Training PRO does it, by trl's SFTTrainer, and ours, on the same data.

Each way runs in a process of its own, one after the other, with the same model, records, seed, threads, LoRA and
batch. Figures: records and real tokens a second (a token of a record counts once, padding and repeated blocks do
not), their arithmetic as a share of the measured peak of this machine's matrix multiplication, peak memory, and time
to quality: how long ours, by its `fast` recipe, trains until the response loss on held-out words is what Training PRO's
way ends with.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.pairs.checking import starter_pairs
from cefr_sentences.exporter.records.export import ExportSettings, export
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.exporter.records.reading import read_records
from cefr_sentences.exporter.records.slicer import report, slice_text
from cefr_sentences.extension.demo import scratch_webui
from cefr_sentences.extension.models.embedded import embedded_model
from cefr_sentences.extension.models.host import with_adapter
from cefr_sentences.extension.models.loading import load
from cefr_sentences.extension.recipes import recipe

ROOT = Path(__file__).parent.parent
CHUNK = 256  # of Training PRO, with overlapping blocks: what people use
# One pass over all records to the last step, as the other ways train.
CLOSEST = {"epochs": 1.0, "cutoff": 0, "evaluations": 0, "save": "end", "keep": "last"}
CLASSIC = {"rank": 128, "alpha": 256, "dropout": 0.05, "modules": ["q_proj", "v_proj"], "learning_rate": 2e-4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", default="B1")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--records", type=int, default=240)
    parser.add_argument("--held-out", type=int, default=20, help="records that the quality is measured on (default 20)")
    parser.add_argument(
        "--speed-records", type=int, default=60, help="of them, for the speed of trl and ours (default 60)"
    )
    parser.add_argument("--trl", metavar="PYTHON", help="a Python that has trl")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, help="write everything measured as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = bench(args, Path(scratch))
    print(table(found))
    if args.out:
        args.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


@dataclass
class Data:
    """What all ways train on: `records` of a file, of which `some` are for speed, and records of held-out words."""

    dataset: Path
    held_out: Path
    records: list[Record]
    held_out_records: list[Record]
    some: list[Record]
    speed: Path


def prepare(args: argparse.Namespace, scratch: Path) -> Data:
    settings = ExportSettings(
        level=args.level,
        name="bench",
        records=args.records + args.held_out,
        eval_share=args.held_out / (args.records + args.held_out),
    )
    exported = export(starter_pairs(args.level), settings, scratch_webui(scratch / "webui"), force=True)
    dataset, held_out = (Path(exported.files[f"{side}_txt"]) for side in ("train", "eval"))
    records = read_records(dataset)
    some, speed = records[: args.speed_records], scratch / "speed.txt"
    speed.write_text("\n\n\n".join(r.text for r in some), encoding="utf-8")
    return Data(dataset, held_out, records, read_records(held_out), some, speed)


def bench(args: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    data = prepare(args, scratch)
    loaded = load(args.model)
    parameters = sum(p.numel() for p in loaded.model.parameters())
    count = functools.cache(lambda piece: len(loaded.tokenizer.encode(piece)))
    text = data.dataset.read_text(encoding="utf-8")
    sliced = report(text, [r.text for r in data.records], count, CHUNK, True)
    lengths = [count(r.text) + 1 for r in data.records]
    batch = {"batch": 16, "micro_batch": 4, "accumulation": 4}
    common = {
        "model": str(embedded_model()) if args.model == "embedded" else args.model,
        "seed": 42,
        "settings": {**CLASSIC, **batch},
        "dataset": str(data.dataset),
        "eval": str(data.held_out),
    }

    def go(name: str, module: str, python: str = sys.executable, **ask: Any) -> dict[str, Any]:
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
        return run(scratch / name, module, python, args.threads, {**common, **ask})

    ways: dict[str, Any] = {}
    pro = go("pro", "bench.train_pro", chunk=CHUNK, blocks=blocks(text, count))
    ways["Training PRO's way"] = figures(pro, len(lengths), sum(lengths), parameters)
    some, tokens = len(data.some), sum(lengths[: len(data.some)])
    classic = replace(
        recipe(args.level, "classic").settings,
        **{**CLOSEST, "batch": batch["batch"], "micro_batch": batch["micro_batch"]},
    )
    ours = go("ours", "bench.train_ours", dataset=str(data.speed), ours=asdict(classic), goal=None)
    ways["ours"] = figures(ours, some, tokens, parameters)
    if args.trl:
        pairs = [(r.prompt, r.output) for r in data.some]
        for name, way in trl_ways(max(lengths), batch["batch"], batch["micro_batch"]).items():
            trl = go(f"trl-{name.replace(' ', '-')}", "bench.train_trl", args.trl, pairs=pairs, **way)
            ways[f"trl {trl['version']}, {name}"] = figures(trl, some, tokens, parameters)
    goal = loss_of(loaded, scratch / "pro" / "adapter", data.held_out_records)
    fast = replace(recipe(args.level).settings, **{**CLOSEST, "evaluations": 12, "patience": 0})
    quality = go("quality", "bench.train_ours", ours=asdict(fast), goal=goal)
    return {
        "machine": machine(args.threads),
        "data": {
            "level": args.level,
            "records": len(lengths),
            "tokens": sum(lengths),
            "blocks_a_record": sliced.blocks / sliced.records,
            "held_out_records": len(data.held_out_records),
        },
        "ways": ways,
        "quality": {
            "base": loss_of(loaded, None, data.held_out_records),
            "training_pro": goal,
            "seconds_pro": pro["seconds"],
            "seconds_ours": next((seconds for seconds, loss in quality["curve"] if loss <= goal), None),
            "curve_ours": quality["curve"],
        },
    }


def trl_ways(longest: int, batch: int, micro_batch: int) -> dict[str, dict[str, Any]]:
    """The arguments of `bench.train_trl` for both ways of batching, with the same records in a step."""
    return {
        "packing": {
            "packing": True,
            "trl_length": micro_batch * longest,  # so that a pack holds about as many records
            "trl_batch": 1,
            "trl_accumulation": max(1, batch // micro_batch),
        },
        "no packing": {
            "packing": False,
            "trl_length": longest,
            "trl_batch": micro_batch,
            "trl_accumulation": max(1, batch // micro_batch),
        },
    }


def blocks(text: str, count: Any) -> list[str]:
    """The texts of Training PRO's blocks, hard cuts taken out."""
    return [text[b.start : b.end].replace("\n\n\n", "") for b in slice_text(text, count, CHUNK, True)]


def run(folder: Path, module: str, python: str, threads: int, ask: dict[str, Any]) -> dict[str, Any]:
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(ask), encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    environment["OMP_WAIT_POLICY"] = "passive"  # waiting for the other cores is not work
    result = subprocess.run([python, "-m", module, str(folder)], cwd=ROOT, env=environment, stdout=sys.stderr)
    if result.returncode:
        sys.exit(f"{module} ended with {result.returncode}.")
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def figures(found: dict[str, Any], records: int, tokens: int, parameters: int) -> dict[str, Any]:
    """A token of a record forwards and backwards is 4 operations for each frozen parameter (no gradient of its own)."""
    peak = max(found["matmul"].values())
    return {
        **found,
        "records": records,
        "tokens": tokens,
        "records_a_second": records / found["seconds"],
        "tokens_a_second": tokens / found["seconds"],
        "tokens_a_cpu_second": tokens / found["cpu_seconds"],
        "share_of_peak": 4 * parameters * tokens / found["seconds"] / peak,
    }


def loss_of(loaded: Any, adapter: Path | None, records: Any) -> float:
    """Mean response loss in nats a token."""
    from cefr_sentences.extension.training.loss import response_loss

    if adapter is None:
        return response_loss(loaded.model, loaded.tokenizer, records)
    with with_adapter(loaded, adapter) as adapted:
        return response_loss(adapted.model, adapted.tokenizer, records)


def machine(threads: int) -> dict[str, Any]:
    from importlib.metadata import version

    import torch

    model = next(
        (x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")), ""
    ).partition(": ")[2]
    names = ("torch", "transformers", "peft", "accelerate")
    return {
        "processor": model or platform.processor(),
        "threads": threads,
        "bfloat16": bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
        "date": time.strftime("%Y-%m-%d"),
    }


def table(found: dict[str, Any]) -> str:
    """Everything measured, in Markdown."""
    data, quality, ways = found["data"], found["quality"], found["ways"]
    pro = ways["Training PRO's way"]
    lines = [
        f"{data['records']} {data['level']} records, {data['tokens']:,} tokens; Training PRO makes "
        f"{data['blocks_a_record']:.2f} blocks of a record (chunk {CHUNK}, overlapping). "
        f"{found['machine']['processor']}, {found['machine']['threads']} threads, {found['machine']['date']}.",
        "",
        "| | records/s | real tokens/s | against Training PRO's way | the same in processor time | share of the peak | "
        "peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, way in ways.items():
        lines.append(
            f"| {name} | {way['records_a_second']:.3f} | {way['tokens_a_second']:.0f} | "
            f"{way['tokens_a_second'] / pro['tokens_a_second']:.2f} | "
            f"{way['tokens_a_cpu_second'] / pro['tokens_a_cpu_second']:.2f} | {way['share_of_peak']:.1%} | "
            f"{way['peak_bytes'] / 1e9:.2f} GB |"
        )
    lines += [
        "",
        f"Response loss on {data['held_out_records']} records of held-out words: {quality['base']:.3f} before, "
        f"{quality['training_pro']:.3f} after Training PRO's way ({quality['seconds_pro']:.0f} s).",
    ]
    if quality["seconds_ours"] is None:
        lines.append(f"Ours did not come to that loss: {quality['curve_ours'][-1][1]:.3f} at the end.")
    else:
        share = quality["seconds_ours"] / quality["seconds_pro"]
        lines.append(f"Ours was there after {quality['seconds_ours']:.0f} s of training, {share:.0%} of the time.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
