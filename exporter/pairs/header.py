"""Where a table's header is, and what the columns are where it has none.

Tables come with a title above the header, with the header in two languages, or with no header at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, dropwhile, islice
from typing import Any

from ..common.errors import InputError, Problem
from ..language.entry import Entry
from ..language.levels import LEVELS
from .columns import Places, Reading, listed, plain
from .markup import without_tags

Rows = Iterable[tuple[int, Sequence[Any]]]  # row number, cells
Cells = tuple[int, Sequence[str], Sequence[Any]]  # row number, column names, values

LOOK = 10  # rows
_MOST_COLUMNS = 16_384  # of Excel
_TITLES = 4  # rows above a header
_LEAST = 3  # rows that tell what a column holds
# Beside what `Entry` reads as one.
_PARTS = frozenset(
    {
        "phrase", "idiom", "phrasalverb", "modalverb", "auxiliaryverb", "infinitiveto", "isim", "fiil", "sifat",
        "zarf", "edat", "baglac", "zamir", "unlem", "ad", "onad", "belirtec", "ilgec", "deyim", "kalip",
    }
)  # fmt: skip


def with_header(rows: Rows, reading: Reading) -> Iterator[Cells]:
    """The rows below the header, with its names; names of our own where there is no header.

    Raises:
        InputError: a needed column cannot be told, or there are more than a spreadsheet may have.
    """
    stream = dropwhile(lambda row: _blank(row[1]), rows)
    body = list(islice(stream, LOOK))
    if any(len(cells) > _MOST_COLUMNS for _, cells in body):
        raise InputError("The table has more than {most} columns. Is its separator the right one?", most="16,384")
    filled = [row for row in body if not _blank(row[1])]
    if not filled:
        return
    at = _header_at([cells for _, cells in filled], reading)
    if at is None:
        names = _guessed([cells for _, cells in filled], reading)
    else:
        names, header = _trimmed(filled[at][1]), filled[at][0]
        body = [row for row in body if row[0] > header]
        if at:
            titles = [" ".join(filter(None, map(cell_text, cells)))[:40] for _, cells in filled[:at]]
            left_out = {"n": at, "rows": listed(titles)}
            reading.notes.append(Problem("Above the header {n} rows were left out: {rows}.", left_out))
        if body and _repeats_header(names, body[0][1], reading):
            reading.notes.append(Problem("Row {row} is a second header, and was left out.", {"row": body[0][0]}))
            body = body[1:]
    rows = chain(body, stream)
    yield from (
        (number, names, cells) for number, cells in (rows if at is None else _without_repeats(rows, names, reading))
    )


def _without_repeats(rows: Rows, names: Sequence[str], reading: Reading) -> Rows:
    """`rows` without the header where it is repeated, and without the title in a single cell above it."""
    header = [plain(cell_text(name)) for name in names]
    held: list[tuple[int, Sequence[Any]]] = []
    left_out = 0
    for number, cells in rows:
        if len(names) > 1 and _says(cells, header):
            left_out += 1 + len(held)
            held.clear()
            continue
        yield from held
        held = [(number, cells)]
        if len(names) == 1 or not _is_single(cells):
            yield from held
            held = []
    yield from held
    if left_out:
        said = "{n} rows repeat the header, or are a title above it, and were left out."
        reading.notes.append(Problem(said, {"n": left_out}))


def _says(cells: Sequence[Any], header: Sequence[str]) -> bool:
    """Whether `cells` are those of `header`. The first one decides for nearly every row of a table."""
    same = all(plain(cell_text(cell)) == name for cell, name in zip(cells, header, strict=False))
    return same and len(_trimmed(cells)) == len(header)


def _is_single(cells: Sequence[Any]) -> bool:
    filled = 0
    for cell in cells:
        filled += cell is not None and cell != "" and not _blank((cell,))
        if filled > 1:
            return False
    return True


def _blank(cells: Sequence[Any]) -> bool:
    return not any(cell_text(cell).strip() for cell in cells)


def _header_at(rows: Sequence[Sequence[Any]], reading: Reading) -> int | None:
    """Which of the first rows is the header; None where there is none.

    Below the first row, one known name is not enough: "level" may be an entry of a list of words.
    """
    for at, cells in enumerate(rows[: _TITLES + 1]):
        known = reading.columns.known(list(map(cell_text, cells)))
        if known >= (1 if at == 0 else 2) and _fits(cells, reading):
            return at
    return 0 if _fits(rows[0], reading) or reading.columns.known(list(map(cell_text, rows[0]))) else None


def _fits(cells: Sequence[Any], reading: Reading) -> bool:
    try:
        reading.columns.find(_trimmed(cells), reading.needed)
    except InputError:
        return False
    # A number fits every row, so it does not make one the header.
    return not reading.columns.given or reading.columns.known(_trimmed(cells)) > 0


def _repeats_header(names: Sequence[str], cells: Sequence[Any], reading: Reading) -> bool:
    """Whether the row below a header is the same header in another language."""
    known = reading.columns.known(list(map(cell_text, cells)))
    return known >= 2 and known == len([c for c in cells if cell_text(c).strip()]) and _fits(cells, reading)


def _trimmed(cells: Sequence[Any]) -> tuple[str, ...]:
    names = [cell_text(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _guessed(rows: Sequence[Sequence[Any]], reading: Reading) -> tuple[str, ...]:
    """Names for the columns of a table without a header, by what is in them.

    Raises InputError, with the first row as the header, where they cannot be told.
    """
    width = max(map(len, rows))
    if reading.columns.given:
        places = reading.columns.find([str(i) for i in range(1, width + 1)], reading.needed)
    else:
        places = columns_by_content(rows)
        if places.word is None or ("sentence" in reading.needed and not places.sentences):
            reading.columns.find(_trimmed(rows[0]), reading.needed)
            raise AssertionError("a header without a known name has the needed columns")
    roles = {places.word: "word", places.level: "level", places.pos: "pos", places.meaning: "meaning"}
    roles |= {at: f"sentence {n}" if n > 1 else "sentence" for n, at in enumerate(places.sentences, 1)}
    names = tuple(roles.get(i, f"column {i + 1}") for i in range(width))
    if width > 1:
        taken = {"columns": ", ".join(names)}
        reading.notes.append(Problem("The table has no header. Its columns were taken for: {columns}.", taken))
    return names


def columns_by_content(rows: Sequence[Sequence[Any]]) -> Places:
    """What the columns of a table without a header hold, the first row included."""
    width = max(map(len, rows))
    columns = [[without_tags(cell_text(r[i])).strip() if i < len(r) else "" for r in rows] for i in range(width)]
    level = pos = None
    words: list[int] = []
    sentences: list[int] = []
    for at, cells in enumerate(columns):
        filled = [cell for cell in cells if cell]
        if not filled or all(cell.rstrip(".)").isdecimal() for cell in filled):
            continue
        if all(cell.upper() in LEVELS for cell in filled):
            level = at if level is None else level
        elif all(map(names_part, filled)):
            pos = at if pos is None else pos
        elif cells[0] and sum(map(looks_like_sentence, filled)) > 0.8 * len(filled):
            sentences.append(at)
        elif any(c.isalpha() for c in cells[0]) and max(map(len, filled)) <= 80:
            words.append(at)
    if sentences and words:
        # The word is what the sentences use; their translation is another column of short texts.
        best = max((_occurs(columns[w], columns[s]), -s, -w) for w in words for s in sentences)
        sentence, word = -best[1], -best[2]
        sentences = [s for s in sentences if s == sentence or _occurs(columns[word], columns[s]) == best[0]]
    else:
        word = words[0] if words else None
    others = [w for w in words if w != word]
    return Places(word, tuple(sentences), level, pos, others[0] if others else None)


def in_english(places: Places, names: Sequence[str], rows: Sequence[Sequence[Any]], reading: Reading) -> Places:
    """`places` with the columns of sentences that use the words, where those that were found by name do not.

    In a table with the columns word, example and "example in English", the example may be in another language.
    """
    if places.word is None or "sentence" in reading.columns.given or len(rows) < _LEAST:
        return places
    columns = [[cell_text(row[at]).strip() if at < len(row) else "" for row in rows] for at in range(len(names))]
    used = [_occurs(columns[places.word], cells) for cells in columns]
    others = {places.word, places.level, places.pos}
    best = max((at for at in range(len(names)) if at not in others), key=used.__getitem__, default=None)
    if best is None or 2 * used[best] < len(rows) or not any(map(looks_like_sentence, columns[best])):
        return places
    kept = tuple(at for at in places.sentences if used[at] or not any(columns[at])) or (best,)
    if not places.sentences or kept == places.sentences:
        return places
    dropped, taken = ([names[at] for at in some] for some in ({*places.sentences} - {*kept}, kept))
    said = {"columns": listed(taken), "others": listed(dropped)}
    reading.notes.append(Problem("The words are not in the column {others}; sentences were read from {columns}.", said))
    return replace(places, sentences=kept, meaning=None if places.meaning in kept else places.meaning)


def with_part(places: Places, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Places:
    """`places` with the column of parts of speech, known by what is in it where its name does not tell."""
    if places.pos is not None or len(rows) < _LEAST:
        return places
    taken = {places.word, places.level, places.meaning, *places.sentences}
    for at in range(len(names)):
        cells = [cell_text(row[at]).strip() if at < len(row) else "" for row in rows]
        filled = [cell for cell in cells if cell]
        if at not in taken and 2 * len(filled) >= len(rows) and sum(map(names_part, filled)) >= 0.9 * len(filled):
            return replace(places, pos=at)
    return places


def names_part(text: str) -> bool:
    """Whether `text` is a part of speech, or several: "noun", "adj./adv.", "isim"."""
    entry = Entry.parse(f"x ({text})")
    return (entry.headword == "x" and bool(entry.parts)) or plain(text) in _PARTS


def looks_like_sentence(cell: str) -> bool:
    """Two words or more, and the end of a sentence."""
    return len(cell.split(None, 1)) > 1 and cell.rstrip().rstrip("\"'”’)")[-1:] in tuple(".!?…")


def _occurs(words: Sequence[str], sentences: Sequence[str]) -> int:
    """In how many rows the beginning of the word is in the sentence."""
    pairs = zip(words, sentences, strict=True)
    return sum(bool(word) and word[:3].casefold() in sentence.casefold() for word, sentence in pairs)


# What Excel, English or Turkish, makes of the words true and false.
_EXCEL = {"TRUE": "true", "FALSE": "false", "DOĞRU": "true", "YANLIŞ": "false"}


def word_text(value: Any) -> str:
    """A cell with a word as text."""
    text = cell_text(value)
    return _EXCEL.get(text, text)


def cell_text(value: Any) -> str:
    """A cell as text. Excel makes TRUE of the word `true`."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # None, or NaN of a data frame
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell_text, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
