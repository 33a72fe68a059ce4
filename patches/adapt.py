"""Call an API of any version by its current names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .rules import RULES, Rule


def adapt(target: Callable[..., Any], /, *, rules: Sequence[Rule] = RULES, **current: Any) -> dict[str, Any]:
    """The keyword arguments `target` takes in the installed version, for arguments under their current names.

    The real signature decides, not a version number. An argument that neither the signature nor a rule
    knows is passed on as it is, so that `target` itself raises: nothing is filtered blindly.
    """
    known = inspect.signature(target).parameters
    by_new = {rule.new: rule for rule in rules if rule.api.rsplit(".", 1)[-1] == getattr(target, "__name__", "")}
    arguments: dict[str, Any] = {}
    for name, value in current.items():
        rule = by_new.get(name)
        if name not in known and rule is not None and rule.old in known:
            arguments[rule.old] = rule.to_old(value)
        else:
            arguments[name] = value
    return arguments
