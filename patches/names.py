"""What a name in a script refers to: imports, aliases, and the names that cannot be told."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass
class Names:
    """`known`: a name and the dotted thing it refers to; `unclear`: names that are also bound to something else."""

    known: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    unclear: dict[str, int] = field(default_factory=dict)

    def resolve(self, node: ast.expr) -> str | None:
        """The dotted name that an expression like `tf.TrainingArguments` refers to."""
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            return f"{owner}.{node.attr}" if owner else None
        if isinstance(node, ast.Name):
            if node.id in self.known:
                return self.known[node.id]
            if len(self.stars) == 1 and node.id not in self.unclear:
                return f"{self.stars[0]}.{node.id}"
        return None

    def local(self, dotted: str) -> str | None:
        """A name under which this file knows `dotted`."""
        return next((name for name, what in self.known.items() if what == dotted), None)


def read_names(tree: ast.Module, packages: set[str]) -> Names:
    """The names of `tree` that refer to `packages` and what is in them.

    A name that is bound to anything else as well, a parameter or a loop variable say, is left out: scopes are
    not followed. Being bound to None is not an obstacle, because `except ImportError: gr = None` is common.
    """
    names = Names()
    other: dict[str, int] = {}  # names bound in any other way, and where
    plain = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and isinstance(n.targets[-1], ast.Name)]
    targets = {id(assign.targets[0]) for assign in plain if len(assign.targets) == 1}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.split(".")[0]
                _bind(names, other, alias.asname or root, alias.name if alias.asname else root, packages, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.level else node.module or ""
            for alias in node.names:
                if alias.name != "*":
                    _bind(names, other, alias.asname or alias.name, f"{module}.{alias.name}", packages, node.lineno)
                elif module.split(".")[0] in packages:
                    names.stars.append(module.split(".")[0])
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in targets:
            other.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            other.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.arg):
            other.setdefault(node.arg, node.lineno)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            other.setdefault(node.name, node.lineno)
    for assign in (a for a in plain if id(a.targets[0]) in targets):
        name, value = ast.unparse(assign.targets[0]), assign.value
        if isinstance(value, ast.Constant) and value.value is None:
            continue
        if (dotted := names.resolve(value)) and name not in other:
            _bind(names, other, name, dotted, packages, assign.lineno)
        else:
            other.setdefault(name, assign.lineno)
    for name, line in other.items():
        if names.known.pop(name, None):
            names.unclear[name] = line
    return names


def _bind(names: Names, other: dict[str, int], name: str, dotted: str, packages: set[str], line: int) -> None:
    if dotted.split(".")[0] not in packages or names.known.get(name, dotted) != dotted:
        other.setdefault(name, line)
    else:
        names.known[name] = dotted
