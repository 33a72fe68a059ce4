from __future__ import annotations

from typing import Any

import pytest
from cefr_sentences.patches import RULES, Rule, adapt


def old(group_by_length: bool = False) -> None: ...


def new(train_sampling_strategy: str = "random") -> None: ...


old.__name__ = new.__name__ = "TrainingArguments"


def test_the_signature_decides() -> None:
    for strategy, flag in (("group_by_length", True), ("random", False)):
        assert adapt(old, train_sampling_strategy=strategy) == {"group_by_length": flag}
        assert adapt(new, train_sampling_strategy=strategy) == {"train_sampling_strategy": strategy}


def test_nothing_is_filtered_blindly() -> None:
    arguments = adapt(new, no_such_thing=1)
    assert arguments == {"no_such_thing": 1}
    with pytest.raises(TypeError, match="no_such_thing"):
        new(**arguments)


def test_rules_are_for_their_own_api() -> None:
    rules = [Rule(api="other.Thing", old="a", new="b", fails_from="1", why="")]
    assert adapt(lambda a: a, rules=rules, b=1) == {"b": 1}


@pytest.mark.model
@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.old)
def test_each_rule_builds_the_real_thing_and_is_still_needed(rule: Rule, tmp_path) -> None:
    import inspect

    import transformers

    target = getattr(transformers, rule.api.rsplit(".", 1)[-1])
    names = inspect.signature(target).parameters
    values: dict[str, Any] = {"train_sampling_strategy": "group_by_length"}
    made = target(output_dir=str(tmp_path), **adapt(target, **{k: v for k, v in values.items() if k == rule.new}))
    assert getattr(made, rule.old if rule.old in names else rule.new) in (True, values[rule.new])
    # The rule may go when our oldest supported transformers (pyproject.toml) knows the new name.
    from importlib.metadata import requires

    oldest = (
        next(r for r in requires("cefr-sentences") or [] if r.startswith("transformers")).split(">=")[1].split(";")[0]
    )
    assert tuple(map(int, oldest.split(".")[:2])) < tuple(map(int, rule.fails_from.split(".")))
