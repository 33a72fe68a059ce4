"""`python -m bench.build_words --data DIR --wordfreq DIR`: the word data that the exporter ships, from its sources.

DIR of --data holds `word-levels/` with the CEFR-J and Octanove tables (openlanguageprofiles/olp-en-cefrj);
DIR of --wordfreq is an unpacked wheel of wordfreq 3.1.1. Reading its table takes `pip install msgpack`, which
nothing else here needs. Each table keeps its own licence, so each becomes a file of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from .needs import need

OUT = Path(__file__).parent.parent / "exporter" / "data" / "words"
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
# The lists' own slips: a part of speech misspelt or left out.
PARTS = {"vern": "verb", "": "noun"}
# Rarer lemmas than one in 30 million tokens tell nothing more: they are all as hard.
LEAST_ZIPF = 1.5
SURFACE_ZIPF = 3.0  # of forms without a lemma; rarer ones are names and typos more often than not


def rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Headword, part of speech and level; without the rows that repeat the table's head."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            head, part, level = row["headword"].strip(), row["pos"].strip(), row["CEFR"].strip()
            if level in LEVELS:
                yield head, PARTS.get(part, part), level


def write_list(source: Path, target: Path) -> None:
    lines = sorted({"\t".join(row) for row in rows(source)}, key=lambda line: (line.lower(), line))
    target.write_text("headword\tpos\tlevel\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{target.name}: {len(lines):,} entries")


def _table(wordfreq: Path) -> list[list[str]]:
    """The words with a frequency of 10 ** (-b / 100), by b."""
    with gzip.open(wordfreq / "wordfreq" / "data" / "large_en.msgpack.gz") as file:
        return need("msgpack").load(file, raw=False)


def write_frequencies(wordfreq: Path, target: Path) -> None:
    """Zipf values (log10 of occurrences in a billion tokens) of lemmas: all forms of a lemma together.

    Only lemmas of lemminflect's dictionary: the rest of a frequency table is names, other languages and typos.
    A form of several lemmas counts for each in equal parts.
    """
    from lemminflect import getAllLemmas

    table = _table(wordfreq)
    counts: dict[str, float] = defaultdict(float)
    for b, words in enumerate(table[1:], 1):
        for word in words:
            lemmas = {lemma for found in getAllLemmas(word).values() for lemma in found}
            for lemma in lemmas:
                counts[lemma] += 10 ** (9 - b / 100) / len(lemmas)
    by_value: dict[float, list[str]] = defaultdict(list)
    for lemma, count in counts.items():
        if lemma.isascii() and lemma.isalpha() and lemma.islower() and math.log10(count) >= LEAST_ZIPF:
            by_value[round(math.log10(count), 1)].append(lemma)
    lines = [f"{value}\t{' '.join(sorted(words))}\n" for value, words in sorted(by_value.items(), reverse=True)]
    target.write_text("zipf\tlemmas\n" + "".join(lines), encoding="utf-8")
    print(f"{target.name}: {sum(map(len, by_value.values())):,} lemmas")


def write_surface(wordfreq: Path, target: Path) -> None:
    """Zipf values of the forms that lemminflect's dictionary lacks ("smartphone"), from SURFACE_ZIPF on."""
    from lemminflect import getAllLemmas

    lines, n = [], 0
    for b, words in enumerate(_table(wordfreq)[1 : round(100 * (9 - SURFACE_ZIPF)) + 1], 1):
        lacking = sorted(word for word in words if word.isascii() and word.isalpha() and not getAllLemmas(word))
        lines.append((round(9 - b / 100, 1), lacking))
        n += len(lacking)
    by_value: dict[float, list[str]] = defaultdict(list)
    for value, words in lines:
        by_value[value] += words
    text = "".join(f"{value}\t{' '.join(sorted(words))}\n" for value, words in sorted(by_value.items(), reverse=True))
    target.write_text("zipf\tforms\n" + text, encoding="utf-8")
    print(f"{target.name}: {n:,} forms")


def measure_estimate() -> None:
    """How good the estimate is: every listed word from B1 on is estimated as if no list had it."""
    from cefr_sentences.exporter.language import lexicon

    lists = lexicon.lexicon()
    numbers, zipfs, estimates = [], [], []
    for word, found in lists.levels.items():
        lemmas = tuple(dict.fromkeys(lemma for some in lexicon.lemmas(word).values() for lemma in some))
        number = min(found.values())[0]
        if number < 3 or not word.isalpha() or word in lists.capitalised or lexicon.look_up(word).level_number < number:
            continue
        lemma, estimate, _ = lexicon.estimate(word, lemmas)
        numbers.append(number)
        zipfs.append(lists.zipf.get(lemma, lexicon.RAREST))
        estimates.append(estimate)
    medians = [median(z for z, r in zip(zipfs, numbers, strict=True) if r == level) for level in range(3, 7)]
    print("medians of zipf B1-C2:", *(f"{m:.2f}" for m in medians))
    print("halfway:", *(f"{(a + b) / 2:.2f}" for a, b in pairwise(medians)), "in use:", *lexicon.ZIPF_CUTS)
    n = len(numbers)
    for what, guesses in (("always C1", [5] * n), ("always B2", [4] * n), ("estimate", estimates)):
        errors = [abs(g - r) for g, r in zip(guesses, numbers, strict=True)]
        print(
            f"{what:<10} of {len(errors):,} words: exact {sum(e == 0 for e in errors) / len(errors):.1%}, "
            f"within one {sum(e <= 1 for e in errors) / len(errors):.1%}, mean error {sum(errors) / len(errors):.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordfreq", type=Path, required=True)
    args = parser.parse_args()
    levels = args.data / "word-levels"
    write_list(levels / "cefrj-vocabulary-profile-1.5.csv", OUT / "cefr-j.tsv")
    write_list(levels / "octanove-vocabulary-profile-c1c2-1.0.csv", OUT / "octanove.tsv")
    write_frequencies(args.wordfreq, OUT / "frequency.tsv")
    write_surface(args.wordfreq, OUT / "surface.tsv")
    measure_estimate()


if __name__ == "__main__":
    main()
