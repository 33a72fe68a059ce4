"""Lists of words as text: numbers and bullets, translations beside the word, levels and titles above the words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..language.entry import Entry
from ..language.reading import parts_of
from ..language.wordsets import FUNCTION
from .columns import level_in
from .header import names_part

_BULLET = re.compile(r"(?:\[[ xX]?\]|\(?\d{1,4}\s?[.):\]-]|[a-h]\)|[-*•‣▪◦·–—+>])\s+(?=\S)|\d{1,4}[.)](?=[^\W\d])")
_NUMBERED = re.compile(r"(?:^|(?<!\s)\s+)\(?\d{1,3}[.)]\s*(?=[^\W\d])")  # 1) apple 2) book
_TRANSLATION = re.compile(r"(?<!\s)\s+(?:-{1,2}|–|—|=+|:|\|)>?\s+|(?<!\s)\s*(?:→|->|=>|=|\t|\|)\s*|:\s+|;\s*")
_AFTER_IPA = re.compile(r"(.+?[/\[][^/\[\]]*[ˈˌːəɪʊɛæɑɒɔʌθðʃʒŋɜɹɡıə][^/\[\]]*[/\]])\s+(\S.*)")
# "either - or" has a gap, not a translation.
_SECOND_HALVES = frozenset(["or", "nor", "and", "but", "but also", "as", "that", "to", "than", "the", "not"])
_LEVEL_LINE = re.compile(
    r"\W*(?:(?:cefr|level|seviye|düzey)\W*)*([ABC][12])(?:\W*(?:level|words?|vocabulary|wordlist|list|kelime(?:ler)?i?|"
    r"seviye(?:si)?|düzeyi?))*\W*",
    re.IGNORECASE,
)
_LEVEL_FIRST = re.compile(r"\W*([ABC][12])\b\W+(?=\w)")  # A1 apple
_AFTER_LEVEL = re.compile(r"(?<=\b[ABC][12])\s*[,;]?\s+(?=[a-z])")  # access n. B1, v. B2
_UNIT = (
    r"(?:unit|lesson|week|chapter|module|page|day|theme|topic|list|set|ünite|ders|hafta|bölüm|sayfa|konu|gün)\s+\d+\b"
)
_HEAD = re.compile(rf"({_UNIT}[^:,]*|[^:,]{{1,40}}):\s+(?=\S)(.+)", re.IGNORECASE)
_HEADING = re.compile(
    rf"#.*|//.*|[=\-_*~]{{3,}}.*|.*[©®™].*|https?://.*|.*:|{_UNIT}.*|\d+\s*(?:/|of)\s*\d+", re.IGNORECASE
)
_OF_LIST = re.compile(r"\S+ .*\b(?:list|vocabulary|wordlist|listesi)", re.IGNORECASE)
_CLIPPING = re.compile(r"^([^\n]+)\n- [^\n]+\|[^\n]+\n\n|^={10}$\n?", re.MULTILINE)  # a book, a place; of Kindle
_COUNT = re.compile(
    r"^\d+[ \t]+(?=[^\W\d])|(?<![ \t])[ \t]+\d[\d.,]{2,}$"
)  # 1 the 22038615: a rank, and how often it is used
_WORDS_OF_LIST = 3  # at most, in one piece of "apple, ice cream, egg"
_WORDS_OF_ENTRY = 6  # at most; a line of more without a sign is a list with spaces
_MOST = 0.8  # of the lines, which say how the others are meant


@dataclass(frozen=True)
class ListLine:
    """An entry of a text list, and what its line and the lines above say about it."""

    text: str
    level: str | None = None
    pos: str | None = None
    meaning: str | None = None
    more: tuple[str, ...] = ()


@dataclass
class Lines:
    """The entries of a list, and the lines that were taken for titles, or for examples below a word."""

    entries: list[ListLine] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


def read_lines(lines: Sequence[str], *, typed: bool = False) -> Lines:
    """The entries of `lines`. With `typed`, commas and semicolons always separate words."""
    text = "\n".join(line.strip() for line in _one_a_line(lines))
    books = list(filter(None, _CLIPPING.findall(text))) if "\n==========" in text else []
    paragraphs = (_CLIPPING.sub("", text) if books else text).split("\n\n")
    written = [(line, at == 0) for text in paragraphs for at, line in enumerate(filter(None, text.split("\n")))]
    style = _Style.of([line for line, _ in written], typed)
    read, level = Lines(titles=list(dict.fromkeys(books))), None
    for at, (line, first) in enumerate(written):
        after, opens = written[at + 1] if at + 1 < len(written) else ("", False)
        rest, separators = line, style.separators
        if not typed and (title := style.title(line, after, first and not opens, at == 0 and opens, at == 0)):
            read.titles.append(title)
            level = level_in(title) or level
            rest, separators = line[len(title) :].lstrip(" :"), ",;"
        if not rest:
            continue
        if not typed and style.is_example(line, read.entries[-1].text if read.entries else ""):
            read.examples.append(line)
            continue
        own = _LEVEL_FIRST.match(rest)
        for entry in style.entries(rest[own.end() :] if own else rest):
            read.entries += _entries(entry, own[1] if own else level, separators, typed)
    return read


def unnumbered(text: str) -> str:
    """`text` without the numbers and bullets of a list before it."""
    while match := _BULLET.match(text):
        text = text[match.end() :]
    return text


def is_english(text: str) -> bool:
    """Whether a dictionary has every word of `text`."""
    pieces = re.findall(r"[^\W\d_]+", text.lower())
    return bool(pieces) and all(piece in FUNCTION or parts_of(piece) for piece in pieces)


def most(fits: Callable[[str], object], texts: Sequence[str], share: float = _MOST) -> bool:
    return sum(bool(fits(text)) for text in texts) >= share * len(texts) > 0


def _one_a_line(lines: Sequence[str]) -> Sequence[str]:
    """Quizlet's sets in one line: apple,elma;book,kitap."""
    pieces = [piece for line in lines for piece in line.split(";") if piece.strip()]
    alone = len(pieces) > 2 and len([line for line in lines if line.strip()]) == 1
    pairs = alone and any(all(piece.count(sign) == 1 for piece in pieces) for sign in "\t,")
    return [piece.strip().replace(",", "\t") for piece in pieces] if pairs else lines


@dataclass(frozen=True)
class _Style:
    """What most lines of a list say about each of them.

    `separators` divide the words of a line; `lower`: words are written small; `numbers`: a number beside a word is its
    rank or how often it is used.
    """

    separators: str
    bulleted: bool
    lower: bool
    numbers: bool

    @classmethod
    def of(cls, lines: Sequence[str], typed: bool) -> _Style:
        words = [line for line in lines if not _HEADING.fullmatch(line)]
        bullets = [line for line in lines if _BULLET.match(line)]
        examples = len(words) - len(bullets) > len(lines) / 4 and most(_is_long, bullets, 0.5)
        return cls(
            separators=",;" if typed else "".join(sign for sign in ",;" if _is_list(words, sign)),
            bulleted=len(lines) > 1 and len(bullets) * 2 >= len(lines) and not examples,
            lower=most(lambda line: line[:1].islower(), lines, 0.5),
            numbers=len(words) > 1 and most(_COUNT.search, words),
        )

    def title(self, line: str, after: str, alone: bool, first: bool, at_top: bool) -> str:
        """What of `line`, above `after`, is not an entry but says what follows it is; empty where it is an entry.

        `alone`: it begins a paragraph, and others of it follow; `first`: it is the first paragraph of the list;
        `at_top`: it is the first line.
        """
        if _LEVEL_LINE.fullmatch(line):
            return line
        if (head := _HEAD.fullmatch(line)) and self._heads(head[1], head[2]):
            return head[1]
        if _BULLET.match(line):
            return ""
        if _HEADING.fullmatch(line) and not (self.numbers and _COUNT.search(line)):
            return line
        if len(line) == 1 and line.isupper() and line != "I":  # the A above abandon
            return line if after[:1].upper() == line and len(after) > 1 else ""
        if at_top and self.lower and line[:1].isupper() and _OF_LIST.fullmatch(line):
            return line
        capitals = self.lower and line.isupper() and len(line) > 3 and not after.isupper()
        bare = self.lower and first and line[:1].isupper() and " " in line and not _TRANSLATION.search(line)
        below = self.bulleted and " " in line and _BULLET.match(after)
        return line if (capitals and alone) or bare or below else ""

    def _heads(self, head: str, rest: str) -> bool:
        """Whether a colon is between a title and its words: "Unit 2: cat, dog", not "cat: kedi, pisi"."""
        if _LEVEL_LINE.fullmatch(head):
            return True
        pieces = _pieces(rest, ",;")
        if re.fullmatch(rf"{_UNIT}.*", head, re.IGNORECASE):
            return len(pieces) > 1
        return len(pieces) > 2 and most(is_english, pieces)

    def is_example(self, line: str, above: str) -> bool:
        """Whether a line is an example below a word, as in Cambridge's lists.

        It has a bullet that the words lack, or is a sentence that uses the entry `above`, or is too long for one.
        """
        if self.lower and line[:1].isupper() and line.endswith(tuple(".!?")) and len(line.split()) > 3:
            return len(line.split()) > _WORDS_OF_ENTRY or Entry.parse(above).uses(line)
        return not self.bulleted and _is_long(line) and bool(_BULLET.match(line)) and not line.lstrip("(")[0].isdigit()

    def entries(self, line: str) -> Iterator[str]:
        """The pieces of a line that are entries of their own: 1) apple 2) book; ability n. A2 able adj. A2."""
        text = unnumbered(line)
        runs = [piece for piece in _NUMBERED.split(line) if piece.strip()] if len(_NUMBERED.findall(line)) > 1 else []
        if runs:
            yield from runs
            return
        if self.numbers and not re.search(r"\t", text):
            text = _COUNT.sub("", _COUNT.sub("", text))
        word = ""
        for piece in _AFTER_LEVEL.split(text.strip().rstrip(",;")):
            if word and (names_part(piece[:-2]) or not piece[:-2].strip()):  # access n. B1, v. B2
                piece = f"{word} {piece}"
            yield piece
            word = Entry.parse(piece).headword


def _is_long(line: str) -> bool:
    text = unnumbered(line)
    return len(text.split()) > 3 or text.endswith((".", "!", "?"))


def _is_list(lines: Sequence[str], sign: str) -> bool:
    """Whether most lines are several words with `sign` between them, as in "apple, book, cat"."""

    def several(line: str) -> bool:
        pieces = _pieces(line, sign)
        plain = all(len(p.split()) <= _WORDS_OF_LIST and not re.search(r"[\d.:]", p) for p in pieces)
        return plain and (len(pieces) > 2 or (len(pieces) == 2 and all(map(is_english, pieces))))

    return most(several, lines, 0.5)


def _pieces(line: str, signs: str) -> list[str]:
    return [piece.strip() for piece in re.split(f"[{signs}]", line) if piece.strip()]


def _are_words(pieces: Sequence[str]) -> bool:
    return len(pieces) > 1 and all(p.isalpha() and p.islower() and (p in FUNCTION or parts_of(p)) for p in pieces)


def _are_one(pieces: Sequence[str]) -> bool:
    """Whether all these words are forms or spellings of one: go, went, gone; but not left, right, leave."""
    return any(all(one is other or Entry.parse(one).uses(other) for other in pieces) for one in pieces)


def _entries(text: str, level: str | None, separators: str, typed: bool) -> Iterator[ListLine]:
    pieces = [piece.strip() for piece in text.split(",")]
    if not typed and _are_words(pieces):
        separators = "" if _are_one(pieces) else ","
    if separators and len(pieces := _pieces(text, separators)) != 1:
        yield from (ListLine(piece, level) for piece in pieces)
        return
    spoken = _AFTER_IPA.fullmatch(text)
    pieces = [p.strip() for p in _TRANSLATION.split(text) if p.strip()] or [text]
    first, *rest = spoken.groups() if spoken else pieces
    if not rest or rest[0].casefold() in _SECOND_HALVES:
        pieces = text.split()
        if len(pieces) > _WORDS_OF_ENTRY and all(piece.isalpha() for piece in pieces):
            yield from (ListLine(piece, level) for piece in pieces)
        else:
            yield ListLine(text, level)
        return
    line = ListLine(first, level)
    for piece in rest:
        if piece.upper() == level_in(piece):
            line = replace(line, level=piece.upper())
        elif line.pos is None and names_part(piece):
            line = replace(line, pos=piece)
        elif line.meaning is None:
            line = replace(line, meaning=piece)
        else:
            line = replace(line, more=(*line.more, piece))
    yield line
