"""The arrows that docs/architecture.md draws: who may import whom, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Each may import those that stand before it; what stands in one line knows nothing of the others there.
FLOORS = (
    ("install",),
    ("models",),
    ("training",),
    ("recipes", "writing", "adapters"),
    ("evaluation", "doctor"),
    ("tab",),
    ("demo", "script", "cli", "__main__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
COMMANDS = ("command", "rate_command", "check_command", "studio")
# What the others need of the heavy libraries is imported inside functions.
HEAVY = {"torch", "transformers", "peft", "accelerate", "safetensors", "gradio", "datasets", "matplotlib", "modules"}


def imports(path: Path, *, top: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of each import in `path`, with `top` only those made when it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in tree.body if top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def test_three_folders() -> None:
    wrong = []
    for room, others in (("exporter", ("extension", "patches")), ("patches", ("extension", "exporter"))):
        for path in sources(room):
            wrong += [
                f"{path}:{line}: {name}"
                for line, name in imports(path)
                if name.split(".")[0] in others and not (room == "patches" and name.startswith("exporter.common."))
            ]
    assert not wrong


def test_rooms_of_the_extension() -> None:
    wrong = []
    for path in sources("extension"):
        parts = [*path.relative_to(ROOT / "extension").with_suffix("").parts]
        if len(parts) > 1 and parts[-1] in COMMANDS:
            continue  # part of the command line, which stands above all
        room = parts[0]
        for line, name in imports(path):
            found = name.split(".")
            if found[0] != "extension" or len(found) < 2 or found[1] == room or room == "__init__":
                continue
            of_a_command = len(parts) > 1 and found[2] in COMMANDS
            level = len(parts) > 1 and FLOOR[found[1]] == FLOOR[room]
            if FLOOR[found[1]] > FLOOR[room] or level or of_a_command:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert not wrong


def test_heavy_libraries_are_imported_when_they_are_needed() -> None:
    wrong = []
    for path in [*sources("exporter"), *sources("patches"), *sources("extension")]:
        if path.is_relative_to(ROOT / "extension/tab"):
            continue  # only ever imported by a page
        wrong += [f"{path}:{line}: {name}" for line, name in imports(path, top=True) if name.split(".")[0] in HEAVY]
    assert not wrong


def test_every_file_is_on_the_map() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    missing = [
        path.relative_to(ROOT).as_posix()
        for room in ("exporter", "extension", "patches")
        for path in sources(room)
        if path.name != "__init__.py" and f"`{path.name}`" not in text and f"/{path.name}`" not in text
    ]
    # One file a pane, and one a group of checks: the map names the rooms.
    assert [m for m in missing if not m.startswith(("extension/tab/", "extension/doctor/", "extension/install/"))] == []
