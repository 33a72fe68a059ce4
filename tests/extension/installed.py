"""What the tests of installing share."""

from __future__ import annotations

from pathlib import Path

from cefr_sentences.exporter.common.webui import find_webui
from cefr_sentences.extension.install import install as room
from cefr_sentences.extension.install.install import Changes

SCRIPT = "user_data/extensions/cefr_sentences/script.py"
REQUIREMENTS = "user_data/extensions/cefr_sentences/requirements.txt"
TEMPLATE = "user_data/instruction-templates/CEFR Sentences.yaml"
FLAGS = "user_data/CMD_FLAGS.txt"


def install(webui: Path, *, enable: bool = False) -> Changes:
    return room.install(find_webui(webui), enable=enable, any_python=True)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
