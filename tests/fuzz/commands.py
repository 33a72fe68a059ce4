"""The command line with places that nobody meant: this folder, no name, a pipe, what it reads itself, a dead link.

`python -m tests.fuzz.commands` gives each place to each argument that is one, and prints what became of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from cefr_sentences.exporter.records.formats import FORMATS, RecordWriter
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.cli import main as command_line

from .files import _KEY, _RATINGS, _WHOLE_ADAPTER, _evaluation

SECONDS, WALL = 5, 30  # of work, and of waiting on a busy machine
ODD = (".", "", "pipe.csv", "link.csv", "folder")
# Places are in braces; `new` is what a command makes, and `mine` what it may change.
COMMANDS = (
    "export {pairs.csv} --level A1 --out {new} --name n --records 20 --eval 0 --force",
    "convert-data {train.txt} --to json --out {new.json} --force",
    "check {train.txt}",
    "level {words.txt}",
    "starter A1 --out {new.csv} --force",
    "bank coverage {words.txt} --own {mine.jsonl}",
    "bank add dog Dogs.bark --level A1 --own {mine.jsonl}",
    "bank import {pairs.csv} --level A1 --own {mine.jsonl}",
    "bank export {new.csv} --own {own.jsonl} --force",
    "write {words.txt} --level A1 --bank only --own {own.jsonl} --training {train.txt} --out {new.csv} --force",
    "write {deck.txt} --level A1 --bank only --fill {new.txt} --out {new.csv} --force",
    "train {train.txt} --model ./none --level A1 --eval {eval.txt} --out {new} --force",
    "train --resume {adapter}",
    "evaluate {eval.txt} --train {train.txt} --model ./none --out {new} --force",
    "evaluate --compare {r} {s/evaluation.json} --out {new} --force",
    "rate make {r} --out {new} --n 1 --force",
    "rate score {rated/key.json} {rated/ratings.csv}",
    "plots {adapter}",
    "merge {adapter} --model ./none --out {new} --force",
    "convert-adapter {adapter} --model ./none",
    "convert-model {adapter} --out {new} --force",
    "install --webui {folder}",
    "patch apply --webui {folder}",
)


def begin(folder: Path) -> None:
    """Make `folder` with one file of each kind."""
    shutil.rmtree(folder, ignore_errors=True)
    rows = "".join(f"{w},A {w} is here.\n" for w in ("dog", "cat", "book", "tree", "bird", "car", "door", "hand"))
    own = json.dumps({"word": "dog", "sentence": "My dog is old.", "level": "A1"}) + "\n"
    texts = {
        "words.txt": "dog\ncat\n", "list.csv": "word,note\ndog,mine\ncat,mine\n", "pairs.csv": f"word,sentence\n{rows}",
        "deck.txt": "#separator:tab\n#html:false\n#columns:Word\tExample\ndog\t\n", "own.jsonl": own, "mine.jsonl": own,
        "a_chat.json": "[]", "a.meta.json": json.dumps({"written": ["a_chat.json"]}), "folder/thesis.txt": "x",
        "r/evaluation.json": json.dumps(_evaluation()), "s/evaluation.json": json.dumps(_evaluation()),
        "rated/key.json": json.dumps(_KEY), "rated/ratings.csv": _RATINGS, "adapter/adapter_config.json": "{}",
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "adapter/adapter_model.safetensors").write_bytes(_WHOLE_ADAPTER)
    for name in ("train.txt", "eval.txt", "adapter/train.txt"):
        with (folder / name).open("w", encoding="utf-8") as file:
            writer = RecordWriter(file, FORMATS["txt"])
            writer.write(Record("A1", ("cat", "tree"), ("I have a cat.", "The tree is green.")))
            writer.close()
    os.mkfifo(folder / "pipe.csv")
    (folder / "link.csv").symlink_to("nowhere.csv")
    (folder / "same.txt").symlink_to("train.txt")


def state(folder: Path) -> dict[str, object]:
    """All that is below `folder`, links and pipes as such."""

    def what(path: Path) -> object:
        if path.is_symlink():
            return path.readlink()
        return path.read_bytes() if path.is_file() else path.lstat().st_mode

    return {path.relative_to(folder).as_posix(): what(path) for path in folder.rglob("*")}


def cases() -> list[list[str]]:
    """Each command with each odd place, and each of its other places, in each of its places."""
    made = []
    for command in COMMANDS:
        words = [word if word.startswith("{") else word.replace(".bark", " bark.") for word in command.split()]
        places = [at for at, word in enumerate(words) if word.startswith("{")]
        for at in places:
            for odd in (*ODD, *(words[other] for other in places if other != at)):
                made.append([odd if here == at else word for here, word in enumerate(words)])
    return made


def try_one(case: list[str], folder: Path) -> str:
    """What became of `case` in a new `folder`. Raises what no user should see, and where anything is changed."""
    begin(folder)
    before, here = state(folder), Path.cwd()
    said = io.StringIO()
    for late in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(late, _hangs)
    try:
        os.chdir(folder)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(WALL)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _no_plots():
            code = command_line([word.strip("{}") for word in case])
    except SystemExit as stop:
        code = stop.code
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        os.chdir(here)
    after = state(folder)
    may = {"mine.jsonl", *(("link.csv",) if "--force" in case else ())}  # it may be replaced, as a file may
    changed = [name for name in before if after.get(name) != before[name] and name not in may]
    assert not changed, f"changed: {changed}"
    assert code == 0 or said.getvalue().strip(), "nothing is said"
    return "done" if code == 0 else "refused"


def _hangs(number: int, frame: object) -> None:
    raise AssertionError("it hangs")


@contextlib.contextmanager
def _no_plots() -> Iterator[None]:
    with patch("cefr_sentences.extension.evaluation.plots.available", lambda: False):  # seconds
        yield


def main() -> Counter[str]:
    became: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases():
            try:
                became[try_one(case, Path(scratch) / "here")] += 1
            except BaseException as error:
                became["failed"] += 1
                print(f"{' '.join(case)}: {type(error).__name__}: {error}"[:300])
    print("commands: " + ", ".join(f"{what} {n:,}" for what, n in sorted(became.items())))
    return became


if __name__ == "__main__":
    sys.exit(bool(main()["failed"]))
