"""Names that come from a page stay where they belong."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.tab import paths
from hypothesis import given, settings
from hypothesis import strategies as st

EVIL = [
    "../x",
    "..",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..\\x",
    "C:\\x",
    "x\0y",
    "CON",
    "nul.txt",
    "a" * 10_000,
    " x",
    "x ",
    "x.",
    ".hidden",
    "",
    "\n",
    "a|b",
]


@pytest.mark.parametrize("name", EVIL)
def test_names_stay_inside(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        paths.inside(tmp_path, name)
    with pytest.raises(InputError):
        paths.dataset(tmp_path, name, paths.training_files(tmp_path))


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_any_name_is_refused_or_stays_inside(name: str) -> None:
    folder = Path(tempfile.gettempdir())
    try:
        path = paths.inside(folder, name)
    except InputError:
        return
    assert path.resolve().parent == folder.resolve()


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word,sentence\n", encoding="utf-8")
    datasets = tmp_path / "datasets"
    datasets.mkdir()
    (datasets / "link.csv").symlink_to(secret)
    assert paths.tables(datasets) == ["link.csv"]
    with pytest.raises(InputError, match="link to a place outside"):
        paths.dataset(datasets, "link.csv", paths.tables(datasets))


def test_uploads_come_from_the_page_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "gradio"
    (place / "hash").mkdir(parents=True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(place))
    good = place / "hash" / "pairs.csv"
    good.write_text("word,sentence\n", encoding="utf-8")
    assert paths.upload(str(good)) == good
    outside = tmp_path / "pairs.csv"
    outside.write_text("word,sentence\n", encoding="utf-8")
    (place / "link.csv").symlink_to(outside)
    (place / "x.exe").touch()
    for path in (
        outside,
        place / "link.csv",
        place / "hash" / ".." / ".." / "pairs.csv",
        "/etc/passwd",
        "a\0b",
        None,
        3,
    ):
        with pytest.raises(InputError):
            paths.upload(str(path) if isinstance(path, Path) else path)
    with pytest.raises(InputError, match="is not a table"):
        paths.upload(str(place / "x.exe"))


def test_the_exporters_own_files_are_no_tables(tmp_path: Path, run: Any) -> None:
    assert run("export", "starter", "--level", "A1", "--out", tmp_path, "--name", "a1", "--records", "20").code == 0
    for name in ("mine.csv", "a1_rejected.csv", "example_messages.json"):
        (tmp_path / name).touch()
    assert paths.tables(tmp_path) == ["mine.csv"]
    assert paths.training_files(tmp_path) == ["a1.txt"]
    assert paths.evaluation_files(tmp_path) == ["a1_eval.txt"]


def test_hard_cut_text_of_others_can_be_trained_on(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("### Instruction:\nSay it.\n\n### Response:\nIt.\n\n\n", encoding="utf-8")
    (tmp_path / "theirs_eval.txt").write_text("### Instruction:\nA\n\n### Response:\nB", encoding="utf-8")
    (tmp_path / "words.txt").write_text("happy\nbook\n", encoding="utf-8")
    assert paths.training_files(tmp_path) == ["theirs.txt"]
    assert paths.evaluation_files(tmp_path) == []


def test_names_that_nobody_can_read_are_left_out(tmp_path: Path) -> None:
    """A name that is not UTF-8 broke every event of the page."""
    (tmp_path / "good.csv").touch()
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert paths.tables(tmp_path) == ["good.csv"]


@pytest.mark.parametrize("name", ["sane.meta", "SANE.META", "\u3164", "\u200b", "a\u200bb", "\u2800", "a\ud800", "---"])
def test_names_that_mislead_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used for files"):
        paths.inside(tmp_path, name)


def test_downloads_lie_in_one_folder_that_goes_with_the_process() -> None:
    one, other = paths.download_folder(), paths.download_folder()
    assert (one != other, one.parent) == (True, other.parent)
    assert paths._scratch().name == str(one.parent)
