"""Running commands and measurements from a checkout, also where nothing is installed, as on a bare GPU machine."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def make_importable(scratch: Path) -> None:
    """Let this process and those that it starts import `cefr_sentences` from the checkout."""
    if importlib.util.find_spec("cefr_sentences") is not None:
        return
    package, about = scratch / "site" / "cefr_sentences", scratch / "site" / "cefr_sentences-0.dist-info"
    package.mkdir(parents=True)
    for room in ("exporter", "extension", "patches"):
        (package / room).symlink_to(ROOT / room)
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: cefr-sentences\nVersion: 0\n", encoding="utf-8")
    sys.path.insert(0, str(package.parent))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH")]))


def child(folder: Path, module: str, ask: dict[str, Any]) -> dict[str, Any] | None:
    """What `module` measures in a process of its own; None where it fails, with its last words on stderr."""
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(ask), encoding="utf-8")
    said = subprocess.run([sys.executable, "-m", module, str(folder)], cwd=ROOT, capture_output=True, text=True)
    for line in said.stdout.splitlines():
        if line.startswith("|"):
            print(line, flush=True)
    if said.returncode:
        print(f"{module} failed: {said.stderr[-1500:]}", file=sys.stderr, flush=True)
        return None
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def export(scratch: Path, pairs: str, level: str, records: int, name: str, eval_share: float = 0.1) -> Path:
    """The training file that so many records make."""
    data = scratch / "data"
    options = ["--level", level, "--records", records, "--eval", eval_share, "--name", name, "--out", data, "--force"]
    command("export", pairs, *options)
    return data / f"{name}.txt"


def command(*words: Any) -> str:
    """What `cefr-sentences ...` prints. Raises RuntimeError when it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    call = [sys.executable, "-m", "cefr_sentences.extension", *map(str, words)]
    said = subprocess.run(call, env=environment, capture_output=True, text=True)
    if said.returncode:
        raise RuntimeError(said.stderr.strip()[-300:].replace("\n", " "))
    return said.stdout
