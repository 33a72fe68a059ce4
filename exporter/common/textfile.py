"""Bytes to text: encodings, byte order marks, and files that are no text at all."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from .errors import InputError, Problem

MAX_JSON = 512 * 1024**2  # a JSON file is read whole
MAX_LINE = 10 * 1024**2  # every other text file is read line by line

_INSTEAD = Problem("Convert it to CSV, JSON Lines or Parquet, which are read row by row.")
_MAGIC = {
    b"PK\x03\x04": Problem("an Excel or zip file; an Excel table must be called .xlsx"),
    b"\xd0\xcf\x11\xe0": Problem("an old Excel file; save it as .xlsx or CSV"),
    b"GGUF": Problem("a GGUF model"),
    b"PAR1": Problem("a Parquet file; call it .parquet"),
    b"\x1f\x8b": Problem("a gzip archive; unpack it first"),
    b"%PDF": Problem("a PDF"),
}


def check_json_size(path: Path) -> None:
    """Refuse a JSON file that cannot be read whole. Raises InputError."""
    if (size := path.stat().st_size) > MAX_JSON:
        raise InputError(
            "{file} is {size} MB of JSON; the limit is 512 MB. {instead}",
            file=path,
            size=f"{size / 1024**2:,.0f}",
            instead=_INSTEAD,
        )


def detect_encoding(path: Path, *, line_limit: bool = True) -> str:
    """The encoding of a text file, found by reading it once in pieces.

    UTF-8 and UTF-16, with or without a mark; anything else is read as cp1254, which has every letter of
    Latin-1 that Turkish and English tables use, the Turkish ones, and Windows' smart quotes.

    Raises:
        InputError: empty, binary, or with a line of more than 10 MB.
    """
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    line, zeros, first = 0, 0, b""
    wide = False
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if not first:
                first = chunk
                wide = chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _utf16(chunk) is not None
            zeros += chunk.count(0)
            line = _open_line(chunk, line) if line_limit else 0
            if utf8 is not None:
                utf8 = _still_utf8(utf8, chunk)
        utf8 = utf8 and _still_utf8(utf8, b"", final=True)
    if not first or not first.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0"):
        raise InputError("{file} is empty.", file=path)
    for magic, kind in _MAGIC.items():
        if first.startswith(magic):
            raise InputError("{file} is not text: it is {kind}.", file=path, kind=kind)
    if wide:
        return "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else (_utf16(first) or "")
    if zeros:
        raise InputError(
            "{file} is not text: it contains {zeros} zero bytes. Export it as CSV or JSON first.",
            file=path,
            zeros=f"{zeros:,}",
        )
    if utf8 is not None:
        return "utf-8-sig" if first.startswith(codecs.BOM_UTF8) else "utf-8"
    return "cp1254"


def open_text(path: Path, encoding: str) -> TextIO:
    """Open for reading with line ends left as they are. The few bytes cp1254 has no letter for become U+FFFD."""
    return path.open("r", encoding=encoding, errors="replace", newline="")


def _still_utf8(
    decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False
) -> codecs.IncrementalDecoder | None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return None
    return decoder


def _open_line(chunk: bytes, line: int) -> int:
    """Length of the line that `chunk` leaves open, after `line` bytes of it before. Raises InputError."""
    head = chunk.find(b"\n")  # lines that begin in this chunk cannot be too long: it is 1 MB
    if line + (len(chunk) if head < 0 else head) > MAX_LINE:
        raise InputError("A line is longer than 10 MB, which is no row of a table. {instead}", instead=_INSTEAD)
    return line + len(chunk) if head < 0 else len(chunk) - chunk.rfind(b"\n") - 1


def _utf16(chunk: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters leave every second byte zero."""
    sample = chunk[:4000]
    even, odd = sample[0::2], sample[1::2]
    if len(sample) >= 8 and odd and even:
        if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
            return "utf-16-le"
        if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
            return "utf-16-be"
    return None
