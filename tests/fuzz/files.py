"""The program's own files, headers of weights and calls of the tab, all nonsense: seeded, whole and damaged.

`python -m tests.fuzz.files 1000` reads that many of each kind and prints what became of them.
"""

from __future__ import annotations

import copy
import json
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cefr_sentences.exporter.bank.own import read_own
from cefr_sentences.exporter.common.errors import CefrError
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.exporter.records.export import _written_before
from cefr_sentences.extension.evaluation import across, report
from cefr_sentences.extension.evaluation.document import markdown, web_page
from cefr_sentences.extension.evaluation.folder import read_evaluation
from cefr_sentences.extension.evaluation.measure import differences, figures, measure, sample
from cefr_sentences.extension.evaluation.rating import make_sheet, read_key, read_ratings, score_ratings
from cefr_sentences.extension.evaluation.result import About, Answers, Asked, Evaluation, System
from cefr_sentences.extension.models.adapter import check_adapter
from cefr_sentences.extension.models.completion import line_means
from cefr_sentences.extension.models.gguf import read_gguf
from cefr_sentences.extension.models.server import Server
from cefr_sentences.extension.models.weights import check_file
from cefr_sentences.extension.recipes import recipe
from cefr_sentences.extension.training.checkpoint import RESUME
from cefr_sentences.extension.training.log import read_log
from cefr_sentences.extension.training.plan import Plan
from cefr_sentences.extension.training.plots import read_entries
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.writing.journal import Journal, head
from cefr_sentences.extension.writing.output_formats import OUTPUT_FORMATS
from cefr_sentences.extension.writing.sheet import Sheet, SheetRow
from cefr_sentences.patches.folders import Script
from cefr_sentences.patches.store import FOLDER, read_manifest

from .tables import LIMIT, damaged

_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**70, 1e308, "", "x", "\0", "\ud800", "A1", "../x", [], {}, [[]], {"": None}, "x" * 999,
    float("nan"), float("inf"), -0.5, [None], ["a", "a"],
)  # fmt: skip
_WORDS, _LISTS = ("dog", "cat"), (("dog",), ("cat",))
_SENTENCES = ("I have a dog.", "My cat is big.")


def changed(data: Any, chance: random.Random) -> Any:
    """A copy of a JSON value with a few of its values replaced, left out or added."""
    data = copy.deepcopy(data)
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        place, inside = data, [data]
        while isinstance(place, (dict, list)) and place and chance.random() < 0.8:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            place = place[chance.choice(keys)]
            inside.append(place)
        holders = [value for value in inside if isinstance(value, (dict, list)) and value]
        if not holders:
            return copy.deepcopy(chance.choice(_ODD))
        holder: Any = holders[-1]
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if chance.random() < 0.3:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(_ODD))
    return data


def json_bytes(data: Any, chance: random.Random) -> bytes:
    made = changed(data, chance)
    text = json.dumps(made, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
    return text if chance.random() < 0.6 else damaged(text, chance)


def _lines(entries: list[Any], chance: random.Random) -> bytes:
    """JSON lines, of which one or another is changed."""
    lines = [json_bytes(entry, chance) if chance.random() < 0.5 else json.dumps(entry).encode() for entry in entries]
    return b"\n".join(lines) + b"\n" * (chance.random() < 0.8)


@cache
def _evaluation() -> dict[str, Any]:
    lists = [[sentence] for sentence in _SENTENCES]
    made = {
        name: sample(_LISTS, lists, "A1", losses=[(2.0, 9)] * 2, well_formed=[True] * 2) for name in ("base", "adapter")
    }
    measured = {name: measure(of) for name, of in made.items()}
    answers = Answers(0.2, 1.2, 2, 2, 2, _SENTENCES)
    systems = tuple(System(n, of.rows, figures(measured[n], 0), "I", answers) for n, of in made.items())
    about = About("tiny", "a", "d_eval.txt", versions={"torch": "0"}, notes=("x",))
    different = differences(measured["adapter"], measured["base"], 0)
    return Evaluation(systems, Asked("A1", _LISTS), different, {"loss": 0.1}, about).to_json()


def _read_evaluation(path: Path) -> None:
    """An evaluation into its report, a comparison and a rating sheet."""
    found = read_evaluation(path)
    for whole in (report.contents(found, {}), across.contents(across.named([(path, found), (path, found)]), {})):
        markdown(*whole).encode()
        web_page(*whole, {}).encode()  # without pictures, which take a second each
    json.dumps(found.to_json(), allow_nan=False).encode()
    for data in make_sheet(found, 2, 0).values():
        data.decode()


_KEY = {
    "level": "A1",
    "seed": 1,
    "words_left_out": 0,
    "items": {f"S{i}": {"system": s, "word": "dog", "sentence": "A dog."} for i, s in enumerate(("base", "adapter"))},
}
_RATINGS = "id,word,sentence,natural,level,proper,rater\nS0,dog,A dog.,4,A1,y,me\nS1,dog,A dog.,5,B1,n,me\n"


def _read_key(path: Path) -> None:
    sheet = path.with_name("ratings.csv")
    sheet.write_text(_RATINGS)
    key = read_key(path)
    json.dumps(score_ratings(key, [read_ratings(sheet, key)], 0).to_json(), allow_nan=False)


def _read_ratings(path: Path) -> None:
    path.with_name("key.json").write_text(json.dumps(_KEY))
    key = read_key(path.with_name("key.json"))
    score_ratings(key, [read_ratings(path, key)], 0)


_JOB = head(_WORDS, level="A1")
_ROWS = [
    SheetRow("dog", _SENTENCES[0], score=1.5, level="A1", fluency=-1.0, tries=1),
    SheetRow("cat", None, ("missing",), "x", listed=ListedWord("cat", "A1", "noun", "kedi", (("pos", "noun"),))),
    SheetRow("cat", _SENTENCES[1], above=("big",), level="A1", tries=2),
]


def _read_journal(path: Path) -> None:
    with Journal(path.with_name("s.csv"), _JOB) as journal:
        rows = journal.rows
    path.unlink(missing_ok=True)
    for one in OUTPUT_FORMATS[:4]:
        if one.available:
            one.render(Sheet(tuple(rows), "A1"))


def _plan() -> dict[str, Any]:
    settings = asdict(TrainSettings("A1"))
    return {"settings": settings, "dataset": "d.txt", "eval": None, "model": "m", "recipe": {}, "fingerprint": "0"}


_STEP = {"total_steps": 2, "epoch": 0.5, "seconds": 1.0, "loss": 2.0, "learning_rate": 1e-3, "grad_norm": 1}
_LOG: list[Any] = [
    {"event": "start", "settings": {"level": "A1"}, "recipe": {}, "dataset": "d.txt", "model": "m", "records": 9},
    {"current_steps": 0, "epoch": 0.0, "eval_loss": 3.0},
    {"current_steps": 1, **_STEP},
    {"event": "resume", "step": 1},
    {"current_steps": 2, **_STEP},
    {"current_steps": 2, "epoch": 1.0, "eval_loss": 2.0},
    {"event": "end", "state": "finished"},
]


def _read_log(path: Path) -> None:
    read_log(path.parent)
    read_entries(path.parent)


_METADATA = {
    "level": "A1",
    "form": "instruct",
    "prompt_version": 1,
    "base_model": "m",
    "data": {"file": "d.txt"},
    "steps": 3,
}


_SET = {"level": "A1", "written": ["d.txt", "d_eval.txt"]}
_MANIFEST = {
    "file": "script.py", "before": "0", "after": "1", "backup": "script.py.0.orig", "when": "2026-01-01",
    "rules": [{"line": 1, "found": "a", "change": "b"}], "versions": {"python": "3.11"},
}  # fmt: skip
_RECIPE = b"rank: 8\nepochs: {value: 2.5, why: {en: x}}\nprojections: [q, v]\nscheduler: cosine\n"


def _safetensors(chance: random.Random) -> bytes:
    tensors = {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"format": "pt"}}
    header = json_bytes(tensors, chance)
    length = len(header) if chance.random() < 0.9 else chance.choice((0, 2**63, 5, 2**40))
    return struct.pack("<Q", length) + header + bytes(chance.choice((24, 24, 23, 0)))


@cache
def _gguf() -> bytes:
    import gguf
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        writer = gguf.GGUFWriter(Path(folder) / "m.gguf", "llama")
        writer.add_name("m")
        writer.add_tensor("token_embd.weight", numpy.zeros((4, 32), dtype=numpy.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return (Path(folder) / "m.gguf").read_bytes()


_TEXT = "1. I have a dog."
_TOLD = {"tokens": [_TEXT], "token_logprobs": [-1.0], "content": [{"token": _TEXT, "logprob": -1.0}]}
_REPLY = {"choices": [{"text": _TEXT, "message": {"content": _TEXT}, "logprobs": _TOLD}]}


def _read_reply(path: Path) -> None:
    """What a server answers."""
    with patch.object(Server, "_post", lambda self, body: path.read_bytes().decode("utf-8", "replace")):
        for form in ("instruct", "chat"):
            Server("http://127.0.0.1:9", prompt_form=form, retries=0)._reply({}, line_means).text.encode()


Made = Callable[[random.Random], bytes]
# The file of each kind, what makes one, and what reads it.
Kind = tuple[str, Made, Callable[[Path], object]]
Kinds = dict[str, Kind]
KINDS: Kinds = {
    "journal": ("s.csv.part.jsonl", lambda c: _lines([_JOB, *map(asdict, _ROWS)], c), _read_journal),
    "plan": (f"{RESUME}/plan.json", lambda c: json_bytes(_plan(), c), lambda path: Plan.load(path.parent.parent)),
    "log": ("run.jsonl", lambda c: _lines(_LOG, c), _read_log),
    "metadata": ("a/cefr_sentences.json", lambda c: json_bytes(_METADATA, c), lambda path: check_adapter(path.parent)),
    "rating key": ("key.json", lambda c: json_bytes(_KEY, c), _read_key),
    "ratings": ("ratings.csv", lambda c: damaged(_RATINGS.encode(), c), _read_ratings),
    "evaluation": ("evaluation.json", lambda c: json_bytes(_evaluation(), c), _read_evaluation),
    "own sentences": (
        "own.csv",
        lambda c: damaged(b"word,sentence,level,pos\ndog,I have a dog.,A1,noun\ncat,A cat.,A1,noun\n", c),
        read_own,
    ),
    "set": ("d.meta.json", lambda c: json_bytes(_SET, c), lambda path: _written_before(path)),
    "manifest": (
        f"{FOLDER}/script.py.json",
        lambda c: json_bytes(_MANIFEST, c),
        lambda path: read_manifest(Script(path.parent.parent / "script.py", path.parent.parent)),
    ),
    "recipe": ("r.yaml", lambda c: damaged(_RECIPE, c)[:500], lambda path: recipe("A1", str(path))),
    "safetensors": ("a.safetensors", _safetensors, check_file),
    "gguf": ("m.gguf", lambda c: damaged(_gguf(), c), read_gguf),
    "reply": ("reply.json", lambda c: json_bytes(_REPLY, c), _read_reply),
}
_WHOLE_ADAPTER = struct.pack("<Q", 2) + b"{}"


def try_one(kind: str, seed: int, folder: Path, kinds: Kinds = KINDS) -> str:
    """Make the file of `seed` and read it: what became of it. Raises what no user should see."""
    name, make, read = kinds[kind]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "metadata":
        (path.parent / "adapter_config.json").write_text("{}")
        (path.parent / "adapter_model.safetensors").write_bytes(_WHOLE_ADAPTER)
    path.write_bytes(make(random.Random(f"{kind} {seed}")))
    try:
        read(path)
    except CefrError as error:
        str(error).encode()
        return "refused"
    return "read"


def main(cases: int = 500, first: int = 0, *, kinds: Kinds = KINDS) -> Counter[str]:
    """Try that many of each kind; a line for each that failed, and a summary."""
    became: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for seed in range(first, first + cases):
                begun = time.process_time()
                try:
                    became[try_one(kind, seed, Path(folder), kinds)] += 1
                except Exception as error:
                    became["failed"] += 1
                    print(f"{kind}, seed {seed}: {type(error).__name__}: {error}"[:200])
                if (took := time.process_time() - begun) > LIMIT:
                    became["slow"] += 1
                    print(f"{kind}, seed {seed}: {took:.1f} s")
    print(f"{len(kinds)} kinds of files: " + ", ".join(f"{what} {n:,}" for what, n in sorted(became.items())))
    return became


if __name__ == "__main__":
    became = main(*map(int, sys.argv[1:]))
    sys.exit(bool(became["failed"] or became["slow"]))
