"""`python -m bench.grammar --data DIR`: the levels of the items in `exporter/data/judge/grammar.tsv`, set again.

DIR holds `grammar-profile/cefrj-grammar-profile-20180315.csv`. Its level of an item by learners' books, or by how
frequent it is there, the Core Inventory, the English Grammar Profile and GSELO are five opinions, the first two of one
source. An item's level is their median, halves going up; of a range its lower end counts.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import statistics
from pathlib import Path

from cefr_sentences.exporter.language.grammar import PATH
from cefr_sentences.exporter.language.levels import LEVELS

FILE = Path("grammar-profile") / "cefrj-grammar-profile-20180315.csv"
COLUMNS = ("CEFR-J Level", "FREQ*DISP", "Core Inventory", "EGP", "GSELO")


def level(row: dict[str, str]) -> str:
    cells = [row[name] for name in COLUMNS]
    if re.match(r"[ABC][12]", row["Sentence Type"]):  # some rows lack a column, and the others have moved
        cells = [row["Sentence Type"], *cells[:-1]]
    books, *others = [LEVELS.index(match[0]) if (match := re.search(r"[ABC][12]", cell)) else None for cell in cells]
    opinions = [books if books is not None else others[0], *others[1:]]
    return LEVELS[math.floor(statistics.median([one for one in opinions if one is not None]) + 0.5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    with (parser.parse_args().data / FILE).open(encoding="utf-8-sig", newline="") as file:
        profile = {row["ID"]: row for row in csv.DictReader(file)}
    heading, *lines = PATH.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    lines = ["\t".join((number, level(profile[number]), *rest)) for number, _, *rest in cells]
    PATH.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
