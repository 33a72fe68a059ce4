from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from cefr_sentences.extension.cli import main


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = main(["level", *map(str, args)])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.txt"
    file.write_text("I have a dog.\r\n\r\n  \r\nThe timid dog slept.\r\nпривет\r\n", encoding="utf-8")
    code, out, _ = run(capsys, file, "--json", "--target", "a1")
    rows = json.loads(out)
    assert code == 0
    assert [set(row) for row in rows] == [{"sentence", "score", "level", "above", "grammar"}] * 3
    assert [row["sentence"] for row in rows] == ["I have a dog.", "The timid dog slept.", "привет"]
    assert [row["above"] for row in rows] == [[], ["timid"], []]
    assert rows[0]["level"] == "A1"
    assert 1 <= rows[0]["score"] < rows[1]["score"] <= 6
    assert (rows[2]["score"], rows[2]["level"]) == (None, None)


def test_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.txt"
    file.write_text("I have a dog.\n😀\n" + "very " * 4000 + "long\n", encoding="utf-8")
    code, out, _ = run(capsys, file, "--target", "A1")
    assert code == 0
    assert "A1  I have a dog." in out
    assert "no English word" in out
    assert "human A1 sentences have" in out
    assert "1 without an English word" in out
    assert max(map(len, out.splitlines())) < 400


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "I have a dog. It is very big! Do you like it?\n\n1. We met Mr. Brown at 5 p.m. on Monday.\n"),
        (
            "a.txt",
            "I have\na dog. It is\nvery big!\nDo you like\nit?\n\n1. We met Mr. Brown at 5 p.m. on Monday.\n",
        ),
        (
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nI have a dog. It is very big!\n\n2\n00:00:03,000 --> 00:00:04,000\n"
            "Do you like it?\n\n1. We met Mr. Brown at 5 p.m. on Monday.\n",
        ),
        ("a.json", '["I have a dog. It is very big!", "Do you like it?", "1. We met Mr. Brown at 5 p.m. on Monday."]'),
        (
            "a.csv",
            "word,sentence,note\ndog,I have a dog. It is very big!,a,\nlike,Do you like it?,\n"
            "meet,1. We met Mr. Brown at 5 p.m. on Monday.,x\n",
        ),
    ],
)
def test_sentences_are_judged_and_not_lines(
    name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    code, out, _ = run(capsys, file, "--json")
    assert code == 0
    assert [row["sentence"] for row in json.loads(out)] == [
        "I have a dog.",
        "It is very big!",
        "Do you like it?",
        "1. We met Mr. Brown at 5 p.m. on Monday.",
    ]


def test_wrapped_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.txt"
    file.write_text(
        "My uncle works in a very small shop that is open from nine\nto five. He likes it.\nno end mark\nshort line\n"
    )
    sentences = [row["sentence"] for row in json.loads(run(capsys, file, "--json")[1])]
    assert sentences[0].endswith("from nine to five.")
    assert sentences[1:] == ["He likes it.", "no end mark", "short line"]
    file.write_text("The small shop in our street is open until 9 p.m.\non Fridays. It is nice.\n")
    assert json.loads(run(capsys, file, "--json")[1])[0]["sentence"].endswith("9 p.m. on Fridays.")


def test_markdown_and_text_that_is_wrapped_before_a_capital(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text(
        "# My Summer Holiday\nLast summer I went to the seaside with my family, and there\nI met my friend Tom near\n"
        "---\n- **The sea** was [warm](http://x.org).\n\nHere we sit by the river and eat our bread and our cheese\n"
        "It is the last line, and it is long enough to be one of them\n",
        encoding="utf-8",
    )
    code, out, err = run(capsys, tmp_path / "a.md", "--json")
    assert (code, "2 headings and rules were left out" in err) == (0, True)
    assert [row["sentence"] for row in json.loads(out)] == [
        "Last summer I went to the seaside with my family, and there I met my friend Tom near",
        "The sea was warm.",
        "Here we sit by the river and eat our bread and our cheese",
        "It is the last line, and it is long enough to be one of them",
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1254"])
def test_encodings(encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.txt"
    file.write_bytes("Ayşe’s dog is big.\n".encode(encoding))
    _, out, _ = run(capsys, file, "--json")
    assert json.loads(out)[0]["sentence"] == "Ayşe’s dog is big."


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"I have a dog.\nI have a caf\xe9.\n")))
    code, out, _ = run(capsys, "-", "--json")
    assert code == 0
    assert [row["sentence"] for row in json.loads(out)] == ["I have a dog.", "I have a café."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n\t\n", "is empty"),
        (b"\xc2\xa0\n", "every line is blank"),
        (b"\x00\x01\x02" * 100, "is not text"),
        (b"GGUF....", "a GGUF model"),
        (b"word " * 3_000_000, "longer than 10 MB"),
    ],
)
def test_bad_files(content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.txt"
    file.write_bytes(content)
    code, out, err = run(capsys, file)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("data", "message"), [(b"", "is empty"), (b"a\0b", "zero bytes"), (b"\n\n", "is empty")])
def test_bad_standard_input(
    data: bytes, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, _, err = run(capsys, "-")
    assert code == 2
    assert message in err


def test_no_such_file_folder_or_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in run(capsys, tmp_path / "nothing.txt")[2]
    assert "is a folder" in run(capsys, tmp_path)[2]
    file = tmp_path / "s.txt"
    file.write_text("I have a dog.\n")
    code, _, err = run(capsys, file, "--target", "Z9")
    assert code == 2
    assert "not a CEFR level" in err
