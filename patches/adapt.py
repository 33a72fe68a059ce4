"""Call an API of any version by its current names, or by its old ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .rules import RULES, Rule, convert, rules_for

OnRule = Callable[[Rule], object]


def adapt(target: Callable[..., Any], /, *, rules: Sequence[Rule] = RULES, **given: Any) -> dict[str, Any]:
    """The keyword arguments `target` takes in the installed version, for arguments under current or old names.

    The real signature decides, not a version number. An argument that neither the signature nor a rule
    knows is passed on as it is, so that `target` itself raises: nothing is filtered blindly.

    Raises:
        ValueError: a current value that the installed version has no word for.
    """
    return adapted_arguments(target, given, rules)


def adapted_arguments(
    target: Callable[..., Any], given: dict[str, Any], rules: Sequence[Rule] = RULES, report: OnRule = lambda rule: None
) -> dict[str, Any]:
    """`adapt`, telling `report` each rule that changed something."""
    known = inspect.signature(target).parameters
    arguments = dict(given)
    names = [getattr(target, "__name__", ""), *(c.__name__ for c in getattr(target, "__mro__", ()))]
    for rule in rules_for(names, rules, "value"):
        if rule.old in arguments:
            arguments[rule.old] = convert(rule.to_new, x=arguments[rule.old])
            # Compared by identity: a value may be anything, and `==` of an array is not a truth value.
            if arguments[rule.old] is not given[rule.old]:
                report(rule)
    for rule in rules_for(names, rules, "argument"):
        before = {name: arguments[name] for name in (rule.old, rule.new) if name in arguments}
        if not before or (rule.new is not None and len(before) == 2 and rule.merged is None):
            continue  # with both names of one thing only the caller knows which is meant: let `target` raise
        after = _installed(rule, before, known)
        if list(after) != list(before):
            report(rule)
        for name in before:
            del arguments[name]
        arguments.update(after)
    return arguments


def _installed(rule: Rule, before: dict[str, Any], known: Any) -> dict[str, Any]:
    """`before`, the arguments that `rule` is about, under the names and values of the installed version."""
    if rule.new is None:
        return before if rule.old in known else {}
    if rule.merged is not None:
        value = convert(rule.merged, x=before.get(rule.old, 0), y=before.get(rule.new, 0))
    else:
        value = before[rule.new] if rule.new in before else convert(rule.to_new, x=before[rule.old])
    if rule.old not in known and rule.new not in known:
        return before
    old_fits = rule.prefer_old is not None and convert(rule.prefer_old, v=value)
    if rule.new in known and not (rule.old in known and old_fits):
        return {rule.new: value}
    try:
        return {rule.old: convert(rule.to_old, x=value)}
    except (KeyError, TypeError):
        raise ValueError(
            f"{rule.new}={value!r} cannot be said in the installed version of {rule.package}, which has {rule.old} "
            f"instead. Choose another value, or update {rule.package}."
        ) from None
