"""The tab's languages: one file each, the same texts with the same places, and English where one is missing."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import InputError, Option, Problem
from cefr_sentences.extension.tab import languages as package
from cefr_sentences.extension.tab.languages import Language, language_of, languages, number, say, text
from cefr_sentences.extension.tab.setting_labels import say_all, say_in

ENGLISH = languages()["en"]
OTHERS = [code for code in languages() if code != "en"]
TAB = Path(package.__file__).parents[1]
PANES = ("data", "train", "evaluate", "write", "apply", "doctor")


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_file_is_a_language() -> None:
    assert set(languages()) == {path.stem for path in (TAB / "languages").glob("*.yaml")} >= {"en", "tr"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_says_the_same_things(code: str) -> None:
    shipped = languages()[code]
    assert set(shipped.texts) == set(ENGLISH.texts)
    # What the page says in English in place of a message of the command line does not have all its values.
    messages = [(ENGLISH.messages.get(message, message), said) for message, said in shipped.messages.items()]
    for pairs in (((ENGLISH.texts[key], shipped.texts[key]) for key in ENGLISH.texts), messages):
        assert [pair for pair in pairs if places(pair[0]) != places(pair[1]) or not pair[1].strip()] == []


def test_what_the_page_says_in_its_own_words() -> None:
    assert [
        said for message, said in ENGLISH.messages.items() if not places(said) <= places(message) or "--" in said
    ] == []
    assert set(ENGLISH.messages) <= set(languages()["tr"].messages)


def test_what_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    german = Language("Deutsch", {"write.run": "Schreiben"}, {"{file} is empty.": "{file} ist leer."})
    monkeypatch.setitem(languages(), "de", german)
    assert language_of("de-AT,en") == "de"
    assert (text("write.run", "de"), text("train.resume", "de")) == ("Schreiben", text("train.resume"))
    assert say(Problem("{file} is empty.", {"file": "a"}), "de") == "a ist leer."
    assert say(Problem("{file} is full.", {"file": "a"}), "de") == "a is full."


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("xx,tr;q=0.5", "tr"),
        ("en-GB,tr", "en"),
        ("xx", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_is_the_browsers(header: str | None, language: str) -> None:
    assert language_of(header) == language


def test_every_text_is_used_somewhere() -> None:
    """By its whole key, or without the pane's name in a file of that pane."""
    sources = {path.name: path.read_text(encoding="utf-8").replace("'", '"') for path in TAB.rglob("*.py")}
    everything = "".join(sources.values())
    of_pane = {pane: "".join(s for name, s in sources.items() if name.startswith(pane)) for pane in PANES}
    # These keys are put together.
    together = ("pane.", "next.", "data.doing.", "data.side.", "train.kind.")
    together += ("evaluate.part_", "evaluate.verdict_", "evaluate.line_", "measure.", "train.curve_", "write.some_")
    together += ("write.bank.", "write.exercise.", "write.from_")
    names = {key.removesuffix(".info") for key in ENGLISH.texts if not key.startswith(together)}
    unused = set()
    for name in names:
        pane, _, key = name.partition(".")
        if f'"{name}"' not in everything and f'"{key}"' not in of_pane.get(pane, ""):
            unused.add(name)
    assert unused == set()


def test_a_setting_is_called_by_the_label_of_its_field() -> None:
    problem = Problem("{option} {value} is out of range.", {"option": Option("records"), "value": 0})
    assert str(problem) == "--records 0 is out of range."
    assert say_in("data", problem, "en") == "“Records” 0 is out of range."
    assert "--" not in say_in("data", problem, "tr")
    # The same option has the label of the pane that shows it.
    force = Problem("{option}", {"option": Option("force")})
    assert say_in("data", force, "en") == "“Replace files of that name”"
    assert say_in("train", force, "en") == "“Replace the adapter of that name”"
    assert say_in("apply", force, "en") == "“Replace files of that name”"  # it has none of its own
    assert say_in("data", Problem("{option}", {"option": Option("trackers")}), "en") == "--trackers"


def test_what_stands_in_a_message_is_translated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {"{a}: {b}": "({a}: {b})", "inner {n}": "iç {n}"}
    monkeypatch.setitem(languages(), "xx", Language("X", {}, messages))
    inner = InputError("inner {n}", n=1)
    assert say(Problem("{a}: {b}", {"a": inner, "b": inner.problems[0]}), "xx") == "(iç 1: iç 1)"


def test_several_problems_are_a_list() -> None:
    one, two = Problem("One."), Problem("Two.")
    assert say_all([one], "en", "train") == "One."
    assert say_all([one, two], "en", "train").splitlines() == [text("problems"), "• One.", "• Two."]
    assert say_all([], "en", "train") == ""


@pytest.mark.parametrize(
    ("value", "turkish"),
    [("2,809", "2.809"), ("1,234,567", "1.234.567"), ("2.60 GB", "2,60 GB"), ("3.11", "3.11"), ("a, b", "a, b")],
)
def test_numbers_in_messages_and_versions(value: str, turkish: str) -> None:
    assert say(Problem("{n}", {"n": value}), "tr") == turkish
    assert say(Problem("{n}", {"n": value}), "en") == value


@pytest.mark.parametrize(
    ("written", "turkish"), [("93.5 %", "%93,5"), ("1,234.5", "1.234,5"), ("16-20 %", "%16-20"), ("-", "-")]
)
def test_a_number_in_a_language(written: str, turkish: str) -> None:
    assert (number(written, "tr"), number(written, "en")) == (turkish, written)
