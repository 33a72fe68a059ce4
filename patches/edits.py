"""Changing a script at the positions of its syntax tree, so that every other byte stays as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

Offsets = tuple[int, int]

# What may lie between two parts of an expression. A comment reaches to the end of its line.
_BETWEEN = r"(?:[\s\\]|#[^\r\n]*(?=[\r\n]|\Z))*"
_EQUALS = re.compile(rf"{_BETWEEN}=[\s\\]*")
_CLOSED = rf"{_BETWEEN}(?:\){_BETWEEN})*"  # parentheses around an expression are not part of its node
_OPEN = re.compile(rf"{_CLOSED}\(\s*")
_COMMA = re.compile(rf"{_CLOSED},")
_CLOSE = re.compile(rf"(?:{_BETWEEN}\))+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
# Expressions that need no parentheses wherever a value may be.
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict, ast.Set)


@dataclass(frozen=True)
class Edit:
    """The text from `start` to `end` becomes `parts`: new text, and spans of old text, which may be edited as well."""

    start: int
    end: int
    parts: tuple[str | Offsets, ...] = ()


def edited(text: str, edits: Sequence[Edit]) -> str:
    """`text` after all `edits`. Raises ValueError when two overlap and neither contains the other."""
    return _render(text, (0, len(text)), edits)


def _render(text: str, span: Offsets, edits: Sequence[Edit]) -> str:
    at, end = span
    inside = [edit for edit in edits if at <= edit.start and edit.end <= end]
    pieces = []
    for edit in sorted(inside, key=lambda e: (e.start, e.start != e.end, -e.end)):
        if edit.end <= at and edit.start < at:
            continue  # inside an edit that has just been made, which decides whether to keep it
        if edit.start < at:
            raise ValueError("two changes overlap")
        others = [other for other in inside if other is not edit]
        pieces.append(text[at : edit.start])
        pieces += [part if isinstance(part, str) else _render(text, part, others) for part in edit.parts]
        at = edit.end
    return "".join([*pieces, text[at:end]])


class Source:
    """The text of a script, and edits of what its syntax tree says is there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]

    def line(self, number: int) -> str:
        """A line, counted from 1, with its end."""
        return self.text[self._lines[number - 1] : [*self._lines[number:], len(self.text)][0]]

    def span(self, node: ast.expr | ast.keyword | ast.alias) -> Offsets:
        """Where `node` begins and ends; parentheses around it are not part of it."""
        start = self._position(node.lineno, node.col_offset)
        return start, self._position(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _position(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        before = self.text[start : start + column].encode()[:column]  # ast counts columns in bytes
        return start + len(before.decode(errors="replace"))

    def replace(self, call: ast.Call, old: ast.keyword, template: str, other: ast.keyword | None = None) -> list[Edit]:
        """Argument `old` becomes `template` with its holes filled (see `templates`); `other` is `y`, and is removed."""
        start, end = self.span(old)
        holes = {"x": old, "api": call.func} | ({"y": other} if other is not None else {})
        edits = [] if other is None else [self._remove(call, other)]
        if template.startswith("**"):
            return [*edits, Edit(start, end, ("**", *self._fill(template[2:], holes)))]
        name, _, value = template.partition("=")
        if name != old.arg:
            edits.append(Edit(start, start + len(old.arg or ""), (name,)))
        if value != "x":
            edits.append(Edit(*self._value(old), tuple(self._fill(value, holes))))
        return edits

    def _value(self, argument: ast.keyword) -> Offsets:
        """The value of an argument, with the parentheses around it."""
        start, end = self.span(argument)
        equals = _EQUALS.match(self.text, start + len(argument.arg or ""), end)
        assert equals is not None
        return equals.end(), end

    def _fill(self, template: str, holes: dict[str, ast.keyword | ast.expr]) -> list[str | Offsets]:
        names = [n for n in ast.walk(ast.parse(template, mode="eval")) if isinstance(n, ast.Name) and n.id in holes]
        parts: list[str | Offsets] = []
        at = 0
        for name in sorted(names, key=lambda n: n.col_offset):
            node = holes[name.id]
            value = node.value if isinstance(node, ast.keyword) else node
            span = self._value(node) if isinstance(node, ast.keyword) else self.span(node)
            bare = span == self.span(value) and not isinstance(value, _ATOMS)
            parts += [template[at : name.col_offset], *(("(", span, ")") if bare else (span,))]
            at = name.col_offset + len(name.id)
        return [*parts, template[at:]]

    def _remove(self, call: ast.Call, argument: ast.keyword) -> Edit:
        """Remove an argument, and its line where it has one of its own; comments on other lines stay."""
        arguments = self._arguments(call)
        at = arguments.index(self.span(argument))
        start, end = arguments[at]
        if at == len(arguments) - 1:  # what followed the last argument now follows the one before it
            comma = _COMMA.match(self.text, arguments[at - 1][1], start)
            return Edit(comma.end() - 1 if comma else start, end)
        comma = _COMMA.match(self.text, end)
        end = comma.end() if comma else end
        line = self._lines[argument.lineno - 1]
        rest = _REST_OF_LINE.match(self.text, end)
        if rest and not self.text[line:start].strip():
            return Edit(line, rest.end())
        if rest:
            return Edit(len(self.text[:start].rstrip(" \t")), end)
        return Edit(start, end + len(self.text[end:]) - len(self.text[end:].lstrip(" \t")))

    def _arguments(self, call: ast.Call) -> list[Offsets]:
        return sorted(map(self.span, [*call.args, *call.keywords]))

    def append(self, call: ast.Call, argument: str) -> Edit:
        """Add an argument to a call, laid out as the one before it."""
        end = self.span(call)[1] - 1
        arguments = self._arguments(call)
        if not arguments:
            return Edit(end, end, (argument,))
        start, last = arguments[-1]
        comma = _COMMA.match(self.text, last, end)
        if comma is None:
            closed = _CLOSE.match(self.text, last, end)
            last = closed.end() if closed else last
            return Edit(last, last, (f", {argument}",))
        before = self.text[:start]
        return Edit(comma.end(), comma.end(), (f"{before[len(before.rstrip()) :]}{argument},",))

    def name_first(self, call: ast.Call, name: str) -> Edit:
        """Give the first argument of a call its name."""
        bracket = _OPEN.match(self.text, self.span(call.func)[1])
        assert bracket is not None
        return Edit(bracket.end(), bracket.end(), (f"{name}=",))

    def remove_import(self, statement: ast.Import, module: str) -> Edit:
        """Remove `module` from a statement that has its lines for itself, and these where nothing else is imported."""
        kept = [alias for alias in statement.names if alias.name != module]
        if kept:
            spans = [self.span(alias) for alias in statement.names]
            names = ", ".join(self.text[slice(*self.span(alias))] for alias in kept)
            return Edit(spans[0][0], spans[-1][1], (names,))
        last = statement.end_lineno or statement.lineno
        start = self._lines[statement.lineno - 1]
        return Edit(start, start + sum(len(self.line(n)) for n in range(statement.lineno, last + 1)))

    def insert_line(self, statement: ast.stmt, line: str) -> Edit:
        """Insert `line` above a top-level statement."""
        number = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        start = self._lines[number - 1]
        ends = re.findall("\r\n|\r|\n", self.line(number) + self.line(1))
        return Edit(start, start, (line + (ends[0] if ends else "\n"),))
