"""Put the tab into a webui, and take it out again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ...exporter.common.errors import Option, Problem, TargetError
from ...exporter.common.files import Publication, sweep
from ...exporter.common.shell import PIP, command_line
from ...exporter.common.versions import installed
from ...exporter.common.webui import Webui
from .cmd_flags import EXTENSION, FLAG, add_extension, has_extension, remove_extension
from .interpreter import TRAINING_MODULES, environment, install_source, wrong_python
from .pins import check_pins
from .sealed import seal, state
from .template import TEMPLATE_NAME, template_file

_KEPT = {
    "other": "kept       {file}, which was not written by install",
    "edited": "kept       {file}, which was changed since install wrote it",
}
_REFUSED = {
    "other": "{file} was not written by install, so it is not replaced. Move it away and repeat this.",
    "edited": "{file} was changed since install wrote it, so it is not replaced. Move it away and repeat this.",
}

# Packages that a webui may lack, and what needs them.
_OPTIONAL = {
    "openpyxl": "Excel tables",
    "matplotlib": "plots",
    "gguf": "the embedded model",
    "genanki": "Anki packages",
}


@dataclass(frozen=True)
class Changes:
    """What was done to a webui: files by what became of them, and sentences for the user."""

    webui: Webui
    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    notes: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        kinds = (("written", self.written), ("unchanged", self.unchanged), ("removed", self.removed))
        return "\n".join([f"{kind:<10} {path}" for kind, paths in kinds for path in paths] + list(map(str, self.notes)))


def _sweep(webui: Webui) -> None:
    """Remove what an installation that was killed has left."""
    for folder in {path.parent for path in (*_places(webui), webui.cmd_flags.resolve())}:
        sweep(folder)


def install(webui: Webui, *, enable: bool, any_python: bool = False) -> Changes:
    """Write the extension and the instruction template, and with `enable` the flag that loads it.

    `any_python` leaves out the check that this Python is the webui's.

    Raises:
        TargetError: every reason not to, at once; nothing is written.
    """
    notes = check(webui, enable=enable, any_python=any_python)
    _sweep(webui)
    files = planned_files(webui)
    written = [path for path, text in files.items() if state(path) == "absent" or path.read_bytes() != text.encode()]
    flags, loaded, _ = _flags(webui)
    with Publication(force=True) as out:
        for path in written:
            out.file(path).write(files[path])
        if enable and not loaded:
            out.file(webui.cmd_flags.resolve()).write(add_extension(flags))
            written.append(webui.cmd_flags)
    unchanged = [path for path in files if path not in written]
    if loaded:
        unchanged.append(webui.cmd_flags)
    elif not enable:
        said = "To load it at every start, add {flag} to {file}, or install with {option}."
        values = {"flag": f"{FLAG} {EXTENSION}", "file": webui.cmd_flags, "option": Option("enable")}
        notes.append(Problem(said, values))
    notes.append(Problem("Restart the webui to see it." if written else "Nothing had to be changed."))
    return Changes(webui, tuple(written), tuple(unchanged), notes=tuple(notes))


def check(webui: Webui, *, enable: bool = False, any_python: bool = False) -> list[Problem]:
    """Refuse an installation that would not work; returns what the user should know about one that would.

    Raises:
        TargetError: every reason not to install, at once.
    """
    problems, notes = check_pins(webui)
    if not any_python and (wrong := wrong_python(webui)):
        problems.insert(0, wrong)
    if _folder(webui).is_symlink():
        values = {"folder": _folder(webui), "target": _folder(webui).resolve()}
        problems.append(Problem("{folder} is a link to {target}. Remove the link and repeat this.", values))
    else:
        states = {path: state(path) for path in _places(webui)}
        problems += [Problem(_REFUSED[s], {"file": path}) for path, s in states.items() if s in _REFUSED]
    if unreadable := _flags(webui)[2]:
        (problems if enable else notes).append(unreadable)
    if problems:
        raise TargetError("Nothing was installed.", *problems)
    return [*notes, *_limits(webui, any_python=any_python), *([] if any_python else _optional())]


def can_enable(webui: Webui) -> bool:
    """Whether there is a CMD_FLAGS.txt, or a place for one, that does not load us yet and can be changed."""
    _, loaded, unreadable = _flags(webui)
    return not loaded and not unreadable


def uninstall(webui: Webui) -> Changes:
    """Remove what `install` wrote, unless it was changed since; datasets, adapters and all else stay.

    Raises:
        TargetError: a file cannot be removed; nothing is.
    """
    folder = _folder(webui)
    _sweep(webui)
    states = {path: state(path) for path in _places(webui)}
    removed = [p for p, found in states.items() if found == "ours" and not (folder.is_symlink() and p.parent == folder)]
    notes = [Problem(_KEPT[s], {"file": path}) for path, s in states.items() if s in _KEPT]
    written = []
    flags, _, unreadable = _flags(webui)
    if unreadable:
        flags = ""
        notes.append(unreadable)
    with Publication(force=True) as out:
        for path in removed:
            out.remove(path)
        if remove_extension(flags) != flags:
            out.file(webui.cmd_flags.resolve()).write(remove_extension(flags))
            written.append(webui.cmd_flags)
    _tidy(folder)
    kept = "Datasets, adapters and the package itself were kept."
    notes.append(Problem(kept if removed or written else "Nothing was installed there."))
    return Changes(webui, tuple(written), removed=tuple(removed), notes=tuple(notes))


def _folder(webui: Webui) -> Path:
    return webui.extensions / EXTENSION


def _places(webui: Webui) -> list[Path]:
    folder = _folder(webui)
    template = webui.instruction_templates / f"{TEMPLATE_NAME}.yaml"
    return [folder / "script.py", folder / "requirements.txt", template]


def planned_files(webui: Webui) -> dict[Path, str]:
    """The files of an installation, sealed."""
    script = Path(__file__).with_name("webui_script.py").read_text(encoding="utf-8")
    named = script.replace('\nSOURCE = "cefr-sentences"\n', f"\nSOURCE = {install_source()!r}\n")
    texts = (named, _requirements(), template_file())
    return {path: seal(text) for path, text in zip(_places(webui), texts, strict=True)}


def _requirements() -> str:
    """People run it with `--upgrade`: only an exact version keeps a newer release from moving the webui's numpy."""
    return (
        "# What cefr-sentences needs and a webui does not have. The package itself:\n"
        f"# {command_line(['python', '-m', 'pip', 'install', install_source()])}\n"
        f"lemminflect=={installed('lemminflect')}\n"
    )


def _flags(webui: Webui) -> tuple[str, bool, Problem | None]:
    """The text of CMD_FLAGS.txt, empty where there is none; whether it loads us; why it cannot be changed."""
    path = webui.cmd_flags
    try:
        text = path.read_bytes().decode("utf-8") if path.is_file() else ""
        return text, has_extension(text), None
    except ValueError as error:
        said = "{file} cannot be changed: {reason}. Add or remove {flag} there by hand."
        return "", False, Problem(said, {"file": path, "reason": error, "flag": f"{FLAG} {EXTENSION}"})


def _optional() -> list[Problem]:
    lacking = {package: what for package, what in _OPTIONAL.items() if find_spec(package) is None}
    if not lacking:
        return []
    listed = ", ".join(f"{package} ({what})" for package, what in lacking.items())
    values = {"listed": listed, "pip": PIP, "packages": " ".join(lacking)}
    return [Problem("Not installed, and needed only for what is in brackets: {listed}.\n  {pip} {packages}", values)]


def _limits(webui: Webui, *, any_python: bool) -> list[Problem]:
    own = environment(webui)
    lacking = [] if any_python else [m for m in TRAINING_MODULES if find_spec(m) is None]
    if not lacking and (own is None or own.name != "portable_env"):
        return []
    if not lacking:
        return [
            Problem(
                "In a portable build, Data and the doctor work in the tab, Write works from the bank and with the "
                "loaded GGUF model or another server, and Train, Evaluate and Apply need a full webui."
            )
        ]
    return [
        Problem(
            "Without {modules}, Data and the doctor work in the tab, Write works from the bank and with the loaded "
            "GGUF model or another server, and Train, Evaluate and Apply need a full webui.",
            {"modules": ", ".join(lacking)},
        )
    ]


def _tidy(folder: Path) -> None:
    """Remove what the webui's Python compiled from our script, and the folder if nothing else is in it."""
    if not folder.is_dir() or folder.is_symlink() or (folder / "script.py").exists():
        return
    cache = folder / "__pycache__"
    with suppress(OSError):  # what is left over loads nothing
        for compiled in cache.glob("script.*.pyc"):
            compiled.unlink()
        for empty in (cache, folder):
            if empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()
