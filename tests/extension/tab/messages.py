"""Every sentence that an engine may say on the page, collected from the source of what the tab can reach."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("exporter", "extension", "patches")
# Parts of the command line; what they say never comes to a page.
COMMANDS = ("command", "arguments", "rate_command", "check_command", "studio", "cli", "__main__")
ERRORS = {"CefrError"}
# Calls that take messages, and which of their arguments are ones.
TAKERS = {
    "Problem": (0,),
    "say": (0,),
    "Check": (1,),
    "Metric": (1, 3),
    "Histogram": (2, 4),
    "wrong": (0,),
    "OutputFormat": (1,),
}
DOCTOR = {"Check": (0,), "say": (0, 1, 2), "problem": (0, 1, 2), "note": (0, 1, 2), "ok": (0,)}


class Source:
    """One module: its tree, and the constants that it gives names to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.named: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._name(target, node.value)

    def _name(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.named.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple):
            values = value.elts if isinstance(value, ast.Tuple) else [value] * len(target.elts)
            for each, part in zip(target.elts, values, strict=False):
                self._name(each, part)

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", ""), node


def reachable(root: Path = ROOT) -> list[Path]:
    """The modules that the tab and the webui's script import, directly or through others."""
    found: dict[Path, None] = {}
    new = [*sorted((root / "extension/tab").glob("*.py")), root / "extension/script.py"]
    new.append(root / "extension/evaluation/across.py")  # what the report of --compare says
    while new:
        path = new.pop()
        if path in found or (path.stem in COMMANDS and path.parent.name != "tab"):
            continue
        found[path] = None
        new += _imported(path, root)
    return sorted(path for path in found if path.stem not in COMMANDS)


def _imported(path: Path, root: Path) -> Iterator[Path]:
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
            places = [root.joinpath(*module), *(root.joinpath(*module, alias.name) for alias in node.names)]
            for place in places:
                yield from (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file())


def error_names(sources: list[Source]) -> set[str]:
    """CefrError and all classes made of it."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    }
    names = set(ERRORS)
    while more := {name for name, above in bases.items() if above & names} - names:
        names |= more
    return names


@functools.cache
def collect(root: Path = ROOT) -> tuple[dict[str, str], list[str]]:
    """Each template with the place where it is used, and the places where a message is none."""
    sources = [Source(path) for path in reachable(root)]
    errors, templates, wrong = error_names(sources), {}, []
    for source in sources:
        doctor = "doctor" in source.path.parts[len(root.parts) :]
        for name, call in source.calls():
            takes = (0,) if name in errors else {**TAKERS, **(DOCTOR if doctor else {})}.get(name, ())
            for argument in (call.args[i] for i in takes if i < len(call.args)):
                place = f"{source.path.relative_to(root)}:{call.lineno}"
                for said in _strings(argument, source):
                    if said is None:
                        wrong.append(f"{place}: {ast.unparse(argument)[:80]}")
                    elif said:
                        templates.setdefault(said, place)
    return templates, wrong


def _strings(node: ast.expr, source: Source) -> Iterator[str | None]:
    """The strings that an expression may be; None where it is built at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body, source)
        yield from _strings(node.orelse, source)
    elif isinstance(node, ast.Dict | ast.Tuple):
        for value in node.values if isinstance(node, ast.Dict) else node.elts:
            yield from _strings(value, source)
    elif isinstance(node, ast.Subscript):
        yield from _strings(node.value, source)
    elif isinstance(node, ast.Name) and node.id in source.named:
        for value in source.named[node.id]:
            yield from _strings(value, source)
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        yield None
