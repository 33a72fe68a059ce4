"""One setting, one place: what settings.py says of a field is what every screen shows of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.cli import build_parser
from cefr_sentences.extension.training.fields import add_options, described, given, say, setting
from cefr_sentences.extension.training.settings import ALL, PROJECTIONS, SETTINGS, TrainSettings


def refused(**values: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        TrainSettings("A1", **values)  # pyright: ignore[reportArgumentType]
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
        assert getattr(TrainSettings("A1", **{name: end}), name) == end
    assert refused(**{name: low - 1}) == [
        f"--{name.replace('_', '-')} {low - 1:g} is out of range: {low:g} to {high:g}."
    ]
    assert refused(**{name: high + 1})
    assert refused(**{name: float("nan")})


@pytest.mark.parametrize("name", [n for n, one in SETTINGS.items() if one.choices and one.kind == "str"])
def test_every_choice_and_no_other(name: str) -> None:
    for choice in SETTINGS[name].choices:
        TrainSettings("A1", **{name: choice})
    assert "choose from " + ", ".join(SETTINGS[name].choices) in refused(**{name: "x"})[0]


def test_projections() -> None:
    assert set(SETTINGS["projections"].choices) == {*PROJECTIONS, ALL}
    TrainSettings("A1", projections=("all",))
    TrainSettings("A1", projections=tuple(PROJECTIONS))
    assert refused(projections=()) == ["--projections '': choose from q, k, v, o, gate, up, down, all."]
    assert refused(projections=("q", "x"))
    assert refused(projections=("q", "all")) == ["--projections all has every layer in it. Choose it alone."]


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


@dataclass(frozen=True)
class More(TrainSettings):
    jokes: int = setting(3, "jokes per lesson", range=(0, 9), label=("Jokes", "Şaka"), hint=("Many.", "Çok."))


def test_a_setting_more_is_everywhere_at_once() -> None:
    settings = described(More)
    assert [*settings] == [*SETTINGS, "jokes"]
    parser = argparse.ArgumentParser()
    add_options(parser, settings)
    assert given(parser.parse_args(["--jokes", "4"]), settings) == {"jokes": 4}
