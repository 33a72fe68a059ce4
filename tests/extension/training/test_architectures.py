"""By architecture: it is loaded whole or not at all; loss and gradients of a padded batch are those of its records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import ModelError
from cefr_sentences.extension.models.loading import open_model

pytestmark = [pytest.mark.model, pytest.mark.slow]

SIZE: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
FEW: dict[str, Any] = {k: SIZE[k] for k in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")}
BLOOM: dict[str, Any] = {"vocab_size": 64, "hidden_size": 32, "n_layer": 2, "n_head": 4}
GPT2: dict[str, Any] = {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}
OPT: dict[str, Any] = {
    **FEW,
    "ffn_dim": 48,
    "word_embed_proj_dim": 32,
    "pad_token_id": 1,
    "max_position_embeddings": 64,
}
EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
# A name for the test, the configuration, and what it is given. Windows are shorter than the records.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("LlamaConfig", SIZE),
    "Mistral": ("MistralConfig", {**SIZE, "sliding_window": 6}),
    "Qwen2": ("Qwen2Config", SIZE),
    "Qwen3": ("Qwen3Config", {**SIZE, "head_dim": 8}),
    "Qwen3-MoE": ("Qwen3MoeConfig", {**SIZE, **EXPERTS, "head_dim": 8}),
    "Gemma 2": ("Gemma2Config", {**SIZE, "head_dim": 8, "sliding_window": 6}),
    "Gemma 3": ("Gemma3TextConfig", {**SIZE, "head_dim": 8, "sliding_window": 6}),
    "Phi-3": ("Phi3Config", SIZE),
    "SmolLM3": ("SmolLM3Config", SIZE),
    "Granite": ("GraniteConfig", {**SIZE, "logits_scaling": 3.0}),
    "Cohere": ("CohereConfig", {**SIZE, "logit_scale": 0.5}),
    "OLMo 2": ("Olmo2Config", SIZE),
    "OPT": ("OPTConfig", OPT),
    "LFM2": ("Lfm2Config", {**SIZE, "layer_types": ["conv", "full_attention"]}),
    "GPT-OSS": ("GptOssConfig", {**SIZE, "head_dim": 8, "num_local_experts": 4, "num_experts_per_tok": 2}),
    "GPT-2": ("GPT2Config", {**GPT2, "bos_token_id": 1, "eos_token_id": 2}),
    "GPT-NeoX": ("GPTNeoXConfig", {**FEW, "intermediate_size": 48}),
    "Bloom": ("BloomConfig", BLOOM),
    "Falcon": ("FalconConfig", FEW),
    "Falcon with ALiBi": ("FalconConfig", {**FEW, "alibi": True}),
}


def encoded() -> list[dict[str, Any]]:
    """Four records of different lengths with random tokens."""
    import torch

    draw = torch.Generator().manual_seed(0)
    made = []
    for length, prompt in ((9, 4), (17, 6), (13, 5), (20, 3)):
        ids = torch.randint(3, 64, (length,), generator=draw).tolist()
        weights = [4.0 if i % 3 == 0 else 1.0 for i in range(length)]
        made.append({"input_ids": ids, "labels": [-100] * prompt + ids[prompt:], "weights": weights})
    return made


def by_itself(model: Any, records: list[dict[str, Any]]) -> float:
    """The summed loss by the model's own forward, one record at a time without padding; adds the gradients."""
    import torch

    total = 0.0
    for record in records:
        ids, labels = torch.tensor([record["input_ids"]]), torch.tensor(record["labels"][1:])
        logits = model(input_ids=ids).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, labels.clamp(min=0), reduction="none") * (labels != -100)
        (losses * torch.tensor(record["weights"][1:])).sum().backward()
        total += losses.detach().sum().item()
    return total


def new(name: str) -> Any:
    import torch
    import transformers

    kind, values = MODELS[name]
    if not hasattr(transformers, kind):
        pytest.skip(f"transformers {transformers.__version__} has no {kind}")
    torch.manual_seed(0)
    return transformers.AutoModelForCausalLM.from_config(getattr(transformers, kind)(**values))


@pytest.mark.parametrize("name", MODELS)
def test_its_own_files_are_whole_and_another_number_of_layers_is_not(name: str, tmp_path: Path) -> None:
    """Also with what other programs leave in such a file: another head, and buffers that are computed."""
    import torch
    from cefr_sentences.extension.models.weights import check_weights
    from safetensors.torch import load_file, save_file

    model = new(name)
    model.save_pretrained(tmp_path)
    file, config = tmp_path / "model.safetensors", tmp_path / "config.json"
    first = min(key for key in load_file(file) if ".0." in key).partition(".0.")[0]
    more = (f"{first}.0.attn.masked_bias", f"{first}.0.self_attn.rotary_emb.inv_freq", "v_head.summary.weight")
    save_file({**load_file(file), **{key: torch.zeros(3) for key in more}}, file, {"format": "pt"})
    check_weights(tmp_path)
    read = open_model(name, str(tmp_path))
    assert all(weight.equal(read.state_dict()[key]) for key, weight in model.state_dict().items())
    described = json.loads(config.read_text())
    layers = next(key for key in ("num_hidden_layers", "n_layer") if key in described)
    for n, said in ((1, "have no place in it"), (3, r"\d weights are missing")):
        kinds = {
            key: (value * 2)[:n] for key, value in described.items() if isinstance(value, list) and len(value) == 2
        }
        config.write_text(json.dumps({**described, **kinds, layers: n}))
        with pytest.raises(ModelError, match=said):
            open_model(name, str(tmp_path))


@pytest.fixture
def adapted(one_thread: None) -> Callable[[str], Any]:
    def make(name: str) -> Any:
        import torch
        from peft import LoraConfig, get_peft_model

        model = new(name)
        model = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"))
        for parameter_name, parameter in model.named_parameters():
            if "lora_B" in parameter_name:  # zero at the start, so that nothing before it would have a gradient
                torch.nn.init.normal_(parameter, std=0.1)
        return model.eval()

    return make


@pytest.mark.parametrize("name", MODELS)
def test_a_padded_batch_is_its_records(
    name: str, adapted: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cefr_sentences.extension.training import loss
    from cefr_sentences.extension.training.data import collate

    monkeypatch.setattr(loss, "LOGITS", 64 * 7)  # seven tokens at a time
    at_once: list[int] = []
    cross_entropy = loss._cross_entropy
    monkeypatch.setattr(loss, "_cross_entropy", lambda *of: (at_once.append(len(of[0])), cross_entropy(*of))[1])
    model, records = adapted(name), encoded()
    expected = by_itself(model, records)
    of_each = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    batch = collate(records, 0)
    assert float(loss.token_losses(model, batch).sum()) == pytest.approx(expected, rel=1e-5)
    assert float(loss.backward(model, batch, 0.5)) == pytest.approx(expected, rel=1e-5)
    of_batch = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    assert len(of_each) >= 16
    assert of_batch.keys() == of_each.keys()
    for parameter_name, gradient in of_each.items():
        difference = (2 * of_batch[parameter_name] - gradient).abs().max()
        assert difference < 1e-5 * (1 + gradient.abs().max()), parameter_name
    half = len(at_once) // 2  # once for the losses, once for the gradients; the last piece is shorter
    assert at_once[:half] == at_once[half:]
    assert set(at_once[: half - 1]) == {7}
    assert "forward" not in vars(model.get_base_model().get_decoder())  # the layers compute again


def test_all_projections_are_all_linear_layers_but_the_head(one_thread: None) -> None:
    import transformers
    from cefr_sentences.extension.training.lora import lora_layers
    from cefr_sentences.extension.training.settings import TrainSettings

    config = transformers.GPTNeoXConfig(**FEW, intermediate_size=48)
    model: Any = transformers.AutoModelForCausalLM.from_config(config)
    with lora_layers(model, TrainSettings("A1", rank=4, projections=("all",))) as changed:
        layers = {name.rsplit(".", 1)[-1] for name, m in changed.named_modules() if hasattr(m, "lora_A")}
    assert layers == {"query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"}
    refused = pytest.raises(ModelError, match=r"has no layers called q_proj.*Set --projections to all")
    with refused, lora_layers(model, TrainSettings("A1", rank=4, projections=("q",))):
        pass
