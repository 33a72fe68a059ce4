"""Rewrite a script where `scan` found drift, and leave every other byte as it is. Needs libcst, the extra [patch]."""

from __future__ import annotations

import ast
import codecs
import io
import tokenize
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..exporter.common.errors import CefrError
from .scan import ArgumentEdit, Edit, Finding, FunctionEdit, ImportEdit, LineEdit, scan
from .templates import HOLES

if TYPE_CHECKING:
    import libcst as cst


class LeftAlone(CefrError):
    """A script that cannot be rewritten without changing more than the lines in question."""


def decode(source: bytes) -> tuple[str, str]:
    """The text of a Python file, without its BOM, and its encoding.

    Raises:
        SyntaxError, ValueError: not a text in the encoding that it names.
    """
    body = source.removeprefix(codecs.BOM_UTF8)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(body).readline)
    return body.decode(encoding), encoding


def rewrite(source: bytes, *, by_path: bool = False) -> tuple[bytes, list[Finding]]:
    """`source` with its drift mended, and what was found in it.

    Raises:
        SyntaxError, ValueError: this Python cannot parse it.
        LeftAlone: it cannot be rewritten without touching more than the lines in question.
        CefrError: libcst is not installed.
    """
    text, encoding = decode(source)
    findings = scan(text, by_path=by_path)
    edits = [edit for finding in findings for edit in finding.edits]
    if not edits:
        return source, findings
    new = _edited(text, edits)
    # Trust, and verify: what was written parses, and a second pass finds nothing more to do.
    ast.parse(new)
    if any(finding.edits for finding in scan(new, by_path=by_path)):
        raise LeftAlone("a second pass would change it again, so it was left. Change it by hand")
    bom = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
    return bom + new.encode(encoding), findings


def _edited(text: str, edits: Sequence[Edit]) -> str:
    cst = _libcst()
    try:
        wrapper = cst.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    except cst.ParserSyntaxError as error:
        raise LeftAlone("libcst cannot read it (line {line}), so it was left", line=error.raw_line) from None
    if wrapper.module.code != text:
        raise LeftAlone("its line ends cannot be kept by libcst, so it was left. Change it by hand")
    return wrapper.visit(_rewriter(wrapper.module, edits)).code


def _libcst() -> Any:
    try:
        import libcst
    except ImportError:
        raise CefrError(
            "Changing scripts needs libcst, which is not installed. Install it with `pip install libcst`; "
            "`cefr-sentences patch status` works without it."
        ) from None
    return libcst


def _rewriter(module: cst.Module, edits: Sequence[Edit]) -> cst.CSTTransformer:
    import libcst as cst
    from libcst.metadata import PositionProvider

    arguments: dict[Any, list[ArgumentEdit]] = {}
    for edit in edits:
        if isinstance(edit, ArgumentEdit):
            arguments.setdefault(edit.call, []).append(edit)
    functions = {edit.call: edit.into for edit in edits if isinstance(edit, FunctionEdit)}
    imports = {(edit.line, edit.module) for edit in edits if isinstance(edit, ImportEdit)}
    lines = {edit.line: edit.text for edit in edits if isinstance(edit, LineEdit)}

    class Rewriter(cst.CSTTransformer):
        METADATA_DEPENDENCIES = (PositionProvider,)

        def place(self, node: cst.CSTNode) -> Any:
            return self.get_metadata(PositionProvider, node)

        def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
            end = self.place(original_node).end
            for edit in arguments.get((end.line, end.column), ()):
                updated_node = _arguments(updated_node, edit)
            if into := functions.get((end.line, end.column)):
                updated_node = updated_node.with_changes(func=cst.parse_expression(into))
            return updated_node

        def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
            body: list[Any] = []
            carried: list[cst.EmptyLine] = []  # blank lines and comments above a line that goes
            for old, new in zip(original_node.body, updated_node.body, strict=True):
                place = self.place(old)
                new, new_lines = _without(new, place.start.line, imports), [*carried, *new.leading_lines]
                carried = []
                if new is None:
                    carried = new_lines
                    continue
                added = [t for line, t in lines.items() if place.start.line <= line <= place.end.line]
                for text in added:
                    statement = cst.parse_statement(text, config=module.config_for_parsing)
                    body.append(statement.with_changes(leading_lines=new_lines))
                    new_lines = []
                body.append(new.with_changes(leading_lines=new_lines))
            return updated_node.with_changes(body=body, footer=[*carried, *updated_node.footer])

    return Rewriter()


def _without(statement: Any, line: int, imports: set[tuple[int, str]]) -> Any:
    """A top-level statement without the modules that are not to be imported; None when nothing stays."""
    import libcst as cst

    gone = {module for at, module in imports if at == line}
    if not gone or not isinstance(statement, cst.SimpleStatementLine):
        return statement
    (only,) = statement.body
    assert isinstance(only, cst.Import)
    kept = [alias for alias in only.names if _dotted(alias.name) not in gone]
    if not kept:
        return None
    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return statement.with_changes(body=[only.with_changes(names=kept)])


def _dotted(node: Any) -> str:
    return node.value if not hasattr(node, "attr") else f"{_dotted(node.value)}.{node.attr.value}"


def _arguments(call: cst.Call, edit: ArgumentEdit) -> cst.Call:
    """`call` after `edit`, every comma, blank and comment of the other arguments kept."""
    import libcst as cst

    template = cst.ensure_type(cst.parse_expression(f"f({edit.into})"), cst.Call).args[0]
    if edit.keyword is None:
        return _with_last(call, template)
    arguments = list(call.args)
    values = {a.keyword.value: a.value for a in arguments if a.keyword is not None}
    at = next(i for i, a in enumerate(arguments) if _is_called(a, i, edit.keyword))
    fill = {"x": arguments[at].value, "api": call.func}
    if edit.drop is not None:
        fill["y"] = values[edit.drop]
    changed = _filled(template, fill).with_changes(
        comma=arguments[at].comma, whitespace_after_arg=arguments[at].whitespace_after_arg
    )
    if changed.keyword is not None and arguments[at].keyword is not None:
        changed = changed.with_changes(equal=arguments[at].equal)
    arguments[at] = changed
    call = call.with_changes(args=arguments)
    return call if edit.drop is None else _without_argument(call, edit.drop)


def _with_last(call: cst.Call, argument: cst.Arg) -> cst.Call:
    """`call` with one more argument, laid out as the one before it."""
    import libcst as cst

    arguments: list[Any] = list(call.args)
    if not arguments:
        return call.with_changes(args=[argument])
    *before, last = arguments
    if not isinstance(last.comma, cst.Comma):
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return call.with_changes(args=[*before, last.with_changes(comma=comma), argument])
    above = before[-1].comma.whitespace_after if before else call.whitespace_before_args
    between = last.comma.with_changes(whitespace_after=above)
    return call.with_changes(args=[*before, last.with_changes(comma=between), argument.with_changes(comma=last.comma)])


def _without_argument(call: cst.Call, keyword: str) -> cst.Call:
    """`call` without an argument and its line; comments on lines of their own stay."""
    import libcst as cst

    arguments: list[Any] = list(call.args)
    at = next(i for i, a in enumerate(arguments) if _is_called(a, i, keyword))
    gone = arguments.pop(at)
    if at == len(arguments):  # what followed the last argument follows the one before it
        if arguments:
            arguments[-1] = arguments[-1].with_changes(comma=gone.comma, whitespace_after_arg=gone.whitespace_after_arg)
        return call.with_changes(args=arguments)
    before = arguments[at - 1].comma.whitespace_after if at else call.whitespace_before_args
    after = gone.comma.whitespace_after
    if isinstance(after, cst.ParenthesizedWhitespace):
        if not isinstance(before, cst.ParenthesizedWhitespace):
            before = after
        else:
            before = before.with_changes(empty_lines=[*before.empty_lines, *after.empty_lines])
    if not at:
        return call.with_changes(args=arguments, whitespace_before_args=before)
    arguments[at - 1] = arguments[at - 1].with_changes(
        comma=arguments[at - 1].comma.with_changes(whitespace_after=before)
    )
    return call.with_changes(args=arguments)


def _is_called(argument: cst.Arg, number: int, keyword: str | int) -> bool:
    if isinstance(keyword, int):
        return number == keyword
    return argument.keyword is not None and argument.keyword.value == keyword


def _filled(template: cst.Arg, fill: dict[str, cst.BaseExpression]) -> cst.Arg:
    """The template with its holes filled, in parentheses where the source of a value needs them."""
    import libcst as cst

    if isinstance(template.value, cst.Name) and template.value.value in fill:
        return template.with_changes(value=fill[template.value.value])

    class Fill(cst.CSTTransformer):
        def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
            if updated_node.value not in HOLES or updated_node.value not in fill:
                return updated_node
            value = fill[updated_node.value].deep_clone()
            atom = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.Integer, cst.Float)
            if isinstance(value, atom) or value.lpar:
                return value
            return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    return cst.ensure_type(template.visit(Fill()), cst.Arg)
