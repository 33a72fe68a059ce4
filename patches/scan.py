"""Find drift in a script. It is parsed, never searched as text, and never run; needs nothing but Python."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .edits import Edit, Source
from .names import Names, read_names
from .rules import EXTENDING, RULES, Rule, convert, rules_for
from .templates import PACKAGE_LINE, argument_template, matches, parsed_argument


@dataclass(frozen=True)
class DriftPlace:
    """One place. Without `edits` it is only reported, and `left` says why it is left."""

    line: int
    found: str
    rule: Rule | None = None
    edits: tuple[Edit, ...] = ()
    left: str = ""


@dataclass(frozen=True)
class _Script:
    source: Source
    tree: ast.Module
    names: Names
    rules: Sequence[Rule]


def scan(text: str, *, by_path: bool = False, rules: Sequence[Rule] = RULES) -> list[DriftPlace]:
    """The drift in the source `text`, in order of lines. `by_path`: a webui loads it by its path (`Script.by_path`).

    Raises:
        SyntaxError, ValueError: this Python cannot parse it.
    """
    tree = ast.parse(text)
    names = read_names(tree, {rule.package for rule in rules} | set(EXTENDING))
    script = _Script(Source(text), tree, names, rules)
    places = [place for node in ast.walk(tree) for place in _look(script, node)]
    places += _packages(script) if by_path else []
    places += [
        DriftPlace(line, name, left=f"{name} is also bound to something else here; uses of it are not looked at")
        for name, line in names.unclear.items()
    ]
    return sorted(places, key=lambda f: f.line)


def _look(script: _Script, node: ast.AST) -> Iterator[DriftPlace]:
    if isinstance(node, ast.Import):
        yield from _imports(script, node)
    elif isinstance(node, ast.Call):
        dotted = script.names.resolve(node.func)
        if dotted is not None:
            package, name = dotted.split(".", 1)[0], dotted.rsplit(".", 1)[-1]
            ours = [rule for rule in script.rules if rule.package == EXTENDING.get(package, package)]
            if found := rules_for([name], ours, "argument", "value"):
                yield from _arguments(script, node, found)
        if isinstance(node.func, ast.Attribute):
            yield from _method(script, node, node.func)


def _arguments(script: _Script, call: ast.Call, rules: Sequence[Rule]) -> Iterator[DriftPlace]:
    given = {keyword.arg: keyword for keyword in call.keywords if keyword.arg is not None}
    for rule in rules:
        keyword = given.get(rule.old)
        if keyword is None or rule.fails is None:
            continue
        if rule.kind == "value":
            yield from _value(script, call, rule, keyword)
            continue
        both = rule.new in given
        if both and rule.merged is None:
            left = f"the call gives {rule.old} and {rule.new}; only its author knows which is meant"
            yield DriftPlace(keyword.value.lineno, f"{rule.old}=", rule, left=left)
            continue
        other = given[rule.new or ""] if both else None
        into = _into(rule, keyword.value, other.value if other is not None else None)
        edits = script.source.replace(call, keyword, into, other)
        yield DriftPlace(keyword.value.lineno, f"{rule.old}=", rule, tuple(edits))
    for keyword in call.keywords:
        if keyword.arg is None and not _is_guard(keyword, rules):
            yield from _unpacked(script, call, keyword, rules)


def _into(rule: Rule, old: ast.expr, new: ast.expr | None) -> str:
    """The argument that replaces an old one; numbers are converted here and now, so that the line stays short."""
    source = rule.merged if new is not None else rule.to_new
    if rule.prefer_old is None:
        return argument_template(rule, source)
    if all(isinstance(n, ast.Constant) and isinstance(n.value, int | float) for n in (old, new) if n is not None):
        x, y = (n.value if isinstance(n, ast.Constant) else 0 for n in (old, new))
        value = convert(rule.merged or rule.to_new, x=x, y=y)
        source = repr(value)
        if not convert(rule.prefer_old, v=value):
            return f"{rule.new}={source}"
    return argument_template(rule, source)


def _value(script: _Script, call: ast.Call, rule: Rule, keyword: ast.keyword) -> Iterator[DriftPlace]:
    """A value that is refused now: written out, or possible where an expression is given."""
    into, old = argument_template(rule), ast.literal_eval(rule.value or "None")
    if isinstance(keyword.value, ast.Constant):
        if keyword.value.value != old:
            return
        into = f"{rule.old}={json.dumps(convert(rule.to_new, x=old))}"
    elif matches(parsed_argument(into), keyword) or not _mentions(script, keyword.value, old):
        return
    edits = script.source.replace(call, keyword, into)
    yield DriftPlace(keyword.value.lineno, f"{rule.old}=", rule, tuple(edits))


def _mentions(script: _Script, value: ast.expr, old: object) -> bool:
    """Whether the expression can give `old`: it, or for a text the file, says so somewhere."""
    where = script.tree if isinstance(old, str) else value
    return any(isinstance(n, ast.Constant) and n.value == old and type(n.value) is type(old) for n in ast.walk(where))


def _is_guard(keyword: ast.keyword, rules: Sequence[Rule]) -> bool:
    templates = [argument_template(rule, "x" if rule.prefer_old else None) for rule in rules]
    return any(matches(parsed_argument(template), keyword) for template in templates)


def _unpacked(script: _Script, call: ast.Call, keyword: ast.keyword, rules: Sequence[Rule]) -> Iterator[DriftPlace]:
    """Arguments through `**`: those in a dictionary of this file are reported, and left."""
    name = keyword.value.id if isinstance(keyword.value, ast.Name) else None
    old = {rule.old: rule for rule in rules if rule.fails and rule.kind == "argument"}
    places = [(line, str(key)) for key, line in _keys(script.tree, keyword.value) if key in old]
    for line, key in places:
        left = f"it is passed through **{name or '...'} in line {call.lineno}; change it by hand: {old[key].describe()}"
        yield DriftPlace(line, f'"{key}"', old[key], left=left)
    if not places:
        left = "arguments passed through ** cannot be looked at"
        yield DriftPlace(keyword.value.lineno, f"**{name or '...'}", left=left)


def _keys(tree: ast.Module, value: ast.expr) -> Iterator[tuple[object, int]]:
    """The keys that this file puts into the dictionary `value`, and their lines."""
    own, update = ast.dump(value), ast.dump(ast.Attribute(value, "update", ast.Load()))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(ast.dump(t).replace("Store", "Load") == own for t in node.targets):
            yield from _literal_keys(node.value)
        elif isinstance(node, ast.Subscript) and ast.dump(node.value) == own and isinstance(node.slice, ast.Constant):
            yield node.slice.value, node.lineno
        elif isinstance(node, ast.Call) and ast.dump(node.func) == update:
            yield from ((k.arg, k.value.lineno) for k in node.keywords)
            for argument in node.args:
                yield from _literal_keys(argument)
    yield from _literal_keys(value)


def _literal_keys(value: ast.expr) -> Iterator[tuple[object, int]]:
    if isinstance(value, ast.Dict):
        yield from ((k.value, k.lineno) for k in value.keys if isinstance(k, ast.Constant))
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        yield from ((k.arg, k.value.lineno) for k in value.keywords)


def _method(script: _Script, call: ast.Call, func: ast.Attribute) -> Iterator[DriftPlace]:
    for rule in rules_for([func.attr], script.rules, "attribute", "default"):
        if script.names.resolve(func) == rule.api and rule.new:
            end = script.source.span(func)[1]
            edit = Edit(end - len(func.attr), end, (rule.new.rpartition(".")[2],))
            yield DriftPlace(func.end_lineno or call.lineno, f"{ast.unparse(func)}()", rule, (edit,))
        elif rule.kind == "attribute":
            dotted = script.names.resolve(func.value) or ""
            if dotted.split(".")[0] == rule.package and dotted.rsplit(".", 1)[-1][:1].isupper():
                yield _component(script, call, func, rule)
        elif not (isinstance(func.value, ast.Name) and func.value.id == "self"):
            said = {k.arg: k.value for k in call.keywords}
            name, _, literal = (rule.unless or "").partition("=")
            unless = name in said and ast.unparse(said[name]) == literal
            if rule.new in said or unless or None in said:
                continue
            edit = script.source.append(call, f"{rule.new}={rule.value}")
            yield DriftPlace(call.lineno, f"{rule.name}()", rule, (edit,))


def _component(script: _Script, call: ast.Call, func: ast.Attribute, rule: Rule) -> DriftPlace:
    """`gr.Button.update("text")` is `gr.update(value="text")`: the first of its arguments was always the value."""
    found, line = f"{ast.unparse(func)}()", func.end_lineno or call.lineno
    module = script.names.local(rule.package)
    if module is None:
        return DriftPlace(line, found, rule, left=f"{rule.package} has no name of its own here; import it as gr")
    if len(call.args) > 1 or any(isinstance(a, ast.Starred | ast.GeneratorExp) for a in call.args):
        return DriftPlace(line, found, rule, left="only its first argument is known without a name")
    edits = [Edit(*script.source.span(func), (f"{module}.update",))]
    if call.args:
        edits.append(script.source.name_first(call, "value"))
    return DriftPlace(line, found, rule, tuple(edits))


def _imports(script: _Script, node: ast.Import) -> Iterator[DriftPlace]:
    for rule in (r for r in script.rules if r.kind == "import"):
        for alias in (a for a in node.names if a.name == rule.api):
            name, found = alias.asname or alias.name, f"import {alias.name}"
            if not any(n is node for n in script.tree.body):
                yield DriftPlace(node.lineno, found, rule, left="it is in a block, which may be there for its absence")
            elif any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(script.tree)) or _exports(script, name):
                left = f"{name} is used; where it is missing, this import fails"
                yield DriftPlace(node.lineno, found, rule, left=left)
            elif any(";" in script.source.line(n) for n in range(node.lineno, (node.end_lineno or node.lineno) + 1)):
                yield DriftPlace(node.lineno, found, rule, left="it shares its line with another statement")
            else:
                yield DriftPlace(node.lineno, found, rule, (script.source.remove_import(node, alias.name),))


def _exports(script: _Script, name: str) -> bool:
    return any(isinstance(n, ast.Constant) and n.value == name for n in ast.walk(script.tree))


def _packages(script: _Script) -> Iterator[DriftPlace]:
    """The first relative import of an extension's script.py, where it has not been given a package."""
    rule = next(r for r in script.rules if r.name == "extensions")
    line = ast.dump(ast.parse(PACKAGE_LINE).body[0])
    for statement in script.tree.body:
        if ast.dump(statement) == line:
            return
        relative = next((n for n in ast.walk(statement) if isinstance(n, ast.ImportFrom) and n.level), None)
        if relative is None:
            continue
        found = f"from {'.' * relative.level}{relative.module or ''} import"
        if relative.level > 1:
            yield DriftPlace(relative.lineno, found, rule, left="it reaches out of the extension's own folder")
        else:
            yield DriftPlace(relative.lineno, found, rule, (script.source.insert_line(statement, PACKAGE_LINE),))
        return
