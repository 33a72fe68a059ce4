"""What docs/architecture.md promises: the arrows, the rooms, and where each of twenty changes goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/architecture.md"
FOLDERS = ("exporter", "extension", "patches")
# A room may import those above its line here; rooms on one line may not import each other.
FLOORS = (
    ("install",),
    ("models",),
    ("training",),
    ("recipes", "writing", "adapters"),
    ("evaluation", "doctor"),
    ("tab",),
    ("demo", "script", "cli", "__main__", "package"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Names that several rooms define, and why.
SHARED = {"Check": "a condition, as the glossary has it: of a sentence, of a webui, of what is beside an entry"}
COMMANDS = ("command", "rate_command", "check_command", "studio")
# Libraries that are imported inside the functions that need them.
HEAVY = {"torch", "transformers", "peft", "accelerate", "safetensors", "gradio", "datasets", "matplotlib", "modules"}


def imports(path: Path, *, top: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of each import in `path`; with `top`, only those made when it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in tree.body if top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def changes() -> dict[str, list[str]]:
    """The table of the page: what is to be changed, and the files that this touches."""
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]+`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {change: re.findall(r"`([^`]+)`", files) for change, files in rows if "/" in files}


def test_the_arrows_between_the_three_folders() -> None:
    wrong = []
    for folder in ("exporter", "patches"):
        for path in sources(folder):
            for line, name in imports(path):
                other = name.split(".")[0]
                common = folder == "patches" and name.startswith("exporter.common.")
                if other in FOLDERS and other != folder and not common:
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}")
    assert not wrong


def test_the_arrows_between_the_rooms_of_the_exporter() -> None:
    floor = {room: number for number, room in enumerate(("common", "language", "pairs", "bank", "records"))}
    wrong = []
    for path in sources("exporter"):
        if path.stem in COMMANDS:
            continue  # part of the command line, which is above all rooms
        room = path.relative_to(ROOT / "exporter").parts[0]
        for line, name in imports(path):
            parts = name.split(".")
            if parts[0] == "exporter" and room in floor and floor.get(parts[1], 0) > floor[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert not wrong


def test_the_arrows_between_the_rooms_of_the_extension() -> None:
    wrong = []
    for path in sources("extension"):
        parts = [*path.relative_to(ROOT / "extension").with_suffix("").parts]
        if len(parts) > 1 and parts[-1] in COMMANDS:
            continue  # part of the command line, which is above all rooms
        room = parts[0]
        for line, name in imports(path):
            target = name.split(".")
            if target[0] != "extension" or len(target) < 2 or target[1] == room or room == "__init__":
                continue
            a_command = len(parts) > 1 and target[2] in COMMANDS
            same_floor = len(parts) > 1 and FLOOR[target[1]] == FLOOR[room]
            if FLOOR[target[1]] > FLOOR[room] or same_floor or a_command:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert not wrong


def test_heavy_libraries_are_imported_when_they_are_needed() -> None:
    wrong = []
    for path in [path for folder in FOLDERS for path in sources(folder)]:
        if path.is_relative_to(ROOT / "extension/tab"):
            continue  # imported only by a page
        wrong += [f"{path}:{line}: {name}" for line, name in imports(path, top=True) if name.split(".")[0] in HEAVY]
    assert not wrong


def classes(path: Path) -> set[str]:
    """The public classes and types that `path` defines, inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in named if re.fullmatch(r"[A-Z]+[a-z]\w*", name)}


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in [path for folder in FOLDERS for path in sources(folder)]:
        for name in classes(path):
            places.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    twice = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if name not in SHARED} == {}
    assert SHARED.keys() <= twice.keys()


def test_every_room_is_in_the_tree_and_every_line_of_it_is_a_room() -> None:
    tree = re.search(r"^    exporter/.*?(?=^\S)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert tree is not None
    named, folder = set(), ""
    for depth, name in re.findall(r"^ {4}( *)(\w+)/ ", tree[0], re.MULTILINE):
        folder = folder if depth else name
        named.add(f"{folder}/{name}" if depth else name)
    rooms = {path.parent.relative_to(ROOT) for folder in FOLDERS for path in sources(folder)}
    there = {room.as_posix() for room in rooms if len(room.parts) < 3}
    assert there - named == set()
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_every_file_says_what_it_is_for() -> None:
    paths = [path for folder in FOLDERS for path in sources(folder) if path.stat().st_size]
    assert [p for p in paths if not (ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) or "").strip()] == []


def test_the_table_of_changes_names_one_file_or_two_that_are_there() -> None:
    table = changes()
    assert len(table) >= 20
    assert {change: files for change, files in table.items() if not 1 <= len(files) <= 2} == {}
    assert [file for files in table.values() for file in files if not (ROOT / file).is_file()] == []


def test_the_glossary_has_one_name_for_each_thing() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Glossary")[2].partition("\n## ")[0]
    terms = re.findall(r"^\| \*\*([^*]+)\*\* \|", text, re.MULTILINE)
    assert len(terms) == len(set(terms)) >= 20
