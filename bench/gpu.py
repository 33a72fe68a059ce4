"""`make bench-gpu`: what one GPU says. Speed beside Training PRO's way and trl, real runs, and ablations.

Works in a checkout on a machine that has torch, transformers and peft, without a network and without installing
anything. On a CPU the same script runs small, to see that it works.

    python -m bench.gpu speed        a model of 1.24 B parameters with random weights: three ways, then a step in parts
    python -m bench.gpu runs         the embedded model at the size people have: A1 and B1, fast and classic
    python -m bench.gpu projections  q, k, v, o against all seven, at 360 and 1,800 records, three seeds

Each prints a table, and all numbers go into --out as JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .bare import command, export, make_importable
from .gpu_speed import speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["speed", "runs", "projections"])
    parser.add_argument("--out", type=Path, default=Path("bench-gpu"), help="folder for the numbers")
    parser.add_argument("--pairs", type=Path, help="word-sentence tables a1.json and b1.json (default: starter pairs)")
    parser.add_argument("--parallel", type=int, default=4, help="runs of the embedded model at a time (default 4)")
    parser.add_argument("--trl", action="store_true", help="trl's ways too: this Python has trl")
    parser.add_argument("--small", action="store_true", help="a tiny model and little data: does it work?")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        make_importable(Path(scratch))
        for what in args.what:
            began = time.monotonic()
            found = PARTS[what](args, Path(scratch))
            (args.out / f"{what}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
            print(f"[{what}: {time.monotonic() - began:.0f} s]\n", flush=True)


def runs(args: argparse.Namespace, scratch: Path) -> list[dict[str, Any]]:
    """A1 and B1, fast and classic, as people train them, by the real commands."""
    return table(args, scratch, real_runs(args, scratch))


def projections(args: argparse.Namespace, scratch: Path) -> list[dict[str, Any]]:
    """Which layers: all else equal, words that occur in no training sentence told apart."""
    return table(args, scratch, layers_compared(args, scratch))


def real_runs(args: argparse.Namespace, scratch: Path) -> list[Run]:
    records = 60 if args.small else 2000
    jobs = []
    for level in ("A1",) if args.small else ("A1", "B1"):
        data = export(scratch, source(args, level), level, records, f"runs-{level.lower()}")
        jobs += [Run(f"{level} {kind}", data, level, ["--recipe", kind]) for kind in ("fast", "classic")]
    return jobs


def layers_compared(args: argparse.Namespace, scratch: Path) -> list[Run]:
    jobs = []
    for records in (60,) if args.small else (400, 2000):
        data = export(scratch, source(args, "A1"), "A1", records, f"projections-{records}")
        for layers, rank in (("q,k,v,o", 64), ("all", 64), ("all", 24)):
            for seed in (1,) if args.small else (1, 2, 3):
                options = ["--projections", layers, "--rank", rank, "--alpha", 2 * rank, "--seed", seed]
                jobs.append(
                    Run(f"{records * 9 // 10} records, {layers}, rank {rank}, seed {seed}", data, "A1", options)
                )
    return jobs


class Run:
    """A training and its evaluation, by the real commands."""

    def __init__(self, name: str, data: Path, level: str, options: Iterable[Any]) -> None:
        self.name, self.data, self.level, self.options = name, data, level, [str(o) for o in options]

    def go(self, folder: Path, *, small: bool) -> dict[str, Any]:
        adapter, held_out = folder / "adapter", self.data.with_name(f"{self.data.stem}_eval.txt")
        folder.mkdir()
        quick = ["--epochs", "1", "--batch", "4"] if small else []
        began = time.monotonic()
        command(
            "train", self.data, "--level", self.level, "--model", "embedded", "--out", adapter, *self.options, *quick
        )
        seconds = time.monotonic() - began
        prompts = ["--prompts", "2" if small else "40"]
        said = command("evaluate", held_out, "--model", "embedded", "--adapter", adapter, *prompts, "--json")
        log = [json.loads(line) for line in (adapter / "run.jsonl").read_text(encoding="utf-8").splitlines()]
        steps = [e for e in log if "current_steps" in e]
        kept = json.loads((adapter / "cefr_sentences.json").read_text(encoding="utf-8"))["adapter_of_step"]
        return {
            "name": self.name,
            "seconds": seconds,
            "training_seconds": steps[-1].get("seconds") or steps[-2]["seconds"],
            "not_finite": sum(bool(e.get("skipped")) for e in steps),
            "best_epoch": next(e["epoch"] for e in steps if e["current_steps"] >= kept),
            "steps": steps[-1]["current_steps"],
            "evaluation": json.loads(said),
        }


def table(args: argparse.Namespace, scratch: Path, jobs: list[Run]) -> list[dict[str, Any]]:
    """All of `jobs`, some at a time, as one table."""
    from cefr_sentences.extension.models.embedded import embedded_model

    embedded_model()  # converted once, not by all at once
    print("| run | seconds | steps | best epoch | not finite | loss | words used | never in a training sentence |")
    print("|---|---|---|---|---|---|---|---|", flush=True)

    def go(at: int) -> dict[str, Any] | None:
        try:
            done = jobs[at].go(scratch / f"run-{time.monotonic_ns()}-{at}", small=args.small)
        except RuntimeError as error:
            print(f"| {jobs[at].name} | failed: {error} | | | | | | |", flush=True)
            return None
        with (args.out / "runs.jsonl").open("a", encoding="utf-8") as file:  # what is done is kept if the rest is not
            file.write(json.dumps(done) + "\n")
        figures = done["evaluation"]["adapter"]["figures"]
        print(
            f"| {done['name']} | {done['training_seconds']:.0f} | {done['steps']} | {done['best_epoch']:.1f} | "
            f"{done['not_finite']} | {figures['loss']['value']:.3f} | {percent(figures['used'])} | "
            f"{percent(figures['used_unseen'])} |",
            flush=True,
        )
        return done

    with ThreadPoolExecutor(args.parallel) as pool:
        return [done for done in pool.map(go, range(len(jobs))) if done is not None]


def percent(figure: dict[str, Any]) -> str:
    return "-" if figure["value"] is None else f"{figure['value']:.1%}"


def source(args: argparse.Namespace, level: str) -> str:
    return "starter" if args.pairs is None else str(args.pairs / f"{level.lower()}.json")


def both(args: argparse.Namespace, scratch: Path) -> list[dict[str, Any]]:
    """`runs` and `projections` side by side."""
    return table(args, scratch, [*real_runs(args, scratch), *layers_compared(args, scratch)])


PARTS = {"speed": speed, "runs": runs, "projections": projections, "both": both}

if __name__ == "__main__":
    main()
