"""What no dropdown lists, and why."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.doctor import datasets
from cefr_sentences.extension.doctor.heads import PEEK, peek

from ..doctored import bad, found, make_v4, one, put

DATASETS = "user_data/training/datasets"
CHAT = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}]
INSTRUCT = [{"instruction": "a", "output": "b"}]
LINES = '{"messages": []}\n{"messages": []}\n'


@pytest.mark.parametrize("content", [CHAT, [{"conversations": []}], [{"text": "x"}]])
def test_what_the_training_tab_lists(webui: Path, content: Any) -> None:
    make_v4(webui)
    put(webui / DATASETS / "x.json", json.dumps(content, indent=2))
    assert bad(webui, "datasets") == []
    assert "1 training files in order" in str(found(webui, "datasets", "ok")[0].found)


@pytest.mark.parametrize(
    ("content", "status", "part", "on_v3"),
    [
        (LINES, "problem", "JSON Lines", ""),
        ('{"word": "a"}\n{"word": "b"}\n', "note", "JSON Lines", ""),
        ("\ufeff" + json.dumps(CHAT), "problem", "BOM", "note"),
        ({"data": CHAT}, "problem", "one object", "problem"),
        ({"happy": ["A sentence."]}, "note", "one object", "note"),
        ([{"text": "a", "messages": []}], "note", "both text and messages", "note"),
        (INSTRUCT, "note", "instruction, output", "note"),
        (["a", "b"], "note", "not of objects", ""),
        ([], "note", "empty array", ""),
        ("", "problem", "is empty", "problem"),
        ("[{", "problem", "not JSON", "problem"),
        ("nonsense", "problem", "not JSON", "problem"),
        (b"\x00\x01\x02\xff\xfe" * 9, "problem", "not UTF-8", "problem"),
        (json.dumps(CHAT).encode("utf-16"), "problem", "UTF-16", "problem"),
        ("[" * 100_000, "problem", "not JSON", "problem"),
        ('[{"text": "' + "x" * PEEK + '"}]', "problem", "more than a megabyte", ""),
        (b'[{"text": "' + b"x" * (PEEK - 12) + "é".encode() + b'"}]', "problem", "more than a megabyte", ""),
    ],
)
def test_json_that_is_not_listed(webui: Path, content: Any, status: str, part: str, on_v3: str) -> None:
    put(webui / DATASETS / "x.json", content)
    if on_v3:
        one(webui, "datasets", on_v3, "x.json")
    else:
        assert bad(webui, "datasets") == []
    make_v4(webui)
    one(webui, "datasets", status, "x.json", part)


def test_pairs_for_our_own_pane_are_in_order(webui: Path) -> None:
    make_v4(webui)
    put(webui / DATASETS / "pairs.json", [{"word": "happy", "sentence": "I am happy."}])
    put(webui / DATASETS / "pairs.csv", "word,sentence\nhappy,I am happy.\n")
    put(webui / DATASETS / "pairs.jsonl", '{"word": "happy", "sentence": "I am happy."}\n')
    assert bad(webui, "datasets") == []


def test_what_the_exporter_wrote_is_in_order(run, webui: Path) -> None:
    make_v4(webui)
    args = ("--level", "A1", "--records", "40", "--name", "mine", "--webui", webui)
    assert run("export", "starter", *args).code == 0
    assert len(list((webui / DATASETS).iterdir())) >= 5
    assert bad(webui, "datasets") == []
    description = next((webui / DATASETS).glob("*.meta.json"))
    description.rename(description.with_suffix(".gone"))
    texts = {str(f.found) for f in bad(webui, "datasets")}
    assert any("no dropdown of trainers lists mine.txt" in t for t in texts)


def test_texts_on_both_lines(webui: Path) -> None:
    put(webui / DATASETS / "a.txt", "text")
    put(webui / DATASETS / "put-trainer-datasets-here.txt", "")
    (webui / DATASETS / "folder").mkdir()
    assert bad(webui, "datasets") == []
    make_v4(webui)
    one(webui, "datasets", "note", "lists a.txt.", "--to chat")
    put(webui / "user_data/extensions/Training_PRO_wip/script.py", "")
    assert bad(webui, "datasets") == []


@pytest.mark.parametrize(
    ("name", "content", "status", "part"),
    [
        ("a.txt", b"\xef\xbb\xbftext", "note", "byte order mark"),
        ("a.txt", "text".encode("utf-16"), "problem", "is UTF-16"),
        ("a.txt", "güzel".encode("cp1254"), "problem", "not UTF-8"),
        ("a.txt", b"", "problem", "is empty"),
        ("a.TXT", b"text", "note", "Rename it to a.txt"),
        ("a.Json", b"[]", "note", "Rename it to a.json"),
        ("a.jsonl", LINES.encode(), "problem", "No dropdown lists *.jsonl"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "b"}', "problem", "Write the rows as one JSON array"),
        ("a.jsonl", json.dumps({"text": Record("A1", ("cat",), ("A cat.",)).text}).encode(), "problem", "convert-data"),
        ("a.json", b'[{"messages": [], "source": "x"}]', "note", "has rows with messages, source"),
        ("a.json", b'[{"instruction": "a", "input": "b", "output": "c"}]', "note", "Write them with the keys"),
        ("hf_split.json", b"{", "problem", "hf_split.json is not JSON"),
    ],
)
def test_other_files(webui: Path, name: str, content: bytes, status: str, part: str) -> None:
    put(webui / DATASETS / name, content)
    one(webui, "datasets", status, name, part)


def test_links_and_pipes(webui: Path) -> None:
    folder = webui / DATASETS
    (folder / "loop.json").symlink_to(folder / "loop.json")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "self").symlink_to(folder)
    assert [str(f.found).rpartition("/")[2].split()[0] for f in bad(webui, "datasets")] == ["gone.txt", "loop.json"]


def test_a_file_that_may_not_be_read(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(webui / DATASETS / "a.json", CHAT)
    real = Path.open

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == "a.json":
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    one(webui, "datasets", "problem", "a.json cannot be read: Permission denied", "permissions")


def test_only_the_beginning_is_read(webui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_v4(webui)
    path = put(webui / DATASETS / "huge.json", "[" + '{"text": "x"}')
    with path.open("r+b") as file:
        file.truncate(40 * 1024**3)  # sparse
    seen: list[int] = []
    real = datasets.peek
    monkeypatch.setattr(datasets, "peek", lambda text: seen.append(len(text)) or real(text))
    assert bad(webui, "datasets") == []
    assert seen == [PEEK]


def test_no_datasets_folder(webui: Path) -> None:
    (webui / DATASETS).rmdir()
    one(webui, "datasets", "note", "no datasets folder")
    (webui / DATASETS).touch()
    one(webui, "datasets", "problem", "is a file")


def test_a_webui_without_utils_is_an_old_one(webui: Path) -> None:
    from cefr_sentences.exporter.common.webui import find_webui

    assert not datasets.lists_by_content(find_webui(webui))
    make_v4(webui)
    assert datasets.lists_by_content(find_webui(webui))


def test_one_object_of_training_keys_is_a_line() -> None:
    assert peek('{"text": "a"}').odd == "lines"
    assert peek('{"a": 1} x').odd == "broken"
    assert peek(' [ {"text": 1}').keys == {"text"}


def record(n: int) -> str:
    return parse(n).text


def parse(n: int) -> Record:
    return Record("A1", (f"word{n}",), (f"This is word{n}.",))


@pytest.mark.parametrize(
    ("cut", "status", "part"),
    [
        ("\n\n\n", "", ""),
        ("\n\n", "problem", "have only 0 hard cuts"),
        ("\n \n \n", "problem", "spaces in the cuts"),
        ("\\n\\n\\n", "problem", "the letters \\n"),
    ],
)
def test_texts_whose_records_have_no_cut(webui: Path, cut: str, status: str, part: str) -> None:
    put(webui / DATASETS / "a.txt", cut.join(record(n) for n in range(3)))
    if status:
        one(webui, "datasets", status, "a.txt", part)
    else:
        assert bad(webui, "datasets") == []


def test_a_list_prompt_without_a_response(webui: Path) -> None:
    put(webui / DATASETS / "a.txt", record(1).replace("### Response:\n", ""))
    one(webui, "datasets", "problem", "a.txt", "without '### Response:'")


def test_json_is_judged_by_the_reader_that_trains_on_it(run, webui: Path, tmp_path: Path) -> None:
    make_v4(webui)
    rows = [{"messages": [{"role": "user", "content": parse(n).instruction},
                          {"role": "assistant", "content": parse(n).output}]} for n in range(3)]  # fmt: skip
    path = put(webui / DATASETS / "a.json", rows)
    assert bad(webui, "datasets") == []
    rows[1]["messages"][1]["content"] = "Here you are!"
    put(path, rows)
    finding = one(webui, "datasets", "problem", "a.json", "row 2: The answer is not the numbered list")
    refused = run("convert-data", path, "--to", "txt", "--out", tmp_path / "a.txt")
    assert (refused.code, refused.err.strip().partition(": ")[2] in str(finding.found)) == (2, True)


def test_keys_that_a_format_file_takes(webui: Path) -> None:
    """oobabooga/textgen issue 2710: "no matching keyset", also for a key that is there and empty."""
    path = put(webui / DATASETS / "a.json", [{"instruction": "a", "input": "", "output": "b"}])
    one(webui, "datasets", "note", "a.json", "no format file")
    put(webui / "user_data/training/formats/alpaca.json", {"instruction,output": "x", "instruction,input,output": "y"})
    assert bad(webui, "datasets") == []
    put(path, [{"instruction": "a", "output": "b", "source": "mine"}])
    one(webui, "datasets", "note", "instruction, output, source")
