"""Rewrite a script where `scan` found drift, and leave every other byte as it is."""

from __future__ import annotations

import codecs
import io
import tokenize

from ..exporter.common.errors import CefrError
from .edits import edited
from .scan import DriftPlace, scan


class LeftAlone(CefrError):
    """A script that cannot be rewritten safely."""


def decode(source: bytes) -> tuple[str, str]:
    """The text of a Python file, without its BOM, and its encoding.

    Raises:
        SyntaxError, ValueError: not a text in the encoding that it names.
    """
    body = source.removeprefix(codecs.BOM_UTF8)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(body).readline)
    return body.decode(encoding), encoding


def rewrite(source: bytes, *, by_path: bool = False) -> tuple[bytes, list[DriftPlace]]:
    """`source` with its drift fixed, and what was found in it.

    Raises:
        SyntaxError, ValueError: this Python cannot parse it.
        LeftAlone: it cannot be rewritten safely.
    """
    text, encoding = decode(source)
    places = scan(text, by_path=by_path)
    edits = [edit for place in places for edit in place.edits]
    if not edits:
        return source, places
    try:  # what was written parses, and a second pass finds nothing more to do
        new = edited(text, edits)
        left = any(place.edits for place in scan(new, by_path=by_path))
    except (SyntaxError, ValueError):
        new, left = "", True
    if left:
        raise LeftAlone("it cannot be changed safely, so it was left. Change it by hand")
    bom = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
    return bom + new.encode(encoding), places
