"""Finding drift: what is found, what is left and why, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.patches.edits import edited
from cefr_sentences.patches.rules import RULES
from cefr_sentences.patches.scan import DriftPlace, scan
from cefr_sentences.patches.templates import PACKAGE_LINE

SCRIPTS = Path(__file__).parent / "scripts"


def changed(text: str, by_path: bool = False) -> list[str]:
    return [f.rule.old for f in scan(text, by_path=by_path) if f.edits and f.rule]


def left(text: str, by_path: bool = False) -> list[DriftPlace]:
    return [f for f in scan(text, by_path=by_path) if not f.edits]


def test_the_script_with_every_change_has_every_change() -> None:
    """Which makes the golden diff a test of the whole table."""
    found = set(changed((SCRIPTS / "every_rule.py.txt").read_text(encoding="utf-8"), by_path=True))
    assert found == {rule.old for rule in RULES if rule.fails or rule.kind == "import"}


def test_what_only_its_author_can_mend_is_reported_and_left() -> None:
    text = (SCRIPTS / "left_alone.py.txt").read_text(encoding="utf-8")
    assert changed(text, by_path=True) == []
    lines = text.splitlines()
    said = {(lines[f.line - 1].strip(), f.left) for f in left(text, by_path=True)}
    for line, reason in (
        ("import bitsandbytes as bnb", "it is in a block"),
        ('settings = dict(output_dir="out", no_cuda=True)', "passed through **settings in line 17"),
        ('settings["evaluation_strategy"] = "no"', "change it by hand: evaluation_strategy -> eval_strategy"),
        ('settings.update({"group_by_length": True})', "passed through **settings"),
        ('second = TrainingArguments("out", **extra)', "cannot be looked at"),
        ('third = TrainingArguments("out", evaluation_strategy="no", eval_strategy="no")', "only its author knows"),
        ('inline = TrainingArguments(**{"output_dir": "out", "use_ipex": False})', "passed through **..."),
        ("def shadow(Button):", "also bound to something else"),
    ):
        assert any(where == line and reason in why for where, why in said), (line, said)
    assert len(said) == 9


IMPORTS = [
    "import transformers as t\nt.TrainingArguments({})",
    "from transformers import TrainingArguments as TA\nTA({})",
    "from transformers.training_args import TrainingArguments\nTrainingArguments({})",
    "from transformers import *\nTrainingArguments({})",
    "import transformers\nMine = transformers.TrainingArguments\nMine({})",
    "import transformers.trainer\ntransformers.TrainingArguments({})",
    "def f():\n    import transformers\n    return transformers.TrainingArguments({})",
    "try:\n    import transformers\nexcept ImportError:\n    transformers = None\ntransformers.TrainingArguments({})",
]


@pytest.mark.parametrize("source", IMPORTS)
def test_names_are_followed(source: str) -> None:
    assert changed(source.format("no_cuda=True")) == ["no_cuda"]


NOT_OURS = [
    "class TrainingArguments: pass\nTrainingArguments(no_cuda=True)",
    "from mylib import TrainingArguments\nTrainingArguments(no_cuda=True)",
    "from .transformers import TrainingArguments\nTrainingArguments(no_cuda=True)",
    "import transformers\nf = '''transformers.TrainingArguments(no_cuda=True)'''\n# TrainingArguments(no_cuda=True)",
    "import transformers\ntransformers.TrainingArguments('out', use_cpu=True, warmup_steps=3)",
    "import transformers\ntransformers.pipeline(no_cuda=True)",
    "from transformers import Trainer\nTrainer(no_cuda=True)",
    "d = {}\nd.update(value=1)\nd.Button.update(value=1)",
    "import gradio as gr\ngr.update(value=1)",
    "import transformers\nargs = transformers.TrainingArguments\nargs.update(1)",
    "from transformers import TrainingArguments as TA\nTA(report_to=None if x else 'y', optim=z)\ndef f(TA): pass",
    "import transformers\ntransformers.TrainingArguments(optim=o, report_to=r, gradient_checkpointing=True)",
]


@pytest.mark.parametrize("source", NOT_OURS)
def test_what_only_looks_like_it(source: str) -> None:
    assert changed(source) == []


def test_an_import_that_is_used_stays() -> None:
    for source in (
        "import bitsandbytes as bnb\nbnb.nn",
        "import bitsandbytes\nx = bitsandbytes",
        "import bitsandbytes as bnb\n__all__ = ['bnb']",
        "import bitsandbytes as bnb; x = 1",
        "if gpu:\n    import bitsandbytes",
    ):
        assert changed(source) == []
        assert len(left(source)) == 1
    assert changed("import os, bitsandbytes as bnb, sys\nos.sep") == ["import bitsandbytes"]


def test_relative_imports_matter_only_in_the_file_that_the_webui_loads() -> None:
    assert changed("from .a import b") == []
    assert changed("from .a import b", by_path=True) == ["from .x import"]
    assert changed("try:\n    from . import b\nexcept ImportError:\n    pass", by_path=True) == ["from .x import"]
    assert changed("def setup():\n    from .a import b", by_path=True) == ["from .x import"]
    assert changed(f"import os\n{PACKAGE_LINE}\nfrom .a import b", by_path=True) == []
    assert left("from ..a import b", by_path=True)[0].left.startswith("it reaches out")


@pytest.mark.parametrize("source", ["def f(:\n", "print 'Python 2'\n", "x = \x00", "\x80" * 3 + "= ="])
def test_what_this_python_cannot_read(source: str) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        scan(source)


def test_an_empty_file_is_clean() -> None:
    assert scan("") == []


def test_a_class_of_trl_takes_what_it_extends() -> None:
    text = "from trl import SFTConfig\nSFTConfig(output_dir='o', evaluation_strategy='no', max_length=9)\n"
    (place,) = scan(text)
    assert edited(text, place.edits).endswith("SFTConfig(output_dir='o', eval_strategy='no', max_length=9)\n")
