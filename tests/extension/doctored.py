"""What the tests of the doctor share."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension.doctor.examine import CHECKS, findings
from cefr_sentences.extension.doctor.finding import Finding

_BY_NAME = {check.name: check for check in CHECKS}
V4 = "def get_chat_datasets(path: str):\n    pass\n"


def found(webui: Path, check: str, *statuses: str) -> list[Finding]:
    """The findings of one check, of some status or any."""
    return [f for f in findings(_BY_NAME[check], find_webui(webui)) if not statuses or f.status in statuses]


def bad(webui: Path, check: str) -> list[Finding]:
    return found(webui, check, "problem", "note")


def one(webui: Path, check: str, status: str, *parts: str) -> Finding:
    """The only finding of that check that is not `ok`; it says all of `parts`."""
    (finding,) = bad(webui, check)
    assert finding.status == status, finding
    assert str(finding.means)
    text = f"{finding.found} {finding.means} {finding.next}"
    assert all(part in text for part in parts), (parts, text)
    return finding


def make_v4(webui: Path) -> None:
    (webui / "modules/utils.py").write_text(V4)


def put(path: Path, content: Any) -> Path:
    """A file, with its folders: bytes, text, or anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def safetensors(path: Path, tensors: dict[str, tuple[int, ...]], *, cut: int = 0) -> Path:
    """A safetensors file of float32 zeros, written by hand; without its last `cut` bytes."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        size = 4
        for n in shape:
            size *= n
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + bytes(end)
    return put(path, content[: len(content) - cut])


CONFIG = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}


def model(webui: Path, name: str = "tiny", leave_out: Iterable[str] = ()) -> Path:
    """A Transformers model, as far as its folder shows it."""
    folder = webui / "user_data/models" / name
    folder.mkdir(parents=True)
    if "config.json" not in leave_out:
        put(folder / "config.json", CONFIG)
    if "tokenizer.json" not in leave_out:
        put(folder / "tokenizer.json", {})
    if "model.safetensors" not in leave_out:
        safetensors(folder / "model.safetensors", {"model.layers.0.self_attn.q_proj.weight": (64, 64)})
    return folder


def lora(webui: Path, name: str = "mine", rank: int = 4, **config: Any) -> Path:
    folder = webui / "user_data/loras" / name
    put(
        folder / "adapter_config.json",
        {"peft_type": "LORA", "r": 4, "base_model_name_or_path": "owner/tiny", "peft_version": "0.1", **config},
    )
    safetensors(
        folder / "adapter_model.safetensors",
        lora_tensors("base_model.model.model.layers.0.self_attn.q_proj", rank),
    )
    return folder


def lora_tensors(module: str, rank: int = 4) -> dict[str, tuple[int, ...]]:
    return {f"{module}.lora_A.weight": (rank, 64), f"{module}.lora_B.weight": (64, rank)}
