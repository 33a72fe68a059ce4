"""Numbers as fields of a page send them."""

from __future__ import annotations

from typing import Any

from ...exporter.common.errors import InputError, Option


def whole(value: Any, option: str) -> int:
    """`value` of the field for `option`. Raises InputError when it is not a whole number."""
    try:
        return int(_given(value, option))
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            "{value!r} is not a whole number for {option}.", value=str(value)[:40], option=Option(option)
        ) from None


def _given(value: Any, option: str) -> Any:
    if value is None:
        raise InputError("{option} is empty. Enter a number.", option=Option(option))
    return value


def decimal(value: Any, option: str) -> float:
    """`value` of the field for `option`. Raises InputError when it is not a number."""
    try:
        return float(_given(value, option))
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            "{value!r} is not a number for {option}.", value=str(value)[:40], option=Option(option)
        ) from None
