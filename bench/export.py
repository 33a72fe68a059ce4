"""`make bench-export`: a million pairs into 200,000 records, beside a naive script, in the same run.

Each way runs in a process of its own, which reports its wall time and peak memory. The exporter runs with
50,000 and with 200,000 records, to show that memory does not grow with their number. Then the start of
`cefr-sentences export --help`, as a whole process.
"""

from __future__ import annotations

import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

WORDS, SENTENCES = 20_000, 50
# Nonsense of the right size; every word is in its sentence, so that each pair passes the check.
FRAME = "We saw the {word} number {n} near the old house."


def make_pairs(path: Path) -> None:
    letters = "bcdfghjklmnprstvwz"
    with path.open("w", encoding="utf-8") as file:
        file.write("word,sentence\n")
        for w in range(WORDS):
            word = "".join(letters[w // 18**i % 18] + "aeiou"[w // 5**i % 5] for i in range(4)) + "b"
            for n in range(SENTENCES):
                file.write(f"{word},{FRAME.format(word=word, n=n)}\n")


def ours(pairs: Path, out: Path, records: int) -> dict[str, object]:
    from cefr_sentences.exporter.records.export import ExportSettings, export
    from cefr_sentences.exporter.records.formats import FORMATS

    settings = ExportSettings(level="A1", name="ours", records=records, eval_share=0.0, formats=(FORMATS["txt"],))
    started = time.perf_counter()
    export(pairs, settings, out, force=True)
    return measured(started, out / "ours.txt", records)


def naive(pairs: Path, out: Path, records: int) -> dict[str, object]:
    """The ten lines one would write: `random.sample` for each record, no checks, no split."""
    import csv

    started = time.perf_counter()
    by_word: dict[str, list[str]] = {}
    for row in csv.DictReader(pairs.open(encoding="utf-8")):
        by_word.setdefault(row["word"], []).append(row["sentence"])
    words, texts = list(by_word), []
    for _ in range(records):
        n = random.choices([10, 9, 8, 7, 6], [70, 10, 10, 5, 5])[0]
        chosen = random.sample(words, n)
        asked = "\n".join(f"{i}. {w}" for i, w in enumerate(chosen, 1))
        answer = "\n".join(f"{i}. {random.choice(by_word[w])}" for i, w in enumerate(chosen, 1))
        texts.append(
            f"### Instruction:\nGenerate A1-level English sentences for these {n} words:\n{asked}\n\nProvide numbered "
            f"sentences (1-{n}), using each word naturally and appropriately for A1 level.\n\n### Response:\n{answer}"
        )
    (out / "naive.txt").write_text("\n\n\n".join(texts), encoding="utf-8")
    return measured(started, out / "naive.txt", records)


def measured(started: float, path: Path, records: int) -> dict[str, object]:
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"records": records, "seconds": round(seconds, 2), "peak_mb": round(peak), "file": str(path)}


def spread(path: Path) -> str:
    """How often the sentences are used: least, most."""
    uses: Counter[str] = Counter()
    with path.open(encoding="utf-8") as file:
        for line in file:
            if ". We saw" in line:
                uses[line.split(". ", 1)[1].strip()] += 1
    least = min(uses.values()) if len(uses) == WORDS * SENTENCES else 0
    return f"{least}-{max(uses.values())}"


def main() -> None:
    if len(sys.argv) == 5:
        way = {"ours": ours, "naive": naive}[sys.argv[1]]
        print(json.dumps(way(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.csv"
        make_pairs(pairs)
        print(
            f"{WORDS * SENTENCES:,} pairs, {pairs.stat().st_size / 2**20:.0f} MB of CSV; "
            f"Python {platform.python_version()}"
        )
        print(f"{'':<10}{'records':>10}{'seconds':>10}{'peak MB':>10}   uses of each sentence")
        for way, records in (("ours", 50_000), ("ours", 200_000), ("naive", 200_000)):
            command = [sys.executable, "-m", "bench.export", way, str(pairs), folder, str(records)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{way:<10}{found['records']:>10,}{found['seconds']:>10}{found['peak_mb']:>10}   "
                f"{spread(Path(found['file']))}",
                flush=True,
            )
    starts = []
    for _ in range(7):
        started = time.perf_counter()
        command = [sys.executable, "-m", "cefr_sentences.extension", "export", "--help"]
        subprocess.run(command, check=True, capture_output=True)
        starts.append(time.perf_counter() - started)
    print(f"start of `cefr-sentences export --help`: median {sorted(starts)[3]:.2f} s of 7")


if __name__ == "__main__":
    main()
