"""Bytes to text: encodings, byte order marks, and files that are not text."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path
from typing import TextIO

from .errors import InputError, Problem

MAX_JSON = 512 * 1024**2  # a JSON file is read whole
MAX_LINE = 10 * 1024**2  # every other text file is read line by line

csv.field_size_limit(MAX_LINE)  # of this process; 128 KB without it

_MAGIC = {
    b"PK\x03\x04": Problem("an Excel or zip file; an Excel table must be called .xlsx"),
    b"\xd0\xcf\x11\xe0": Problem("an old Excel file; save it as .xlsx or CSV"),
    b"GGUF": Problem("a GGUF model; give a table or a text instead"),
    b"PAR1": Problem("a Parquet file; a table must be called .parquet, and training files are JSON or text"),
    b"version https://git-lfs": Problem("a pointer of Git LFS; fetch the file itself with: git lfs pull"),
    b"\x1f\x8b": Problem("a gzip archive; unpack it first"),
    b"%PDF": Problem("a PDF; copy its text into a text file, or its table into a spreadsheet"),
}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_json_size(path: Path) -> None:
    """Refuse a JSON file that cannot be read whole. Raises InputError."""
    if (size := path.stat().st_size) > MAX_JSON:
        raise InputError(
            "{file} is {size} MB of JSON; the limit is 512 MB. Convert it to CSV, JSON Lines or Parquet, which are "
            "read row by row.",
            file=path,
            size=f"{size / 1024**2:,.0f}",
        )


def detect_encoding(path: Path, *, line_limit: bool = True) -> str:
    """The encoding of a text file, found by reading it once in pieces.

    UTF-8 and UTF-16, with or without a mark; anything else is read as cp1254, which has every letter of Latin-1 that
    Turkish and English tables use, the Turkish ones, and Windows' smart quotes. (charset-normalizer 3.5 takes a
    Turkish cp1254 table for cp1250, cp1252 or cp1258, so it decides nothing here.)

    Raises:
        InputError: empty, binary, or with a line of more than 10 MB.
    """
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    line, zeros, first = 0, 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            first = first or chunk
            zeros += chunk.count(0)
            line = _open_line(chunk, line) if line_limit else 0
            decoder = decoder and _still_utf8(decoder, chunk)
        decoder = decoder and _still_utf8(decoder, b"", final=True)
    if not first.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0"):
        raise InputError("{file} is empty. Save it again with something in it.", file=path)
    for magic, kind in _MAGIC.items():
        if first.startswith(magic):
            raise InputError("{file} is not text: it is {kind}.", file=path, kind=kind)
    if utf16 := _utf16(first):
        return utf16
    if zeros:
        raise InputError(
            "{file} is not text: it contains {zeros} zero bytes. Export it as CSV or JSON first.",
            file=path,
            zeros=f"{zeros:,}",
        )
    if decoder is None:
        return "cp1254"
    return "utf-8-sig" if first.startswith(codecs.BOM_UTF8) else "utf-8"


def guessed(encoding: str) -> list[Problem]:
    """What to say of a text that is read in `encoding`, where it was guessed."""
    said = "The text is not UTF-8, and was read as Windows-1254. If letters are wrong, save it as UTF-8."
    return [Problem(said)] if encoding == "cp1254" else []


def open_text(path: Path, encoding: str) -> TextIO:
    """Open for reading, with line ends as they are. The few bytes that cp1254 has no letter for become U+FFFD."""
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
        raise InputError(
            "A line is longer than 10 MB: it is not a row of a table. Convert the file to CSV, JSON Lines or Parquet, "
            "which are read row by row."
        )
    return line + len(chunk) if head < 0 else len(chunk) - chunk.rfind(b"\n") - 1


def _utf16(chunk: bytes) -> str:
    """The name of UTF-16, by its mark or because Latin letters leave every second byte zero; else ''."""
    if chunk.startswith(_UTF16_MARKS):
        return "utf-16"
    even, odd = chunk[:4000:2], chunk[1:4000:2]
    for name, zero, letters in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(odd) >= 4 and zero.count(0) > 0.7 * len(zero) and letters.count(0) < 0.1 * len(letters):
            return name
    return ""
