"""Which files are extensions of a webui, and therefore may be patched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import PatchError

SKIPPED = {"__pycache__", "node_modules", "site-packages", "venv", "env"}


@dataclass(frozen=True)
class Script:
    """A Python file of an extension. `inside` is its path from the extension's folder.

    bundled: the extension came with the webui, in `extensions/`.
    """

    path: Path
    extension: Path
    bundled: bool = False

    @property
    def inside(self) -> Path:
        return self.path.relative_to(self.extension)

    @property
    def by_path(self) -> bool:
        """Whether a webui from 4.0 on loads this file by its path.

        It does so with a user extension's script.py; what is bundled is imported as a package. Training PRO is
        bundled with 3.x alone: who moves on to 4.x takes it along as a user extension.
        """
        if self.inside != Path("script.py"):
            return False
        return not self.bundled or self.extension.name.lower().startswith("training_pro")


def extension_folders(webui: Path, user_data: Path | None = None) -> list[tuple[Path, bool]]:
    """The folders of a webui that hold extensions, and whether these are bundled ones.

    They are `extensions` and `user_data/extensions`.

    The user data are, in this order: `user_data` when given, in the webui, beside it, or beside its parent.

    Raises:
        PatchError: no webui there, or no such user data folder.
    """
    if not webui.is_dir():
        raise PatchError(f"{webui} is not a folder. Give the folder of text-generation-webui, with server.py in it.")
    root = next((f for f in (webui, webui / "app") if (f / "server.py").is_file() and (f / "modules").is_dir()), None)
    if root is None:
        raise PatchError(
            f"{webui} is not a text-generation-webui: it has no server.py with a modules folder. "
            "Give the folder that start_linux.sh or start_windows.bat is in."
        )
    if user_data is not None and not user_data.is_dir():
        raise PatchError(f"--user-data-dir {user_data} is not a folder. Mend the path.")
    places = [user_data] if user_data else [f / "user_data" for f in (root, root.parent, root.parent.parent)]
    data = next((p for p in places if p.is_dir()), None)
    folders = [(root / "extensions", True), *([(data / "extensions", False)] if data else [])]
    return [(folder, bundled) for folder, bundled in folders if folder.is_dir()]


def extension_scripts(webui: Path, user_data: Path | None = None) -> list[Script]:
    """Every Python file of every extension, symbolic links and hidden folders left out."""
    scripts = []
    for folder, bundled in extension_folders(webui, user_data):
        for extension in sorted(f for f in folder.iterdir() if f.is_dir() and not f.is_symlink() and _shown(f.name)):
            for parent, folders, files in os.walk(extension):
                folders[:] = sorted(f for f in folders if _shown(f))
                paths = [Path(parent, name) for name in sorted(files) if name.endswith(".py")]
                scripts += [Script(path, extension, bundled) for path in paths if not path.is_symlink()]
    return scripts


def _shown(folder: str) -> bool:
    return folder not in SKIPPED and not folder.startswith(".")


def one_script(file: Path, webui: Path, user_data: Path | None = None) -> Script:
    """The script `file`.

    Raises:
        PatchError: it does not exist, is not in an extension's folder, or is or lies behind a symbolic link.
    """
    path = Path(os.path.normpath(file.absolute()))  # not resolved: a link is to be seen
    if not path.is_file():
        raise PatchError(f"{file} does not exist. Give a file of an extension, or leave --file out.")
    for folder, bundled in extension_folders(webui, user_data):
        top = Path(os.path.normpath(folder.absolute()))
        if not path.is_relative_to(top) or len(path.relative_to(top).parts) < 2:
            continue
        parts = path.relative_to(top).parts
        behind = [top.joinpath(*parts[: n + 1]) for n in range(len(parts))]
        if link := next((p for p in behind if p.is_symlink()), None):
            raise PatchError(f"{link} is a symbolic link, so it is left alone. Patch the file it leads to, or a copy.")
        return Script(path, top / parts[0], bundled)
    raise PatchError(
        f"{file} is not a file of an extension of {webui}. Only files in a folder of extensions/ and "
        "user_data/extensions/ are patched."
    )
