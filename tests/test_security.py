"""What SECURITY.md promises about code that comes with a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import ModelError
from cefr_sentences.extension.models.adapter import check_adapter
from cefr_sentences.extension.models.loading import load, load_tokenizer


@pytest.mark.model
def test_code_of_a_model_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "y")  # transformers would ask on the terminal
    names = {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own", "AutoTokenizer": ["own.Own", None]}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": names}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Own", "auto_map": names}))
    ran = tmp_path / "ran"
    (tmp_path / "own.py").write_text(f"from pathlib import Path\nPath({str(ran)!r}).touch()\nclass Own: pass\n")
    (tmp_path / "model.safetensors").write_bytes(b"\x02" + b"\0" * 7 + b"{}")  # no tensors
    for loading in (load, load_tokenizer):
        with pytest.raises(ModelError, match="cannot be loaded"):
            loading(str(tmp_path))
    assert not ran.exists()


def test_pickled_adapters_are_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match="pickle"):
        check_adapter(tmp_path)
