"""Errors in every step that changes a model, adapters that do not fit, and files that are not whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError, ModelError, TargetError
from cefr_sentences.exporter.common.webui import Webui
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.adapters.rename import renamed
from cefr_sentences.extension.models.adapter import check_adapter
from cefr_sentences.extension.models.loading import load
from cefr_sentences.extension.models.standalone import Standalone
from cefr_sentences.extension.models.weights import SAFE, check_weights
from cefr_sentences.extension.training.checkpoint import last_checkpoint
from cefr_sentences.extension.training.run import carry_out

from ..tiny import logits, plan

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("one_thread", "small_pictures")]


@pytest.fixture(scope="module")
def loras(data: Path, tiny: Any) -> Path:
    """The folder of an adapter, `a`, that changes the tiny model."""
    folder = data / "loras" / "a"
    folder.mkdir(parents=True)
    carry_out(tiny, plan(data, epochs=1.0, learning_rate=0.01), folder)
    return folder.parent


@pytest.mark.slow
def test_an_error_anywhere_leaves_the_base_as_it_was(tmp_path: Path) -> None:
    """`make fuzz` injects 200; these are one in each step of each host, and in a merge."""
    from ...fuzz.faults import Faults, of_hosts, of_merging

    faults = Faults(tmp_path)
    became = [what for some in (of_hosts, of_merging) for _, what in some(faults, 1)]
    assert len(became) == 15


# A GPU's errors as torch raises them; the type is new in torch 2.8.
def _gpu_errors() -> list[tuple[Exception, str]]:
    import torch

    accelerator = getattr(torch, "AcceleratorError", RuntimeError)
    lost = "The GPU has failed"
    return [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "not enough memory"),
        (accelerator("CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later"), lost),
        (RuntimeError("CUDA error: the launch timed out and was terminated"), lost),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), lost),
    ]


def test_a_gpu_that_fails(data: Path, loras: Path, tmp_path: Path) -> None:
    """In a trial step, a step, the evaluation of a training, an evaluation, the proof and generation."""
    from cefr_sentences.extension.evaluation.compare import evaluate
    from cefr_sentences.extension.evaluation.task import of_records

    host = Standalone(Webui(data, data, lora_dir=loras), str(data / "model"))
    short = plan(data, epochs=0.5)
    task = of_records(short.records()[1], 1)
    with host.lend() as loaded:
        model, base = loaded.model, logits(loaded.model)

    def measure() -> None:
        with host.lend("a") as lent:
            evaluate(lent.model, lent.tokenizer, task)

    def train() -> None:
        with host.lend() as lent:
            carry_out(lent, short, tmp_path)

    works: list[tuple[Callable[[], object], tuple[int, ...]]] = [
        (train, (0, 7, 12)),
        (measure, (0, 9)),
        (lambda: host.apply("a"), (0, 1)),
        (lambda: host.answers([ListPrompt("A1", ("dog",))], "a"), (0, 3)),
    ]
    for error, said in _gpu_errors():
        for work, places in works:
            for place in places:
                left = [place]

                def fail(*_: object, left: list[int] = left, error: Exception = error) -> None:
                    left[0] -= 1
                    if left[0] < 0:
                        raise error

                handle = model.get_input_embeddings().register_forward_pre_hook(fail)
                with pytest.raises(ModelError, match=said):
                    work()
                handle.remove()
                assert (host.state().adapters, base.equal(logits(model))) == ((), True)
    assert not (tmp_path / "adapter_config.json").exists()
    train()
    assert (tmp_path / "adapter_config.json").exists()


@pytest.mark.parametrize("written", [0, 4])
def test_a_disk_that_is_full(
    data: Path, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """When the log is begun, and at a step: the message names the folder, and the disk's next run works."""
    from cefr_sentences.extension.training import run as room

    def full(out: Path, line: Any, left: list[int] = [written]) -> None:  # noqa: B006
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "append", full)
    with pytest.raises(TargetError, match="no space left") as refused:
        carry_out(tiny, plan(data, epochs=1.0), tmp_path)
    assert str(tmp_path) in str(refused.value)
    monkeypatch.undo()
    carry_out(tiny, plan(data, epochs=0.5), tmp_path)


@pytest.mark.parametrize(
    ("change", "repaired"),
    [
        (lambda name: name.replace("base_model.model.", "base_model.model.base_model.model."), True),
        (lambda name: name.removeprefix("base_model.model."), True),
        (lambda name: f"module.{name}".replace(".lora_A.", ".lora_A.default."), True),
        (lambda name: name.replace("layers.1.", "layers.7."), False),
        (lambda name: name.replace("self_attn", "attention"), False),
    ],
)
def test_an_adapter_that_matches_nothing(
    data: Path, loras: Path, tmp_path: Path, run: Any, change: Callable[[str], str], repaired: bool
) -> None:
    from safetensors.torch import load_file, save_file

    folder, model = tmp_path / "a", data / "model"
    shutil.copytree(loras / "a", folder)
    weights = {name: tensor.clone() for name, tensor in load_file(folder / SAFE).items()}  # not the file's memory
    save_file({change(name): tensor for name, tensor in weights.items()}, folder / SAFE)
    first = min(set(map(change, weights)) - set(weights))
    with pytest.raises(ModelError, match="would run without it") as refused:
        load(str(model), folder)
    assert first in str(refused.value)
    result = run("convert-adapter", folder, "--model", model)
    if repaired:
        assert result.code == 0, result.err
        assert all(weights[name].equal(tensor) for name, tensor in load_file(folder / SAFE).items())
        load(str(model), folder)
        assert "nothing to convert" in run("convert-adapter", folder, "--model", model).err
    else:
        assert (result.code, "in more than their beginning" in result.err) == (2, True)
        assert first in result.err


def test_names() -> None:
    assert renamed(["x.h.0.lora_A.weight"], {"y.h.0.lora_A.weight"}) == {"x.h.0.lora_A.weight": "y.h.0.lora_A.weight"}
    assert renamed(["x.h.0.lora_A.weight"], {"x.h.0.lora_B.weight"}) is None
    assert renamed(["embedding"], {"x.h.0.lora_B.weight"}) is None


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
DAMAGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda whole: b"", "it is empty"),
    ("half", lambda whole: whole[: len(whole) // 2], "bytes are missing"),
    ("header", lambda whole: whole[:20], "incomplete, or not a safetensors file"),
    ("nonsense", lambda whole: b"\x00" * 400, "incomplete, or not a safetensors file"),
    (
        "infinity",
        lambda whole: b"\x38\0\0\0\0\0\0\0" + b'{"a": {"shape": [1], "data_offsets": [0, Infinity]}}'.ljust(56),
        "incomplete",
    ),
    ("longer", lambda whole: whole + b"x", "1 bytes too many"),
    ("pointer", lambda whole: POINTER, "git lfs pull"),
]


@pytest.mark.parametrize(("change", "said"), [d[1:] for d in DAMAGES], ids=[d[0] for d in DAMAGES])
def test_weights_that_are_not_whole(
    data: Path, loras: Path, tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    for kind, name in (("model", "model.safetensors"), ("loras/a", SAFE)):
        folder = tmp_path / kind
        shutil.copytree(data / kind, folder)
        (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(ModelError, match=said):
        load(str(tmp_path / "model"))
    with pytest.raises(ModelError, match=said):
        check_adapter(tmp_path / "loras/a")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_hidden_layers": 3}, r"9 weights are missing \(model.layers.2.input_layernorm.weight\)"),
        ({"num_hidden_layers": 1}, r"9 weights have no place in it \(model.layers.1"),
        ({"num_hidden_layers": -1}, "it says num_hidden_layers -1, and there are"),
        ({"num_hidden_layers": 10**9}, "it says num_hidden_layers 1000000000, and there are 2. weights in all"),
        ({"hidden_size": 10**9}, "it says hidden_size 1000000000, and no weight has that size"),
        ({"intermediate_size": 48}, "6 weights have another size"),
        ({"attention_bias": True}, "8 weights are missing"),
        ({"num_hidden_layers": "2"}, "cannot be loaded"),
        ({"hidden_size": None}, "cannot be loaded"),
        ({"num_attention_heads": 0}, "cannot be loaded"),
        ({"model_type": "nope"}, "cannot be loaded"),
        ({"num_key_value_heads": -2}, "cannot be loaded|have another size"),
    ],
    ids=str,
)
def test_a_config_of_another_model(data: Path, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(data / "model", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(ModelError, match=said):
        load(str(folder))


def test_other_files_of_a_model(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(data / "model", folder)
    (folder / "tokenizer.json").write_bytes(POINTER)
    with pytest.raises(ModelError, match=r"tokenizer of .* cannot be loaded"):
        load(str(folder))
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"x": "gone.safetensors"}}')
    with pytest.raises(ModelError, match=r"gone.safetensors cannot be used: it is missing"):
        check_weights(folder)
    (folder / "model.safetensors.index.json").write_text("[]")
    with pytest.raises(ModelError, match=r"index.json cannot be used"):
        check_weights(folder)
    for name in ("model.safetensors", "model.safetensors.index.json"):
        (folder / name).unlink()
    os.mkfifo(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="it is not an ordinary file"):
        load(str(folder))
    (folder / "pytorch_model.bin").unlink()
    for content in (b"", POINTER, b"PK\x03\x04 no archive", b"\x80\x04no pickle"):
        (folder / "pytorch_model.bin").write_bytes(content)
        with pytest.raises(ModelError, match="cannot be loaded"):
            load(str(folder))


def test_a_tokenizer_of_another_model(data: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = tmp_path / "model"
    shutil.copytree(data / "model", folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([*map(chr, range(0x4E00, 0x4E00 + 1000)), "cat"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(ModelError, match=r"is that of another model: it turns a prompt into token \d+"):
        load(str(folder))


def test_a_tokenizer_without_an_end_mark(data: Path, tiny: Any, tmp_path: Path) -> None:
    class NoEnd:
        eos_token_id = None

        def __getattr__(self, name: str) -> Any:
            return getattr(tiny.tokenizer, name)

        def __call__(self, *args: Any, **options: Any) -> Any:
            return tiny.tokenizer(*args, **options)

    from dataclasses import replace

    with pytest.raises(ModelError, match="no end mark"):
        carry_out(replace(tiny, tokenizer=NoEnd()), plan(data), tmp_path)


def test_a_damaged_checkpoint(data: Path, tiny: Any, tmp_path: Path) -> None:
    seen: list[Any] = []
    carry_out(tiny, plan(data), tmp_path, report=seen.append, stop=lambda: len(seen) > 6)
    checkpoint = last_checkpoint(tmp_path)
    assert checkpoint is not None
    (checkpoint / "state.pt").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"state.pt is damaged"):
        carry_out(tiny, plan(data), tmp_path, resume=True)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "end"}',
        '{"event": []}',
        '{"event": "resume", "step": "1"}',
        '{"current_steps": "1", "loss": 1}',
        "[" * 9999,
    ],
)
def test_a_damaged_line_of_a_log(tmp_path: Path, line: str) -> None:
    from cefr_sentences.extension.training.log import read_log

    lines = ['{"event": "start"}', '{"current_steps": 1, "loss": 2.0}', line, '{"current_steps": 2, "loss": 1.0}']
    (tmp_path / "run.jsonl").write_text("\n".join(lines))
    log = read_log(tmp_path)
    assert log is not None
    assert (log.state, [entry.loss for entry in log.losses]) == ("running", [2.0, 1.0])


@pytest.mark.parametrize(
    "metadata", ["[]", "{", '{"level": 1}', '{"data": []}', '{"seconds": 1e999}', '{"level": "\\ud800"}']
)
def test_damaged_metadata(loras: Path, tmp_path: Path, metadata: str) -> None:
    folder = tmp_path / "a"
    shutil.copytree(loras / "a", folder)
    (folder / "cefr_sentences.json").write_text(metadata)
    with pytest.raises(CefrError, match="is damaged"):
        check_adapter(folder)
    assert json.loads((loras / "a" / "cefr_sentences.json").read_text())["level"] == "A1"


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (RuntimeError("[enforce fail] . PytorchStreamWriter failed writing file data/0"), TargetError, "no space left"),
        (RuntimeError("[enforce fail] . unexpected pos 704 vs 598"), TargetError, "no space left"),
        (RuntimeError("basic_ios::clear: iostream error"), TargetError, "no space left"),
        (Exception("No space left on device (os error 28)"), TargetError, "no space left"),
        (OSError(28, "No space left on device"), TargetError, "no space left"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), ModelError, "not enough memory"),
        (ModelError("as it is"), ModelError, "as it is"),
        (RuntimeError("something else"), RuntimeError, "something else"),
    ],
)
def test_a_full_disk_or_memory(tmp_path: Path, error: Exception, kind: type[Exception], said: str) -> None:
    from cefr_sentences.extension.training.limits import limits
    from cefr_sentences.extension.training.settings import TrainSettings

    with pytest.raises(kind, match=said), limits(TrainSettings("A1"), tmp_path):
        raise error
