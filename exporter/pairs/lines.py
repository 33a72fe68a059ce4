"""Lists of words as text: numbers and bullets, translations beside the word, levels and titles above the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .columns import level_in
from .header import names_part

_BULLET = re.compile(r"(?:\[[ xX]?\]|\(?\d{1,4}\s?[.):\]]|[-*•‣▪◦·–—+>])\s+(?=\S)|\d{1,4}[.)](?=[^\W\d])")
_TRANSLATION = re.compile(r"\s+(?:-{1,2}|–|—|=+|:|\|)>?\s+|\s*(?:→|->|=>|=|\t|\|)\s*|:\s+|;\s*")
# "either - or" has a gap, not a translation.
_SECOND_HALVES = frozenset(["or", "nor", "and", "but", "but also", "as", "that", "to", "than", "the", "not"])
_LEVEL_LINE = re.compile(
    r"(?:\W*(?:cefr|level|seviye|düzey)\W*)*([ABC][12])(?:\W*(?:level|words?|vocabulary|wordlist|list|kelimeleri?))*\W*",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"#.*|//.*|[=\-_*~]{3,}.*|.*[©®™].*|https?://.*|.*:|"
    r"(?:unit|lesson|week|chapter|module|page|day|theme|topic|ünite|ders|hafta|bölüm|sayfa)\s+\d+\b.*",
    re.IGNORECASE,
)
_WORDS_OF_LIST = 3  # at most, in one piece of "apple, ice cream, egg"
_WORDS_OF_ENTRY = 6  # at most; a line of more without a sign is a list with spaces


@dataclass(frozen=True)
class Line:
    """An entry of a text list, and what its line and the lines above say about it."""

    text: str
    level: str | None = None
    pos: str | None = None
    meaning: str | None = None
    more: tuple[str, ...] = ()


@dataclass
class Lines:
    """The entries of a list, and the lines that were taken for titles."""

    entries: list[Line] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)


def read_lines(lines: Sequence[str], *, typed: bool = False) -> Lines:
    """The entries of `lines`. With `typed`, commas and semicolons always separate words."""
    written = [line.strip() for line in lines if line.strip()]
    separators = ",;" if typed else "".join(sign for sign in ",;" if _is_list(written, sign))
    bulleted = sum(bool(_BULLET.match(line)) for line in written) * 2 >= len(written) > 1
    read, level = Lines(), None
    for at, line in enumerate(written):
        after = written[at + 1] if at + 1 < len(written) else ""
        if _is_title(line, after, bulleted) and not typed:
            level = level_in(line) or level
            read.titles.append(line)
            continue
        entry = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
        read.entries += _entries(entry, level, separators)
    return read


def unnumbered(text: str) -> str:
    """`text` without the number or bullet of a list before it."""
    return _BULLET.sub("", text, count=1) if _BULLET.match(text) else text


def _is_list(lines: Sequence[str], sign: str) -> bool:
    """Whether most lines are several words with `sign` between them, as in "apple, book, cat"."""

    def several(line: str) -> bool:
        pieces = _pieces(line, sign)
        plain = all(len(p.split()) <= _WORDS_OF_LIST and not re.search(r"[\d.:]", p) for p in pieces)
        return len(pieces) > 2 and plain

    return 2 * sum(map(several, lines)) >= len(lines)


def _pieces(line: str, signs: str) -> list[str]:
    return [piece.strip() for piece in re.split(f"[{signs}]", line) if piece.strip()]


def _is_title(line: str, after: str, bulleted: bool) -> bool:
    """Whether `line`, above `after`, is no entry but says what the entries below it are."""
    if _LEVEL_LINE.fullmatch(line):
        return True
    if _BULLET.match(line):
        return False
    if _HEADING.fullmatch(line):
        return True
    if len(line) == 1 and line.isupper() and line != "I":  # the A above abandon
        return after[:1].upper() == line and len(after) > 1
    return bulleted and " " in line and bool(_BULLET.match(after))


def _entries(text: str, level: str | None, separators: str) -> Iterator[Line]:
    if separators and len(pieces := _pieces(text, separators)) != 1:
        yield from (Line(piece, level) for piece in pieces)
        return
    first, *rest = [piece.strip() for piece in _TRANSLATION.split(text) if piece.strip()] or [text]
    if not rest or rest[0].casefold() in _SECOND_HALVES:
        pieces = text.split()
        if len(pieces) > _WORDS_OF_ENTRY and all(piece.isalpha() for piece in pieces):
            yield from (Line(piece, level) for piece in pieces)
        else:
            yield Line(text, level)
        return
    pos = meaning = None
    more: list[str] = []
    for piece in rest:
        if piece.upper() == level_in(piece):
            level = piece.upper()
        elif pos is None and names_part(piece):
            pos = piece
        elif meaning is None:
            meaning = piece
        else:
            more.append(piece)
    yield Line(first, level, pos, meaning, tuple(more))
