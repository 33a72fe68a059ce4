"""Nonsensical tables: seeded, in every kind of file, whole and damaged.

`python -m tests.fuzz.tables 10000 500` reads that many, from seed 500 on, and prints what became of them.
"""

from __future__ import annotations

import csv
import io
import json
import random
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.common.errors import CefrError
from cefr_sentences.exporter.pairs.checking import load_pairs
from cefr_sentences.exporter.pairs.wordlist import read_word_list
from cefr_sentences.exporter.records.export import ExportSettings, export
from cefr_sentences.exporter.records.formats import FORMATS
from cefr_sentences.exporter.records.mix import Mix
from cefr_sentences.exporter.records.reading import read_records

LIMIT = 5.0  # seconds of the processor for one table
_HEADS = (
    "word", "Word", "kelime", "Example", "Example 2", "sentence", "text", "Level", "pos", "Anlam", "", "x", "word",
)  # fmt: skip
_WORDS = (
    "cat", "dog", "cow", "hen", "fox", "ice cream", "put sth off", "TRUE", "a.m./am", "=1+1", "bank [n]", ",", "...",
    "(", "ışık", "a",
)  # fmt: skip
_SENTENCES = (
    "The {} sat.", "I see a <b>{}</b>.", "A {{{{c1::{}}}}} ran.", "{} and {} met. Then they left.", "“{}”, she said.",
    "No\nline {}.", "", "x\0{}", "{}\x1f!", "\ud83d\ude00 {} \ud800", "&nbsp;{}&#0;", "[{}](", "\\({}\\)", "{}" * 9,
)  # fmt: skip
_LEVELS = ("A1", "a1", "B2", "A7", "", None, "A1/A2")


def grid(chance: random.Random) -> list[list[Any]]:
    """A header and rows, most of them like those of people."""
    usual = chance.random() < 0.7
    head = ["word", "sentence", "level"] if usual else chance.sample(_HEADS, chance.randint(1, 6))
    rows: list[list[Any]] = []
    for _ in range(chance.choice((0, 1, 3, 12, 40))):
        word = chance.choice(_WORDS)
        sentence = chance.choice(_SENTENCES if chance.random() < 0.4 else _SENTENCES[:3]).format(*[word] * 9)
        odd = [chance.choice((word, sentence, 3, 2.5, True, None, float("nan"))) for _ in head]
        row = [word, sentence, chance.choice(_LEVELS)] if usual and chance.random() < 0.9 else odd
        rows.append(row[: chance.choice((len(row), len(row), 1))] + ["more"] * (chance.random() < 0.05))
    return [head, *rows] if chance.random() < 0.9 else rows or [head]


def _texts(rows: list[list[Any]]) -> list[list[str]]:
    return [["" if c is None else str(c).encode("utf-8", "replace").decode() for c in row] for row in rows]


def _delimited(sign: str) -> Callable[[list[list[Any]], random.Random], bytes]:
    def make(rows: list[list[Any]], chance: random.Random) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=sign).writerows(_texts(rows))
        head = chance.choice(("", "", "sep=;\n", "#separator:tab\n#html:true\n", "My words\n\n", "\ufeff"))
        encoding = chance.choice(("utf-8", "utf-8", "utf-16", "cp1254"))
        return (head + out.getvalue()).encode(encoding, "replace")

    return make


def _json(rows: list[list[Any]], chance: random.Random) -> bytes:
    objects: Any = [dict(zip(map(str, rows[0]), row, strict=False)) for row in rows[1:]]
    by_word = {str(row[0]): row[1:] for row in rows}
    shape = chance.choice((objects, objects, {"data": objects}, {"A1": objects}, by_word, _texts(rows)))
    if chance.random() < 0.3:
        return "\n".join(map(json.dumps, objects)).encode()
    return json.dumps(shape).encode()


def _lines(rows: list[list[Any]], chance: random.Random) -> bytes:
    sign = chance.choice((" - ", ", ", ": ", "\t", " ", " | "))
    bullet = chance.choice(("", "1. ", "- ", "• "))
    return "\n".join(bullet + sign.join(row) for row in _texts(rows)).encode()


def _excel(rows: list[list[Any]], chance: random.Random) -> bytes:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook()
    for title in chance.choice((("Sheet",), ("A1", "B1"), ("Notes", "Level A1"))):
        sheet = book.create_sheet(title)
        for row in rows:
            texts = (c.encode("utf-8", "replace").decode() if isinstance(c, str) else c for c in row)
            sheet.append([ILLEGAL_CHARACTERS_RE.sub("", c) if isinstance(c, str) else c for c in texts])
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out) if book.worksheets else None
    return out.getvalue() or b"x"


def _parquet(rows: list[list[Any]], chance: random.Random) -> bytes:
    import pyarrow
    from pyarrow import parquet

    width = max(map(len, rows))
    texts = [(row + [""] * width)[:width] for row in _texts(rows)]
    columns = {f"{name}" if i else name or "word": [row[i] for row in texts[1:]] for i, name in enumerate(texts[0])}
    when = [chance.randint(-(2**62), 2**62)] * len(texts[1:])
    columns["when"] = pyarrow.array(when, pyarrow.timestamp("us", "Nowhere"))
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def _deck(rows: list[list[Any]], chance: random.Random) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes"
        db = sqlite3.connect(path)
        fields = [{"name": str(name), "ord": i} for i, name in enumerate(rows[0])]
        db.execute("create table col (models text)")
        db.execute("create table notes (id integer, mid integer, tags text, flds text)")
        db.execute("insert into col values (?)", (json.dumps({"1": {"flds": fields}}),))
        notes = [(i, chance.choice((1, 1, 2)), "", "\x1f".join(row)) for i, row in enumerate(_texts(rows[1:]))]
        db.executemany("insert into notes values (?, ?, ?, ?)", notes)
        db.commit()
        db.close()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            archive.writestr(chance.choice(("collection.anki2", "collection.anki21", "media")), path.read_bytes())
        return out.getvalue()


KINDS: dict[str, Callable[[list[list[Any]], random.Random], bytes]] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".txt": _lines,
    ".json": _json,
    ".jsonl": _json,
    ".xlsx": _excel,
    ".parquet": _parquet,
    ".apkg": _deck,
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """`data`, in half of the cases with a few bytes changed, taken out or doubled."""
    body = bytearray(data)
    for _ in range(chance.choice((0, 0, 0, 1, 4, 30))):
        at = chance.randrange(len(body) + 1)
        what = chance.randrange(4)
        if what == 0:
            body[at : at + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            del body[at : at + chance.choice((1, 8, 200))]
        elif what == 2:
            body[at:at] = body[at : at + 40]
        else:
            body[at:at] = chance.choice((b"\0", b'"', b"\n", b"\xff", b",", b"\r", b"{", b"\\u0000", b"[" * 30_000))
    return bytes(body)


def try_one(seed: int, folder: Path) -> str:
    """Make the table of `seed`, read and export it: what became of it. Raises what no user should see."""
    chance = random.Random(seed)
    ending = chance.choice(list(KINDS))
    path = folder / f"t{ending}"
    path.write_bytes(damaged(KINDS[ending](grid(chance), chance), chance))
    with suppress(CefrError):
        read_word_list(path)
    try:
        pairs = load_pairs(path, "A1", keep=chance.random() < 0.3)
    except CefrError:
        return "refused"
    rows = pairs.rows
    counted = rows.used + rows.other_level + rows.doubled + rows.blank + rows.rejected
    assert rows.read == counted, f"{rows.read} rows read, {counted} accounted for"
    assert len(pairs.rejects) == rows.rejected + rows.kept_despite_a_failed_check
    settings = ExportSettings(
        "A1", "n", 6, Mix.parse("1:50,2:50"), 0, keep=chance.random() < 0.3, formats=tuple(FORMATS.values())
    )
    try:
        summary = export(path, settings, folder / "out", force=True)
    except CefrError:
        return "not enough"
    first, *others = [read_records(f.path(folder / "out", "n")) for f in FORMATS.values()]
    assert len(first) == 6
    assert all(other == first for other in others)
    assert summary.rows.used >= 1
    return "exported"


def main(cases: int = 500, first: int = 0) -> Counter[str]:
    """Try that many tables; a line for each that failed, and a summary."""
    became: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + cases):
            begun = time.process_time()
            try:
                became[try_one(seed, Path(folder))] += 1
            except Exception as error:
                became["failed"] += 1
                print(f"seed {seed}: {type(error).__name__}: {error}"[:300])
            if (took := time.process_time() - begun) > LIMIT:
                became["slow"] += 1
                print(f"seed {seed}: {took:.1f} s")
    print(", ".join(f"{what} {n:,}" for what, n in sorted(became.items())))
    return became


if __name__ == "__main__":
    became = main(*map(int, sys.argv[1:]))
    sys.exit(bool(became["failed"] or became["slow"]))
