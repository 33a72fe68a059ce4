"""`python -m bench.mutate MODULE -- TESTS...`: which small changes to a module no test notices.

MODULE is a file (`exporter/language/forms.py`) or a dotted name (`cefr_sentences.exporter.language.forms`); TESTS are
arguments of pytest. One change at a time (a comparison, a number, a boolean, an operator, a condition, a returned
value) is made to the module as it is imported, and the tests are run; files stay as they are. A change that no test
notices is printed: a survivor. Either a test is missing there, or the change makes no difference that anybody could
see (a cache's size, a quicker path), which only a reader can tell.

Tests that start another Python import the module unchanged there. `--sample N --seed S` tries N of the changes only.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip

_SLOW = {"hypothesis", "lemminflect", "numpy", "torch", "transformers", "matplotlib", "gradio"}
_PLAIN = (ast.Name, ast.Call, ast.Attribute)  # conditions without an operator to change


class Mutation(NamedTuple):
    """One change to a parsed module: its line, what it is, and a function that makes it."""

    line: int
    what: str
    make: Callable[[], object]


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """All changes to `tree`, in an order that depends on the source alone."""
    for node in _walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare):
            for i, old in enumerate(node.ops):
                if (new := _COMPARISONS.get(type(old))) is not None:
                    yield Mutation(line, f"{_name(old)} -> {new.__name__}", _setter(node.ops, i, new()))
        elif isinstance(node, ast.BoolOp):
            new_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield Mutation(line, f"{_name(node.op)} -> {_name(new_op)}", _setter(node, "op", new_op))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            # Of `not x`, x: a double negation, since ast has no node for nothing.
            negated = ast.UnaryOp(ast.Not(), node.operand)
            yield Mutation(line, "not x -> x", _setter(node, "operand", negated))
        elif isinstance(node, ast.BinOp) and (operator := _OPERATORS.get(type(node.op))) is not None:
            yield Mutation(line, f"{_name(node.op)} -> {operator.__name__}", _setter(node, "op", operator()))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
            value = not node.value if isinstance(node.value, bool) else node.value + 1
            yield Mutation(line, f"{node.value} -> {value}", _setter(node, "value", value))
        elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            yield Mutation(line, "return None", _setter(node, "value", ast.Constant(None)))
        if isinstance(node, ast.If | ast.While | ast.IfExp) and isinstance(node.test, _PLAIN):
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield Mutation(line, f"condition {ast.unparse(node.test)} negated", _setter(node, "test", negated))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under `node` that run: no annotations, decorators or docstrings."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _walk(child)


def _name(node: ast.AST) -> str:
    return type(node).__name__


def _setter(target: Any, place: int | str, value: object) -> Callable[[], object]:
    if isinstance(place, int):
        return lambda: target.__setitem__(place, value)
    return lambda: setattr(target, place, value)


class _Mutated(SourceFileLoader):
    """Loads a file with the change of that number made to it."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def get_code(self, fullname: str) -> Any:
        tree = ast.parse(Path(self.path).read_text(encoding="utf-8"))
        list(mutations(tree))[self.number].make()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class _Finder:
    """Finds modules as usual, but has `_Mutated` load the one whose file is `path`."""

    def __init__(self, path: Path, number: int) -> None:
        self.path, self.number = path, number

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((s for f in others if (s := f.find_spec(name, path, target)) is not None), None)
        if spec is not None and spec.origin is not None and Path(spec.origin).resolve() == self.path:
            spec.loader = _Mutated(name, spec.origin, self.number)
        return spec


def _preload(tests: Sequence[str]) -> None:
    """Import what the tests import from elsewhere, so that the processes forked for them need not."""
    code = "import sys, pytest; pytest.main(sys.argv[1:]); print(*['|', *sys.modules])"
    quiet = subprocess.run([sys.executable, "-c", code, "--collect-only", *tests], capture_output=True, text=True)
    for name in quiet.stdout.rpartition("|")[2].split():
        if name.partition(".")[0] in _SLOW:
            with suppress(ImportError):
                importlib.import_module(name)


def _try(path: Path, number: int, tests: Sequence[str], limit: float) -> int | None:
    """Run `tests` in a fork with change `number` of `path` (-1: none): pytest's exit code, None past the time limit."""
    if child := os.fork():
        end = time.monotonic() + limit
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    if number >= 0:
        sys.meta_path.insert(0, _Finder(path, number))  # pyright: ignore[reportArgumentType]
    os._exit(int(pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests])))


def _path(module: str) -> Path:
    if module.endswith(".py"):
        return Path(module).resolve()
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise SystemExit(f"There is no module {module}. Give a file, or a dotted name that can be imported.")
    return Path(spec.origin).resolve()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 where the tests fail before anything is changed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(prog="python -m bench.mutate", usage="%(prog)s MODULE [options] -- TESTS...")
    parser.add_argument("module", metavar="MODULE")
    parser.add_argument("--sample", metavar="N", type=int, help="try N changes only, drawn by the seed")
    parser.add_argument("--seed", metavar="S", type=int, default=0)
    args, tests = parser.parse_args(given[:at]), given[at + 1 :]
    if not tests:
        parser.error("give the tests after --")
    path = _path(args.module)
    lines = path.read_text(encoding="utf-8").splitlines()
    changes = list(mutations(ast.parse("\n".join(lines))))
    chosen = range(len(changes))
    if args.sample is not None and args.sample < len(changes):
        chosen = sorted(random.Random(args.seed).sample(chosen, args.sample))
    _preload(tests)
    started = time.monotonic()
    if code := _try(path, -1, tests, 3600):
        print(f"The tests fail without any change (pytest's exit code {code}). Fix them first.")
        return 2
    limit = 10 + 4 * (time.monotonic() - started)
    survivors, slow = 0, 0
    for number in chosen:
        code = _try(path, number, tests, limit)
        slow += code is None
        if code == 0:
            survivors += 1
            change = changes[number]
            print(f"{path.name}:{change.line}: {change.what}    {lines[change.line - 1].strip()}", flush=True)
    killed = len(chosen) - survivors
    print(f"{path.name}: {len(chosen)} of {len(changes)} changes tried, {killed} killed ({slow} by the time limit), "
          f"{survivors} survived, in {time.monotonic() - started:,.0f} s")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
