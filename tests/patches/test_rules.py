"""The table against the real libraries: each rule fails here when it has become unnecessary or wrong."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from cefr_sentences.exporter.common.versions import installed, release
from cefr_sentences.patches import RULES, Rule, adapt

ARGUMENTS = [rule for rule in RULES if rule.api == "transformers.TrainingArguments" and rule.kind == "argument"]

# A value for each old name, and what the object made of it must say: the attribute and its value.
VALUES: dict[str, tuple[Any, str, Any]] = {
    "evaluation_strategy": ("no", "eval_strategy", "no"),
    "no_cuda": (True, "use_cpu", True),
    "group_by_length": (True, "train_sampling_strategy", "group_by_length"),
    "warmup_ratio": (0.1, "get_warmup_steps", 100),
    "use_ipex": (False, "", None),
    "save_safetensors": (True, "", None),
    "overwrite_output_dir": (True, "", None),
    "include_tokens_per_second": (False, "", None),
    "logging_dir": ("logs", "", None),
    "use_mps_device": (False, "", None),
    "fp16_backend": ("auto", "", None),
    "half_precision_backend": ("auto", "", None),
    "per_gpu_train_batch_size": (3, "per_device_train_batch_size", 3),
    "per_gpu_eval_batch_size": (3, "per_device_eval_batch_size", 3),
    "push_to_hub_token": ("t", "hub_token", "t"),
    "gradient_checkpointing": (True, "activation_checkpointing", True),
}


def at_least(package: str, wanted: str | None) -> bool:
    """Whether the installed `package` is of version `wanted` or later; the test is skipped where it is missing."""
    having = installed(package)
    if having is None:
        pytest.skip(f"{package} is not installed")
    return wanted is not None and release(having) >= release(wanted)


@pytest.fixture
def arguments(tmp_path) -> Any:
    """TrainingArguments of the installed version, on the CPU."""
    pytest.importorskip("accelerate", reason="accelerate is not installed, so no TrainingArguments can be made")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")

    def make(**given: Any) -> Any:
        cpu = {} if {"no_cuda", "use_cpu"} & set(given) else {"use_cpu": True}
        return transformers.TrainingArguments(output_dir=str(tmp_path), **cpu, **given)

    make.target = transformers.TrainingArguments  # type: ignore[attr-defined]
    return make


def test_every_rule_is_whole() -> None:
    assert {rule.old for rule in ARGUMENTS} == set(VALUES)
    assert len({(rule.api, rule.old, rule.kind) for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.why
        assert rule.describe()
        for number in filter(None, (rule.fails, rule.appears)):
            assert str(release(number)) == number


@pytest.mark.parametrize("link", ["", "http://example.org", "see there"])
def test_a_rule_without_a_link_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match="has no link"):
        Rule("a.B", "argument", "old", "new", "1", None, "", link)


def test_a_removed_argument_says_since_when() -> None:
    with pytest.raises(ValueError, match="since when"):
        Rule("a.B", "argument", "old", None, None, None, "", "https://example.org")


@pytest.mark.parametrize("rule", ARGUMENTS, ids=lambda rule: rule.old)
@pytest.mark.slow
def test_the_versions_of_a_renamed_or_removed_argument(rule: Rule, arguments: Any) -> None:
    names = inspect.signature(arguments.target).parameters
    value = VALUES[rule.old][0]
    if at_least("transformers", rule.fails):
        # It fails no more: upstream has taken it back, and the rule may go.
        with pytest.raises(TypeError, match=rule.old):
            arguments(**{rule.old: value})
    else:
        arguments(**{rule.old: value})
    if rule.new is not None:
        assert rule.new in names or not at_least("transformers", rule.appears)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ARGUMENTS, ids=lambda rule: rule.old)
def test_old_and_current_names_make_the_same_object(rule: Rule, arguments: Any) -> None:
    value, attribute, expected = VALUES[rule.old]
    given = [{rule.old: value}]
    if rule.new is not None and rule.old != "warmup_ratio":
        given.append({rule.new: expected})
    for one in given:
        made = arguments(**adapt(arguments.target, **one))
        if attribute == "get_warmup_steps":
            assert made.get_warmup_steps(1000) == expected
        elif attribute:
            assert getattr(made, attribute, None) == expected or getattr(made, rule.old, None) == value


@pytest.mark.slow
def test_the_warmup_that_was_asked_for(arguments: Any) -> None:
    asked: list[tuple[dict[str, Any], int]] = [
        ({"warmup_ratio": 0.0, "warmup_steps": 2}, 2),
        ({"warmup_ratio": 0.1, "warmup_steps": 2}, 2),
        ({"warmup_ratio": 0.1, "warmup_steps": 0}, 100),
        ({"warmup_ratio": 0.0, "warmup_steps": 0}, 0),
        ({"warmup_ratio": 1.0}, 1000),
        ({"warmup_steps": 0.1}, 100),
        ({"warmup_steps": 0.0}, 0),
        ({"warmup_steps": 7}, 7),
    ]
    for given, steps in asked:
        assert arguments(**adapt(arguments.target, **given)).get_warmup_steps(1000) == steps, given


@pytest.mark.slow
def test_why_the_warmup_needs_care(arguments: Any) -> None:
    """A share is refused before 5.0; from 5.0 to 5.14 a ratio of 0.0 wipes out the steps beside it."""
    if not at_least("transformers", "5.0"):
        with pytest.raises(ValueError, match="warmup_steps"):
            arguments(warmup_steps=0.1)
    elif not at_least("transformers", "5.15"):
        assert arguments(warmup_steps=2, warmup_ratio=0.0).get_warmup_steps(1000) == 0


@pytest.mark.slow
def test_the_optimizer_that_is_gone(arguments: Any) -> None:
    if at_least("transformers", "4.50"):
        with pytest.raises(ValueError, match="adamw_hf"):
            arguments(optim="adamw_hf")
    assert arguments(**adapt(arguments.target, optim="adamw_hf")).optim in ("adamw_torch", "adamw_hf")


@pytest.mark.slow
def test_reporting_to_nobody(arguments: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from transformers import Trainer

    model = torch.nn.Linear(1, 1)
    if at_least("transformers", "5.0"):
        with pytest.raises(ValueError, match="None is not supported"):
            Trainer(model, arguments(report_to=None))
    Trainer(model, arguments(**adapt(arguments.target, report_to=None)))


@pytest.mark.slow
def test_the_tokenizer_of_a_trainer(arguments: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from transformers import Trainer

    class Tokenizer:
        def save_pretrained(self, folder: str) -> None: ...

    model, ours = torch.nn.Linear(1, 1), Tokenizer()
    if at_least("transformers", "5.0"):
        with pytest.raises(TypeError, match="tokenizer"):
            Trainer(model, arguments(report_to="none"), tokenizer=ours)  # pyright: ignore[reportCallIssue]
    made = Trainer(model, arguments(report_to="none"), **adapt(Trainer, tokenizer=ours))
    assert made.processing_class is ours


@pytest.mark.slow
def test_what_a_chat_template_returns() -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers import PreTrainedTokenizerBase

    default = inspect.signature(PreTrainedTokenizerBase.apply_chat_template).parameters["return_dict"].default
    assert default is at_least("transformers", "5.0")


@pytest.mark.slow
def test_components_have_no_update() -> None:
    gradio = pytest.importorskip("gradio", reason="gradio cannot be imported here", exc_type=ImportError)
    assert at_least("gradio", "4.0")
    assert not any(hasattr(getattr(gradio, name), "update") for name in ("Button", "Dropdown", "LinePlot"))
    assert gradio.update(value=1, visible=True)["value"] == 1
