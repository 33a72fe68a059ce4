from __future__ import annotations

import sys
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.patches import runtime


class TrainingArguments:
    def __init__(self, output_dir: str, use_cpu: bool = False, warmup_steps: float = 0) -> None:
        self.given = {"use_cpu": use_cpu, "warmup_steps": warmup_steps}


class Block: ...


class Button(Block):
    def __init__(self, value: str = "", variant: str = "") -> None:
        self.value = value


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """Stand-ins for transformers and gradio of today."""
    transformers, gradio = ModuleType("transformers"), ModuleType("gradio")
    monkeypatch.setattr(TrainingArguments, "__module__", "transformers.training_args")
    monkeypatch.setattr(Button, "__module__", "gradio.components")
    vars(transformers).update(TrainingArguments=TrainingArguments, TrainerCallback=type("TrainerCallback", (), {}))
    vars(gradio).update(Button=Button, blocks=SimpleNamespace(Block=Block), update=lambda **given: given)
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    return transformers, gradio


SOURCE = """
import gradio as gr
import transformers
from gradio import Button as B
from transformers import TrainingArguments as TA

def train(**given): return transformers.TrainingArguments("out", **given)
def train_too(**given): return TA("out", **given)
def show(): return gr.Button.update("Wait", variant="stop"), B.update(value="Go")
class Callback(transformers.TrainerCallback): pass
"""


def names(module: ModuleType) -> dict[str, Any]:
    """What a module holds, but for Python's own note of the warnings that it has given."""
    return {name: value for name, value in vars(module).items() if name != "__warningregistry__"}


@pytest.fixture
def extension(libraries: Any) -> Any:
    module = ModuleType("some_extension")
    exec(SOURCE, vars(module))
    return module


def test_only_this_modules_names_are_replaced_and_put_back(libraries: Any, extension: Any) -> None:
    before = names(extension)
    with runtime.adapted(extension):
        with pytest.warns(runtime.DriftWarning):
            made = extension.train(no_cuda=True, warmup_ratio=0.1)
        with pytest.warns(runtime.DriftWarning):
            shown = extension.show()
        assert made.given == {"use_cpu": True, "warmup_steps": 0.1}
        assert extension.train_too(no_cuda=True).given["use_cpu"] is True
        assert shown == ({"value": "Wait", "variant": "stop"}, {"value": "Go"})
        assert libraries[0].TrainingArguments is TrainingArguments
        assert not hasattr(libraries[1].Button, "update")
    assert names(extension) == before
    with pytest.raises(TypeError, match="no_cuda"):
        extension.train(no_cuda=True)
    with pytest.raises(AttributeError, match="update"):
        extension.show()


def test_it_is_put_back_after_an_error_too(extension: Any) -> None:
    before = names(extension)
    with pytest.raises(TypeError, match="no_such_thing"), runtime.adapted(extension):
        extension.train(no_such_thing=1)
    assert names(extension) == before


def test_one_warning_for_each_argument(extension: Any) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with runtime.adapted(extension):
            for _ in range(3):
                extension.train(no_cuda=True)
                extension.train_too(warmup_ratio=0.1, no_cuda=True)
            extension.train(use_cpu=True, warmup_steps=3)
    messages = [str(w.message) for w in seen if w.category is runtime.DriftWarning]
    assert len(messages) == 2
    assert "no_cuda -> use_cpu" in messages[0]
    assert "warmup_ratio -> warmup_steps" in messages[1]


def test_a_stand_in_is_as_good_as_the_class(extension: Any) -> None:
    with runtime.adapted(extension):
        made = extension.train()
        assert type(made) is TrainingArguments
        assert isinstance(made, extension.TA)
        assert isinstance(made, extension.transformers.TrainingArguments)
        assert issubclass(TrainingArguments, extension.TA)
        assert extension.TA == TrainingArguments == extension.transformers.TrainingArguments

        class Ours(extension.TA):
            pass

        assert Ours.__mro__[1] is TrainingArguments
        assert (TrainingArguments | None) == (extension.TA | None)
        assert "TrainingArguments" in dir(extension.transformers)
        with pytest.raises(AttributeError):
            _ = extension.transformers.no_such_thing


def test_installing_twice_and_names_bound_again(extension: Any) -> None:
    assert runtime.install(extension) == ["B", "TA", "gr", "transformers"]
    proxy = extension.transformers
    assert runtime.install(extension) == ["B", "TA", "gr", "transformers"]
    assert extension.transformers is proxy
    extension.TA = "mine"
    runtime.remove(extension)
    runtime.remove(extension)
    assert extension.TA == "mine"
    assert extension.transformers is sys.modules["transformers"]


def test_the_module_of_an_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime.loaded_extension("Training_PRO") is None
    for name in ("extensions.Training_PRO.script", "user_data.extensions.A.script", "user_ext_B"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for name in ("Training_PRO", "A", "B"):
        module = runtime.loaded_extension(name)
        assert module is not None
        assert name in module.__name__


def test_a_module_without_them_is_left(libraries: Any) -> None:
    assert runtime.install(ModuleType("plain")) == []


@pytest.mark.parametrize("given", [{"evaluation_strategy": "no", "no_cuda": True, "report_to": None}])
@pytest.mark.slow
def test_the_real_arguments(tmp_path, given: dict[str, Any]) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed, so no TrainingArguments can be made")
    module = ModuleType("real_extension")
    exec("import transformers\ndef train(d, **k): return transformers.TrainingArguments(d, **k)", vars(module))
    with runtime.adapted(module), pytest.warns(runtime.DriftWarning):
        made = module.train(str(tmp_path), warmup_ratio=0.0, warmup_steps=2, **given)
    assert (made.get_warmup_steps(1000), made.use_cpu, made.report_to) == (2, True, [])
    assert transformers.TrainingArguments is type(made)
