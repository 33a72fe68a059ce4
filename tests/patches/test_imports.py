"""What a script uses and the installed packages lack: found without running the script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.patches import imports
from cefr_sentences.patches.imports import missing


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins that are quick to import, one of them broken."""
    for name, text in {
        "transformers": "print('loud')\nclass Trainer:\n    def __init__(self, model, args=None): ...\n",
        "gradio": "class Row: ...\n",
        "peft": "raise RuntimeError('no CUDA\\nhere')",
    }.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


SCRIPT = """
import gradio as gr, transformers
from transformers import AdamW, Trainer as T
from peft import LoraConfig
try:
    from transformers import Gone
except ImportError:
    Gone = None
raise SystemExit("it was run")
def ui():
    T(model=1, tokenizer=2)
    with gr.Box():
        gr.Row().style(equal_height=True)
    transformers.deepspeed.x()
    other.from_pretrained("x", load_in_8bit=True, use_auth_token=True)
"""


@pytest.mark.usefixtures("packages")
def test_what_is_missing() -> None:
    fine, found = missing(["import transformers\ntransformers.Trainer(model=1)", SCRIPT])
    assert fine == []
    assert [(f.line, f.left) for f in found] == [
        (3, "transformers has no AdamW; use torch.optim.AdamW"),
        (4, "peft.LoraConfig cannot be imported: no CUDA"),
        (11, "transformers.Trainer has no argument tokenizer"),
        (12, "gradio has no Box; use gr.Group"),
        (13, "gradio's components have no style() from 4.0 on; give its arguments to the component"),
        (14, "transformers has no deepspeed; use transformers.integrations.deepspeed"),
        (15, f"from_pretrained takes no load_in_8bit from transformers 5 on; {imports._HIDDEN['load_in_8bit']}"),
        (15, "from_pretrained takes no use_auth_token from transformers 5 on; it is called token"),
    ]


@pytest.mark.usefixtures("packages")
def test_status_does_not_call_a_script_clean_that_cannot_load(run: Any, webui: Path) -> None:
    script = webui / "extensions" / "mine" / "script.py"
    script.parent.mkdir(parents=True)
    script.write_text("from transformers import AdamW\n", encoding="utf-8")
    result = run("patch", "status", "--webui", webui)
    assert result.code == 1
    assert "line 1: transformers has no AdamW; use torch.optim.AdamW" in result.out
    assert "1 of 1 files use what the installed packages lack" in result.out
    script.write_text("from transformers import Trainer\n", encoding="utf-8")
    assert run("patch", "status", "--webui", webui).code == 0
