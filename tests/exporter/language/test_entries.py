"""Does this sentence use this entry: entries.tsv, pairs written by us of the kinds of entries that people's lists have."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from cefr_sentences.exporter.language.entry import Entry, keys_of

PAIRS = Path(__file__).parent / "entries.tsv"


def test_pairs() -> None:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    right: dict[str, list[bool]] = defaultdict(list)
    wrong = []
    for row in rows:
        entry = Entry.parse(row["entry"])
        used = entry.uses(row["sentence"])
        right[row["kind"]].append(used == (row["uses"] == "yes"))
        if used != (row["uses"] == "yes"):
            wrong.append(f"{row['kind']}: {row['entry']!r} in {row['sentence']!r}: {used}")
        assert used == bool(entry.spans(row["sentence"]))
        assert not used or entry.keys & keys_of(row["sentence"])
    for kind, some in right.items():
        print(f"{kind:<12} {sum(some):>3} of {len(some):>3}")
    total = sum(map(sum, right.values()))
    print(f"{'all':<12} {total:>3} of {len(rows):>3}, {total / len(rows):.1%}", *wrong, sep="\n")
    assert total >= 0.98 * len(rows), "\n".join(wrong)
