"""The same round again and again in one studio, by two pages: does it need more and more, and are its results right?

`python -m tests.soak 120` goes on for that many minutes. Each round opens two pages, exports, trains, evaluates,
writes, applies the adapter and takes it off. Its results are those of the first round to the last bit, and at the end
the server has no more memory and open files than after the second round, give or take a tenth. (In the first two it
loads what it uses; in ten it comes to keep as many pages as it may.)
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .browser.conftest import studio
from .extension.tiny import save_tiny_model

ALLOWED = 1.1  # of what the server had after the second round
_SETTINGS = {"train-rank": 8, "train-alpha": 16, "train-batch": 16, "train-epochs": 0.5, "train-evaluations": 1}


class Page:
    """A page of the tab without a browser: the values of its components, and events over gradio's own protocol."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, uuid.uuid4().hex
        config = json.loads(_read(f"{url}/config"))
        self.ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        self.values = {c["id"]: c["props"].get("value") for c in config["components"]}
        self.events = config["dependencies"]
        for event in self.events:
            if event["backend_fn"] and any(kind == "load" for _, kind in event["targets"]):
                self._send(event)

    def click(self, name: str, **fields: Any) -> str:
        """Come back to the page, fill fields in, press a button, and wait for the end: what its pane says then."""
        self._press("refresh")
        for field, value in fields.items():
            self.values[self.ids[f"cefr-{field.replace('_', '-')}"]] = value
        self._press(name)
        return str(self.shown(f"{name.partition('-')[0]}-status"))

    def shown(self, name: str) -> Any:
        return self.values[self.ids[f"cefr-{name}"]]

    def _press(self, name: str) -> None:
        button = self.ids[f"cefr-{name}"]
        self._send(next(event for event in self.events if [button, "click"] in event["targets"]))

    def _send(self, event: dict[str, Any]) -> None:
        data = [self.values[i] for i in event["inputs"]]
        asked = {"fn_index": event["id"], "data": data, "session_hash": self.session, "event_data": None}
        _read(f"{self.url}/gradio_api/queue/join", asked)
        for outputs in self._answers():
            for component, output in zip(event["outputs"], outputs, strict=True):
                if not isinstance(output, dict) or output.get("__type__") != "update":
                    self.values[component] = output
                elif "value" in output:
                    self.values[component] = output["value"]

    def _answers(self) -> Iterator[list[Any]]:
        """What an event sends until it has ended; each answer as the difference to the one before."""
        from gradio_client.utils import apply_diff

        so_far: list[Any] | None = None
        ended = False
        with urllib.request.urlopen(f"{self.url}/gradio_api/queue/data?session_hash={self.session}") as stream:
            for line in stream:
                message: dict[str, Any] = json.loads(line[6:]) if line.startswith(b"data: ") else {"msg": ""}
                if message["msg"] == "process_generating":
                    given = message["output"]["data"]
                    so_far = given if so_far is None else list(map(apply_diff, so_far, given))
                    yield list(so_far or ())
                elif message["msg"] == "process_completed":
                    assert message["success"], message["output"]
                    if so_far is None:
                        yield message["output"]["data"]
                    ended = True
                elif message["msg"] == "close_stream":
                    break
        assert ended


def _read(url: str, data: Any = None) -> bytes:
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
        return answer.read()


@dataclass(frozen=True)
class Used:
    """What a process has: bytes of memory, open files, threads."""

    memory: int
    files: int
    threads: int

    @classmethod
    def by(cls, process: int) -> Used:
        import psutil

        one = psutil.Process(process)
        return cls(one.memory_info().rss, one.num_fds(), one.num_threads())

    def __str__(self) -> str:
        return f"{self.memory / 1e6:.1f} MB, {self.files} open files, {self.threads} threads"


def one_round(url: str, data: Path) -> dict[str, str]:
    """Everything once, by two pages. The results, as what must be the same in each round."""
    first = Page(url)
    said = {
        "export": first.click("data-export", data_name="soak", data_records=64, data_mix="6:100", data_replace=True)
    }
    with ThreadPoolExecutor() as pool:
        chosen = {"train_dataset": "soak.txt", "train_name": "soak", "train_replace": True}
        training = pool.submit(first.click, "train-start", **chosen, **_SETTINGS)
        second = Page(url)  # which follows the training, too
        said["train"] = training.result()
    chosen = {"evaluate_adapter": "soak", "evaluate_dataset": "soak_eval.txt", "evaluate_prompts": 1}
    said["evaluate"] = second.click("evaluate-run", **chosen)
    asked = {"write_words": "dog, put off, zyx", "write_adapter": "soak", "write_tries": 1, "write_candidates": 2}
    said["write"] = second.click("write-run", **asked)
    said["apply"] = first.click("apply-run", apply_adapter="soak")
    said["off"] = second.click("apply-off")
    for name, words in said.items():
        assert "error" not in words, f"{name}: {words}"
    results = {"table": second.shown("evaluate-result"), "sheet": second.shown("write-sheet"), "proof": said["apply"]}
    for name in (
        "training/datasets/soak.txt",
        "training/datasets/soak_eval.txt",
        "loras/soak/adapter_model.safetensors",
    ):
        results[name] = hashlib.sha256((data / name).read_bytes()).hexdigest()
    return results


def soak(minutes: float, folder: Path) -> str:
    """Rounds for that long, at least three. A line that sums them up; an AssertionError where something is wrong."""
    model, data = save_tiny_model(folder / "model"), folder / "data"
    with studio(data, "--model", str(model), OMP_NUM_THREADS="1") as running:
        begun, first, used = time.monotonic(), {}, []
        while time.monotonic() - begun < 60 * minutes or len(used) < 3:
            now = one_round(running.url, data)
            first = first or now
            used.append(Used.by(running.process))
            print(f"round {len(used)}: {used[-1]}", flush=True)
            wrong = [name for name in first if now[name] != first[name]]
            assert not wrong, f"round {len(used)}: other {', '.join(wrong)}"
        assert "Traceback" not in running.printed(), running.printed()
    took = (time.monotonic() - begun) / 60
    said = (
        f"{len(used)} rounds in {took:.1f} minutes, each with the same results: {used[1]} after two, {used[-1]} at last"
    )
    assert used[-1].memory <= ALLOWED * used[1].memory, said
    assert used[-1].files <= ALLOWED * used[1].files, said
    return said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(soak(float(sys.argv[1]) if len(sys.argv) > 1 else 120, Path(scratch)))
