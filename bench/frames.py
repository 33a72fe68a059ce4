"""`python -m bench.frames fit`: which sentences of the bank can be printed with another word in them?

`frames.tsv` has sentences of A1 in which `extension/writing/frames.py` has put another word, with the nats that the
sentence gained by it for the embedded model with the demo's adapter: several for each of 23 words, and the best one for
60 words that were drawn afterwards. A language model read them in mixed order, without
that figure, as the sentences of `printable.tsv` were read.

`python -m bench.frames write --adapter DIR --out FILE` writes sentences for words that the bank is made to lack, to be
read by somebody who does not see the figures: FILE has them all, FILE with `-blind` in its name the ok ones.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from cefr_sentences.exporter.bank.bank import Bank
from cefr_sentences.exporter.bank.headwords import Headword, headwords, word_key
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.extension.demo import sample
from cefr_sentences.extension.writing.doubt import SURE

from .printable import area, fit, share

ROWS = Path(__file__).with_name("frames.tsv")


def report() -> None:
    with ROWS.open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    read = [(float(row["gain"]), row["printable"] == "1") for row in rows]
    good, bad = ([gain for gain, is_good in read if is_good == wanted] for wanted in (True, False))
    print(f"{len(good)} to print, {len(bad)} not; AUC {area(good, bad):.2f}")
    best: dict[tuple[str, str], tuple[float, bool]] = {}
    for row, figures in zip(rows, read, strict=True):
        word = row["word"], row["pos"]
        best[word] = max(figures, best.get(word, figures))
    order = sorted(best.values(), reverse=True)
    print("log-odds of printing the best of a word: {:.2f} + {:.2f} gain".format(*fit(order)))
    for part in (0.6, 0.75, 1):
        some = order[: round(part * len(order))]
        print(f"the best of {part:.0%} of the words: {share(sum(is_good for _, is_good in some), len(some))} to print")
    ok = [is_good for at, (gain, is_good) in enumerate(order) if _is_ok(gain, order[:at] + order[at + 1 :])]
    print(f"ok by a fit without the word: {share(len(ok), len(order))}, of which {share(sum(ok), len(ok))} to print")


def _is_ok(gain: float, others: list[tuple[float, bool]]) -> bool:
    intercept, slope = fit(others)
    return intercept + slope * gain >= math.log(SURE / (1 - SURE))


def draw(level: str, n: int, seed: int) -> list[Headword]:
    """`n` entries of the word lists, of all parts of speech, that the demo's training does not ask for."""
    asked = {row.word.lower() for row in sample(level)}
    rest = [word for word in headwords() if word.level == level and word.spellings[0].lower() not in asked]
    random.Random(seed).shuffle(rest)
    return rest[:n]


def write(args: argparse.Namespace) -> None:
    from cefr_sentences.extension.models.generate import generate
    from cefr_sentences.extension.models.loading import load
    from cefr_sentences.extension.writing.frames import reader_of
    from cefr_sentences.extension.writing.known import training_sentences
    from cefr_sentences.extension.writing.settings import WriteSettings
    from cefr_sentences.extension.writing.write import write_sentences

    drawn = draw(args.level, args.count, args.seed)
    keys = {word_key(spelling) for word in drawn for spelling in word.spellings}
    bank = Bank()
    lacking = Bank([row for row in bank if word_key(row.word) not in keys], levels=())
    loaded = load(args.model, args.adapter)
    model, tokenizer = loaded.model.merge_and_unload(), loaded.tokenizer
    begun = time.process_time()
    rows = write_sentences(
        partial(generate, model, tokenizer),
        [ListedWord(word.spellings[0], pos=word.pos) for word in drawn],
        WriteSettings(args.level),
        bank=lacking,
        known=training_sentences(None, args.adapter),
        progress=lambda attempt, done, total: print(attempt, done, total, flush=True),
        reader=reader_of(lambda: nullcontext(replace(loaded, model=model))),
    )
    print(f"{time.process_time() - begun:.0f} s of one CPU for {len(rows)} words")
    table = [
        (str(i), row.word, row.pos, args.level, row.sentence or "", row.status, row.source, f"{row.printable or 0:.2f}")
        for i, row in enumerate(rows)
    ]
    _save(args.out, "id word pos level sentence outcome source printable", table)
    blind = [row[:5] for row in table if row[5] == "ok"]
    random.Random(args.seed).shuffle(blind)
    _save(args.out.with_name(f"{args.out.stem}-blind{args.out.suffix}"), "id word pos level sentence", blind)
    for kind in ("ok", "doubtful", "flagged"):
        print(f"{kind}: {share(sum(row.status == kind for row in rows), len(rows))}")


def _save(path: Path, names: str, rows: list[tuple[str, ...]]) -> None:
    path.write_text("\n".join("\t".join(row) for row in [names.split(), *rows]) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "write"))
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--level", default="A1")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    report() if args.what == "fit" else write(args)


if __name__ == "__main__":
    main()
