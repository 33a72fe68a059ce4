"""What a script uses and the installed packages lack: found without running the script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.patches import imports
from cefr_sentences.patches.folders import Script
from cefr_sentences.patches.imports import missing


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins that are quick to import, one of them broken."""
    for name, text in {
        "transformers": "print('loud')\nclass Trainer:\n    def __init__(self, model, args=None): ...\n",
        "gradio": "class Row: ...\n",
        "numpy": "float64 = 1\n",
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


def look(folder: Path, *texts: str) -> list[list[Any]]:
    """What `missing` says of scripts of an extension in the webui at `folder`."""
    script = Script(folder / "extensions/mine/script.py", folder / "extensions/mine")
    return missing([(script, text) for text in texts], folder)


@pytest.mark.usefixtures("packages")
def test_what_is_missing(tmp_path: Path) -> None:
    fine, found = look(tmp_path / "w", "import transformers\ntransformers.Trainer(model=1)", SCRIPT)
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


LOADED = {
    # GaiZhenbiao/ChuanhuChatGPT, requirements that were never installed
    "import nosuchpkg": "nosuchpkg is not installed here",
    "import nosuchpkg.deep as x": "nosuchpkg is not installed here",
    "from trl import SFTConfig\nSFTConfig(max_seq_length=1)": "trl is not installed here",
    # numpy 1.24's release notes
    "import numpy as np\ndef f(): return np.float(1)": "numpy has no float; use float, Python's own",
    "import json.nothing": "json has no nothing",
    "from collections import Mapping": "collections has no Mapping",
    "from modules import shared, gone": "modules in {root} has no gone",
    "from modules.shared import args, gone": "modules.shared in {root} has no gone",
    "import modules.gone": "there is no gone in {root}/modules",
    "from .helpers import there, gone": "helpers in {root}/extensions/mine has no gone",
    "from . import gone": "mine in {root}/extensions/mine has no gone",
    "from modules.shared import args\nfrom .helpers import there\nfrom . import helpers\nimport modules.shared": "",
    "from transformers import *\nopt = AdamW": "transformers has no AdamW; use torch.optim.AdamW",
    "import sys\nsys.path.insert(0, 'here')\nimport helpers": "",
    "import helpers": "helpers is not installed here",
    "b.click(None, _js='x')": "an event's _js is called js from gradio 4.0 on",
    "d.queue(concurrency_count=3)": "from gradio 4.0 on queue() has default_concurrency_limit for it",
    "d.launch(enable_queue=True)": "launch() has no enable_queue from gradio 4.0 on; call queue() before it",
    "gr.File(type='file')": 'gr.File takes type="filepath" for type="file" from gradio 4.0 on',
    "gr.File(type='binary')": "",
    "from modules.loose import anything": "",
    "try:\n    import nosuchpkg\nexcept ImportError:\n    nosuchpkg = None": "",
    "import sys\nif sys.platform == 'win32':\n    import winreg": "",
    "import os.path, collections.abc\nfrom os import path": "",
}


@pytest.mark.usefixtures("packages")
def test_what_a_script_needs_to_load(tmp_path: Path) -> None:
    root = tmp_path / "w"
    for path, text in {
        "modules/shared.py": "args = 1\ndef f():\n    gone = 1\n",
        "modules/loose.py": "from os import *\n",
        "extensions/mine/helpers.py": "class there: ...\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    found = look(root, *LOADED)
    for text, places in zip(LOADED, found, strict=True):
        assert "".join(f.left for f in places) == LOADED[text].format(root=root), text


@pytest.mark.usefixtures("packages")
def test_status_does_not_call_a_script_clean_that_cannot_load(run: Any, webui: Path) -> None:
    script = webui / "extensions" / "mine" / "script.py"
    script.parent.mkdir(parents=True)
    script.write_text("from transformers import AdamW\n", encoding="utf-8")
    result = run("patch", "status", "--webui", webui)
    assert result.code == 1
    assert "line 1: transformers has no AdamW; use torch.optim.AdamW" in result.out
    assert "1 of 1 files use what is not here" in result.out
    assert "1 of 1 files use what is not here" in run("patch", "apply", "--webui", webui).out
    script.write_text("from transformers import Trainer\n", encoding="utf-8")
    assert run("patch", "status", "--webui", webui).code == 0
