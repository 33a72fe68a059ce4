"""Running from a checkout where the package is not installed, as on a machine with a GPU and no network."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

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
