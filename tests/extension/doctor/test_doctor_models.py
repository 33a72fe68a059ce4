"""Models, the hub, the disk and memory."""

from __future__ import annotations

import os
import shutil
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.lock import only_one
from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension import recipes
from cefr_sentences.extension.doctor import disk
from cefr_sentences.extension.doctor.examine import examine
from cefr_sentences.extension.models import hub
from cefr_sentences.extension.models.weights import shapes
from cefr_sentences.extension.training.projections import PROJECTIONS
from cefr_sentences.extension.training.settings import TrainSettings

from ..doctored import CONFIG, bad, found, lora, model, one, put, safetensors

MODELS = "user_data/models"


def test_a_whole_model(webui: Path) -> None:
    model(webui)
    assert [str(f.found) for f in found(webui, "models")] == ["Can be trained: tiny."]


def test_no_models(webui: Path) -> None:
    one(webui, "models", "note", "no models folder")
    (webui / MODELS).mkdir()
    (webui / MODELS / "place-your-models-here.txt").touch()
    one(webui, "models", "note", "holds no model")


def test_gguf_only(webui: Path) -> None:
    put(webui / MODELS / "a.Q4.gguf", b"GGUF")
    put(webui / MODELS / "folder/b.gguf", b"GGUF")
    put(webui / MODELS / "folder/mmproj-F16.gguf", b"GGUF")
    one(webui, "models", "problem", "GGUF models only", "a.Q4.gguf, b.gguf", "cannot train them")
    (webui / "portable_env").mkdir()
    one(webui, "models", "note", "GGUF models only")
    model(webui)
    assert bad(webui, "models") == []


def test_what_killed_merges_have_left(webui: Path) -> None:
    model(webui)
    for name in (".a.before", ".b.part", ".c.part"):
        (webui / MODELS / name).mkdir()
    with only_one(webui / MODELS / "c"):  # is being written
        said = [str(f.found).rpartition("/")[2] for f in found(webui, "models") if f.status == "note"]
    assert [one.split(" ")[0] for one in said] == [".a.before", ".b.part"]


@pytest.mark.parametrize(
    ("leave_out", "part"),
    [
        ("tokenizer.json", "no tokenizer"),
        ("model.safetensors", "no weights"),
        ("config.json", "weights but no config.json"),
    ],
)
def test_a_part_is_missing(webui: Path, leave_out: str, part: str) -> None:
    model(webui, leave_out=[leave_out])
    one(webui, "models", "problem", part)


def test_missing_shards(webui: Path) -> None:
    folder = model(webui, leave_out=["model.safetensors"])
    safetensors(folder / "model-00001-of-00003.safetensors", {"w": (1,)})
    one(webui, "models", "problem", "lacks 2 of its files", "model-00002-of-00003.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00003.safetensors", "b": "other.safetensors"}}
    put(folder / "model.safetensors.index.json", index)
    one(webui, "models", "problem", "lacks 1 of its files: other.safetensors")
    put(folder / "model.safetensors.index.json", b"\xff{")
    one(webui, "models", "problem", "model.safetensors.index.json (it cannot be read)")
    put(folder / "model.safetensors.index.json", {"weight_map": ["x"]})
    assert bad(webui, "models") == []


def test_shards_of_the_form_that_is_not_used_may_be_missing(webui: Path) -> None:
    folder = model(webui)
    put(folder / "pytorch_model.bin.index.json", {"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}})
    assert bad(webui, "models") == []


@pytest.mark.parametrize("content", [b"", b"\0" * 20, b"\x02" + b"\0" * 7 + b"[]", b"\x20" + b"\0" * 7 + b"{}"])
def test_damaged_weights(webui: Path, content: bytes) -> None:
    put(model(webui) / "model.safetensors", content)
    why = "incomplete, or not a safetensors file" if content else "it is empty"
    one(webui, "models", "problem", "damaged model.safetensors", why, "Download")


def test_a_download_that_broke_off(webui: Path) -> None:
    folder = model(webui)
    safetensors(folder / "model.safetensors", {"w": (8, 8)}, cut=1)
    one(webui, "models", "problem", "of its 364 bytes are missing", "Download")
    with pytest.raises(ValueError, match="1 of its 364 bytes are missing"):
        shapes(folder / "model.safetensors")


@pytest.mark.parametrize("content", [b"\0\xff", b"[]", b"[" * 100_000, b""])
def test_a_config_that_is_no_json(webui: Path, content: bytes) -> None:
    put(model(webui) / "config.json", content)
    one(webui, "models", "problem", "config.json")


def test_other_folders(webui: Path) -> None:
    put(webui / MODELS / "empty/readme.md", "x")
    one(webui, "models", "note", "holds no model")
    put(webui / MODELS / "empty/adapter_config.json", {})
    one(webui, "models", "note", "is an adapter", "loras folder")
    shutil.rmtree(webui / MODELS / "empty")
    put(model(webui) / "config.json", {**CONFIG, "quantization_config": {"quant_method": "exl3"}})
    one(webui, "models", "note", "quantized (exl3)")
    (webui / MODELS / "loop").symlink_to(webui / MODELS / "loop")
    (webui / MODELS / "self").symlink_to(webui / MODELS)
    assert len(bad(webui, "models")) == 2  # tiny, and the folder itself behind the link


class Hub:
    """In place of the hub: what it answers for each model, and what it was asked."""

    def __init__(self, answers: dict[str, hub.Refusal]) -> None:
        self.answers, self.asked = answers, []

    def __call__(self, repo: str) -> hub.Refusal | None:
        self.asked.append(repo)
        return self.answers.get(repo)


def test_the_hub_is_asked_only_when_wanted(webui: Path, monkeypatch: pytest.MonkeyPatch, run) -> None:
    gated, refused = (hub._gated(name, status) for name, status in (("owner/gated", 401), ("owner/other", 403)))
    fake = Hub({"owner/gated": gated, "owner/other": refused})
    monkeypatch.setattr(hub, "refusal", fake)
    model(webui, "owner_other", leave_out=["model.safetensors"])
    model(webui, "owner_whole")
    lora(webui, "a", base_model_name_or_path="owner/gated")
    lora(webui, "b", base_model_name_or_path="owner/free")
    lora(webui, "c", base_model_name_or_path="owner/whole")
    lora(webui, "d", base_model_name_or_path="/somewhere/../else")
    examine(find_webui(webui))
    assert fake.asked == []
    findings = [f for f in examine(find_webui(webui), online=True) if f.check == "hub"]
    assert fake.asked == ["owner/gated", "owner/free", "owner/other"]
    assert [f.status for f in findings] == ["problem", "ok", "problem"]
    assert "(401)" in str(findings[0].found)
    assert "log in with hf auth login" in str(findings[0].next)
    assert "(403)" in str(findings[2].found)
    assert "accept its licence" in str(findings[2].next)
    assert "(401)" in run("doctor", "--webui", webui, "--online").out


def test_the_hub_when_nothing_is_missing_or_it_is_not_installed(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = [f for f in examine(find_webui(webui), online=True) if f.check == "hub"]
    assert "No model is missing" in str(finding.found)
    lora(webui)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    (finding,) = [f for f in examine(find_webui(webui), online=True) if f.check == "hub"]
    assert (finding.status, "not installed" in str(finding.found)) == ("note", True)


def test_no_network(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

    def closed(*_: object) -> None:
        raise RuntimeError("Cannot send a request, as the client has been closed.")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", closed)
    lora(webui)
    (finding,) = [f for f in examine(find_webui(webui), online=True) if f.check == "hub"]
    assert "The hub cannot be reached for owner/tiny" in str(finding.found)
    assert str(finding.next) == "Check the network."


def test_how_much_a_lora_trains() -> None:
    run = TrainSettings(level="A1", rank=64)
    width, keys, inner = 576, 192, 1536  # SmolLM2-135M
    layer = {"q": (width, width), "k": (keys, width), "v": (keys, width), "o": (width, width)}
    layer |= {"gate": (inner, width), "up": (inner, width), "down": (width, inner)}
    small = {f"layers.{i}.{PROJECTIONS[p]}.weight": shape for i in range(30) for p, shape in layer.items()}
    small |= {"embed_tokens.weight": (49152, width), "layers.0.q_proj.bias": (width,), "layers.0.q_norm.weight": (64,)}
    assert disk.trained(small, run) == 30 * 64 * (2 * (576 + 576) + 2 * (576 + 192))
    assert disk.trained(small, TrainSettings(level="A1", projections=("up", "down"))) == 30 * 64 * 2 * (576 + 1536)
    every = TrainSettings(level="A1", rank=64, projections=("all",))
    assert disk.trained(small, every) == sum(disk.trained(small, replace(run, projections=(p,))) for p in PROJECTIONS)
    assert disk.trained({"wte.weight": (4, 4), "q_proj.weight": (4, 4)}, run) == 0


def test_room_on_the_disk(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model(webui)
    free = [0]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=free[0]))
    one(webui, "disk", "problem", "0.00 GB free", "a run of rank 64 on tiny", "takes up to")
    need = disk.disk_need(disk.settings().rank * 128, disk.settings())
    free[0] = need - 1
    assert bad(webui, "disk")
    free[0] = need
    assert bad(webui, "disk") == []
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    one(webui, "disk", "problem", "You may not write to")


def test_the_disk_without_models_or_yaml(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "an export and a run on a small model" in str(found(webui, "disk")[0].found)
    recipes._entries.cache_clear()
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert disk.settings() == TrainSettings(level="A1")


def test_memory(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model(webui)
    wide = model(webui, "wide")
    safetensors(wide / "model.safetensors", {"layers.0.self_attn.q_proj.weight": (1000, 100)})
    needs = {name: p * 4 + t * 16 for name, p, t in disk._models(find_webui(webui), disk.settings())}
    free: list[Any] = [needs["wide"], False]
    monkeypatch.setattr(disk, "_memory", lambda: tuple(free))
    assert bad(webui, "memory") == []
    free[0] = needs["wide"] - 1
    one(webui, "memory", "note", "wide (")
    free[0] = 1
    one(webui, "memory", "problem", "tiny (")
    free[:] = [needs["wide"] - 1, True]  # half the bytes a parameter there
    assert bad(webui, "memory") == []
    free[0] = 0
    one(webui, "memory", "note", "could not be determined")


def test_where_the_free_memory_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = types.SimpleNamespace(is_available=lambda: True, mem_get_info=lambda: (7, 9))
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    assert disk._memory() == (7, True)
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(disk, "free_memory", lambda: 5)
    assert disk._memory() == (5, False)
    monkeypatch.setattr(disk, "free_memory", lambda: None)
    assert disk._memory() == (0, False)
