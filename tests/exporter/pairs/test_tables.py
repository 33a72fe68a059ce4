"""The tables people have, and what is not a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.pairs.columns import Columns, Reading, plain
from cefr_sentences.exporter.pairs.tables import read_rows

PAIRS = [("book", "I read a book."), ("kitap evi", "Şu “kitap” ğüzel, değil mi?")]


def found(path: Path, columns: str | None = None) -> list[tuple[str, str]]:
    return [(r.word, r.sentence) for r in read_rows(path, Columns.parse(columns))]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps([{"word": w, "sentence": s} for w, s in PAIRS])),
        ("b.json", json.dumps({w: [s] for w, s in PAIRS})),
        ("b2.json", json.dumps(dict(PAIRS))),
        ("c.json", json.dumps([{"headword": w, "sentences": [s]} for w, s in PAIRS], ensure_ascii=False)),
        ("c2.json", json.dumps({"data": [{"headword": w, "examples": [s]} for w, s in PAIRS]})),
        ("d.jsonl", "\n".join(json.dumps({"kelime": w, "cümle": s}) for w, s in PAIRS) + "\n\n"),
        ("d2.json", "\n".join(json.dumps({"Word": w, "Text": s}) for w, s in PAIRS)),
        ("d3.jsonl", json.dumps([{"word": w, "sentence": s} for w, s in PAIRS])),
        ("e.csv", "word,sentence\n" + "".join(f'{w},"{s}"\n' for w, s in PAIRS)),
        ("f.csv", "sep=;\r\nKELİME;ÖRNEK\r\n" + "".join(f"{w};{s}\r\n" for w, s in PAIRS)),
        ("g.csv", "\n\nid;KELIME;Örnek Cümle\n" + "".join(f"1;{w};{s}\n" for w, s in PAIRS)),
        ("h.tsv", "Example\tLemma\n" + "".join(f"{s}\t{w}\n" for w, s in PAIRS)),
        ("i.txt", "word\tsentence\n" + "".join(f"{w}\t{s}\n" for w, s in PAIRS)),
        ("k.json", json.dumps({w: {"sentences": [s], "level": "A1"} for w, s in PAIRS})),
        ("l.tsv", "word\tsentence\n" + "".join(f'{w}\t"{s.replace(chr(34), chr(34) * 2)}"\n' for w, s in PAIRS)),
        ("m.csv", '"sep=;"\n\nword;sentence\n' + "".join(f"{w};{s}\n" for w, s in PAIRS)),
        ("j", json.dumps([{"word": w, "sentence": s} for w, s in PAIRS])),
    ],
)
def test_shapes(tmp_path: Path, name: str, text: str) -> None:
    assert found(write(tmp_path / name, text)) == PAIRS


def test_the_sentences_are_those_that_use_the_words(tmp_path: Path) -> None:
    rows = [("cat", "Kedi uyuyor.", "The cat sleeps."), ("dog", "Köpek koşuyor.", "A dog runs."), ("sun", "Güneş.", "")]
    english, reading = [(word, sentence) for word, _, sentence in rows], Reading()
    for header in ("word,example,in English", "word,example,example 2"):
        file = write(tmp_path / "a.csv", "\n".join([header, *map(",".join, rows)]))
        assert [(row.word, row.sentence) for row in read_rows(file, reading=reading)] == english
    assert "The words are not in the column 'example'; sentences were read from 'in English'." in map(
        str, reading.notes
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1254"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_encodings(tmp_path: Path, encoding: str, newline: str, name: str) -> None:
    sign = "\t" if name.endswith("tsv") else ";"
    text = newline.join(sign.join(r) for r in [("word", "sentence"), *PAIRS]) + newline
    assert found(write(tmp_path / name, text, encoding)) == PAIRS


def test_latin_1(tmp_path: Path) -> None:
    assert found(write(tmp_path / "a.csv", "word,sentence\ncafé,The café is open.\n", "latin-1")) == [
        ("café", "The café is open.")
    ]


def test_a_letter_across_the_boundary_of_two_reads(tmp_path: Path) -> None:
    row = "book,I read a bööök about it.\n"
    text = "word,sentence\n" + "x" + row * (3 * 2**20 // len(row.encode()))
    assert all("bööök" in s for _, s in found(write(tmp_path / "a.csv", text)))


@pytest.mark.parametrize(
    ("header", "columns"),
    [("Wort,Beispiel", "word=Wort,sentence=Beispiel"), ("word,Satz", "sentence=satz"), ("text,word", None)],
)
def test_columns(tmp_path: Path, header: str, columns: str | None) -> None:
    cells = ("word", "sentence") if not header.startswith("text") else ("sentence", "word")
    row = ",".join({"word": "book", "sentence": "I read a book."}[c] for c in cells)
    assert found(write(tmp_path / "a.csv", f"{header}\n{row}\n"), columns) == [("book", "I read a book.")]


@pytest.mark.parametrize("name", ["KELİME", "kelime", "Kelime", "KELIME", "kelıme"])
def test_turkish_case(name: str) -> None:
    assert plain(name) == "kelime"


def test_sentence_is_preferred_to_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,word,sentence,cefr\nx,book,I read a book.,A1\n")
    (row,) = read_rows(path)
    assert (row.sentence, row.level, row.number) == ("I read a book.", "A1", 2)


def test_a_sentence_with_unquoted_commas_is_noticed(tmp_path: Path) -> None:
    (row,) = read_rows(write(tmp_path / "a.csv", "word,sentence\nbook,A book, a pen.\n"))
    assert row.surplus == ("a pen.",)


def test_parquet_excel_and_saved_datasets(tmp_path: Path) -> None:
    pyarrow, openpyxl, datasets = (pytest.importorskip(m) for m in ("pyarrow", "openpyxl", "datasets"))
    from pyarrow import parquet

    columns = {"word": [w for w, _ in PAIRS], "sentence": [s for _, s in PAIRS]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    book = openpyxl.Workbook()
    for cells in [(None, None), ("Word", "Sentence"), *PAIRS, (None, None)]:
        book.worksheets[0].append(cells)
    book.save(tmp_path / "a.xlsx")
    datasets.Dataset.from_dict(columns).save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": datasets.Dataset.from_dict(columns)}).save_to_disk(tmp_path / "dict")
    assert found(tmp_path / "a.parquet") == PAIRS
    assert found(tmp_path / "saved") == PAIRS
    assert found(tmp_path / "dict") == PAIRS
    excel = list(read_rows(tmp_path / "a.xlsx"))
    assert [(r.word, r.sentence) for r in excel] == PAIRS
    assert excel[0].number == 3  # as the spreadsheet shows it


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("a.parquet", "pyarrow.parquet", "pyarrow"),
        ("a.xlsx", "openpyxl", "openpyxl"),
        ("saved", "pyarrow", "pyarrow"),
    ],
)
def test_a_missing_package_is_named(
    tmp_path: Path, name: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    real = importlib.import_module

    def without(wanted: str, *rest: Any) -> Any:
        if wanted == module:
            raise ImportError(wanted)
        return real(wanted, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    if name == "saved":
        (tmp_path / name).mkdir()
        (tmp_path / name / "state.json").touch()
    else:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match=f"pip install {package}"):
        found(tmp_path / name)


def test_headwords_that_are_column_names(tmp_path: Path) -> None:
    words = {"word": ["This word is long."], "text": ["I read a text."], "bus": []}
    path = write(tmp_path / "a.json", json.dumps(words))
    assert found(path) == [("word", "This word is long."), ("text", "I read a text."), ("bus", "")]


def test_a_row_without_a_key_has_a_blank_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", json.dumps([{"word": "bus", "sentence": "A bus."}, {"word": "car"}]))
    assert found(path) == [("bus", "A bus."), ("car", "")]


def test_speech_in_a_tsv_keeps_its_quotation_marks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'word\tsentence\nstop\t"Stop!" he said.\n')
    assert found(path) == [("stop", '"Stop!" he said.')]


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "is empty"),
    "only blanks": ("a.csv", b"\xef\xbb\xbf \n\n", "is empty"),
    "binary": ("a.csv", bytes(range(256)) * 20, "zero bytes"),
    "excel under a wrong name": ("a.csv", b"PK\x03\x04rest", "called .xlsx"),
    "a model": ("a.json", b"GGUF\x03\x00", "GGUF"),
    "no columns": ("a.csv", b"a,b\n1,2\n", "No column for the word"),
    "no sentence": ("a.csv", b"word,b\n1,2\n", "No column for the sentence"),
    "json cut off": ("a.json", b'[{"word": "a"', "not valid JSON"),
    "json of numbers": ("a.json", b"[1, 2]", "row 1"),
    "json with nothing": ("a.json", b"[]", "empty list"),
    "json of one text": ("a.json", b'"word"', "not a list"),
    "deep json": ("a.json", b"[" * 100_000, "nested too deeply|not valid JSON"),
    "a broken line": ("a.jsonl", b'{"word": "a", "sentence": "b"}\n{oops}\n', "line 2"),
    "a list of objects where a text should be": (
        "a.json",
        b'{"bus": [{"sentence": "A bus."}]}',
        "row 1: expected a text",
    ),
    "a number of 5,000 digits": ("a.json", b'[{"word": ' + b"1" * 5000 + b"}]", "cannot be read as JSON"),
    "an open quotation mark": ("a.csv", b'word,sentence\nbus,"A bus\n' + b"car,A car.\n" * 90, "opened and not closed"),
    "a broken workbook": ("a.xlsx", b"no zip", "not a readable Excel file"),
    "a broken parquet": ("a.parquet", b"PAR1 no", "not a readable Parquet file"),
    "an endless line": ("a.csv", b"word,sentence\na," + b"b" * (10 * 2**20 + 10), "longer than 10 MB"),
    "an endless line of json": ("a.jsonl", b'{"word": "' + b"b" * (10 * 2**20 + 10), "longer than 10 MB"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table(tmp_path: Path, case: str) -> None:
    name, content, message = BAD[case]
    if name.endswith(("xlsx", "parquet")):
        pytest.importorskip({"a.xlsx": "openpyxl", "a.parquet": "pyarrow"}[name])
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        found(tmp_path / name)


def test_json_above_512_mb_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CSV, JSON Lines or Parquet"):
        found(sparse(tmp_path / "a.json", 513 * 2**20))


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        found(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        found(tmp_path / "none.csv")


@pytest.mark.parametrize("columns", ["word", "words=a", "word=", "word=a;sentence=b,x"])
def test_columns_that_cannot_be_read(columns: str) -> None:
    with pytest.raises(InputError, match="--columns"):
        Columns.parse(columns)


def test_a_named_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'Wort'.*'word', 'sentence'"):
        found(write(tmp_path / "a.csv", "word,sentence\na,b\n"), "word=Wort")
