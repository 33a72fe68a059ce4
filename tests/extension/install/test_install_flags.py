"""Our name in CMD_FLAGS.txt, with every other byte kept."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension.install.cmd_flags import add_extension, has_extension, remove_extension
from cefr_sentences.extension.install.install import uninstall
from hypothesis import given, settings
from hypothesis import strategies as st

from ..installed import FLAGS, files, install


def webui_reads(text: str) -> list[str]:
    """The extensions that a webui with this CMD_FLAGS.txt loads."""
    lines = [line.strip().rstrip("\\").strip() for line in text.splitlines() if not line.strip().startswith("#")]
    parser = argparse.ArgumentParser()
    parser.add_argument("--extensions", nargs="+")
    parser.add_argument("--extra-flags")
    parser.add_argument("--listen", action="store_true")
    parser.add_argument("--lora", nargs="+")
    return parser.parse_args(shlex.split(" ".join(line for line in lines if line))).extensions or []


FLAG_FILES = {
    "": "--extensions cefr_sentences\n",
    "# Add flags here.\n# --listen --extensions a\n": None,
    "--listen": "--listen\n--extensions cefr_sentences",
    "--listen\r\n# x\r\n": "--listen\r\n# x\r\n--extensions cefr_sentences\r\n",
    "--listen\n\n\n": "--listen\n\n\n--extensions cefr_sentences\n",
    "--extensions a b\n": "--extensions a b cefr_sentences\n",
    "--extensions a b": "--extensions a b cefr_sentences",
    "--extensions  a\tb --listen  \r\n# c\r\n": "--extensions  a\tb cefr_sentences --listen  \r\n# c\r\n",
    "--extensions a \\\n# c\n  b \\\n--listen\n": "--extensions a \\\n# c\n  b cefr_sentences \\\n--listen\n",
    "--extensions a\\\n": "--extensions a cefr_sentences\\\n",
    "--extensions 'a b' \"c\"\n": "--extensions 'a b' \"c\" cefr_sentences\n",
    "--extensions a --lora x y --extensions b\n": "--extensions a --lora x y --extensions b cefr_sentences\n",
    "--lora cefr_sentences\n": "--lora cefr_sentences\n--extensions cefr_sentences\n",
    "--exten a\n": "--exten a cefr_sentences\n",
    "  --extensions a\n": "  --extensions a cefr_sentences\n",
}


@pytest.mark.parametrize("text", FLAG_FILES)
def test_flags_are_added_and_removed_byte_for_byte(text: str) -> None:
    added = add_extension(text)
    assert FLAG_FILES[text] in (None, added)
    assert webui_reads(added) == [*webui_reads(text), "cefr_sentences"]
    assert add_extension(added) == added
    assert has_extension(added)
    assert not has_extension(text)
    assert remove_extension(added) == text


def test_flags_written_with_a_sign() -> None:
    added = add_extension("--listen --extensions=a --lora x\n")
    assert added == "--listen --extensions a cefr_sentences --lora x\n"
    assert remove_extension(added) == "--listen --extensions a --lora x\n"
    assert add_extension("--extensions=cefr_sentences\n") == "--extensions=cefr_sentences\n"
    assert remove_extension("--listen\n--extensions=cefr_sentences\n") == "--listen\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("--extensions cefr_sentences a\n", "--extensions a\n"),
        ("--extensions cefr_sentences cefr_sentences --listen", " --listen"),
        ("--listen --extensions cefr_sentences\n", "--listen\n"),
        ("--listen\n--extensions cefr_sentences \\\n# end", "--listen\n# end"),
        ("--extensions \\\ncefr_sentences\n--listen\n", "--listen\n"),
        ("--extensions cefr_sentences\n--extensions a cefr_sentences\n", "--extensions a\n"),
        ("# --extensions cefr_sentences\n", "# --extensions cefr_sentences\n"),
    ],
)
def test_our_name_is_removed_wherever_it_stands(text: str, left: str) -> None:
    assert remove_extension(text) == left


pieces = st.sampled_from(
    ["--listen", "--extensions", "a", "'b c'", '"d"', "--lora", "x", "\n", "\r\n", "\\\n", "\n# note\n", " ", "\t"]
)


@settings(max_examples=100)
@given(st.lists(pieces, max_size=14))
def test_any_flags_come_back(parts: list[str]) -> None:
    text = " ".join(parts)
    try:
        before = webui_reads(text)
    except SystemExit:  # the webui would not start either
        return
    assert webui_reads(add_extension(text)) == [*before, "cefr_sentences"]
    assert remove_extension(add_extension(text)) == text


@pytest.mark.parametrize("broken", [b'--listen "\n', b'--x "a\nb"\n', b"\xff\xfe-\x00"])
def test_flags_that_cannot_be_read_are_left_alone(webui: Path, broken: bytes) -> None:
    (webui / FLAGS).write_bytes(broken)
    before = files(webui)
    with pytest.raises(TargetError, match=r"CMD_FLAGS\.txt cannot be changed"):
        install(webui, enable=True)
    assert files(webui) == before
    assert "by hand" in str(install(webui))
    assert "by hand" in str(uninstall(find_webui(webui)))
    assert files(webui) == before


def test_flags_that_move_the_user_data_stay_where_they_are(webui: Path, tmp_path: Path) -> None:
    moved = tmp_path / "data"
    moved.mkdir()
    (webui / FLAGS).write_text(f"--user-data-dir {moved}\n")
    install(webui, enable=True)
    assert (webui / FLAGS).read_text() == f"--user-data-dir {moved}\n--extensions cefr_sentences\n"
    assert (moved / "extensions/cefr_sentences/script.py").exists()
    by_hand = find_webui(webui, moved)
    assert by_hand.cmd_flags == webui / FLAGS
    (webui / FLAGS).write_text("--listen\n")
    assert by_hand.cmd_flags == moved / "CMD_FLAGS.txt"
