"""What a script would find beside it and in its webui: read from their files, because importing them starts a webui."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


def lacking(folder: Path, dotted: str, names: tuple[str, ...] = ()) -> str:
    """Why `from dotted import names` fails where `folder` is looked in; empty where it does not.

    `dotted` is empty for the package of `folder` itself.
    """
    place = folder.joinpath(*filter(None, dotted.split(".")))
    file = place.with_suffix(".py") if dotted and not place.is_dir() else place / "__init__.py"
    if not file.is_file() and not place.is_dir():
        return f"there is no {dotted.rpartition('.')[2]} in {file.parent}"
    bound = _bound(file) if file.is_file() else frozenset[str]()
    absent = [n for n in names if bound is not None and n not in bound and not _is_module(place / n)]
    return f"{dotted or place.name} in {folder} has no {', '.join(absent)}" if absent else ""


def is_there(folder: Path, root: str) -> bool:
    """Whether `import root` finds something in `folder`."""
    return _is_module(folder / root)


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file() or any(path.parent.glob(f"{path.name}.*.so"))


@lru_cache(maxsize=256)
def _bound(file: Path) -> frozenset[str] | None:
    """The names that a module has when it has been loaded; None where that cannot be told."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    names: set[str] = set()
    for node in _executed(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    anything = {"*", "__getattr__"} & names or b"globals()" in file.read_bytes()
    return None if anything else frozenset(names)


def _executed(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Everything but what is inside functions and classes, which binds names of its own."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack += ast.iter_child_nodes(node)
