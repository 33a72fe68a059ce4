"""One setting, one place: what settings.py says of a field is what every screen shows of it."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.cli import build_parser
from cefr_sentences.extension.training.fields import given, say
from cefr_sentences.extension.training.projections import ALL, PROJECTIONS
from cefr_sentences.extension.training.settings import SETTINGS, TrainSettings


def made(**values: Any) -> TrainSettings:
    return TrainSettings("A1", **values)


def refused(**values: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        made(**values)
    return [str(problem) for problem in caught.value.problems]


def test_every_setting_says_what_it_is_in_both_languages() -> None:
    assert set(SETTINGS) == {f.name for f in fields(TrainSettings)} - {"level"}
    for one in SETTINGS.values():
        assert one.help
        assert all(one.label)
        assert all(text.endswith(".") and len(text) > 20 for text in one.hint), one.name
        assert one.problems(one.default) == []
        assert one.parse(one.default) == one.default
        assert one.group in ("basic", "advanced", "")
        if one.kind in ("int", "float"):
            assert one.range, one.name


@pytest.mark.parametrize("name", [n for n, one in SETTINGS.items() if one.range])
def test_both_ends_of_a_range_are_in_it(name: str) -> None:
    low, high = SETTINGS[name].range or (0, 0)
    for end in (low, high):
        assert getattr(made(**{name: end}), name) == end
    flag = f"--{name.replace('_', '-')}"
    (said,) = refused(**{name: low - 1})
    assert said.startswith(f"{flag} -") or said.startswith(f"{flag} 0 ")
    assert said.endswith(f" to {high}.")
    assert refused(**{name: high + 1})
    assert refused(**{name: float("nan")})


@pytest.mark.parametrize("name", [n for n, one in SETTINGS.items() if one.choices and one.kind == "str"])
def test_every_choice_and_no_other(name: str) -> None:
    for choice in SETTINGS[name].choices:
        made(**{name: choice})
    assert "choose from " + ", ".join(SETTINGS[name].choices) in refused(**{name: "x"})[0]


def test_projections() -> None:
    assert set(SETTINGS["projections"].choices) == {*PROJECTIONS, ALL}
    TrainSettings("A1", projections=("all",))
    TrainSettings("A1", projections=tuple(PROJECTIONS))
    assert refused(projections=()) == ["--projections '': choose from q, k, v, o, gate, up, down, all."]
    assert refused(projections=("q", "x"))
    assert refused(projections=("q", "all")) == ["--projections all already includes every layer. Choose it alone."]


@pytest.mark.parametrize(
    ("batch", "limit", "at_once"),
    [(16, 0, 16), (16, 4, 4), (16, 16, 16), (16, 4096, 16), (10, 4, 2), (7, 3, 1), (12, 5, 4), (1, 0, 1)],
)
def test_records_at_a_time_are_an_equal_part_of_the_batch_under_the_limit(batch: int, limit: int, at_once: int) -> None:
    settings = TrainSettings("A1", batch=batch, micro_batch=limit)
    assert (settings.at_once, settings.at_once * settings.accumulation) == (at_once, batch)


def test_everything_wrong_is_said_at_once_and_names_the_settings() -> None:
    with pytest.raises(InputError) as caught:
        TrainSettings("C2", rank=0, epochs=0, scheduler="x", projections=())
    assert [str(p.values.get("setting", "")) for p in caught.value.problems] == [
        "--rank",
        "--projections",
        "--epochs",
        "--scheduler",
        "",
    ]


def options_of(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["train", *words])


def test_the_command_line_has_every_setting() -> None:
    assert given(options_of(), SETTINGS) == {}
    for name, one in SETTINGS.items():
        flag = f"--{name.replace('_', '-')}"
        if one.kind == "bool":
            assert given(options_of(flag), SETTINGS) == {name: True}
            assert given(options_of(f"--no-{flag[2:]}"), SETTINGS) == {name: False}
        else:
            said = ",".join(one.default) if one.kind == "tuple" else str(one.default)
            value = given(options_of(flag, said), SETTINGS)
            assert value == {name: one.default}
            assert type(value[name]) is type(one.default)


def test_tensorboard_is_still_an_option() -> None:
    assert given(options_of("--tensorboard"), SETTINGS) == {"report_to": "tensorboard"}


def test_help_names_the_ends_of_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options_of("--help")
    text = " ".join(capsys.readouterr().out.split())
    for one in SETTINGS.values():
        assert one.help in text
    assert "LoRA rank (1 to 1024)" in text
    assert "--rslora | --no-rslora" in text or "--rslora, --no-rslora" in text
    assert "tensorboard," in text
    assert "--tensorboard" not in text


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("rank", 8.0, 8),
        ("rank", "8", 8),
        ("rank", 8.5, None),
        ("rank", True, None),
        ("rank", None, None),
        ("rank", float("inf"), None),
        ("epochs", "1e-1", 0.1),
        ("epochs", "lots", None),
        ("epochs", False, None),
        ("dora", True, True),
        ("dora", "yes", None),
        ("dora", 1, None),
        ("checkpointing", True, "on"),
        ("checkpointing", False, "off"),
        ("projections", "q, v", ("q", "v")),
        ("projections", ["q", "v"], ("q", "v")),
        ("projections", None, ()),
    ],
)
def test_values_of_files_and_forms(name: str, value: object, parsed: object) -> None:
    if parsed is not None:
        found = SETTINGS[name].parse(value)
        assert (found, type(found)) == (parsed, type(parsed))
        return
    with pytest.raises(InputError, match=f"--{name}: .* is "):
        SETTINGS[name].parse(value)


def test_a_language_without_texts_is_said_in_english() -> None:
    assert (say(("a", "b"), "en"), say(("a", "b"), "tr"), say(("a", "b"), "de")) == ("a", "b", "a")


NEW_FIELD = """
    jokes: int = setting(
        3, "jokes per lesson", range=(0, 9), label=("Jokes", "Şaka"), hint=("Use many of them.", "Çok kullanın.")
    )
"""
NEW_LINES = """
jokes:
  value: 4
  why: "Four are enough."
"""
LOOK = """
import json
import sys
import types

copy = types.ModuleType("cefr_sentences")
copy.__path__ = [sys.argv[1]]
sys.modules["cefr_sentences"] = copy

from cefr_sentences.extension.cli import build_parser
from cefr_sentences.extension.recipes import recipe
from cefr_sentences.extension.tab import recipe_fields
from cefr_sentences.extension.training.fields import given
from cefr_sentences.extension.training.settings import SETTINGS, TrainSettings

found = recipe("A1")
shown = recipe_fields._words(SETTINGS["jokes"], found, "tr")
try:
    TrainSettings("A1", jokes=10)
except Exception as error:
    refused = str(error)
values = {name: getattr(found.settings, name) for name in recipe_fields.FIELDS}
options = build_parser().parse_args(["train", "--jokes", "5"])
_, source = recipe_fields.settings_of("A1", "fast", {**values, "jokes": 6})
print(json.dumps({
    "option": given(options, SETTINGS), "recipe": found.settings.jokes, "why": found.why("jokes"),
    "label": shown["label"], "changed": source.changed, "refused": refused,
}))
"""


@pytest.mark.slow
def test_one_setting_more_touches_settings_and_the_base_recipe_alone(tmp_path: Path) -> None:
    """A copy of the program with a new setting in settings.py and in fast/base.yaml has it on every screen."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    pytest.importorskip("yaml", reason="pyyaml is not installed")
    root = Path(__file__).resolve().parents[3]
    copy = tmp_path / "copy"
    shutil.copytree(root / "extension", copy / "extension", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("exporter", "patches"):
        (copy / room).symlink_to(root / room)
    settings, base = copy / "extension/training/settings.py", copy / "extension/recipes/fast/base.yaml"
    before, after = settings.read_text(encoding="utf-8").split("\n    def __post_init__", 1)
    settings.write_text(f"{before}{NEW_FIELD}\n    def __post_init__{after}", encoding="utf-8")
    base.write_text(base.read_text(encoding="utf-8") + NEW_LINES, encoding="utf-8")
    done = subprocess.run([sys.executable, "-B", "-c", LOOK, copy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "option": {"jokes": 5},
        "recipe": 4,
        "why": "Four are enough.",
        "label": "Şaka",
        "changed": {"jokes": 6},
        "refused": "--jokes 10 is out of range: 0 to 9.",
    }
