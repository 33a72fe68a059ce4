"""Checked sentences a second: our batches against one prompt at a time, with the same model, adapter and words.

    python -m bench.write --model embedded --adapter user_data/loras/a1 --level A1 words.txt

Three ways through the same checks, alternating: `batched` as the command does it; `one by one`, the same prompts,
candidates and retries, each in a call of its own; `one word`, prompts of a single word, each in a call of its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models.asking import Reply, Sampling
from cefr_sentences.extension.writing import lists
from cefr_sentences.extension.writing.sheet import count
from cefr_sentences.extension.writing.words import read_words
from cefr_sentences.extension.writing.write import WriteSettings, write_sentences


def singly(prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: Any, ask: Any) -> list[Reply]:
    """The same answers, each prompt in a call of its own."""
    temperatures = sampling.temperatures(len(prompts))
    return [
        ask([prompt], sampling=Sampling(temperature, sampling.seed + i), progress=lambda done, total: None)[0]
        for i, (prompt, temperature) in enumerate(zip(prompts, temperatures, strict=True))
    ]


def measure(ask: Any, words: list[str], settings: WriteSettings, one_word: bool = False) -> dict[str, float]:
    """Seconds, accepted sentences, and how many of them a second."""
    most, least = lists.MAX_WORDS, lists.MIN_WORDS
    try:
        if one_word:
            lists.MAX_WORDS = lists.MIN_WORDS = 1
        started = time.perf_counter()
        n = count(write_sentences(ask, words, settings))
        seconds = time.perf_counter() - started
    finally:
        lists.MAX_WORDS, lists.MIN_WORDS = most, least
    return {"seconds": seconds, "ok": n.accepted, "flagged": n.rejected, "per_second": n.accepted / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", help="a file with one word per line")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--level", default="A1")
    parser.add_argument("--count", type=int, default=160, help="words for the batched way (default 160)")
    parser.add_argument("--slow", type=int, default=20, help="words for one prompt at a time (default 20)")
    parser.add_argument("--alone", type=int, default=8, help="words for prompts of one word (default 8)")
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--tries", type=int, default=1, help="1 (default): all ways ask for the same")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    import torch
    from cefr_sentences.extension.models.generate import generate
    from cefr_sentences.extension.models.loading import load

    loaded = load(args.model, args.adapter)
    model = loaded.model.merge_and_unload() if args.adapter else loaded.model
    ask = partial(generate, model, loaded.tokenizer)
    words = [word.text for word in read_words(args.words).words]
    settings = WriteSettings(args.level, candidates=args.candidates, tries=args.tries)
    alone = partial(singly, ask=partial(ask, batch=1))
    ways: dict[str, Callable[[], dict[str, float]]] = {
        "batched": lambda: measure(partial(ask, batch=args.batch), words[: args.count], settings),
        "one by one": lambda: measure(alone, words[: args.slow], settings),
        "one word": lambda: measure(alone, words[: args.alone], settings, one_word=True),
    }
    python, threads = platform.python_version(), torch.get_num_threads()
    print(f"{args.model}, torch {torch.__version__}, {threads} threads, Python {python}")
    print(f"{args.candidates} candidates a word, {args.tries} tries, batches of {args.batch}")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    measure(ask, words[:6], WriteSettings(args.level, candidates=1, tries=1))  # the first call is slower
    for turn in range(args.rounds):
        for name, way in ways.items():
            found[name].append(way())
            said = found[name][-1]
            print(
                f"{turn + 1}  {name:<12}{said['ok']:>5} sentences, {said['flagged']:>3} flagged, "
                f"{said['seconds']:>7.1f} s, {said['per_second']:>6.2f} a second",
                flush=True,
            )
    median = {name: statistics.median(f["per_second"] for f in some) for name, some in found.items()}
    for name in ("one by one", "one word"):
        print(f"batched is {median['batched'] / median[name]:.1f} times as fast as {name}")
    if args.json:
        args.json.write_text(json.dumps({"median": median, "rounds": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
