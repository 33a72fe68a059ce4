"""Files that we wrote and nobody has touched since: told by a first line with the hash of the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path

_MARK = "# Written by cefr-sentences install. A changed file is never replaced or removed. sha256 of what follows: "


def seal(text: str) -> str:
    """`text` below its mark. The mark is a comment in Python, YAML and requirements files alike."""
    return f"{_MARK}{hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def state(path: Path) -> str:
    """`absent`, `ours`, `edited` (ours, changed since), or `other`."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return "other"
    try:
        first, _, rest = path.read_bytes().partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    mark = _MARK.encode()
    if not first.startswith(mark):
        return "other"
    return "ours" if first[len(mark) :] == hashlib.sha256(rest).hexdigest().encode() else "edited"
