"""The conversions of the table as source text, and recognising them in a script.

In a template the names `x`, `y` and `api` are holes: the source of the old value, of the value under the new
name, and of what is called.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from .rules import Rule

HOLES = frozenset({"x", "y", "api"})

# One line that gives script.py of an extension a package, so that `from .x import` finds the files beside it
# where the webui loaded it by its path. Where it was imported as a package the line does nothing.
PACKAGE_LINE = (
    'if not __package__: __package__, __path__ = __name__, [__import__("os").path.dirname(__file__)]; '
    "__spec__.submodule_search_locations = __path__"
)


def argument_template(rule: Rule, value: str | None = None) -> str:
    """The argument that replaces `rule.old=x` in a call, right in every version that we serve.

    `value`: the source of the value under the new name, where it is not `rule.to_new`.
    """
    value = rule.to_new if value is None else value
    known = f'"{rule.old}" in api.__dataclass_fields__'
    if rule.kind == "value" or (rule.plain and rule.new is not None):
        return f"{rule.new}={value}"
    if rule.new is None:
        return f'**({{"{rule.old}": x}} if {known} else {{}})'
    if rule.prefer_old:
        old, new = f'{{"{rule.old}": v}}', f'{{"{rule.new}": v}}'
        return f"**(lambda v: {old} if {rule.prefer_old} and {known} else {new})({value})"
    return f'**({{"{rule.old}": x}} if {known} else {{"{rule.new}": {value}}})'


@lru_cache
def parsed_argument(template: str) -> ast.keyword:
    """A template of an argument, parsed."""
    call = ast.parse(f"f({template})", mode="eval").body
    assert isinstance(call, ast.Call)
    return call.keywords[0]


def matches(pattern: object, node: object, found: dict[str, str] | None = None) -> bool:
    """Whether `node` is `pattern` with its holes filled, each with one and the same thing throughout."""
    found = {} if found is None else found
    if isinstance(pattern, ast.Name) and pattern.id in HOLES and isinstance(node, ast.expr):
        return found.setdefault(pattern.id, ast.dump(node)) == ast.dump(node)
    if isinstance(pattern, ast.AST):
        return type(pattern) is type(node) and all(
            matches(getattr(pattern, name, None), getattr(node, name, None), found) for name in pattern._fields
        )
    if isinstance(pattern, list):
        return (
            isinstance(node, list)
            and len(pattern) == len(node)
            and all(matches(p, n, found) for p, n in zip(pattern, node, strict=True))
        )
    return pattern == node
