"""Rewriting: the bytes that come out, and that they are the only ones that changed."""

from __future__ import annotations

import ast
import codecs
import difflib
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.patches import rewrite as module
from cefr_sentences.patches.edits import Edit, edited
from cefr_sentences.patches.rewrite import LeftAlone, rewrite
from hypothesis import given, settings
from hypothesis import strategies as st

SCRIPTS = Path(__file__).parent / "scripts"
EVERY = (SCRIPTS / "every_rule.py.txt").read_text(encoding="utf-8")


def one(source: str, *, by_path: bool = False) -> str:
    """`source` rewritten, after a second pass has found nothing."""
    new, _ = rewrite(source.encode(), by_path=by_path)
    assert rewrite(new, by_path=by_path)[0] == new
    return new.decode()


def in_call(arguments: str) -> str:
    return f"from transformers import TrainingArguments as TA\nTA({arguments})\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
def test_the_golden_diff(end: str, bom: bytes) -> None:
    source = bom + EVERY.replace("\n", end).encode()
    new, places = rewrite(source, by_path=True)
    assert new.startswith(bom)
    assert new.count(b"\n") == new.count(end.encode())
    before, after = (s.decode("utf-8-sig").replace("\r\n", "\n").splitlines() for s in (source, new))
    diff = "\n".join(difflib.unified_diff(before, after, "before", "after", n=0, lineterm=""))
    assert diff + "\n" == (SCRIPTS / "every_rule.diff").read_text(encoding="utf-8")
    assert len(places) == sum(bool(f.edits) for f in places)
    assert rewrite(new, by_path=True)[0] == new


def test_a_clean_script_comes_back_as_it_is() -> None:
    source = (SCRIPTS / "left_alone.py.txt").read_bytes()
    assert rewrite(source, by_path=True)[0] == source


ONE_BY_ONE = {
    "no_cuda = x ,": "use_cpu = x ,",
    "optim='adamw_hf'": 'optim="adamw_torch"',
    "optim=('adamw_hf' if a else b)": 'optim="adamw_torch" if (\'adamw_hf\' if a else b) == "adamw_hf" else '
    "('adamw_hf' if a else b)",
    "report_to=None": 'report_to="none"',
    "report_to=a if b else None": 'report_to=(a if b else None) or "none"',
    "warmup_ratio=0.0": "warmup_steps=0",
    "warmup_ratio=0, warmup_steps=5": "warmup_steps=5",
    "warmup_steps=5, warmup_ratio=0.1": "warmup_steps=5",
    "a=1, warmup_steps=5,\n    warmup_ratio=0": "a=1,\n    warmup_steps=5",
    "a=(1) # b, c\n  , warmup_ratio=0, warmup_steps=(5)": "a=(1) # b, c\n  , warmup_steps=5",
    "'ü', no_cuda # a = b\n  = (x)": "'ü', use_cpu # a = b\n  = (x)",
    "optim=(  # one, or\n  'adamw_hf')": 'optim="adamw_torch"',
}


@pytest.mark.parametrize("before", ONE_BY_ONE)
def test_one_argument(before: str) -> None:
    assert one(in_call(before)) == in_call(ONE_BY_ONE[before])


def evaluated(source: str, known: set[str], **names: Any) -> dict[str, Any]:
    """The arguments that a rewritten call really passes, to an API that knows the arguments `known`."""

    def target(*args: Any, **given: Any) -> dict[str, Any]:
        return given

    target.__dataclass_fields__ = dict.fromkeys(known)  # type: ignore[attr-defined]
    tree = ast.parse(source)
    call = tree.body[-1]
    assert isinstance(call, ast.Expr)
    return eval(compile(ast.Expression(call.value), "", "eval"), {"TA": target, **names})


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("old", [True, False])
def test_a_guarded_line_passes_what_each_version_takes(steps: int, ratio: float, old: bool) -> None:
    source = one(in_call("a=1, warmup_steps=s, warmup_ratio=r, group_by_length=g, save_safetensors=True"))
    known = {"warmup_ratio", "group_by_length", "save_safetensors"} if old else set()
    got = evaluated(source, known, s=steps, r=ratio, g=True)
    assert got.pop("a") == 1
    assert len(got) == (3 if old else 2)
    assert got.pop("group_by_length" if old else "train_sampling_strategy") == (True if old else "group_by_length")
    assert got.pop("save_safetensors", None) == (True if old else None)
    if steps or not ratio:
        assert got == {"warmup_steps": steps}
        assert type(got["warmup_steps"]) is int  # 4.x refuses a float
    else:
        assert got == {"warmup_ratio" if old else "warmup_steps": pytest.approx(ratio)}
        assert all(0 < v < 1 for v in got.values())


@pytest.mark.parametrize("known", [{"warmup_ratio", "group_by_length", "use_ipex"}, {"group_by_length"}])
def test_a_value_is_evaluated_once(known: set[str]) -> None:
    source = one(in_call("warmup_ratio=f(), warmup_steps=g(), group_by_length=h(), use_ipex=i()"))
    calls: list[str] = []
    evaluated(source, known, **{name: lambda name=name: calls.append(name) or 0 for name in "fghi"})
    assert sorted(calls) == (["f", "g", "h", "i"] if "use_ipex" in known else ["f", "g", "h"])


def test_comments_and_layout_around_a_changed_argument_stay() -> None:
    before = in_call(
        "\n    # first\n    warmup_steps=s,  # steps\n    # about the ratio\n    warmup_ratio=r,  # ratio\n"
        "    # tail\n    no_cuda=True, # cpu\n"
    )
    after = one(before)
    for comment in ("    # first\n", "    # about the ratio\n", "  # ratio\n", "    # tail\n", "use_cpu=True, # cpu\n"):
        assert comment in after
    last = one(in_call("\n    warmup_ratio=r,\n    warmup_steps=s,  # steps\n"))
    assert last.endswith(",  # steps\n)\n")


def test_a_call_in_a_call_and_the_same_call_twice() -> None:
    source = (
        "import transformers as t\n"
        "t.Trainer(t.TrainingArguments('a', no_cuda=True), tokenizer=f(t.TrainingArguments('b', no_cuda=False)));"
        " t.TrainingArguments('c', no_cuda=1)\n"
    )
    expected = source.replace("no_cuda", "use_cpu").replace("tokenizer=", "processing_class=")
    assert one(source) == expected


def test_a_chat_template_gets_its_old_default() -> None:
    assert one("t.apply_chat_template()\n") == "t.apply_chat_template(return_dict=False)\n"
    assert one("t.apply_chat_template((m)  # m,\n)\n") == "t.apply_chat_template((m), return_dict=False  # m,\n)\n"
    assert one("t.apply_chat_template(m)\n") == "t.apply_chat_template(m, return_dict=False)\n"
    assert one("t.apply_chat_template(\n    m,\n)\n") == "t.apply_chat_template(\n    m,\n    return_dict=False,\n)\n"


NAMED = {"": "", " 1 , y=2": " value=1 , y=2", "(1)": "value=(1)", "\n  # x\n  x": "\n  value=# x\n  x"}


def test_the_value_of_a_component_gets_its_name() -> None:
    for before, after in NAMED.items():
        expected = f"import gradio as gr\n(gr.update)({after})\n"
        assert one(f"import gradio as gr\n(gr.Button.update)({before})\n") == expected
    for left in ("a, b", "*a", "x for x in a"):
        source = f"import gradio as gr\ngr.Button.update({left})\n"
        assert one(source) == source


def test_a_box_is_a_group() -> None:
    before = "import gradio\nwith gradio.Box(visible=True) as Box:\n    Box()\n"
    assert one(before) == before.replace("gradio.Box", "gradio.Group")


def test_what_is_above_a_removed_import_stays() -> None:
    source = "import os\n\n# quantised\nimport bitsandbytes as bnb\n# more\nimport sys\n"
    assert one(source) == "import os\n\n# quantised\n# more\nimport sys\n"
    assert one("import os, bitsandbytes as bnb\nos\n") == "import os\nos\n"
    assert one("import bitsandbytes, \\\n  bitsandbytes as bnb  # b\nx = 1\n") == "x = 1\n"
    assert one("x = 1\n# last\nimport bitsandbytes\n") == "x = 1\n# last\n"


def test_old_line_ends_stay() -> None:
    source = in_call("\n    no_cuda=True,\n    warmup_ratio=r,\n    warmup_steps=s\n").replace("\n", "\r")
    new, _ = rewrite(source.encode())
    assert new.startswith(b"from transformers import TrainingArguments as TA\rTA(\r    use_cpu=True,\r    **(lambda v:")
    assert new.endswith(b")\r)\r")


def test_what_cannot_be_changed_safely_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("TA(", in_call("no_cuda=True")):  # no Python; not fixed
        monkeypatch.setattr(module, "edited", lambda text, edits, wrong=wrong: wrong)
        with pytest.raises(LeftAlone, match="cannot be changed safely"):
            rewrite(in_call("no_cuda=True").encode())
    with pytest.raises(ValueError, match="overlap"):
        edited("abc", [Edit(0, 2), Edit(1, 3)])


def test_other_encodings_stay() -> None:
    source = "# -*- coding: latin-1 -*-\n# Grüße\n" + in_call("no_cuda=True")
    new, _ = rewrite(source.encode("latin-1"))
    assert new.decode("latin-1") == source.replace("no_cuda", "use_cpu")


def test_a_relative_import_works_where_the_webui_loads_by_path(tmp_path: Path) -> None:
    """As v4 does it, and as an ordinary package; twice under different names, which must not mix."""
    import importlib.util
    import sys

    for name, value in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helpers.py").write_text(f"VALUE = {value}\n")
        (tmp_path / name / "script.py").write_text(one("from .helpers import VALUE\n", by_path=True))
    loaded = {}
    for name in ("one", "two"):
        spec = importlib.util.spec_from_file_location(f"user_ext_{name}", tmp_path / name / "script.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        loaded[name] = module.VALUE
    assert loaded == {"one": 1, "two": 2}
    sys.path.insert(0, str(tmp_path))
    try:
        assert importlib.import_module("one.script").VALUE == 1
    finally:
        sys.path.remove(str(tmp_path))
        for name in [n for n in sys.modules if n.split(".")[0] in ("one", "user_ext_one", "user_ext_two")]:
            del sys.modules[name]


STATEMENTS = [
    "x = 1",
    "import bitsandbytes as bnb",
    "import os",
    "# a comment",
    "",
    "def f(a):\n\treturn gr.Button.update('x', variant='stop')",
    "arguments = TA('out', evaluation_strategy='no', warmup_ratio=r,  # why\n    warmup_steps=s)",
    "T.Trainer(\n    tokenizer = t,\n    # above\n    args=TA(no_cuda=c, report_to=None))",
    "if x:\n    TA(group_by_length=g, optim='adamw_hf')\nelse:\n    pass",
    "t.apply_chat_template(m,\n    tokenize=True,)",
    "TA(**settings)",
    "s = '''TA(no_cuda=True)'''",
    "from .a import b",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(STATEMENTS), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_any_script(parts: list[str], end: str, bom: bool, last_end: bool) -> None:
    """Twice is as once, every line that has nothing to do with the table stays, and so do its line ends."""
    head = "import gradio as gr\nimport transformers as T\nfrom transformers import TrainingArguments as TA\n"
    text = (head + "\n".join(parts) + ("\n" if last_end else "")).replace("\n", end)
    source = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    new, places = rewrite(source, by_path=True)
    assert rewrite(new, by_path=True)[0] == new
    assert (new == source) == (not any(f.edits for f in places))
    assert new.count(b"\n") == new.count(end.encode())
    assert new.startswith(codecs.BOM_UTF8) == bom
    untouched = [line for part in parts if part in ("x = 1", "import os", "# a comment") for line in [part]]
    after = new.decode("utf-8-sig").replace("\r\n", "\n").splitlines()
    assert [line for line in after if line in ("x = 1", "import os", "# a comment")] == untouched
