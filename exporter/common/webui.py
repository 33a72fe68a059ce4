"""Find a TextGen (formerly text-generation-webui) and know its folders (v3 and v4, portable builds too)."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .cmd_flags import all_values
from .errors import Option, TargetError


@dataclass(frozen=True)
class Webui:
    """A webui on disk. `root` holds `server.py` and `modules/`; `user_data` may be elsewhere.

    `lora_dir` and `model_dir` are where `--lora-dir` and `--model-dir` have moved those two folders.
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


def find_webui(folder: Path, user_data: Path | None = None, *, needs_data: bool = True) -> Webui:
    """The webui at `folder`, with the folders that its CMD_FLAGS.txt has moved.

    Its user data are, in this order: `user_data` when given; what `--user-data-dir` in its CMD_FLAGS.txt
    says (v4); the first that exists of the folders where the webui looks, in its order.

    Raises:
        TargetError: no webui there, or no such user data folder. Without `needs_data` a webui that has none, as before
            v3.0, is accepted.
    """
    if not folder.is_dir():
        raise TargetError(
            "{folder} is not a folder. Give the folder of TextGen (text-generation-webui), with server.py in it.",
            folder=folder,
        )
    root = next((f for f in (folder, folder / "app") if (f / "server.py").is_file() and (f / "modules").is_dir()), None)
    if root is None:
        raise TargetError(
            "{folder} is not TextGen (text-generation-webui): it has no server.py with a modules folder. Give the "
            "folder that start_linux.sh or start_windows.bat is in, in a portable build textgen.",
            folder=folder,
        )
    if user_data is not None and not user_data.is_dir():
        raise TargetError(
            "{option} {folder} is not a folder. Start the webui once with it, or correct the path.",
            option=Option("user_data_dir"),
            folder=user_data,
        )
    usual = next((f for f in _usual_folders(root) if f.is_dir()), None)
    if user_data is None and usual is None and needs_data:
        raise TargetError(
            "{folder} has no user_data folder. Webuis before v3.0 kept their data elsewhere: update it, or name the "
            "folder with {option}.",
            folder=root,
            option=Option("user_data_dir"),
        )
    if user_data is None:
        user_data = (usual and _moved(root, usual)) or usual or root / "user_data"
    webui = Webui(root, user_data)
    lora_dir, model_dir = (_flagged(root, webui.cmd_flags, flag) for flag in ("--lora-dir", "--model-dir"))
    saved = _saved_model_dir(webui) if _has_window(root) else None
    return replace(webui, lora_dir=next(reversed(lora_dir), None), model_dir=saved or next(reversed(model_dir), None))


def _usual_folders(root: Path) -> list[Path]:
    """Where the user data of the webui at `root` may be, in its own order.

    A portable build of v4.5 or later prefers a folder beside it, which several versions can share; that of a build with
    a window of its own, whose code is in `app`, is one level further up (`resolve_user_data_dir` in its
    modules/paths.py). Otherwise the folder inside comes first.
    """
    inside, beside, above = (folder / "user_data" for folder in (root, root.parent, root.parent.parent))
    if _has_window(root):
        return [above, beside, inside]
    return [beside, inside] if _shares_data(root) else [inside, beside, above]


def _shares_data(root: Path) -> bool:
    """Whether it is a portable build of v4.5 or later."""
    return (root / "portable_env").is_dir() and (root / "modules" / "paths.py").is_file()


def _has_window(root: Path) -> bool:
    return _shares_data(root) and (root.parent / "app").exists()


def _saved_model_dir(webui: Webui) -> Path | None:
    """The folder of models that was chosen in a window and saved; read without YAML, which this Python may lack."""
    try:
        text = (webui.user_data / "settings.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^model_dir:[ \t]*(.*?)(?:[ \t]+#.*)?[ \t]*$", text, re.MULTILINE)
    name = found[1].strip("'\"") if found else ""
    return webui.root / name if name else None


def _moved(root: Path, user_data: Path) -> Path | None:
    """Where `--user-data-dir` in the CMD_FLAGS.txt of `user_data` points. Raises TargetError unless it is a folder."""
    moved = _flagged(root, user_data / "CMD_FLAGS.txt", "--user-data-dir")
    if not moved:
        return None
    if not moved[0].is_dir():  # the webui takes the first of these; of all other flags the last
        raise TargetError(
            "{file} says {option}, and {folder} is not a folder. Correct it there, or name the folder with {option}.",
            file=user_data / "CMD_FLAGS.txt",
            option=Option("user_data_dir"),
            folder=moved[0],
        )
    return moved[0].resolve()


def _flagged(root: Path, file: Path, flag: str) -> list[Path]:
    """The folders that `flag` names in a CMD_FLAGS.txt; the webui resolves them from its own folder.

    A file that cannot be read names none: the webui does not start with it.
    """
    if not file.is_file():  # a pipe would never end
        return []
    try:
        return [root / values[0] for values in all_values(file.read_text(encoding="utf-8"), flag) if values]
    except (OSError, ValueError):
        return []
