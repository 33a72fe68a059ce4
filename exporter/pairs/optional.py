"""Packages that only some kinds of tables need."""

from __future__ import annotations

import importlib
from typing import Any

from ..common.errors import InputError
from ..common.shell import PIP


def optional(module: str, what: str, package: str) -> Any:
    """The module, imported. Raises InputError with the package to install."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            "{what} needs the package {package}, which is not installed: {pip} {package}. Or save the table as CSV.",
            what=what,
            package=package,
            pip=PIP,
        ) from None
