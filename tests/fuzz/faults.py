"""Errors at any call of the steps that change a model: it is afterwards as it was, or is loaded again.

`python -m tests.fuzz.faults 200` injects at least that many, chosen by a seed, and prints what became of them.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from cefr_sentences.exporter.common.errors import CefrError
from cefr_sentences.exporter.common.webui import Webui
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.adapters.merge import merge
from cefr_sentences.extension.evaluation.compare import evaluate
from cefr_sentences.extension.evaluation.task import of_records
from cefr_sentences.extension.models import generate
from cefr_sentences.extension.models.in_webui import InWebui
from cefr_sentences.extension.models.pristine import NotRestored
from cefr_sentences.extension.models.standalone import Standalone
from cefr_sentences.extension.training import plots
from cefr_sentences.extension.training.artifacts import run_folder
from cefr_sentences.extension.training.run import carry_out

from ..extension.models.stand_in import webui_modules
from ..extension.tiny import export_starter, logits, plan, save_tiny_model

ERRORS = (RuntimeError, MemoryError, KeyboardInterrupt, OSError)
Work = Callable[[], object]


class Faults:
    """A tiny model, the adapter `a` on it, and both hosts with them in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = Webui(root, root)
        export_starter(root)
        self.model = save_tiny_model(root / "models" / "tiny")
        self.plan = plan(root, epochs=0.01, evaluations=1, save="end")  # one step
        host = Standalone(self.folders, str(self.model))
        with host.lend() as loaded:
            carry_out(loaded, plan(root, epochs=1.0, learning_rate=0.01), self._made("a"))
            self.bare = logits(loaded.model)
        with host.lend("a") as loaded:
            self.adapted = logits(loaded.model)
        assert not self.bare.equal(self.adapted)
        records, held_out = self.plan.records()
        self.records, self.task = records, of_records(held_out, 1)

    def _made(self, name: str) -> Path:
        folder = self.folders.loras / name
        folder.mkdir(parents=True)
        return folder

    @contextmanager
    def hosts(self) -> Iterator[list[Any]]:
        """The standalone host, and the webui's with a stand-in for its modules."""
        short, small = patch.object(generate, "answer_tokens", lambda words: 4), patch.object(plots, "DPI", 30)
        with short, small, patch.dict(sys.modules, webui_modules(self.folders)):
            yield [Standalone(self.folders, str(self.model)), InWebui()]

    def steps(self, host: Any) -> dict[str, tuple[Work, Work]]:
        """What comes before each step, and the step."""

        def on() -> None:
            host.apply("a")

        def train() -> None:
            shutil.rmtree(self.folders.loras / "b", ignore_errors=True)
            with host.lend() as loaded, run_folder(self.folders.loras / "b"):
                carry_out(loaded, self.plan, self.folders.loras / "b")

        def lend() -> None:
            with host.lend("a") as loaded:
                evaluate(loaded.model, loaded.tokenizer, self.task)

        def write() -> None:
            host.answers([ListPrompt("A1", ("happy", "book"))], "a")

        nothing: Work = lambda: None  # noqa: E731
        return {
            "apply": (nothing, on),
            "take off": (on, lambda: host.apply(None)),
            "train": (nothing, train),
            "evaluate": (nothing, lend),
            "evaluate while applied": (on, lend),
            "write": (nothing, write),
            "write while applied": (on, write),
        }

    def check(self, host: Any, refused: type[BaseException] | None) -> str:
        """That the model is what the host says that it is; in which way."""
        shared = getattr(host, "shared", None)
        if shared is not None and not shared.model_dirty_from_training:  # what Chat would answer with
            assert logits(shared.model).equal(self.adapted if shared.lora_names else self.bare)
        again = shared.model_dirty_from_training if shared is not None else host._loaded is None
        assert not again or refused is NotRestored, f"without a word: {refused}"
        if host.state().adapters and not again:
            with host.lend("a") as loaded:
                assert logits(loaded.model).equal(self.adapted)
            host.apply(None)
        with host.lend() as loaded:
            assert logits(loaded.model).equal(self.bare)
            assert not [name for name, _ in loaded.model.named_modules() if "lora" in name]
            assert not [module for module in loaded.model.modules() if module.training]
        return "loaded again" if again else "as it was"


def attempt(work: Work, number: int, error: type[BaseException]) -> tuple[int, type[BaseException] | None]:
    """Do `work` in a thread of its own, as jobs are done; its call of a function with that number raises `error`.

    How many calls there were, and what came out of it.
    """
    calls, came_out = 0, None

    def hook(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        if event == "call":
            calls += 1
            if calls == number:
                raise error("injected")

    def run() -> None:
        nonlocal came_out
        sys.setprofile(hook)
        try:
            work()
        except BaseException as raised:
            came_out = type(raised)
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return calls, came_out


def of_hosts(faults: Faults, each: int, seed: int = 19) -> Iterator[tuple[str, str]]:
    """`each` errors in each step of both hosts: the step, and what became of the model."""
    chance = random.Random(seed)
    with faults.hosts() as hosts:
        for host in hosts:
            for name, (before, step) in faults.steps(host).items():
                before()
                step()
                faults.check(host, None)
                before()
                calls, _ = attempt(step, 0, RuntimeError)
                faults.check(host, None)
                for number in chance.sample(range(1, calls + 1), each):
                    before()
                    _, refused = attempt(step, number, chance.choice(ERRORS))
                    place = f"{type(host).__name__}, {name}, call {number} of {calls}"
                    try:
                        yield name, faults.check(host, refused)
                    except AssertionError as wrong:
                        raise AssertionError(f"{place}: {wrong}") from wrong


def of_merging(faults: Faults, each: int, seed: int = 19) -> Iterator[tuple[str, str]]:
    """`each` errors in a merge, which reads its base from the disk: there is the whole new model or none."""
    chance = random.Random(seed)
    adapter, out = faults.folders.loras / "a", faults.root / "merged" / "m"

    def step() -> None:
        merge(adapter, str(faults.model), out, force=True)

    step()
    shutil.rmtree(out)
    calls, _ = attempt(step, 0, RuntimeError)
    shutil.rmtree(out)
    for number in chance.sample(range(1, calls + 1), each):
        _, refused = attempt(step, number, chance.choice(ERRORS))
        left = sorted(path.name for path in out.parent.iterdir())
        assert left in ([], ["m"]), f"merge, call {number}: {left}"
        assert not left or (out / "model.safetensors").is_file()
        shutil.rmtree(out, ignore_errors=True)
        yield "merge", "refused" if refused is not None and issubclass(refused, CefrError) else "as it was"


def main(cases: int) -> Counter[str]:
    became: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        faults = Faults(Path(folder))
        each = -(-cases // 15)
        for some in (of_hosts, of_merging):
            for step, what in some(faults, each):
                became[f"{step}: {what}"] += 1
    print(f"{sum(became.values())} errors injected: " + ", ".join(f"{what} {n}" for what, n in sorted(became.items())))
    return became


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
