"""Commands that are killed at any change of the disk: nothing visible is lost, and the next run leaves no trace."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.files import Publication, atomic_folder, leftovers
from cefr_sentences.extension.training.artifacts import run_folder

from .conftest import names
from .fuzz.commands import begin
from .kills import EVERY, kills, whole

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks")


def visible(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


@pytest.mark.slow
def test_a_set_of_files(tmp_path: Path) -> None:
    """Each name holds the old or the new file; the last one, which tells of the set, is new only when all are."""
    folder = tmp_path / "out"
    old, new = ({n: f"{age} {n}" for n in ("a.txt", "b.txt", "set.json")} for age in ("old", "new"))

    def begin() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in {**old, "stale.txt": "old"}.items():
            (folder / name).write_text(text, encoding="utf-8")

    def publish() -> None:
        with Publication(force=True) as out:
            out.remove(folder / "stale.txt")
            for name, text in new.items():
                out.file(folder / name).write(text)

    begin()
    stopped = 0
    for _ in kills(publish, folder):
        stopped += 1
        there = {name: text.decode() for name, text in visible(folder).items()}
        assert all(there[name] in (old[name], new[name]) for name in new)
        if there["set.json"] == new["set.json"]:
            assert there == new
        publish()
        assert (visible(folder), hidden(folder)) == ({n: t.encode() for n, t in new.items()}, [])
        begin()
    assert stopped > 15


def test_a_folder(tmp_path: Path) -> None:
    """The old or the new one, which the next run finds where the kill has hidden it."""
    folder = tmp_path / "made" / "out"

    def publish() -> None:
        with atomic_folder(folder) as part:
            for name in ("a", "b"):
                (part / name).write_text("new", encoding="utf-8")

    def begin() -> None:
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("a", "b"):
            (folder / name).write_text("old", encoding="utf-8")

    begin()
    stopped = 0
    for _ in kills(publish, tmp_path):
        stopped += 1
        with pytest.raises(ValueError, match="oops"), atomic_folder(folder):
            raise ValueError("oops")
        assert visible(folder) in ({"a": b"old", "b": b"old"}, {"a": b"new", "b": b"new"})
        assert hidden(folder.parent) == []
        begin()
    assert stopped > 8


@pytest.mark.slow
def test_export(tmp_path: Path, run: Callable[..., object]) -> None:
    """The files are whole, and the next export leaves none but its own."""
    table, out = tmp_path / "pairs.json", tmp_path / "out"
    rows = [{"word": w, "sentence": f"Sentence {s} has {w} in it."} for w in names(30) for s in "abc"]
    table.write_text(json.dumps(rows), encoding="utf-8")

    def export(seed: int) -> None:
        args = ["--level", "A1", "--out", out, "--name", "d", "--records", "20", "--eval", "0.2", "--force"]
        run("export", table, *args, "--seed", seed)

    export(1)
    old = visible(out)
    shutil.copytree(out, tmp_path / "old")
    export(2)
    new = visible(out)
    stopped = 0
    for _ in kills(lambda: export(2), out, every=6):
        stopped += 1
        assert all(text in (old.get(name), new.get(name)) for name, text in visible(out).items())
        assert set(visible(out)) == set(new)
        export(2)
        assert (visible(out), hidden(out), leftovers(out)) == (new, [], [])
        shutil.rmtree(out)
        shutil.copytree(tmp_path / "old", out)
    assert stopped > 4


def test_a_training_that_replaces_an_adapter(tmp_path: Path) -> None:
    """The next training of that name finds the old adapter or the new one, and nothing hidden."""
    out = tmp_path / "loras" / "a"

    def train() -> None:
        with run_folder(out, force=True):
            (out / "run.jsonl").write_text("{}", encoding="utf-8")
            (out / ".part").write_text("new", encoding="utf-8")
            (out / ".part").replace(out / "adapter_config.json")

    def begin() -> None:
        shutil.rmtree(out.parent, ignore_errors=True)
        out.mkdir(parents=True)
        (out / "adapter_config.json").write_text("old", encoding="utf-8")

    begin()
    stopped = 0
    for _ in kills(train, tmp_path):
        stopped += 1
        with pytest.raises(TargetError, match="already holds something"), run_folder(out):
            pass
        assert (out / "adapter_config.json").read_text(encoding="utf-8") in ("old", "new")
        assert hidden(out.parent) == []
        begin()
    assert stopped > 8


def anywhere(begun: Path, folder: Path, command: Callable[[], object], every: int) -> int:
    """Kill `command` in `folder`, a copy of `begun`: each name holds the old or the new file, and the command given
    once more ends as if nothing had happened, with nothing left behind. How often it was killed."""

    def begin() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(begun, folder)

    begin()
    old = below(folder)
    whole(command, folder)
    new = below(folder)
    assert new != old
    begin()
    stopped = 0
    for stopped, number in enumerate(kills(command, folder, every), 1):  # noqa: B007
        there = there_or_kept(below(folder))
        kept = {name for name in (*old, *new) if not hidden_name(name)}
        assert {*filter(old.__contains__, new)} & kept <= set(there), number
        assert all(there[name] in (old.get(name), new.get(name)) for name in kept & set(there)), number
        whole(command, folder)
        assert below(folder) == new, number
        begin()
    return stopped


def there_or_kept(files: dict[str, bytes]) -> dict[str, bytes]:
    """The visible files; those of a folder between two renames, which the next run brings back, by their old name."""
    kept = {re.sub(r"(^|/)\.([^/]+)\.before/", r"\1\2/", name): text for name, text in files.items()}
    return {n: files.get(n, text) for n, text in kept.items() if not hidden_name(n)}


def below(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`; the time is taken out of what a patch keeps."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {n: b"\n".join(t for t in text.split(b"\n") if b'"when"' not in t) for n, text in files.items()}


def hidden_name(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


@pytest.mark.slow  # dozens of forks
@pytest.mark.parametrize("model", [False, True], ids=["the bank", "a model"])
def test_write(tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, model: bool) -> None:
    """With a model there is a journal beside the sheet, which the next run takes its rows from."""
    from cefr_sentences.extension.models.asking import Reply
    from cefr_sentences.extension.writing.writer import Writer

    def ask(self: Writer, prompts: Any, *, sampling: Any, progress: Any) -> list[Reply]:
        texts = [[f"{n}. I can see {word} in the room." for n, word in enumerate(p.words, 1)] for p in prompts]
        return [Reply("\n".join(lines)) for lines in texts]

    monkeypatch.setattr(Writer, "ask", ask)
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun/s.csv").write_text("old")
    how = ["--api", "http://127.0.0.1:9", "--bank", "off"] if model else ["--bank", "only"]
    words = ["--words", "dog, book, cat", "--level", "A1", "--out", tmp_path / "out/s.csv", "--force"]
    run("write", *words, *how)  # what it reads is in the memory of the children then
    assert anywhere(tmp_path / "begun", tmp_path / "out", lambda: run("write", *words, *how), 3) > 2


# What each command is given, and what its folder has held before.
SMALL: dict[str, tuple[str, dict[str, str]]] = {
    "a report": (
        "evaluate --compare {given}/r {given}/s --out {out} --force",
        {"comparison.json": "{}", "report.md": "old", "plots/scores.png": "old"},
    ),
    "a rating sheet": ("rate make {given}/r --out {out} --n 1 --force", {"key.json": "old", "ratings.csv": "old"}),
    "own sentences": ("bank add dog Dogs_bark. --level A1 --own {out}/own.jsonl", {"own.jsonl": ""}),
}


@pytest.mark.slow  # dozens of forks
@pytest.mark.parametrize("name", SMALL)
def test_small_commands(name: str, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cefr_sentences.extension.evaluation.plots.available", lambda: False)  # seconds
    given, out, begun = tmp_path / "given", tmp_path / "out", tmp_path / "begun"
    begin(given)
    command, held = SMALL[name]
    for file, text in held.items():
        (begun / file).parent.mkdir(parents=True, exist_ok=True)
        (begun / file).write_text(text)
    words = [word.format(given=given, out=out).replace("_bark", " bark") for word in command.split()]
    run(*words)  # what it reads is in the memory of the children then
    assert anywhere(begun, out, lambda: run(*words), 3) > 2


@pytest.mark.slow
def test_install_and_uninstall(webui: Path, tmp_path: Path, run: Any) -> None:
    bare, installed = tmp_path / "bare", tmp_path / "installed"
    (webui / "user_data/CMD_FLAGS.txt").write_text("# mine\n--listen\n")
    shutil.copytree(webui, bare)
    where = ["--webui", webui]
    assert anywhere(bare, webui, lambda: run("install", *where, "--enable", "--any-python"), 6) > 2
    run("install", *where, "--enable", "--any-python")
    shutil.copytree(webui, installed)
    assert anywhere(installed, webui, lambda: run("uninstall", *where), 4) > 2
    run("uninstall", *where)
    assert below(webui) == below(bare)


@pytest.mark.slow
def test_patch(webui: Path, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cefr_sentences.patches.cli._show_missing", lambda reports, root: 0)  # seconds, and no change
    bare, patched = tmp_path / "bare", tmp_path / "patched"
    extension = webui / "user_data/extensions/Training_PRO"
    extension.mkdir(parents=True)
    (extension / "script.py").write_text("import transformers as t\nt.TrainingArguments(no_cuda=True)\n")
    shutil.copytree(webui, bare)
    assert anywhere(bare, webui, lambda: run("patch", "apply", "--webui", webui), 3) > 2
    run("patch", "apply", "--webui", webui)
    shutil.copytree(webui, patched)
    assert anywhere(patched, webui, lambda: run("patch", "revert", "--webui", webui), 2) > 2
    run("patch", "revert", "--webui", webui)
    assert below(webui) == below(bare)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(not EVERY, reason="takes minutes: make fuzz runs it")
def test_merge_and_a_whole_training(tmp_path: Path) -> None:
    """In a new process: torch cannot compute gradients in the fork of one that has done so before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_merge_and_train, tmp_path).result()


def _merge_and_train(folder: Path) -> None:
    import torch
    from cefr_sentences.extension.adapters.merge import merge
    from cefr_sentences.extension.models.loading import load
    from cefr_sentences.extension.training import plots
    from cefr_sentences.extension.training.run import carry_out

    from .extension.tiny import export_starter, plan, save_tiny_model

    torch.set_num_threads(1)
    plots.PLOTS = {"combined_loss": plots.PLOTS["combined_loss"]}  # the others are written in the same way
    plots.png = lambda figure: b"a picture"
    export_starter(folder)
    loaded = load(str(save_tiny_model(folder / "model")))
    loras, out, merged = folder / "loras", folder / "loras/a", folder / "merged/m"

    def planned(rate: float) -> Any:  # two steps of two records
        return plan(folder, epochs=0.06, batch=2, micro_batch=2, evaluations=2, learning_rate=rate)

    def train(rate: float) -> None:
        with run_folder(out, force=True):
            carry_out(loaded, planned(rate), out)

    def weights(of: Path) -> bytes:
        return (of / "adapter_model.safetensors").read_bytes()

    _read_once(loaded.tokenizer, planned(0.01))
    whole(lambda: train(0.01), folder)
    shutil.copytree(loras, folder / "begun")
    whole(lambda: merge(out, str(folder / "model"), merged), folder)
    shutil.copytree(merged.parent, folder / "begun-merged")
    old = weights(out)
    whole(lambda: train(0.02), folder)
    shutil.copytree(loras, folder / "ended")
    new, files = weights(out), sorted(below(loras))
    assert old != new
    number = 0
    for number in kills(lambda: train(0.02), loras, 12):
        whole_ones = [
            p for p in loras.glob("*/adapter_model.safetensors") if p.with_name("adapter_config.json").exists()
        ]
        assert {old, new} & {p.read_bytes() for p in whole_ones}, number
        whole(lambda: train(0.02), folder)
        assert (weights(out), sorted(below(loras))) == (new, files), number
        shutil.rmtree(loras)
        shutil.copytree(folder / "begun", loras)
    assert number > 20

    adapter = folder / "ended/a"
    stopped = anywhere(
        folder / "begun-merged", merged.parent, lambda: merge(adapter, str(folder / "model"), merged, force=True), 12
    )
    assert stopped > 1


def _read_once(tokenizer: Any, plan: Any) -> None:
    """What a training loads at its first need: it is in the memory of the children then."""
    import peft  # noqa: F401
    import transformers.trainer  # noqa: F401
    from cefr_sentences.extension.training.data import encoded_records

    for records in plan.records():
        encoded_records(tokenizer, records, plan.settings)
