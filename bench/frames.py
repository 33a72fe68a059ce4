"""`python -m bench.frames fit`: which sentences of the bank can be printed with another word in them?

`frames.tsv` has sentences of A1 in which `extension/writing/frames.py` has put another word, with the nats that the
sentence gained by it for the embedded model with the demo's adapter: several for each of 23 words, and the best one for
60 words that were drawn afterwards. A language model read them in mixed order, without
that figure, as the sentences of `printable.tsv` were read.

`python -m bench.frames write --adapter DIR --out FILE` writes sentences for words that the bank is made to lack, to be
read by somebody who does not see the figures: these are in FILE with `-key` in its name. Then `python -m bench.frames
read KEY VERDICTS VERDICTS` says how many of them the readers would print. A file of verdicts has a line for each
sentence: its number, a tab, and 1 or 0.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from cefr_sentences.exporter.bank.bank import BANK, Bank
from cefr_sentences.exporter.bank.headwords import Headword, headwords, word_key
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.extension.demo import sample

from .printable import area, fit, share

ROWS = Path(__file__).with_name("frames.tsv")
BLIND = "id word pos level sentence"
ACCEPTED = ("ok", "doubtful")


def report() -> None:
    rows = _table(ROWS)
    figures = [(float(row["gain"]), float(row["ease"])) for row in rows]
    answers = [row["printable"] == "1" for row in rows]
    good, bad = (
        [gain for (gain, _), one in zip(figures, answers, strict=True) if one == is_good] for is_good in (1, 0)
    )
    print(f"{len(good)} to print, {len(bad)} not; by gain AUC {area(good, bad):.2f}")
    best: dict[tuple[str, str], tuple[tuple[float, float], bool]] = {}
    for row, both, answer in zip(rows, figures, answers, strict=True):
        word = row["word"], row["pos"]
        best[word] = max((both, answer), best.get(word, (both, answer)))
    figures, answers = zip(*best.values(), strict=True)
    print("log-odds of printing the best of a word: {:.2f} + {:.2f} gain + {:.2f} ease".format(*fit(figures, answers)))
    left_out = [_log_odds(figures, answers, at) for at in range(len(best))]
    for limit in (0.5, 0.6, 0.7):
        ok = [one for one, odds in zip(answers, left_out, strict=True) if odds >= math.log(limit / (1 - limit))]
        print(
            f"from {limit}, by a fit without the word: {share(len(ok), len(best))}, to print {share(sum(ok), len(ok))}"
        )


def _log_odds(figures: Sequence[Sequence[float]], answers: Sequence[bool], at: int) -> float:
    """The log-odds of one of the words by a fit to the others."""
    intercept, *slopes = fit([*figures[:at], *figures[at + 1 :]], [*answers[:at], *answers[at + 1 :]])
    return intercept + sum(slope * value for slope, value in zip(slopes, figures[at], strict=True))


def draw(level: str, n: int, seed: int, without: Iterable[Path]) -> list[Headword]:
    """`n` entries of the word lists, of all parts of speech: none that the demo's training or a table has."""
    words = [row.word for row in sample(level)] + [row["word"] for path in without for row in _table(path)]
    asked = {word.lower() for word in words}
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

    drawn = draw(args.level, args.count, args.seed, [ROWS, *args.without])
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
    key = [
        (str(i), row.word, row.pos, args.level, row.sentence or "", row.status, row.source, f"{row.printable or 0:.3f}")
        for i, row in enumerate(rows)
    ]
    _save(args.out.with_name(f"{args.out.stem}-key{args.out.suffix}"), f"{BLIND} outcome source printable", key)
    blind = [row[:5] for row in key if row[5] in ACCEPTED]
    random.Random(args.seed).shuffle(blind)
    _save(args.out, BLIND, blind)
    for kind in (*ACCEPTED, "flagged"):
        print(f"{kind}: {share(sum(row.status == kind for row in rows), len(rows))}")


def _save(path: Path, names: str, rows: list[tuple[str, ...]]) -> None:
    path.write_text("\n".join("\t".join(row) for row in [names.split(), *rows]) + "\n", encoding="utf-8")


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def read(key: Path, *verdicts: Path) -> None:
    rows = [row for row in _table(key) if row["source"] != BANK]  # other words' sentences may have a phrase
    accepted = [row for row in rows if row["outcome"] in ACCEPTED]
    readers = [_printed(path) for path in verdicts]
    if unread := [row["id"] for row in accepted if any(row["id"] not in reader for reader in readers)]:
        raise SystemExit(f"Without a verdict: {', '.join(unread)}.")
    same = sum(len({reader[row["id"]] for reader in readers}) == 1 for row in accepted)
    print(f"The readers agree on {share(same, len(accepted))}. Printed by each of them, and by all:")

    def say(what: str, some: list[dict[str, str]], of: int) -> None:
        each = [[reader[row["id"]] for row in some] for reader in readers]
        shares = ", ".join(share(sum(answers), len(some)) for answers in [*each, [*map(all, zip(*each, strict=True))]])
        print(f"  {what:<26} {share(len(some), of):<18} printed {shares}")

    for outcome in ACCEPTED:
        some = [row for row in rows if row["outcome"] == outcome]
        say(outcome, some, len(rows))
        for source in sorted({row["source"] for row in some}):
            say(f"- {source}", [row for row in some if row["source"] == source], len(rows))
    for limit in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        for source in ("", "changed", "model"):
            some = [row for row in accepted if source in ("", row["source"]) and float(row["printable"]) >= limit]
            say(f"from {limit:.2f} {source}", some, len(rows))


def _printed(path: Path) -> dict[str, bool]:
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {number.strip(): answer.strip() == "1" for number, answer, *_ in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "write", "read"))
    parser.add_argument("files", nargs="*", type=Path, help="of read: the key, and a file of verdicts of each reader")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--level", default="A1")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--without", type=Path, nargs="*", default=(), help="tables with words that are not drawn")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.what == "read":
        read(*args.files)
    elif args.what == "write":
        write(args)
    else:
        report()


if __name__ == "__main__":
    main()
