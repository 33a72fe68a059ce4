"""Which judges of sentences there are, by name.

To add one, here or from another package: `JUDGES["mine"] = make_mine`, a function that returns a `Judge` (judge.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from ..common.errors import InputError

if TYPE_CHECKING:
    from .judge import Judge


def _fitted() -> Judge:
    from .fitted import fitted_judge

    return fitted_judge()


DEFAULT = "fitted"
JUDGES: dict[str, Callable[[], Judge]] = {DEFAULT: _fitted}


def find_judge(name: str = DEFAULT) -> Judge:
    """The judge called `name`, a key of JUDGES, loaded once. Raises InputError where there is none."""
    if name not in JUDGES:
        raise InputError("There is no judge {name}. Choose one of {choices}.", name=name, choices=", ".join(JUDGES))
    return _loaded(name)


@lru_cache(maxsize=4)
def _loaded(name: str) -> Judge:
    return JUDGES[name]()
