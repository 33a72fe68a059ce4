"""Find a text-generation-webui and know its folders (v3 and v4, portable builds too)."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import TargetError


@dataclass(frozen=True)
class Webui:
    """A webui on disk. `root` holds `server.py` and `modules/`; `user_data` may be elsewhere.

    A running webui knows where `--lora-dir` and `--model-dir` have moved those two folders.
    """

    root: Path
    user_data: Path
    lora_dir: Path | None = None
    model_dir: Path | None = None

    @property
    def datasets(self) -> Path:
        return self.user_data / "training" / "datasets"

    @property
    def formats(self) -> Path:
        return self.user_data / "training" / "formats"

    @property
    def loras(self) -> Path:
        return self.lora_dir or self.user_data / "loras"

    @property
    def models(self) -> Path:
        return self.model_dir or self.user_data / "models"

    @property
    def extensions(self) -> Path:
        return self.user_data / "extensions"

    @property
    def instruction_templates(self) -> Path:
        return self.user_data / "instruction-templates"

    @property
    def cmd_flags(self) -> Path:
        """The flags it starts with. The file that moves the user data by `--user-data-dir` is not moved itself."""
        for folder in _usual_folders(self.root):
            with suppress(TargetError):
                if folder != self.user_data and _moved(self.root, folder) == self.user_data.resolve():
                    return folder / "CMD_FLAGS.txt"
        return self.user_data / "CMD_FLAGS.txt"


def find_webui(folder: Path, user_data: Path | None = None) -> Webui:
    """The webui at `folder`.

    Its user data are, in this order: `user_data` when given; what `--user-data-dir` in its CMD_FLAGS.txt
    says (v4); `user_data` in it; beside it or beside its parent (portable builds).

    Raises:
        TargetError: no webui there, one older than its `user_data` folder, or no such user data folder.
    """
    if not folder.is_dir():
        raise TargetError(f"{folder} is not a folder. Give the folder of text-generation-webui, with server.py in it.")
    root = _root(folder)
    if root is None:
        raise TargetError(
            f"{folder} is not a text-generation-webui: it has no server.py with a modules folder. "
            "Give the folder that start_linux.sh or start_windows.bat is in, or write elsewhere with --out."
        )
    if user_data is not None:
        if not user_data.is_dir():
            raise TargetError(
                f"--user-data-dir {user_data} is not a folder. Start the webui once with it, or mend the path."
            )
        return Webui(root, user_data)
    found = next((c for c in _usual_folders(root) if c.is_dir()), None)
    if found is None:
        raise TargetError(
            f"{root} has no user_data folder. Webuis before v3.0 kept their data elsewhere: update it, "
            "or name the folder with --user-data-dir."
        )
    return Webui(root, _moved(root, found) or found)


def moved_user_data(folder: Path) -> Path | None:
    """Where the webui at `folder` has moved its user data by a flag; None: it has not, or there is no webui.

    Raises TargetError when the flag names no folder.
    """
    root = _root(folder)
    return None if root is None else next((_moved(root, c) for c in _usual_folders(root) if c.is_dir()), None)


def _root(folder: Path) -> Path | None:
    """The folder with server.py: `folder` itself, or its `app` (portable builds)."""
    return next((f for f in (folder, folder / "app") if (f / "server.py").is_file() and (f / "modules").is_dir()), None)


def _usual_folders(root: Path) -> list[Path]:
    return [root / "user_data", root.parent / "user_data", root.parent.parent / "user_data"]


def _moved(root: Path, user_data: Path) -> Path | None:
    """Where `--user-data-dir` in CMD_FLAGS.txt points. The webui resolves it from its own folder."""
    try:
        lines = (user_data / "CMD_FLAGS.txt").read_text(encoding="utf-8").splitlines()
        words = [w for line in lines for w in shlex.split(line, comments=True, posix=os.name != "nt")]
    except (OSError, ValueError):
        return None
    for i, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name == "--user-data-dir":
            value = value if sign else words[i + 1] if i + 1 < len(words) else ""
            moved = (root / value.strip("\"'")).resolve()
            if not moved.is_dir():
                raise TargetError(
                    f"CMD_FLAGS.txt of {root} says --user-data-dir {value}, and {moved} is not a folder. Mend the "
                    "flag, or name the folder with --user-data-dir."
                )
            return moved
    return None
