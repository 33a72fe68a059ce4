"""JSON Lines: one value per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .errors import InputError


def json_lines(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """The number and value of each line of `path` that is not empty; a comma at its end is left out.

    Raises InputError where a line is not JSON.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.rstrip().removesuffix(","))
        except (ValueError, RecursionError) as error:
            raise InputError(
                "{file}, line {line} is not valid JSON: {error}. Correct that line.",
                file=path,
                line=number,
                error=error,
            ) from None
        yield number, value
