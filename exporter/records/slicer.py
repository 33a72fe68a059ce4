"""What Training PRO would make of a text file, before an hour is spent on it.

This follows the behaviour of its "precise raw text slicer" (v3.15 of the webui and its author's repository,
`train_utils.precise_cut`), not its description: a full stop after a single initial does end a piece, for
instance. It knows no tokenizer: it takes a function that counts the tokens of a text, special tokens
included.

The slicer adds up the tokens of pieces that it counts alone, so a record that has 230 tokens as a whole
does not fit a chunk of 256; the last pieces of it go to the next block, without their instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .prompt import HARD_CUT, RESPONSE_HEAD

Count = Callable[[str], int]

# What the slicer does not cut after, because these are followed by more of the sentence.
_ABBREVIATIONS = "Mr Mrs Ms Dr Prof Jr St Capt Col Gen Gov Ave Blvd Est Co Corp Dept Inc Ltd Univ Ph.D"
_TITLES = tuple(f"{name}. " for name in _ABBREVIATIONS.split())
_ENDS = (". ", "? ", "! ", ".\n", "?\n", "!\n", "</s>")


@dataclass(frozen=True)
class Piece:
    """`text[start:end]` of the source; `size` tokens when counted alone; `cut` when a hard cut follows.

    A piece longer than the chunk is trimmed, and loses the hard cut after it.
    """

    start: int
    end: int
    size: int
    cut: bool
    trimmed: bool


@dataclass(frozen=True)
class Block:
    """A training example of Training PRO: the source from `start` to `end`, hard cuts taken out."""

    start: int
    end: int
    overlap: bool


def split_pieces(text: str, count: Count, chunk: int) -> list[Piece]:
    """Cut `text` where the slicer does, and count each piece alone, trimmed to `chunk` - 1 tokens."""
    pieces: list[Piece] = []
    sizes: dict[str, int] = {}

    def add(start: int, end: int, cut: bool) -> None:
        # The slicer counts the piece with the four characters it puts in the place of a hard cut.
        counted = text[start:end] + ("<//>" if cut else "")
        if counted not in sizes:
            sizes[counted] = count(counted)
        trimmed = sizes[counted] > chunk - 1
        pieces.append(Piece(start, end, min(sizes[counted], chunk - 1), cut and not trimmed, trimmed))

    start = 0
    for position, cut in _stops(text):
        add(start, position, cut)
        start = position + (len(HARD_CUT) if cut else 0)
    if start < len(text):
        add(start, len(text), False)
    return pieces


def _stops(text: str) -> list[tuple[int, bool]]:
    """Where pieces end, in order, and whether there is a hard cut."""
    stops: list[tuple[int, bool]] = []
    position = 0
    for part in text.split(HARD_CUT):
        start = position
        for i in range(start, start + len(part)):
            if text[i] in " \n>":
                end = i + 1
                ended = text[max(start, end - 6) : end]
                if ended.endswith(_ENDS) and not ended.endswith(_TITLES):
                    stops.append((end, False))
        position += len(part)
        if position < len(text):
            stops.append((position, True))
            position += len(HARD_CUT)
    return stops


def slice_text(text: str, count: Count, chunk: int, overlap: bool) -> list[Block]:
    """The blocks Training PRO trains on, in its order: the plain ones, then the overlapping ones."""
    pieces = split_pieces(text, count, chunk)
    limit, half = chunk - 1, chunk // 2
    blocks: list[Block] = []
    edges: list[int] = []  # the pieces at which an overlapping block begins
    first, filled, half_filled, half_at = 0, 0, 0, 0
    for i, piece in enumerate(pieces):
        if half_filled + piece.size < half:
            half_filled += piece.size
            half_at = i
        else:
            edges.append(half_at)
            half_filled = -2 * limit  # not again before the next block
        if filled + piece.size < limit and not (i > first and pieces[i - 1].cut):
            filled += piece.size
        else:
            blocks += _block(text, pieces, first, i, False)
            first, filled, half_filled = i, piece.size, piece.size
    blocks += _block(text, pieces, first, len(pieces), False)
    for at in edges if overlap else ():
        filled = 0
        for i in range(at, len(pieces)):
            if filled + pieces[i].size >= limit:
                cuts = [p.cut for p in pieces[at:i]]
                if cuts and (cuts[-1] or not any(cuts)):
                    blocks += _block(text, pieces, at, i, True)
                break
            filled += pieces[i].size
    return blocks


def _block(text: str, pieces: Sequence[Piece], first: int, end: int, overlap: bool) -> list[Block]:
    if first >= end:
        return []
    block = text[pieces[first].start : pieces[end - 1].end].replace(HARD_CUT, "").strip()
    if block.replace("</s></s>", "</s>") in ("", "</s>"):
        return []
    return [Block(pieces[first].start, pieces[end - 1].end, overlap)]


@dataclass(frozen=True)
class SlicerReport:
    """What a text file becomes. Counts are of records, blocks and tokens.

    `lengths` are the tokens of each record as a whole. `orphaned` counts the response tokens, in all
    blocks, that are in a block without their whole instruction; `response` counts all response tokens. `padding` is the
    share of the trained tokens that is padding. `safe_chunk` is the shortest chunk (in steps of 32, as the
    slider has them) at which no record is cut. `rewritten`: the figures are of the records as hard-cut text, not of the
    file as it is.
    """

    records: int
    lengths: list[int]
    longer: int
    blocks: int
    overlapping: int
    cut: int
    orphaned: int
    response: int
    padding: float
    safe_chunk: int
    rewritten: bool = False


def report(text: str, of_records: Sequence[str], count: Count, chunk: int, overlap: bool) -> SlicerReport:
    """Slice `text`, the file of `of_records`, and say what became of each of them.

    Where the file has its records written in another way, as JSON does, they are looked at as hard-cut text.
    """
    found = _spans(text, of_records)
    text = text if found is not None else HARD_CUT.join(of_records)
    records = found if found is not None else _spans(text, of_records) or []
    blocks = slice_text(text, count, chunk, overlap)
    whole = lambda s, e: any(b.start <= s and e <= b.end for b in blocks if not b.overlap)  # noqa: E731
    lengths = [count(text[s:e]) for s, e in records]
    used = orphaned = response = 0
    for block in blocks:
        used += min(count(text[block.start : block.end].replace(HARD_CUT, "").strip()), chunk)
        for start, end in records:
            if end <= block.start or start >= block.end:
                continue
            answer = text.find(RESPONSE_HEAD, start, end)
            answer = end if answer < 0 else answer + len(RESPONSE_HEAD)
            inside = text[max(answer, block.start) : min(end, block.end)]
            if inside:
                tokens = count(inside)
                response += tokens
                orphaned += tokens if block.start > start else 0
    needed = max((sum(p.size for p in split_pieces(text[s:e] + HARD_CUT, count, 10**9)) for s, e in records), default=0)
    return SlicerReport(
        records=len(records),
        lengths=lengths,
        longer=sum(n > chunk for n in lengths),
        blocks=len(blocks),
        overlapping=sum(b.overlap for b in blocks),
        cut=sum(not whole(s, e) for s, e in records),
        orphaned=orphaned,
        response=response,
        padding=1 - used / (len(blocks) * chunk) if blocks else 0.0,
        safe_chunk=-(-(needed + 2) // 32) * 32,
        rewritten=found is None,
    )


def _spans(text: str, records: Sequence[str]) -> list[tuple[int, int]] | None:
    """Where each record is in `text`; None where one is not there to the letter."""
    spans, position = [], 0
    for record in records:
        start = text.find(record, position)
        if start < 0:
            return None
        position = start + len(record)
        spans.append((start, position))
    return spans
