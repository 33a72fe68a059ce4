"""`python -m bench.judge`: how quick the word levels and the judges are, on the starter sentences and longer ones.

Cold is the first pass in this process, reading of the tables included; warm the second over the same sentences. By
processor time, so run it with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
GRADED = Path(__file__).parent / "anchors.tsv"


def sentences() -> list[str]:
    """Starter sentences and graded ones, and pairs of graded ones joined: about 12 words on average."""
    rows = json.loads((ROOT / "exporter" / "data" / "bank" / "a1.json").read_text(encoding="utf-8"))
    graded = [line.rstrip("\n").split("\t")[1] for line in GRADED.open(encoding="utf-8")]
    joined = [f"{a[:-1]}, and {b}" for a in graded for b in graded[::7] if a != b]
    return [row["sentence"] for row in rows] + graded + joined


def rate(what: str, work: Callable[[], object], amount: int, unit: str) -> None:
    for state in ("cold", "warm"):
        started = time.process_time()
        work()
        print(f"{what:<34}{state:<6}{amount / (time.process_time() - started):>12,.0f} {unit}/s", flush=True)


def main() -> None:
    import cefr_sentences.extension  # noqa: F401 - it has the judge deep
    from cefr_sentences.exporter.language.judges import find_judge
    from cefr_sentences.exporter.language.levels import word_level, words_above
    from cefr_sentences.exporter.language.profile import profile, profiles

    texts = sentences()
    words = [word.strip(".,?!") for text in texts for word in text.split()]
    words = [word for word in words if any(c.isalnum() for c in word)]
    print(f"{len(texts):,} sentences, {len(words):,} words, Python {platform.python_version()}")
    rate("word_level", lambda: [word_level(word) for word in words], len(words), "tokens")
    rate("words_above", lambda: [words_above(text, "A1") for text in texts], len(words), "tokens")
    rate("profiles, all at once", lambda: profiles(texts), len(texts), "sentences")
    deep = find_judge("deep")  # so that loading is not counted
    rate("profiles, by deep", lambda: profiles(texts[::500], judge=deep), len(texts[::500]), "sentences")
    rate("profile, one at a time", lambda: [profile(text) for text in texts[:1000]], 1000, "sentences")


if __name__ == "__main__":
    main()
