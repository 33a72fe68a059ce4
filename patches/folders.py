"""Which files are extensions of a webui, and therefore may be patched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..exporter.common.errors import InputError, Option
from ..exporter.common.webui import Webui

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

        It does so with the script.py of a user extension; a bundled one is imported as a package. Training PRO is
        bundled with 3.x only: whoever updates to 4.x takes it along as a user extension.
        """
        if self.inside != Path("script.py"):
            return False
        return not self.bundled or self.extension.name.lower().startswith("training_pro")


def extension_folders(webui: Webui) -> list[tuple[Path, bool]]:
    """The folders of a webui that hold extensions, and whether these came with it."""
    folders = ((webui.root / "extensions", True), (webui.extensions, False))
    return [(folder, bundled) for folder, bundled in folders if folder.is_dir()]


def extension_scripts(webui: Webui) -> list[Script]:
    """Every Python file of every extension, without symbolic links and hidden folders."""
    scripts = []
    for top, bundled in extension_folders(webui):
        for extension in sorted(f for f in top.iterdir() if f.is_dir() and not f.is_symlink() and _shown(f.name)):
            for parent, folders, files in os.walk(extension):
                folders[:] = sorted(f for f in folders if _shown(f))
                paths = [Path(parent, name) for name in sorted(files) if name.endswith(".py")]
                scripts += [Script(path, extension, bundled) for path in paths if not path.is_symlink()]
    return scripts


def _shown(folder: str) -> bool:
    return folder not in SKIPPED and not folder.startswith(".")


def one_script(webui: Webui, file: Path) -> Script:
    """The script `file`.

    Raises:
        InputError: it does not exist, is not in an extension's folder, or is or lies behind a symbolic link.
    """
    path = Path(os.path.normpath(file.absolute()))  # not resolved: a link must stay visible
    if not path.is_file():
        raise InputError(
            "{file} does not exist. Give a file of an extension, or leave out {option}.",
            file=file,
            option=Option("file"),
        )
    for folder, bundled in extension_folders(webui):
        top = Path(os.path.normpath(folder.absolute()))
        if not path.is_relative_to(top) or path.parent == top:
            continue
        extension = top / path.relative_to(top).parts[0]
        behind = [p for p in (path, *path.parents) if p.is_relative_to(extension)]
        if link := next((p for p in behind if p.is_symlink()), None):
            raise InputError(
                "{link} is a symbolic link, so it is not patched. Patch the file it points to, or a copy.", link=link
            )
        return Script(path, extension, bundled)
    raise InputError(
        "{file} is not a file of an extension of {webui}. Only files in a folder of extensions/ and "
        "user_data/extensions/ are patched.",
        file=file,
        webui=webui.root,
    )
