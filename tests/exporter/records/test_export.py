"""The export as a command: its files byte for byte, its summary, its refusals."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.exporter.records.formats import FORMATS
from cefr_sentences.exporter.records.prompt import HARD_CUT, parse_text_record
from cefr_sentences.exporter.records.reading import read_records

GOLDEN = Path(__file__).parent / "golden"


def test_golden_bytes(run, pair_file, tmp_path: Path) -> None:
    """The same seed gives the same bytes on every machine and Python version.

    If this changes on purpose, the same data get another fingerprint than before: say so in the changelog.
    """
    args = ("--name", "golden", "--records", "4", "--eval", "0.5", "--mix", "6:50,10:50")
    assert run("export", pair_file(60), "--level", "a1", "--out", tmp_path / "o", *args).code == 0
    made = {p.name: p.read_bytes() for p in (tmp_path / "o").iterdir() if p.name != "golden.meta.json"}
    assert made == {p.name: p.read_bytes() for p in GOLDEN.iterdir()}
    meta = json.loads((tmp_path / "o/golden.meta.json").read_text(encoding="utf-8"))
    assert meta["fingerprint"] == "2ae58e10ffb68aa34f6c5f37934ce894cad3cca4a71ac486da417c36b68afeee"


def test_golden_digest_of_a_large_export(run, pair_file, tmp_path: Path) -> None:
    assert run("export", pair_file(300), "--level", "A1", "--out", tmp_path / "o", "--name", "n").code == 0
    digest = hashlib.sha256((tmp_path / "o/n.txt").read_bytes() + (tmp_path / "o/n_eval.txt").read_bytes())
    assert digest.hexdigest() == "d93e00045062932bffb8c54df7d8b1f9abde9a21b3dc6d5f04f6dbe6d6c2589c"


def test_the_files_of_the_users_size(run, pair_file, webui: Path) -> None:
    result = run("export", pair_file(200), "--level", "A1", "--webui", webui, "--name", "n", "--json")
    assert result.code == 0, result.err
    summary = json.loads(result.out)
    folder = find_webui(webui).datasets
    tails = ["n.txt", "n.json", "n_chat.json", "n_text.json", "n_eval.txt", "n_eval.json", "n_chat_eval.json"]
    assert sorted(p.name for p in folder.iterdir()) == sorted([*tails, "n_text_eval.json", "n.meta.json"])
    for path in folder.iterdir():
        data = path.read_bytes()
        assert b"\r" not in data
        assert not data.startswith(b"\xef\xbb\xbf")
        data.decode("utf-8")
    train, held_out = read_records(folder / "n.txt"), read_records(folder / "n_eval.txt")
    assert (len(train), len(held_out)) == (1800, 200)
    sizes = Counter(len(r.words) for r in train + held_out)
    assert (sizes[10], sizes[8] + sizes[9], sizes[6] + sizes[7]) == (1400, 400, 200)
    assert not {w for r in train for w in r.words} & {w for r in held_out for w in r.words}
    assert len({w for r in held_out for w in r.words}) == 20
    for records in (train, held_out):
        uses = Counter(s for r in records for s in r.sentences)
        assert max(uses.values()) - min(uses.values()) <= 1
    assert summary["rows"]["read"] == summary["rows"]["used"] == 800
    meta = json.loads((folder / "n.meta.json").read_text(encoding="utf-8"))
    assert meta["seed"] == 42
    assert len(meta["fingerprint"]) == 64
    assert meta == {k: v for k, v in summary.items() if k != "files"}


def test_all_formats_hold_the_same_records(run, pair_file, tmp_path: Path) -> None:
    run("export", pair_file(), "--level", "B1", "--out", tmp_path, "--name", "n", "--records", "50")
    for side in ("train", "eval"):
        records = [read_records(f.path(tmp_path, "n", side)) for f in FORMATS.values()]
        assert records.count(records[0]) == len(FORMATS)
    first = json.loads((tmp_path / "n.json").read_text(encoding="utf-8"))[0]
    chat = json.loads((tmp_path / "n_chat.json").read_text(encoding="utf-8"))[0]
    text = (tmp_path / "n.txt").read_text(encoding="utf-8").split(HARD_CUT)
    assert "###" not in first["instruction"] + first["output"]
    assert [m["content"] for m in chat["messages"]] == [first["instruction"], first["output"]]
    assert parse_text_record(text[0]).instruction == first["instruction"]
    assert not text[-1].endswith("\n")


def test_training_pro_gets_its_format(run, pair_file, webui: Path) -> None:
    run("export", pair_file(), "--level", "A1", "--webui", webui, "--records", "20", "--eval", "0.5")
    path = webui / "user_data/training/formats/cefr-sentences.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "instruction,output": "### Instruction:\n%instruction%\n\n### Response:\n%output%"
    }


def test_moved_user_data(run, pair_file, webui: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    args = ("export", pair_file(), "--level", "A1", "--records", "20", "--eval", "0", "--webui", webui)
    assert run(*args, "--user-data-dir", moved).code == 0
    assert (moved / "training/datasets/pairs.txt").exists()
    (webui / "user_data/CMD_FLAGS.txt").write_text("# flags\n--listen --user-data-dir ../moved2\n", encoding="utf-8")
    (tmp_path / "moved2").mkdir()
    assert run(*args).code == 0
    assert (tmp_path / "moved2/training/datasets/pairs.txt").exists()


def test_rejected_rows_are_written_down_and_the_summary_adds_up(run, pair_file, tmp_path: Path) -> None:
    bad = [{"word": "zebra", "sentence": "Not in here."}, {"word": "", "sentence": ""}]
    result = run("export", pair_file(extra=bad), "--level", "A1", "--out", tmp_path / "o", "--records", "40")
    assert result.code == 0
    rows = list(csv.DictReader((tmp_path / "o/pairs_rejected.csv").open(encoding="utf-8")))
    assert rows == [
        {
            "row": "161",
            "word": "zebra",
            "sentence": "Not in here.",
            "reason": "the word does not occur in the sentence",
        }
    ]
    for line in ("rows read             162", "with a blank word or sentence         1", "rejected "):
        assert line in result.out


def test_the_leaking_split_says_so(run, pair_file, tmp_path: Path) -> None:
    result = run(
        "export",
        pair_file(),
        "--level",
        "A1",
        "--out",
        tmp_path / "o",
        "--records",
        "50",
        "--split",
        "records",
    )
    assert "leaks" in result.out
    train, held_out = read_records(tmp_path / "o/pairs.txt"), read_records(tmp_path / "o/pairs_eval.txt")
    assert {s for r in held_out for s in r.sentences} & {s for r in train for s in r.sentences}


def test_nothing_is_overwritten_without_force(run, pair_file, tmp_path: Path) -> None:
    args = ("export", pair_file(), "--level", "A1", "--out", tmp_path / "o", "--records", "30")
    assert run(*args).code == 0
    before = {p: p.read_bytes() for p in (tmp_path / "o").iterdir()}
    again = run(*args, "--seed", "1")
    assert again.code == 2
    assert "--force" in again.err
    assert {p: p.read_bytes() for p in (tmp_path / "o").iterdir()} == before
    assert run(*args, "--seed", "1", "--force").code == 0
    assert (tmp_path / "o/pairs.txt").read_bytes() != before[tmp_path / "o/pairs.txt"]
    assert sorted((tmp_path / "o").iterdir()) == sorted(before)


def test_the_source_is_never_overwritten(run, pair_file) -> None:
    path = pair_file()
    before = path.read_bytes()
    result = run("export", path, "--level", "A1", "--out", path.parent, "--records", "30", "--force")
    assert (result.code, "would overwrite" in result.err) == (2, True)
    assert path.read_bytes() == before


def test_an_old_evaluation_file_does_not_outlive_its_export(run, pair_file, tmp_path: Path) -> None:
    out = tmp_path / "o"
    args = ("export", pair_file(), "--level", "A1", "--out", out, "--records", "30", "--force")
    run(*args)
    (out / "mine.txt").touch()
    assert run(*args, "--eval", "0", "--formats", "txt").code == 0
    assert sorted(p.name for p in out.iterdir()) == ["mine.txt", "pairs.meta.json", "pairs.txt"]


def test_a_folder_in_the_way(run, pair_file, tmp_path: Path) -> None:
    (tmp_path / "o/n.txt").mkdir(parents=True)
    args = ("export", pair_file(), "--level", "A1", "--out", tmp_path / "o", "--name", "n", "--force")
    result = run(*args)
    assert (result.code, "is a folder" in result.err) == (2, True)
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["n.txt"]


def test_half_a_character_is_dropped(run, pair_file, tmp_path: Path) -> None:
    path = pair_file(extra=[{"word": "zebra", "sentence": "A \ud800zebra runs."}])
    assert run("export", path, "--level", "A1", "--out", tmp_path / "o", "--records", "30").code == 0


BAD_ARGUMENTS = {
    "unknown level": (["--level", "A7"], "is not a CEFR level"),
    "C2": (["--level", "c2"], "Level C2 cannot be"),
    "records": (["--records", "0"], "--records"),
    "eval": (["--eval", "1"], "--eval"),
    "eval nan": (["--eval", "nan"], "--eval"),
    "eval of nothing": (["--records", "2"], "--eval-share 0"),
    "mix": (["--mix", "10:50"], "sum to 50"),
    "a mix too large": (["--mix", "60:100", "--eval", "0"], "needs 60 different words"),
    "formats": (["--formats", "yaml"], "--formats"),
    "name": (["--name", "../x"], "cannot be used for files"),
    "reserved name": (["--name", "CON"], "cannot be used for files"),
    "columns": (["--columns", "x"], "--columns"),
    "user data without webui": (["--user-data-dir", "x"], "--webui"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_bad_arguments(run, pair_file, tmp_path: Path, case: str) -> None:
    extra, message = BAD_ARGUMENTS[case]
    result = run("export", pair_file(), "--level", "A1", "--out", tmp_path / "o", "--json", *extra)
    assert result.code == 2
    assert message in result.err
    assert result.out == ""
    assert not (tmp_path / "o").exists()


def test_not_one_usable_pair(run, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("word,sentence\n" + "cat,A dog.\n" * 30, encoding="utf-8")
    result = run("export", path, "--level", "A1", "--out", tmp_path / "o", "--json")
    assert result.code == 2
    assert result.err.count("the word does not occur") == 10
    assert "30 rejected" in result.err
    assert not (tmp_path / "o").exists()


def test_fewer_words_than_a_record_needs(run, pair_file, tmp_path: Path) -> None:
    result = run("export", pair_file(9), "--level", "A1", "--out", tmp_path / "o", "--eval", "0")
    assert (result.code, "needs 10 different words and there are 9" in result.err) == (2, True)
    result = run("export", pair_file(19), "--level", "A1", "--out", tmp_path / "o")
    assert (result.code, "--eval-share 0" in result.err) == (2, True)
    assert not (tmp_path / "o").exists()


def test_no_webui(run, pair_file, tmp_path: Path) -> None:
    for folder, message in ((tmp_path, "is not TextGen"), (tmp_path / "no", "is not a folder")):
        result = run("export", pair_file(), "--level", "A1", "--webui", folder)
        assert (result.code, message in result.err) == (2, True)


def test_a_target_that_cannot_be_written(run, pair_file, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("export", pair_file(), "--level", "A1", "--out", tmp_path / "file" / "o", "--records", "30")
    assert (result.code, "is a file, not a folder" in result.err) == (2, True)
    readonly = tmp_path / "readonly"
    readonly.mkdir(mode=0o500)
    target = readonly if os.geteuid() else Path("/proc/cefr")  # root may write anywhere but there
    result = run("export", pair_file(), "--level", "A1", "--out", target, "--records", "30")
    assert result.code == 2
    assert "cannot be written" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are a POSIX feature")
def test_a_full_disk_leaves_nothing_behind(pair_file, tmp_path: Path) -> None:
    # A limit on the size of files fails in the middle of a write, as a full disk does.
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "from cefr_sentences.extension.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    target = tmp_path / "deep" / "o"
    command = [sys.executable, "-c", code, "export", str(pair_file()), "--level", "A1", "--out", str(target)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2, result.stderr
    assert "Nothing was left half-written" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "deep").exists()


def test_the_starter_pairs_by_name(run, tmp_path: Path) -> None:
    assert run("export", "starter", "--level", "A1", "--out", tmp_path, "--records", "40").code == 0
    assert len(read_records(tmp_path / "starter-a1.txt")) == 36


def test_help_starts_without_anything_heavy() -> None:
    code = (
        "import sys; from cefr_sentences.extension.cli import main\n"
        "try: main(['export', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'peft', 'gradio', 'numpy', 'lemminflect'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stderr.strip() == "[]"
