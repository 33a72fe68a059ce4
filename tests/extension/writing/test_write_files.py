"""Sheets as files, the journal of an interrupted job, and the command that writes them."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, TargetError
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.exporter.records.prompt import parse_instruction
from cefr_sentences.extension.writing.journal import Journal, head
from cefr_sentences.extension.writing.output_formats import check_target, write_sheet
from cefr_sentences.extension.writing.sheet import Sheet, SheetRow

ROWS = (
    SheetRow("happy", "She is happy.", (), "", 1.5, "A1", (), -1.25, 1),
    SheetRow("say", '"Stop!" he\tsaid <b>; it is 5,00.', (), "", 1.6, "A1", ("stop",), None, 2, doubtful=True),
    SheetRow("café", None, ("missing",), "", None, "", (), None, 4),
    SheetRow("dog", "A cat.", ("fragment", "unused"), "", 1.2, "A1", (), None, 4),
    SheetRow("123", None, ("not a word",), "it has no letters"),
)


def test_a_table(tmp_path: Path) -> None:
    write_sheet(tmp_path / "s.csv", Sheet(ROWS, "A1", "mine"))
    raw = (tmp_path / "s.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfword,sentence,")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 6
    rows = list(csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8-sig", newline="")))
    assert [r["word"] for r in rows] == ["happy", "say", "café", "dog", "123"]
    assert [r["status"] for r in rows] == ["ok", "doubtful", "flagged", "flagged", "skipped"]
    assert [r["used"] for r in rows] == ["yes", "yes", "no", "no", "no"]
    assert rows[3]["reason"] == "that is not a whole sentence; the word is not in it"
    assert rows[4]["reason"] == "it is not a word: it has no letters"
    assert (rows[1]["above"], rows[1]["target"], rows[1]["adapter"], rows[1]["tries"]) == ("stop", "A1", "mine", "2")


def test_json_and_json_lines_hold_the_same(tmp_path: Path) -> None:
    for ending in ("json", "jsonl"):
        write_sheet(tmp_path / f"s.{ending}", Sheet(ROWS, "A1"))
    array = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert array == lines
    assert [r["reasons"] for r in array][2:] == [["missing"], ["fragment", "unused"], ["not a word"]]
    assert array[0]["fluency"] == -1.25


LISTED = ListedWord("say", "A1", "verb", "demek", (("pos", "verb"), ("anlam", "demek"), ("unit", "3"), ("level", "A1")))
TWICE = replace(ROWS[1], sentence="What did you say?", listed=LISTED, doubtful=False)


def test_the_columns_of_the_list_come_back(tmp_path: Path) -> None:
    for ending in ("csv", "json"):
        write_sheet(tmp_path / f"s.{ending}", Sheet((ROWS[0], TWICE), "A1"))
    happy, say = csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8-sig", newline=""))
    assert (say["anlam"], say["unit"], say["level (list)"], say["level"]) == ("demek", "3", "A1", "A1")
    assert (happy["anlam"], say["source"]) == ("", "model")
    found = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert [row["columns"] for row in found] == [{}, {"pos": "verb", "anlam": "demek", "unit": "3", "level": "A1"}]


def test_for_anki(tmp_path: Path) -> None:
    write_sheet(tmp_path / "s.tsv", Sheet((*ROWS, TWICE), "A1"))
    lines = (tmp_path / "s.tsv").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("#")][3:] == ["#guid column:1", "#tags column:8"]
    notes = list(csv.reader(lines[5:], delimiter="\t"))
    assert [note[1:] for note in notes] == [
        ["She is _____.", "happy", "", "", "She is happy.", "", "cefr::A1"],
        [
            '"Stop!" he _____ <b>; it is 5,00.',
            "say",
            "",
            "",
            '"Stop!" he said <b>; it is 5,00.',
            "",
            "cefr::A1 cefr::doubtful",
        ],
        ["What did you _____?", "say", "verb", "demek", "What did you say?", "unit: 3; level: A1", "cefr::A1"],
    ]
    assert len({note[0] for note in notes}) == 3
    at_its_own = Sheet((replace(TWICE, listed=replace(LISTED, level="B1")),), "A1", levels_from_list=True)
    write_sheet(tmp_path / "b.tsv", at_its_own)
    assert (tmp_path / "b.tsv").read_text(encoding="utf-8").rstrip().endswith("\tcefr::B1")


def test_a_package_for_anki(tmp_path: Path) -> None:
    pytest.importorskip("genanki", reason="genanki is not installed")

    def notes(name: str, rows: tuple[SheetRow, ...]) -> tuple[list[tuple[str, list[str]]], int]:
        write_sheet(tmp_path / name, Sheet(rows, "A1"))
        zipfile.ZipFile(tmp_path / name).extract("collection.anki2", tmp_path)
        database = sqlite3.connect(tmp_path / "collection.anki2")
        found = database.execute("select guid, flds from notes").fetchall()
        (cards,) = database.execute("select count(*) from cards").fetchone()
        database.close()
        return [(guid, fields.split("\x1f")) for guid, fields in found], cards

    found, cards = notes("s.apkg", (*ROWS, TWICE))
    assert [fields[0] for _, fields in found] == [
        "She is _____.",
        '"Stop!" he\t_____ &lt;b&gt;; it is 5,00.',
        "What did you _____?",
    ]
    assert cards == 4  # the second card only where there is a meaning
    again, _ = notes("t.apkg", (SheetRow("happy", "He is happy."),))
    assert again[0][0] == found[0][0]  # Anki takes it for the same note
    assert sorted(p.name for p in tmp_path.iterdir()) == ["collection.anki2", "s.apkg", "t.apkg"]


def test_an_exported_deck_is_filled_in(run: Any, tmp_path: Path) -> None:
    head = "#separator:tab\n#html:true\n#guid column:1\n#columns:GUID\tWord\tNote\tExample\tTags\n"
    kept = 'a1\tdog\tmy "best"\tA dog!\tx\n'
    deck, filled = tmp_path / "deck.txt", tmp_path / "filled.txt"
    deck.write_text(head + kept + "b2\tadd\t<b>own</b>\t\ty\nc3\tzyx\t\t\t\n", encoding="utf-8")
    result = run("write", deck, "--level", "A1", "--fill", filled)
    assert "1 example fields filled" in result.err
    lines = filled.read_text(encoding="utf-8").splitlines()
    assert lines[:4] == head.splitlines()
    notes = [*csv.reader(lines[4:], delimiter="\t")]
    assert notes[0] == next(csv.reader([kept.strip()], delimiter="\t"))
    assert [note[:3] for note in notes[1:]] == [["b2", "add", "<b>own</b>"], ["c3", "zyx", ""]]
    assert "add" in notes[1][3].lower()
    assert notes[2][3] == ""
    assert "already there" in run("write", deck, "--level", "A1", "--fill", filled).err
    plain = tmp_path / "words.txt"
    plain.write_text("add\n", encoding="utf-8")
    assert "is none. Export it as .apkg" in run("write", plain, "--level", "A1", "--fill", tmp_path / "f.txt").err


def test_a_package_is_filled_in(run: Any, tmp_path: Path) -> None:
    genanki = pytest.importorskip("genanki", reason="genanki is not installed")
    fields = [{"name": name} for name in ("Front", "Own", "Example")]
    model = genanki.Model(7, "mine", fields=fields, templates=[{"name": "c", "qfmt": "{{Front}}", "afmt": "{{Own}}"}])
    deck = genanki.Deck(8, "mine")
    for cells in (["dog", "1", "A dog!"], ["add", "<i>2</i>", ""]):
        deck.add_note(genanki.Note(model=model, fields=cells, guid=cells[0]))
    genanki.Package(deck).write_to_file(tmp_path / "d.apkg")
    assert run("write", tmp_path / "d.apkg", "--level", "A1", "--fill", tmp_path / "f.apkg").code == 0
    zipfile.ZipFile(tmp_path / "f.apkg").extract("collection.anki2", tmp_path)
    database = sqlite3.connect(tmp_path / "collection.anki2")
    found = {
        guid: (fields.split("\x1f"), usn) for guid, fields, usn in database.execute("select guid, flds, usn from notes")
    }
    database.close()
    assert found["dog"][0] == ["dog", "1", "A dog!"]
    assert found["add"][0][:2] == ["add", "<i>2</i>"]
    assert "add" in found["add"][0][2].lower()


def test_what_cannot_be_written_is_said_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="must end in"):
        check_target(tmp_path / "s.pdf", force=False)
    (tmp_path / "s.csv").touch()
    with pytest.raises(TargetError, match="already there"):
        check_target(tmp_path / "s.csv", force=False)
    check_target(tmp_path / "s.csv", force=True)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for ending, package in (("apkg", "genanki"), ("docx", "python-docx")):
        with pytest.raises(InputError, match=f"pip install {package}"):
            check_target(tmp_path / f"s.{ending}", force=False)


JOB = head(["happy", "say"], level="A1", model="m")


def test_a_journal_keeps_what_is_finished(tmp_path: Path) -> None:
    with Journal(tmp_path / "s.csv", JOB) as journal:
        for row in ROWS[:2]:
            journal.add(row)
        journal.add(TWICE)
    with Journal(tmp_path / "s.csv", JOB) as journal:
        assert journal.rows == [*ROWS[:2], TWICE]
        journal.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are a POSIX feature")
def test_a_full_disk_names_the_journal_and_loses_no_row(tmp_path: Path) -> None:
    import resource

    job, before = head(["happy"]), resource.getrlimit(resource.RLIMIT_FSIZE)
    said = r"s\.csv\.part\.jsonl cannot be written"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        with pytest.raises(TargetError, match=said):
            Journal(tmp_path / "s.csv", job)
        assert list(tmp_path.iterdir()) == []
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))
        with pytest.raises(TargetError, match=said), Journal(tmp_path / "s.csv", job) as journal:
            for _ in range(99):
                journal.add(ROWS[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with Journal(tmp_path / "s.csv", job) as again:
        assert again.rows[:3] == [ROWS[0]] * 3


@pytest.mark.parametrize("lost", range(1, 60, 7))
def test_half_a_line_is_cut_off(tmp_path: Path, lost: int) -> None:
    with Journal(tmp_path / "s.csv", JOB) as journal:
        for row in ROWS[:2]:
            journal.add(row)
    path = tmp_path / "s.csv.part.jsonl"
    path.write_bytes(path.read_bytes()[:-lost])
    with Journal(tmp_path / "s.csv", JOB) as journal:
        assert journal.rows == [*ROWS[:1]]
        journal.add(ROWS[1])
    with Journal(tmp_path / "s.csv", JOB) as journal:
        assert journal.rows == [*ROWS[:2]]


def test_a_journal_of_another_job_is_not_touched(tmp_path: Path) -> None:
    with Journal(tmp_path / "s.csv", JOB) as journal:
        journal.add(ROWS[0])
    for other, said in (
        (head(["happy"], level="A1", model="m"), "other words"),
        (head(["happy", "say"], level="A2", model="n"), "other level, model"),
    ):
        with pytest.raises(InputError, match=said):
            Journal(tmp_path / "s.csv", other)
    with Journal(tmp_path / "s.csv", JOB) as journal:
        assert journal.rows == [*ROWS[:1]]
    with Journal(tmp_path / "s.csv", head(["x"], level="A1"), force=True) as journal:
        assert journal.rows == []
    (tmp_path / "t.csv.part.jsonl").write_text("my own notes\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a journal of this program"):
        Journal(tmp_path / "t.csv", JOB)
    assert (tmp_path / "t.csv.part.jsonl").read_text(encoding="utf-8") == "my own notes\n"


def test_a_journal_killed_before_its_first_line_was_whole(tmp_path: Path) -> None:
    for begun in (b"", b'{"cefr_sent'):
        (tmp_path / "s.csv.part.jsonl").write_bytes(begun)
        with Journal(tmp_path / "s.csv", JOB) as journal:
            assert journal.rows == []
            journal.remove()


def test_two_jobs_at_one_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "s.csv", JOB) as journal:
        journal.add(ROWS[0])
        for force in (False, True):
            with pytest.raises(InputError, match="by another job"):
                Journal(tmp_path / "s.csv", JOB, force=force)
        journal.add(ROWS[1])
    with Journal(tmp_path / "s.csv", JOB) as journal:
        assert journal.rows == [*ROWS[:2]]


def test_a_job_that_fails_at_once_leaves_no_journal(run: Callable[..., Any], tmp_path: Path) -> None:
    args = (
        "write",
        "--words",
        "happy",
        "--level",
        "A1",
        "--api",
        "http://127.0.0.1:9",
        "--bank",
        "off",
        "--out",
        tmp_path / "s.csv",
    )
    result = run(*args)
    assert (result.code, "cannot be asked" in result.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def writer() -> Iterator[Any]:
    """A server that writes `I like my WORD very much.`, and waits before the block number `hang`."""

    class Handler(BaseHTTPRequestHandler):
        prompts: list[list[str]] = []  # noqa: RUF012
        hang = 10**9
        go = threading.Event()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            words = parse_instruction(body["prompt"].split("\n", 1)[1].split("\n\n### Response")[0]).words
            self.prompts.append(list(words))
            if len(self.prompts) > self.hang:
                self.go.wait(60)
            names = [w.title() for w in words]
            text = "\n".join(f"{i}. {n} {n[::-1].title()} and {n}x go home." for i, n in enumerate(names, 1))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"choices": [{"text": text}]}).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield Handler
    Handler.go.set()
    server.shutdown()
    server.server_close()


WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("nna", "mma", "lla", "ssa", "ddo")]


def test_out_and_again(writer: Any, run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("\n".join([*WORDS[:20], WORDS[0], "123"]), encoding="utf-8")
    args = ("write", tmp_path / "w.txt", "--level", "A1", "--api", writer.url, "--out", tmp_path / "o" / "s.csv")
    result = run(*args)
    assert result.code == 0, result.err
    assert "2 were not asked for" in result.out
    rows = list(csv.DictReader((tmp_path / "o" / "s.csv").open(encoding="utf-8-sig", newline="")))
    assert [r["word"] for r in rows] == [*WORDS[:20], WORDS[0], "123"]
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["s.csv"]
    asked = len(writer.prompts)
    result = run(*args)
    assert (result.code, "already there" in result.err) == (2, True)
    assert len(writer.prompts) == asked
    assert run(*args, "--force").code == 0


@pytest.mark.slow
def test_a_killed_job_goes_on_where_it_was(writer: Any, run: Callable[..., Any], tmp_path: Path) -> None:
    """Four blocks of forty words; the server hangs in the third, and the job is killed."""
    (tmp_path / "w.txt").write_text("\n".join(WORDS), encoding="utf-8")
    writer.hang = 128
    args = [
        "write",
        str(tmp_path / "w.txt"),
        "--level",
        "A1",
        "--api",
        writer.url,
        "--candidates",
        "16",
        "--tries",
        "2",
    ]
    args += ["--out", str(tmp_path / "s.jsonl")]
    process = subprocess.Popen([sys.executable, "-m", "cefr_sentences.extension", *args], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(writer.prompts) <= writer.hang and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    writer.go.set()
    part = tmp_path / "s.jsonl.part.jsonl"
    finished = {json.loads(line)["word"] for line in part.read_bytes().splitlines()[1:]}
    assert 60 < len(finished) <= 80
    assert not (tmp_path / "s.jsonl").exists()

    before, writer.hang = len(writer.prompts), 10**9
    other = run(*args, "--seed", "3", "--level", "A2")
    assert (other.code, "what another job has finished so far (other level)" in other.err) == (2, True)
    result = run(*args)
    assert result.code == 0, result.err
    assert f"{len(finished)} rows are done already" in result.err
    again = [w for words in writer.prompts[before:] for w in words]
    left = set(WORDS) - finished
    assert set(again) >= left
    # Finished words are in the lists as companions at most: never where a list is full without them.
    assert all(set(words) & left for words in writer.prompts[before:])
    rows = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["word"] for r in rows] == WORDS
    assert not part.exists()


@pytest.mark.slow
def test_ctrl_c_keeps_the_journal_and_does_not_wait(writer: Any, tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("\n".join(WORDS), encoding="utf-8")
    writer.hang = 64
    args = ["write", str(tmp_path / "w.txt"), "--level", "A1", "--api", writer.url, "--candidates", "16"]
    command = [sys.executable, "-m", "cefr_sentences.extension", *args, "--out", str(tmp_path / "s.csv")]
    # Where the tests run in the background of a shell, Ctrl-C is switched off for all that they start.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    until = time.monotonic() + 60
    while len(writer.prompts) <= writer.hang and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopped" in err
    assert len((tmp_path / "s.csv.part.jsonl").read_bytes().splitlines()) > 30
