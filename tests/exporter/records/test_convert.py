from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.export import is_ours
from cefr_sentences.exporter.records.formats import FORMATS, Format
from cefr_sentences.exporter.records.prompt import parse_record
from cefr_sentences.exporter.records.reading import read_records


@pytest.fixture
def exported(run, pair_file, tmp_path: Path) -> Path:
    assert (
        run("export", pair_file(), "--level", "A1", "--out", tmp_path / "o", "--name", "n", "--records", "40").code == 0
    )
    return tmp_path / "o"


@pytest.mark.parametrize(("source", "to"), list(itertools.permutations(FORMATS, 2)))
def test_every_format_into_every_other_one(run, exported: Path, source: str, to: str) -> None:
    for side in ("train", "eval"):
        target = FORMATS[to].path(exported, "n", side)
        expected = target.read_bytes()
        target.unlink()
        result = run("convert-data", FORMATS[source].path(exported, "n", side), "--to", to)
        assert (result.code, result.err) == (0, "")
        assert target.read_bytes() == expected


def test_a_name_that_ends_like_a_format(run, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "my_text.txt").write_bytes((exported / "n.txt").read_bytes())
    assert run("convert-data", tmp_path / "my_text.txt", "--to", "json").code == 0
    assert (tmp_path / "my_text.json").exists()
    assert not (tmp_path / "my.json").exists()


def test_windows_line_ends_are_read(run, exported: Path, tmp_path: Path) -> None:
    text = (exported / "n.txt").read_bytes()
    (tmp_path / "w.txt").write_bytes(text.replace(b"\n", b"\r\n") + b"\r\n")
    assert run("convert-data", tmp_path / "w.txt", "--to", "json").code == 0
    assert read_records(tmp_path / "w.json") == read_records(exported / "n.txt")


GOOD = {"instruction": "I", "output": "O"}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"instruction": 1, "input": "a cat", "output": 3}, "row 2: it has input beside the instruction"),
        ({"instruction": 1, "input": "x"}, "row 2: the keys are"),
        ({"messages": ["system", "user", "assistant"]}, "from system, user, assistant"),
        ({"messages": ["user", "assistant", "user", "assistant"]}, "from user, assistant, user, assistant"),
        ({"messages": []}, "from nobody"),
        ({"text": 5}, "expected a text"),
        ("hello", "the keys are missing"),
        ({"instruction": 1, "output": "1. A.\n\n\n2. B."}, "row 2: The answer is not"),
        ({"instruction": "Hi.", "output": 3}, "row 2: Not a list prompt"),
    ],
)
def test_anything_else_is_refused_with_its_row(run, exported: Path, tmp_path: Path, case: Any, message: str) -> None:
    rows = json.loads((exported / "n.json").read_text(encoding="utf-8"))[:1]
    if isinstance(case, dict):
        good = rows[0]
        fills = {1: good["instruction"], 2: "", 3: good["output"]}
        case = {k: fills.get(v, v) if isinstance(v, int) and v != 5 else v for k, v in case.items()}
        if isinstance(case.get("messages"), list):
            case["messages"] = [{"role": r, "content": good["output"]} for r in case["messages"]]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps([*rows, case]), encoding="utf-8")
    result = run("convert-data", path, "--to", "txt")
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / "bad.txt").exists()


def test_a_hard_cut_inside_a_record_is_refused(run, exported: Path, tmp_path: Path) -> None:
    text = (exported / "n.txt").read_text(encoding="utf-8").replace("\n2. ", "\n\n\n2. ", 1)
    (tmp_path / "cut.txt").write_text(text, encoding="utf-8")
    result = run("convert-data", tmp_path / "cut.txt", "--to", "json")
    assert (result.code, "record 1" in result.err) == (2, True)
    assert not (tmp_path / "cut.json").exists()


def test_the_source_is_never_the_target(run, exported: Path) -> None:
    result = run("convert-data", exported / "n.txt", "--to", "txt", "--force")
    assert (result.code, "would overwrite" in result.err) == (2, True)


def test_an_existing_file_is_kept(run, exported: Path) -> None:
    before = (exported / "n.json").read_bytes()
    result = run("convert-data", exported / "n.txt", "--to", "json")
    assert (result.code, "--force" in result.err) == (2, True)
    assert (exported / "n.json").read_bytes() == before


def test_a_new_entry_of_the_formats_is_enough(run, pair_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Format(
        "pairs",
        "_pairs.jsonl",
        "whoever reads JSON Lines",
        write=lambda record: json.dumps([record.instruction, record.output]),
        read=lambda line: parse_record(*json.loads(line)),
        split=lambda path, text: text.splitlines(),
    )
    monkeypatch.setitem(FORMATS, lines.name, lines)
    args = ("--level", "A1", "--out", tmp_path / "o", "--name", "n", "--records", "40")
    assert run("export", pair_file(), *args, "--formats", "pairs,txt").code == 0
    assert read_records(tmp_path / "o/n_pairs_eval.jsonl") == read_records(tmp_path / "o/n_eval.txt")
    assert run("convert-data", tmp_path / "o/n_pairs.jsonl", "--to", "chat").code == 0
    made = (tmp_path / "o/n_pairs.jsonl").read_bytes()
    assert run("convert-data", tmp_path / "o/n_chat.json", "--to", "pairs", "--force").code == 0
    assert (tmp_path / "o/n_pairs.jsonl").read_bytes() == made
    (tmp_path / "o/n_pairs.jsonl").write_text('["Hello.", ""]\n', encoding="utf-8")
    result = run("convert-data", tmp_path / "o/n_pairs.jsonl", "--to", "json")
    assert (result.code, "n_pairs.jsonl, row 1: Not a list prompt" in result.err) == (2, True)
    assert is_ours(tmp_path / "o/n_pairs_eval.jsonl")
