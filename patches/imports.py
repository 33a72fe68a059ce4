"""Would a script find what it uses? Its names are imported in a process of their own; the script itself never runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .folders import Script
from .local_names import is_there, lacking
from .names import read_names
from .scan import DriftPlace

# Of these every use is looked at; of all other packages what is imported.
PACKAGES = {"transformers", "peft", "trl", "gradio", "torch", "accelerate", "datasets", "huggingface_hub", "numpy"}
_SECONDS = 600

# What replaces a name that is gone, and arguments that **kwargs hides, for a hint.
_NOW = {
    "transformers.AdamW": "torch.optim.AdamW",
    "transformers.deepspeed": "transformers.integrations.deepspeed",
    "peft.prepare_model_for_int8_training": "peft.prepare_model_for_kbit_training",
    "gradio.Box": "gr.Group",
    "gradio.inputs": "the components themselves, as in gr.Textbox",
    "gradio.outputs": "the components themselves, as in gr.Textbox",
    **{f"numpy.{name}": f"{name}, Python's own" for name in ("float", "int", "bool", "object", "str", "complex")},
    "numpy.float_": "np.float64",
    "numpy.unicode_": "np.str_",
}
_HIDDEN = {
    "load_in_8bit": "pass quantization_config=BitsAndBytesConfig(load_in_8bit=True)",
    "load_in_4bit": "pass quantization_config=BitsAndBytesConfig(load_in_4bit=True)",
    "use_auth_token": "it is called token",
}
# Arguments of gradio before 4.0, by the method (any: "") that takes them, with the value that went if only one did.
_GRADIO = (
    ("", "_js", None, "an event's _js is called js from gradio 4.0 on"),
    (
        "queue",
        "concurrency_count",
        None,
        "from gradio 4.0 on queue() has default_concurrency_limit for it",
    ),
    ("launch", "enable_queue", None, "launch() has no enable_queue from gradio 4.0 on; call queue() before it"),
    ("File", "type", "file", 'gr.File takes type="filepath" for type="file" from gradio 4.0 on'),
)


@dataclass(frozen=True)
class _Use:
    """A name that line `line` of a script uses, and the arguments that it gives."""

    line: int
    dotted: str
    keywords: tuple[str, ...] = ()


def missing(scripts: Sequence[tuple[Script, str]], root: Path) -> list[list[DriftPlace]]:
    """For each script with its text what it would not find here, in order of lines. `root` is the webui's folder.

    Raises:
        OSError, subprocess.SubprocessError: Python could not be started, or has hung.
    """
    trees = [ast.parse(text) for _, text in scripts]
    places = [_places(tree, script, root) for tree, (script, _) in zip(trees, scripts, strict=True)]
    uses = [
        [use for use in _uses(tree) if not any(is_there(folder, use.dotted.split(".")[0]) for folder in here)]
        for tree, here in zip(trees, places, strict=True)
    ]
    asked = sorted({(use.dotted, use.keywords) for each in uses for use in each})
    wrong = dict(zip(asked, _ask(asked), strict=True))
    found = []
    for (script, _), tree, each in zip(scripts, trees, uses, strict=True):
        lacking = [
            DriftPlace(use.line, use.dotted, left=_hint(use.dotted, said))
            for use in each
            if (said := wrong[use.dotted, use.keywords])
        ]
        lacking += [*_local(tree, script, root), *_hidden(tree)]
        once = {f.left: f for f in sorted(lacking, key=lambda f: -f.line)}
        found.append(sorted(once.values(), key=lambda f: f.line))
    return found


def _hint(dotted: str, said: str) -> str:
    now = next((new for old, new in _NOW.items() if f"{dotted}.".startswith(f"{old}.")), None)
    return f"{said}; use {now}" if now else said


def _places(tree: ast.Module, script: Script, root: Path) -> list[Path]:
    """Where a script looks for modules before the packages; one that changes sys.path mostly adds its own folders."""
    changed = any(isinstance(n, ast.Attribute) and ast.unparse(n) == "sys.path" for n in ast.walk(tree))
    return [root, *((script.path.parent, script.extension) if changed else ())]


def _uses(tree: ast.Module) -> Iterator[_Use]:
    """Every use of a package, but for what is tried (`try: import ...`)."""
    names = read_names(tree, PACKAGES)
    whole = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"}
    for node in _untried(tree):
        if isinstance(node, ast.Import):
            yield from (_Use(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            stars = [alias.name == "*" for alias in node.names]
            yield from (
                _Use(node.lineno, node.module if star else f"{node.module}.{alias.name}")
                for alias, star in zip(node.names, stars, strict=True)
            )
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from (_Use(node.lineno, name) for module in whole if (name := f"{module}.{node.id}") in _NOW)
        elif isinstance(node, ast.Attribute) and (dotted := names.resolve(node)) and _known(dotted):
            yield _Use(node.lineno, dotted)
        elif isinstance(node, ast.Call) and (dotted := names.resolve(node.func)) and _known(dotted):
            yield _Use(node.lineno, dotted, tuple(k.arg for k in node.keywords if k.arg))


def _untried(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but those in the body of a `try`, and imports under a condition, such as one for another system."""
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, maybe = stack.pop()
        if not (maybe and isinstance(node, ast.Import | ast.ImportFrom)):
            yield node
        within = maybe or isinstance(node, ast.If)
        tried = {id(part) for part in node.body} if isinstance(node, ast.Try) else set[int]()
        stack += [(child, within) for child in ast.iter_child_nodes(node) if id(child) not in tried]


def _local(tree: ast.Module, script: Script, root: Path) -> Iterator[DriftPlace]:
    """What is imported from the webui, or from beside the script, and is not there."""
    for node in _untried(tree):
        imported: list[tuple[Path, str, tuple[str, ...]]] = []
        if isinstance(node, ast.Import):
            imported = [(root, a.name, ()) for a in node.names if is_there(root, a.name.split(".")[0])]
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names if alias.name != "*")
            if node.level:
                imported = [(script.path.parents[node.level - 1], node.module or "", names)]
            elif is_there(root, (node.module or "").split(".")[0]):
                imported = [(root, node.module or "", names)]
        for folder, dotted, names in imported:
            if said := lacking(folder, dotted, names):
                yield DriftPlace(getattr(node, "lineno", 0), dotted, left=said)


def _hidden(tree: ast.Module) -> Iterator[DriftPlace]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _old_gradio(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "from_pretrained":
                for keyword in node.keywords:
                    if keyword.arg in _HIDDEN:
                        said = f"from_pretrained takes no {keyword.arg} from transformers 5 on; {_HIDDEN[keyword.arg]}"
                        yield DriftPlace(keyword.value.lineno, f"{keyword.arg}=", left=said)
            elif node.func.attr == "load" and isinstance(node.func.value, ast.Name) and node.func.value.id == "torch":
                if not any(keyword.arg in ("weights_only", None) for keyword in node.keywords):
                    said = (
                        "torch.load reads nothing but weights from 2.6 on; say weights_only=True, or False for a file "
                        "that you trust"
                    )
                    yield DriftPlace(node.lineno, "torch.load", left=said)
            elif node.func.attr == "style" and isinstance(node.func.value, ast.Call):
                said = "gradio's components have no style() from 4.0 on; give its arguments to the component"
                yield DriftPlace(node.func.end_lineno or node.lineno, ".style()", left=said)


def _old_gradio(call: ast.Call) -> Iterator[DriftPlace]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        for name, argument, only, said in _GRADIO:
            if keyword.arg == argument and name in ("", called) and only in (None, value):
                yield DriftPlace(keyword.value.lineno, f"{argument}=", left=said)


def _known(dotted: str) -> bool:
    return dotted.split(".")[0] in PACKAGES


def _ask(asked: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    probe = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", probe],
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        cwd=sys.prefix,  # not the user's folder, where a file may be called like a package
        check=True,
    )
    return json.loads(done.stdout)
