"""Would a script find what it uses? Its names are imported in a process of their own; the script itself never runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .names import read_names
from .scan import Finding

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
}
_HIDDEN = {
    "load_in_8bit": "pass quantization_config=BitsAndBytesConfig(load_in_8bit=True)",
    "load_in_4bit": "pass quantization_config=BitsAndBytesConfig(load_in_4bit=True)",
    "use_auth_token": "it is called token",
}


def missing(texts: Sequence[str]) -> list[list[Finding]]:
    """For each source text what the packages that are installed here lack of it, in order of lines.

    Raises:
        OSError, subprocess.SubprocessError: Python could not be started, or has hung.
    """
    uses = [sorted(_uses(ast.parse(text)), key=lambda use: use[0]) for text in texts]
    asked = sorted({(dotted, keywords) for each in uses for _, dotted, keywords in each})
    wrong = dict(zip(asked, _ask(asked), strict=True))
    found = []
    for text, each in zip(texts, uses, strict=True):
        findings = [
            Finding(line, dotted, left=_hint(dotted, said))
            for line, dotted, keywords in each
            if (said := wrong[dotted, keywords])
        ]
        found.append(sorted({f.left: f for f in [*findings, *_hidden(ast.parse(text))]}.values(), key=lambda f: f.line))
    return found


def _hint(dotted: str, said: str) -> str:
    now = next((new for old, new in _NOW.items() if f"{dotted}.".startswith(f"{old}.")), None)
    return f"{said}; use {now}" if now else said


def _uses(tree: ast.Module) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """(line, dotted name, keywords) of every use of a package, but for what is tried (`try: import ...`)."""
    tried = {
        id(n) for node in ast.walk(tree) if isinstance(node, ast.Try) for part in node.body for n in ast.walk(part)
    }
    names = read_names(tree, PACKAGES)
    for node in (n for n in ast.walk(tree) if id(n) not in tried):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name, ()) for a in node.names if _known(a.name))
        elif isinstance(node, ast.ImportFrom) and not node.level and _known(node.module or ""):
            yield from ((node.lineno, f"{node.module}.{a.name}", ()) for a in node.names if a.name != "*")
        elif isinstance(node, ast.Attribute) and (dotted := names.resolve(node)) and _known(dotted):
            yield node.lineno, dotted, ()
        elif isinstance(node, ast.Call) and (dotted := names.resolve(node.func)) and _known(dotted):
            yield node.lineno, dotted, tuple(k.arg for k in node.keywords if k.arg)


def _hidden(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "from_pretrained":
                for keyword in node.keywords:
                    if keyword.arg in _HIDDEN:
                        said = f"from_pretrained takes no {keyword.arg} from transformers 5 on; {_HIDDEN[keyword.arg]}"
                        yield Finding(keyword.value.lineno, f"{keyword.arg}=", left=said)
            elif node.func.attr == "load" and isinstance(node.func.value, ast.Name) and node.func.value.id == "torch":
                if not any(keyword.arg in ("weights_only", None) for keyword in node.keywords):
                    said = (
                        "torch.load reads nothing but weights from 2.6 on; say weights_only=True, or False for a file "
                        "that you trust"
                    )
                    yield Finding(node.lineno, "torch.load", left=said)
            elif node.func.attr == "style" and isinstance(node.func.value, ast.Call):
                said = "gradio's components have no style() from 4.0 on; give its arguments to the component"
                yield Finding(node.func.end_lineno or node.lineno, ".style()", left=said)


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
