"""Errors in every step that changes a model, adapters that do not fit, and files that are not whole."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import CefrError, InputError, ModelError, TargetError
from cefr_sentences.exporter.common.webui import Webui
from cefr_sentences.extension.adapters.rename import renamed
from cefr_sentences.extension.models.adapter import check_adapter
from cefr_sentences.extension.models.loading import load
from cefr_sentences.extension.models.standalone import Standalone
from cefr_sentences.extension.models.weights import SAFE, check_weights
from cefr_sentences.extension.training.plan import carry_out, last_checkpoint

from ..tiny import logits, plan

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("one_thread", "small_pictures")]


@pytest.fixture(scope="module")
def loras(data: Path, tiny: Any) -> Path:
    """The folder of an adapter, `a`, that changes the tiny model."""
    folder = data / "loras" / "a"
    folder.mkdir(parents=True)
    carry_out(tiny, plan(data, epochs=1.0, learning_rate=0.01), folder)
    return folder.parent


@contextmanager
def failing_at(number: int, error: type[BaseException]) -> Iterator[list[int]]:
    """The call of torch with this number raises; the list counts them."""
    from torch.overrides import TorchFunctionMode

    calls = [0]

    class Failing(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            calls[0] += "grad_enabled" not in func.__name__  # a switch that torch's own context managers put back
            if calls[0] == number:
                raise error("injected")
            return func(*args, **(kwargs or {}))

    with Failing():
        yield calls


@pytest.mark.slow
def test_an_error_anywhere_leaves_the_base_as_it_was(data: Path, loras: Path) -> None:
    """Apply, take off, lend and train: an error at some of the calls of torch in each, chosen by a seed."""
    import torch

    host = Standalone(Webui(data, data, lora_dir=loras), str(data / "model"))
    with host.lend() as loaded:
        base = logits(loaded.model)
    sequence = plan(data, epochs=1.0)
    records, _ = sequence.records()

    def lend() -> None:
        with host.lend("a") as loaded:
            logits(loaded.model)

    def train() -> None:
        from cefr_sentences.extension.training.run import train

        with host.lend() as loaded:
            out = data / "trained"
            out.mkdir(exist_ok=True)
            train(loaded, records[:8], records[:4], sequence.settings, out, dataset="d.txt")

    chosen, injected = random.Random(19), 0
    for work in (lambda: host.apply("a"), lambda: (host.apply("a"), host.apply(None)), lend, train):
        with failing_at(0, RuntimeError) as calls:
            work()
        host.apply(None)
        for number in chosen.sample(range(1, calls[0] + 1), 12):
            with failing_at(number, chosen.choice([RuntimeError, MemoryError, KeyboardInterrupt])):
                try:
                    work()
                except BaseException:
                    injected += 1
            torch.set_grad_enabled(True)
            if host.state().adapters:
                host.apply(None)
            with host.lend() as loaded:
                assert base.equal(logits(loaded.model))
                assert not [n for n, _ in loaded.model.named_modules() if "lora" in n]
    assert injected > 30


@pytest.mark.parametrize(
    ("change", "mended"),
    [
        (lambda name: name.replace("base_model.model.", "base_model.model.base_model.model."), True),
        (lambda name: name.removeprefix("base_model.model."), True),
        (lambda name: f"module.{name}".replace(".lora_A.", ".lora_A.default."), True),
        (lambda name: name.replace("layers.1.", "layers.7."), False),
        (lambda name: name.replace("self_attn", "attention"), False),
    ],
)
def test_an_adapter_that_matches_nothing(
    data: Path, loras: Path, tmp_path: Path, run: Any, change: Callable[[str], str], mended: bool
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
    if mended:
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
    ("header", lambda whole: whole[:20], "incomplete or no safetensors file"),
    ("nonsense", lambda whole: b"\x00" * 400, "incomplete or no safetensors file"),
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
    for content in (b"", POINTER, b"PK\x03\x04 no archive", b"\x80\x04no pickle"):
        (folder / "pytorch_model.bin").write_bytes(content)
        with pytest.raises(ModelError, match="cannot be loaded"):
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
    "card", ["[]", "{", '{"level": 1}', '{"data": []}', '{"seconds": 1e999}', '{"level": "\\ud800"}']
)
def test_a_damaged_card(loras: Path, tmp_path: Path, card: str) -> None:
    folder = tmp_path / "a"
    shutil.copytree(loras / "a", folder)
    (folder / "cefr_sentences.json").write_text(card)
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
