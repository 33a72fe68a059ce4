"""Adapters merged into their base: what is written, what is checked, what is refused."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.exporter.common import memory
from cefr_sentences.exporter.common.errors import ModelError, TargetError
from cefr_sentences.extension.adapters import merge as room
from cefr_sentences.extension.adapters import model_folder, to_gguf
from cefr_sentences.extension.adapters.logit_check import all_logits, arithmetic
from cefr_sentences.extension.adapters.merge import base_of, merge
from cefr_sentences.extension.cli import build_parser
from cefr_sentences.extension.models.metadata import Metadata

from ..doctored import lora, put
from ..tiny import save_tiny_model


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base `models/base`, and adapters on it in `loras`: `good`, `weak` and `empty`."""
    import peft
    import torch
    from cefr_sentences.extension.models.loading import load

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("merge")
    base = save_tiny_model(root / "models/base")
    (base / "LICENSE").write_text("free")
    put(base / "generation_config.json", {"temperature": 0.7, "do_sample": True})
    (base / "chat_template.jinja").write_text("{{ messages[0].content }}")
    for name, size in (("good", 0.5), ("weak", 1e-7), ("empty", 0.0)):
        torch.manual_seed(3)
        config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "up_proj", "down_proj"])
        model: Any = peft.get_peft_model(load(str(base)).model, config)
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(parameter.data, std=size) if size else parameter.data.zero_()
        model.save_pretrained(root / "loras" / name)
        put(root / "loras" / name / "cefr_sentences.json", {"level": "A2", "base_model": "base", "form": "instruct"})
    return root


def tensors(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


@pytest.mark.model
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_merged(data: Path, tmp_path: Path, dtype: str) -> None:
    import torch
    from cefr_sentences.extension.models.loading import load

    base, said = data / "models/base", []
    before = {p.name: p.read_bytes() for p in base.iterdir()}
    done = merge(data / "loras/good", str(base), tmp_path / "out", dtype=dtype, say=said.append)
    assert "of memory" in said[0]
    assert {p.name: p.read_bytes() for p in base.iterdir()} == before
    assert {p.name for p in done.out.iterdir()} == {*before, "README.md", "cefr_sentences.json"}
    for name in set(before) - {"model.safetensors", "config.json"}:
        assert (done.out / name).read_bytes() == before[name]
    config, old = (json.loads((p / "config.json").read_text()) for p in (done.out, base))
    assert config.pop("torch_dtype") == dtype
    assert {**config, "dtype": 0, "torch_dtype": 0} == {**old, "dtype": 0, "torch_dtype": 0}
    meta = json.loads((done.out / "cefr_sentences.json").read_text())
    assert (meta["level"], meta["merged"]["adapter"]) == ("A2", "good")

    # each weight is the sum, rounded once
    adapter, whole, new = tensors_of(data / "loras/good"), tensors(base), tensors(done.out)
    assert set(new) == set(whole)
    for name, tensor in whole.items():
        key = f"base_model.model.{name.removesuffix('.weight')}"
        delta = 0
        if f"{key}.lora_A.weight" in adapter:
            delta = adapter[f"{key}.lora_B.weight"] @ adapter[f"{key}.lora_A.weight"] * 2
        assert new[name].dtype == getattr(torch, dtype)
        assert torch.allclose(new[name].float(), (tensor + delta).to(new[name].dtype).float(), rtol=2**-8, atol=1e-6)
    assert done.check.effect > 5 * done.check.merged
    assert load(str(done.out)).model is not None
    assert not list(tmp_path.glob(".*"))


def tensors_of(adapter: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapter / "adapter_model.safetensors")


@pytest.mark.model
@pytest.mark.parametrize("wrong", ["twice", "not at all", "one layer", "not a number"])
def test_a_wrong_merge_is_not_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    from safetensors.torch import save_file

    right = room._merge_into

    def spoilt(torch: Any, part: Path, folder: Path, *args: Any) -> Any:
        logits = right(torch, part, folder, *args)
        new, old = tensors(part), tensors(folder)
        changed = [n for n in new if not torch.allclose(new[n].float(), old[n].float(), atol=0.01)]
        assert len(changed) == 8
        for name in changed[:1] if wrong == "one layer" else changed:
            delta = new[name].float() - old[name]
            times = {"twice": 2, "not a number": float("nan")}.get(wrong, 0)
            new[name] = (old[name] + times * delta).to(new[name].dtype)
        save_file(new, part / "model.safetensors", {"format": "pt"})
        return logits

    monkeypatch.setattr(room, "_merge_into", spoilt)
    with pytest.raises(ModelError, match="does not answer as base and adapter do, so it was not kept: logits differ"):
        merge(data / "loras/good", str(data / "models/base"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.model
def test_adapters_that_are_lost_in_16_bits(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="changes nothing"):
        merge(data / "loras/empty", str(data / "models/base"), tmp_path / "out")
    with pytest.raises(ModelError, match="too little to survive the rounding"):
        merge(data / "loras/weak", str(data / "models/base"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.model
def test_the_command_for_a_webui(run, data: Path, webui: Path) -> None:
    shutil.copytree(data / "models", webui / "user_data/models")
    shutil.copytree(data / "loras/good", webui / "user_data/loras/good")
    adapter = webui / "user_data/loras/good"
    result = run("merge", adapter, "--webui", webui)
    out = webui / "user_data/models/good-merged"
    assert result.code == 0, result.err
    assert json.loads((out / "cefr_sentences.json").read_text())["base_model"].endswith("models/base")
    assert str(out) in result.out
    assert f"{out}-BF16.gguf" in result.out
    assert "already holds something" in run("merge", adapter, "--webui", webui).err
    assert run("merge", adapter, "--webui", webui, "--force", "--dtype", "float16").code == 0
    assert json.loads((out / "config.json").read_text())["torch_dtype"] == "float16"
    assert (
        "not a model that this program made" in run("merge", adapter, "--webui", webui, "--name", "base", "--force").err
    )
    assert sorted(p.name for p in (webui / "user_data/models").iterdir()) == ["base", "good-merged"]


@pytest.mark.model
def test_refused_before_anything_is_written(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, base, adapter = tmp_path / "out", str(data / "models/base"), data / "loras/good"
    monkeypatch.setattr(memory, "free_memory", lambda: 1_000_000)
    with pytest.raises(ModelError, match=r"This needs 0\.\d+ GB of memory, and 0\.00 GB are free"):
        merge(adapter, base, out)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1))
    with pytest.raises(TargetError, match="are free on that disk"):
        merge(adapter, base, out)
    monkeypatch.undo()
    other = tmp_path / "other"
    shutil.copytree(base, other)
    put(other / "config.json", {**json.loads((other / "config.json").read_text()), "quantization_config": {"a": 1}})
    with pytest.raises(ModelError, match="is quantized"):
        merge(adapter, str(other), out)
    (other / "config.json").unlink()
    with pytest.raises(ModelError, match=r"no config\.json"):
        merge(adapter, str(other), out)
    assert not out.exists()


@pytest.mark.model
@pytest.mark.parametrize("kept", ["bfloat16", "float32"])
def test_arithmetic_of_another_kind(data: Path, kept: str) -> None:
    import torch
    import transformers

    def model(dtype: Any) -> Any:
        loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(str(data / "models/base"))
        return loaded.to(getattr(torch, kept)).to(dtype).eval()

    one = model(getattr(torch, kept))
    before = {n: (p.dtype, p.data_ptr(), p.clone()) for n, p in one.named_parameters()}
    for dtype in (torch.float32, torch.bfloat16):
        with arithmetic(one, dtype):
            found = all_logits(one, [[5, 6, 7, 8]])[0]
        assert found.equal(all_logits(model(dtype), [[5, 6, 7, 8]])[0])
    for name, parameter in one.named_parameters():
        dtype, place, values = before[name]
        assert (parameter.dtype, parameter.data_ptr()) == (dtype, place)
        assert parameter.equal(values)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in one.modules())


def test_the_base_that_an_adapter_names(webui: Path) -> None:
    models = webui / "user_data/models"
    folder = lora(webui, base_model_name_or_path="owner/model")
    assert base_of(folder) == "owner/model"
    put(folder / "cefr_sentences.json", {"base_model": "mine"})
    assert base_of(folder) == "mine"
    put(models / "mine/config.json", {})
    assert base_of(folder) == base_of(folder, models) == str(models / "mine")
    put(folder / "cefr_sentences.json", {"base_model": "embedded"})
    assert base_of(folder) == "embedded"
    lora(webui, base_model_name_or_path=None)
    (folder / "cefr_sentences.json").unlink()
    with pytest.raises(ModelError, match="Name it with --model"):
        base_of(folder)


def test_wrong_use(run, webui: Path, tmp_path: Path) -> None:
    folder = lora(webui)
    assert "no adapter folder" in run("merge", tmp_path / "none", "--out", tmp_path / "o").err
    assert "go with --webui" in run("merge", folder, "--out", tmp_path / "o", "--name", "x").err
    for name in ("a/b", "..", ".x", "/x"):
        assert "not the name of a folder" in run("merge", folder, "--webui", webui, "--name", name).err
    assert run("merge", folder).code == 2
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    assert f"cefr-sentences convert-adapter {folder}" in run("merge", folder, "--out", tmp_path / "o").err


def test_the_steps_to_gguf_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "my models" / "a1"
    lines = [shlex.split(line) for line in to_gguf.steps(folder, "float16").splitlines() if line.startswith("  ")]
    convert = next(words for words in lines if words[1].endswith("convert_hf_to_gguf.py"))
    whole, small = str(folder.parent / "a1-F16.gguf"), str(folder.parent / "a1-Q4_K_M.gguf")
    assert convert[2:] == [str(folder), "--outfile", whole, "--outtype", "f16"]
    assert lines[-1][1:] == [whole, small, "Q4_K_M"]
    assert str(tmp_path / "a1-BF16.gguf") in to_gguf.steps(folder, "bfloat16", tmp_path)


def test_a_folder_that_comes_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "m"
    with pytest.raises(KeyboardInterrupt), model_folder.new_model_folder(out, force=False) as part:
        (part / "x").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with model_folder.new_model_folder(out, force=False) as part:
        Metadata(merged={}).save(part)
    (out / "old").touch()
    with pytest.raises(TargetError, match="no space left"), model_folder.new_model_folder(out, force=True):
        raise OSError(28, "full")
    assert (out / "old").exists()
    with model_folder.new_model_folder(out, force=True) as part:
        (part / "new").touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["m", "new"]


def test_the_commands_in_the_page() -> None:
    page = (Path(__file__).parents[3] / "docs/merge.md").read_text(encoding="utf-8")
    commands = [shlex.split(line)[1:] for line in page.splitlines() if line.startswith("    cefr-sentences ")]
    assert {words[0] for words in commands} == {"plots", "merge", "convert-model", "convert-adapter"}
    for words in commands:
        build_parser().parse_args(words)
