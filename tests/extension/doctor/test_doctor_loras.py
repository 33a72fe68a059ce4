"""Adapters that cannot be applied, and the conversion of pickles."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import ModelError, TargetError
from cefr_sentences.extension.adapters.unpickle import unpickle
from cefr_sentences.extension.doctor import loras as room

from ..doctored import bad, found, lora, lora_tensors, model, one, put, safetensors


@pytest.fixture(autouse=True)
def _base_is_here(webui: Path) -> None:
    model(webui)


def test_an_adapter_in_order(webui: Path) -> None:
    assert "holds no adapter yet" in str(found(webui, "loras")[0].found)
    lora(webui)
    (webui / "user_data/loras/place-your-loras-here.txt").touch()
    assert [str(f.found) for f in found(webui, "loras")] == ["Can be applied: mine."]


@pytest.mark.parametrize(
    ("base", "here"),
    [
        ("owner/tiny", True),
        ("models/Tiny", True),
        (r"C:\webui\models\tiny", True),
        ("other/missing", False),
        ("/gone/missing/", False),
        ("x" * 5000, False),
        ("a\0b", False),
        ("/", True),
    ],
)
def test_the_base(webui: Path, base: str, here: bool) -> None:
    lora(webui, base_model_name_or_path=base)
    if here:
        assert bad(webui, "loras") == []
    else:
        one(webui, "loras", "note", "was trained on", "which is not in")


def test_the_base_in_the_webuis_own_name_for_a_download(webui: Path) -> None:
    model(webui, "owner_large-1B")
    lora(webui, base_model_name_or_path="owner/large-1B")
    assert bad(webui, "loras") == []


@pytest.mark.parametrize("base", [None, "", 7])
def test_no_base_is_named(webui: Path, base: Any) -> None:
    lora(webui, base_model_name_or_path=base)
    one(webui, "loras", "note", "does not say which model")


def test_ranks(webui: Path) -> None:
    folder = lora(webui, rank=8)
    one(webui, "loras", "problem", "says rank 4", "weights have rank 8")
    lora(webui, rank=8, rank_pattern={"q_proj": 8})
    assert bad(webui, "loras") == []
    lora(webui, rank=8, target_parameters=["experts"])
    assert bad(webui, "loras") == []
    lora(webui, rank=8, r="four", rank_pattern=["x"])
    assert bad(webui, "loras") == []
    safetensors(folder / "adapter_model.safetensors", {"lora_A.weight": ()})
    lora(webui, "whole")
    assert len(found(webui, "loras", "ok")) == 1


@pytest.mark.parametrize(
    ("module", "config"),
    [
        ("base_model.model.base_model.model.model.layers.0.self_attn.q_proj", {}),
        ("model.layers.0.self_attn.q_proj", {}),
        ("base_model.model.language_model.model.layers.0.self_attn.q_proj", {}),
        ("base_model.model.model.layers.9.self_attn.q_proj", {}),
        ("base_model.model.transformer.h.0.attn.c_attn", {}),
        ("base_model.model.model.layers.0.self_attn.v_proj", {"target_modules": ["q_proj"]}),
        ("", {"target_modules": ["q_proj"]}),
    ],
)
def test_names_that_the_base_lacks(webui: Path, module: str, config: dict[str, Any]) -> None:
    folder = lora(webui, **config)
    safetensors(folder / "adapter_model.safetensors", lora_tensors(module) if module else {})
    one(webui, "loras", "problem", f"it has {module or 'nothing'}", "0.self_attn.q_proj.lora_A.weight", "--model")
    lora(webui, base_model_name_or_path="tiny", **config)
    assert bad(webui, "loras") == []


def test_a_base_whose_file_leaves_out_a_name(webui: Path) -> None:
    safetensors(webui / "user_data/models/tiny/model.safetensors", {"h.0.attn.c_attn.weight": (64, 64)})
    folder = lora(webui)
    safetensors(folder / "adapter_model.safetensors", lora_tensors("base_model.model.transformer.h.0.attn.c_attn"))
    assert bad(webui, "loras") == []


def test_damaged(webui: Path) -> None:
    folder = lora(webui)
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    one(webui, "loras", "problem", "damaged adapter_model.safetensors")
    weights.unlink()
    one(webui, "loras", "problem", "has no adapter_model.safetensors")
    put(folder / "adapter_config.json", b"\xff\0")
    one(webui, "loras", "problem", "cannot be read")


def test_a_pickle(webui: Path) -> None:
    folder = lora(webui)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    one(webui, "loras", "problem", "as a pickle", f"cefr-sentences convert-adapter {folder}")


def test_runs_that_have_not_ended(webui: Path) -> None:
    folder = lora(webui)
    (folder / ".resume").mkdir()
    one(webui, "loras", "note", "unfinished run", f"train --resume {folder}")
    (folder / "adapter_config.json").unlink()
    one(webui, "loras", "note", "unfinished run")
    (folder / ".resume").rmdir()
    one(webui, "loras", "note", "is not an adapter", "Delete it")
    put(folder / "checkpoint-9-loss-1_00/adapter_config.json", {})
    one(webui, "loras", "note", "is not an adapter", "checkpoint-9-loss-1_00")


@dataclass
class LoraConfig:
    """As peft's: a dataclass with the settings that this version knows."""

    peft_type: str = "LORA"
    r: int = 8
    base_model_name_or_path: str = ""


PEFT = types.SimpleNamespace(LoraConfig=LoraConfig)


@pytest.fixture(autouse=True)
def _ask_peft_again() -> Iterator[None]:
    room._peft_settings.cache_clear()
    yield
    room._peft_settings.cache_clear()


def peft(monkeypatch: pytest.MonkeyPatch, module: Any = PEFT) -> None:
    monkeypatch.setattr(room, "installed", lambda name: "0.17.1")
    monkeypatch.setattr(room, "find_spec", lambda name: object())
    monkeypatch.setattr(room, "import_module", lambda name: module)


def test_written_by_a_newer_peft(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peft(monkeypatch)
    lora(webui, peft_version="0.17.1", use_new_thing=True)
    assert bad(webui, "loras") == []
    lora(webui, peft_version="0.21.2", use_new_thing=None)
    one(webui, "loras", "note", "peft 0.21.2", "0.17.1 is installed")
    lora(webui, peft_version="0.21.2", use_new_thing=True)
    one(webui, "loras", "problem", "peft 0.21.2", "use_new_thing", "0.17.1, which is installed")
    lora(webui, peft_version=None)
    assert bad(webui, "loras") == []
    lora(webui, peft_version=None, use_new_thing=True)
    one(webui, "loras", "problem", "use_new_thing")
    lora(webui, peft_version="0.21.2", peft_type="IA3")
    assert bad(webui, "loras") == []


def test_a_peft_that_cannot_be_imported(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peft(monkeypatch, module=None)
    lora(webui, peft_version="0.21.2", use_new_thing=True)
    one(webui, "loras", "note", "peft 0.21.2")
    monkeypatch.setattr(room, "installed", lambda name: None)
    assert bad(webui, "loras") == []


def test_links_and_no_folder(webui: Path) -> None:
    loras = webui / "user_data/loras"
    (loras / "loop").symlink_to(loras / "loop")
    assert bad(webui, "loras") == []
    (loras / "loop").unlink()
    loras.rmdir()
    one(webui, "loras", "note", "There is no")
    loras.touch()
    one(webui, "loras", "problem", "is a file")


def test_what_is_not_converted(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lora(webui)
    with pytest.raises(ModelError, match=r"has no adapter_model\.bin"):
        unpickle(folder)
    put(folder / "adapter_model.bin", b"x")
    with pytest.raises(TargetError, match="there already"):
        unpickle(folder)
    (folder / "adapter_model.safetensors").unlink()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match="torch is not installed"):
        unpickle(folder)
    assert (folder / "adapter_model.bin").read_bytes() == b"x"


class Harmful:
    def __reduce__(self) -> Any:
        return (Path("harm").touch, ())


def test_converting(run, webui: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    safe = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    monkeypatch.chdir(tmp_path)
    folder = lora(webui)
    (folder / "adapter_model.safetensors").unlink()
    source = folder / "adapter_model.bin"
    for harmful in (Harmful(), {"a": Harmful()}):
        source.write_bytes(pickle.dumps(harmful))
        with pytest.raises(ModelError, match="more than weights"):
            unpickle(folder)
    torch.save([1, 2], source)
    with pytest.raises(ModelError, match="not a table of weights"):
        unpickle(folder)
    shared = torch.arange(8.0).reshape(4, 2)
    name = "base_model.model.model.layers.0.self_attn.q_proj"
    weights = {f"{name}.lora_A.weight": shared, f"{name}.lora_B.weight": shared.t()}
    torch.save(weights, source)
    before = source.read_bytes()
    one(webui, "loras", "problem", "as a pickle")
    assert "adapter_model.safetensors" in run("convert-adapter", folder).out
    assert bad(webui, "loras") == []
    assert (folder / "adapter_model.bin.old").read_bytes() == before
    written = safe.load_file(folder / "adapter_model.safetensors")
    assert {name: t.tolist() for name, t in written.items()} == {name: t.tolist() for name, t in weights.items()}
    assert sorted(p.name for p in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.bin.old",
        "adapter_model.safetensors",
    ]
    assert not (tmp_path / "harm").exists()


def test_a_conversion_on_a_full_disk_leaves_the_pickle(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lora(webui)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    before = (folder / "adapter_model.bin").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    fake = types.SimpleNamespace(load=lambda *_, **__: {}, Tensor=object)
    monkeypatch.setitem(sys.modules, "torch", fake)
    monkeypatch.setitem(sys.modules, "safetensors", types.ModuleType("safetensors"))
    monkeypatch.setitem(sys.modules, "safetensors.torch", types.SimpleNamespace(save_file=full))
    with pytest.raises(TargetError, match="no space left"):
        unpickle(folder)
    assert (folder / "adapter_model.bin").read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["adapter_config.json", "adapter_model.bin"]
