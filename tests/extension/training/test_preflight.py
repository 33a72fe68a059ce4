"""Everything that would make a run fail, before a model is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.models.host import ModelState
from cefr_sentences.extension.training.preflight import (
    PROBLEMS,
    data_problems,
    lengths,
    package_problems,
    place_problems,
)
from cefr_sentences.extension.training.settings import TrainSettings

READY = ModelState("m", "trainable", "Transformers")


class Words:
    """A tokenizer of one token a word."""

    is_fast = True

    def __call__(self, texts: list[str]) -> dict[str, Any]:
        return {"input_ids": [text.split() for text in texts]}


def codes(problems: list[Any]) -> list[str]:
    """The names of the problems in PROBLEMS; of one that is not there, its sentence."""
    assert all(str(p) and "{" not in str(p) for p in problems)
    names = {message: name for name, message in PROBLEMS.items()}
    return [names.get(p.message, str(p)) for p in problems]


@pytest.mark.parametrize(
    ("off", "state", "expected"),
    [
        ("", READY, []),
        ("", ModelState("", "none"), ["no_model"]),
        ("", ModelState("m.gguf", "answers", "llama.cpp"), ["cannot_train"]),
        ("", ModelState("m", "trainable", "Transformers", ("a", "b")), ["lora_applied"]),
        ("portable", ModelState("", "none"), ["portable"]),
        ("multi-user", READY, ["multi-user"]),
    ],
)
def test_the_model(off: str, state: ModelState, expected: list[str], tmp_path: Path) -> None:
    assert codes(place_problems(off, state, tmp_path, "new", replace=False)) == expected


def test_the_name(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    assert codes(place_problems("", READY, tmp_path, "old", replace=False)) == ["name_in_use"]
    assert codes(place_problems("", READY, tmp_path, "old", replace=True)) == []
    first, second = codes(place_problems("", ModelState("", "none"), tmp_path, "a/b", replace=False))
    assert first == "no_model"
    assert "'a/b'" in second


def test_the_records() -> None:
    record = Record("A1", ("cat",), ("I see a cat.",))
    size = lengths(Words(), [record])[0]
    fits = TrainSettings("A1", cutoff=max(32, size))
    assert codes(data_problems(Words(), [record] * 60, fits)) == []
    assert codes(data_problems(Words(), [record] * 49, fits)) == ["few_records"]
    long = Record("A1", ("cat",), (f"I see a cat{' and a dog' * 40}.",))
    assert codes(data_problems(Words(), [record] * 57 + [long] * 3, fits)) == []
    assert codes(data_problems(Words(), [record] * 50 + [long] * 10, fits)) == ["too_long"]
    assert codes(data_problems(Words(), [], fits)) == ["few_records"]


def test_a_slow_tokenizer_cannot_weigh_words() -> None:
    slow = Words()
    slow.is_fast = False
    records = [Record("A1", ("cat",), ("I see a cat.",))] * 60
    assert codes(data_problems(slow, records, TrainSettings("A1", cutoff=512))) == ["slow_tokenizer"]
    assert codes(data_problems(slow, records, TrainSettings("A1", word_weight=1))) == []


def test_a_setting_is_named_by_its_option() -> None:
    slow = Words()
    slow.is_fast = False
    record = Record("A1", ("cat",), ("I see a cat.",))
    said = [str(p) for p in data_problems(slow, [record] * 60, TrainSettings("A1", cutoff=9))]
    assert any("Set --word-weight to 1." in line for line in said)
    assert any("Raise --cutoff to " in line for line in said)


@pytest.mark.parametrize(
    ("values", "package"),
    [
        ({"report_to": "tensorboard"}, "tensorboard"),
        ({"report_to": "wandb"}, "wandb"),
        ({"report_to": "trackio"}, "trackio"),
        ({"report_to": "mlflow"}, "mlflow"),
        ({"optimizer": "adamw_bnb_8bit"}, "bitsandbytes"),
    ],
)
def test_packages_that_are_not_installed(values: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.training import preflight

    asked = []
    monkeypatch.setattr(preflight, "find_spec", lambda name: asked.append(name))
    settings = TrainSettings("A1", **values)
    assert codes(package_problems(settings)) == ["needs_package"]
    assert f"pip install {package}" in str(package_problems(settings)[0])
    assert codes(data_problems(Words(), [Record("A1", ("cat",), ("I see a cat.",))] * 60, settings)) == [
        "needs_package"
    ]
    assert package_problems(TrainSettings("A1")) == []
    assert set(asked) == {package}
    monkeypatch.setattr(preflight, "find_spec", lambda name: object())
    assert package_problems(settings) == []
