"""Names of exports, and how names of files are shown."""

from __future__ import annotations

import re

from ..common.errors import InputError, Option

_BLANK = "\u115f\u1160\u3164\uffa0"  # letters to Unicode, and nothing on the screen
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


def check_name(name: str) -> None:
    """Raises InputError unless `name` is a plain file name on every system."""
    if (
        not name.isprintable()  # also half a character, which cannot be encoded
        or not any(c.isalnum() and c not in _BLANK for c in name)
        or name != name.strip()
        or len(name.encode()) > 120
        or name.lower().endswith(".meta")  # NAME.meta.json describes the export NAME
        or name.startswith(".")
        or name.endswith(".")
        or re.search(r'[\x00-\x1f/\\:*?"<>|\ud800-\udfff]', name)
        or _RESERVED.match(name)
    ):
        raise InputError(
            "The name {name!r} cannot be used for files. Give another one with {option}: letters, digits, spaces, - "
            "and _, up to 120 bytes.",
            name=shown(name[:60]),
            option=Option("name"),
        )


def shown(name: str) -> str:
    """A file's name as it can be written to a file; bytes that are not UTF-8 show as a sign."""
    return name.encode("utf-8", "replace").decode()
