from __future__ import annotations

from typing import Any

import pytest
from cefr_sentences.patches import Rule, adapt

LINK = "https://example.org"


def named(name: str, *arguments: str) -> Any:
    """A callable of that name with those arguments, as a library of some version would have it."""
    scope: dict[str, Any] = {}
    exec(f"def {name}({', '.join(f'{a}=None' for a in arguments)}): return locals()", scope)
    return scope[name]


V4 = named("TrainingArguments", "group_by_length", "warmup_ratio", "warmup_steps", "report_to", "optim", "no_cuda")
V5 = named("TrainingArguments", "train_sampling_strategy", "warmup_ratio", "warmup_steps", "report_to", "use_cpu")
NEWEST = named("TrainingArguments", "train_sampling_strategy", "warmup_steps", "report_to", "optim", "use_cpu")

BOTH_WAYS: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    (V4, {"train_sampling_strategy": "group_by_length"}, {"group_by_length": True}),
    (V4, {"train_sampling_strategy": "random"}, {"group_by_length": False}),
    (V5, {"group_by_length": True}, {"train_sampling_strategy": "group_by_length"}),
    (V5, {"group_by_length": False}, {"train_sampling_strategy": "random"}),
    (V4, {"use_cpu": True}, {"no_cuda": True}),
    (V5, {"no_cuda": True}, {"use_cpu": True}),
    (V4, {"warmup_steps": 0.1}, {"warmup_ratio": 0.1}),
    (V5, {"warmup_steps": 0.1}, {"warmup_ratio": 0.1}),
    (NEWEST, {"warmup_steps": 0.1}, {"warmup_steps": 0.1}),
    (NEWEST, {"warmup_ratio": 0.1}, {"warmup_steps": 0.1}),
    # Steps win over a ratio, as they did in 4.x; the ratio is never passed beside them.
    (V4, {"warmup_ratio": 0.1, "warmup_steps": 2}, {"warmup_steps": 2}),
    (V5, {"warmup_ratio": 0.0, "warmup_steps": 2}, {"warmup_steps": 2}),
    (NEWEST, {"warmup_ratio": 0.1, "warmup_steps": 0}, {"warmup_steps": 0.1}),
    # 4.x refuses a float, also this one.
    (V4, {"warmup_steps": 0.0}, {"warmup_steps": 0}),
    (NEWEST, {"report_to": None, "optim": "adamw_hf"}, {"report_to": "none", "optim": "adamw_torch"}),
    (NEWEST, {"report_to": "wandb", "optim": "adafactor"}, {"report_to": "wandb", "optim": "adafactor"}),
    (NEWEST, {"save_safetensors": True, "use_ipex": False, "warmup_steps": 3}, {"warmup_steps": 3}),
    (named("TrainingArguments", "save_safetensors"), {"save_safetensors": False}, {"save_safetensors": False}),
    (named("Trainer", "processing_class"), {"tokenizer": 1}, {"processing_class": 1}),
    (named("Trainer", "tokenizer"), {"processing_class": 1}, {"tokenizer": 1}),
]


@pytest.mark.parametrize(("target", "given", "expected"), BOTH_WAYS)
def test_both_ways(target: Any, given: dict[str, Any], expected: dict[str, Any]) -> None:
    arguments = adapt(target, **given)
    assert arguments == expected
    assert {k: type(v) for k, v in arguments.items()} == {k: type(v) for k, v in expected.items()}
    target(**arguments)


def test_a_ratio_of_one_is_all_steps_and_not_one_step() -> None:
    steps = adapt(NEWEST, warmup_ratio=1.0)["warmup_steps"]
    assert steps < 1
    assert -(-1_000_000_000 * steps // 1) == 1_000_000_000


def test_nothing_is_filtered_blindly() -> None:
    arguments = adapt(NEWEST, no_such_thing=1)
    assert arguments == {"no_such_thing": 1}
    with pytest.raises(TypeError, match="no_such_thing"):
        NEWEST(**arguments)


def test_both_names_of_one_thing_are_the_targets_business() -> None:
    arguments = adapt(NEWEST, no_cuda=True, use_cpu=False)
    with pytest.raises(TypeError, match="no_cuda"):
        NEWEST(**arguments)


def test_a_value_that_an_old_version_has_no_word_for() -> None:
    with pytest.raises(ValueError, match="train_sampling_strategy='sequential' cannot be said"):
        adapt(V4, train_sampling_strategy="sequential")


def test_rules_are_for_their_own_api() -> None:
    rules = [Rule("other.Thing", "argument", "a", "b", "1", None, "", LINK)]
    assert adapt(lambda a: a, rules=rules, b=1) == {"b": 1}


def test_subclasses_take_the_rules_of_their_base() -> None:
    base = type("TrainingArguments", (), {"__init__": lambda self, use_cpu=False: None})
    ours = type("TuningArguments", (base,), {})
    assert adapt(ours, no_cuda=True) == {"use_cpu": True}
    assert adapt(named("Seq2SeqTrainingArguments", "use_cpu"), no_cuda=True) == {"use_cpu": True}
