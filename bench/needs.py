"""Libraries that only a script here needs, loaded by name: they are in none of the project's environments."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def need(module: str) -> Any:
    """The module, or an end with what to install."""
    try:
        return importlib.import_module(module)
    except ImportError:
        sys.exit(f"This script needs {module}: pip install scikit-learn scipy msgpack")
