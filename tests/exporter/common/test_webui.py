"""Finding a webui and its folders, and what its CMD_FLAGS.txt says about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cefr_sentences.exporter.common import cmd_flags
from cefr_sentences.exporter.common.errors import TargetError
from cefr_sentences.exporter.common.webui import find_webui


@pytest.fixture
def flags(webui: Path) -> Path:
    return webui / "user_data/CMD_FLAGS.txt"


def test_webuis_and_what_is_none(webui: Path, tmp_path: Path) -> None:
    assert find_webui(webui).datasets == webui / "user_data/training/datasets"
    portable = tmp_path / "portable"
    (portable / "app/modules").mkdir(parents=True)
    (portable / "app/server.py").touch()
    (portable / "user_data").mkdir()
    assert find_webui(portable).user_data == portable / "user_data"
    assert find_webui(portable / "app").user_data == portable / "user_data"
    (portable / "user_data").rmdir()
    with pytest.raises(TargetError, match="has no user_data"):
        find_webui(portable)
    assert find_webui(portable, needs_data=False).root == portable / "app"
    with pytest.raises(TargetError, match="--user-data-dir"):
        find_webui(webui, tmp_path / "none")


@pytest.mark.parametrize(
    ("files", "folders", "expected"),
    [
        (["server.py"], ["user_data", "../user_data"], "user_data"),  # v3.15
        (["server.py", "portable_env/x"], ["user_data", "../user_data"], "user_data"),  # v3.15, portable
        (["server.py", "modules/paths.py"], ["user_data", "../user_data"], "user_data"),  # v4.5 and later
        (["server.py", "modules/paths.py", "portable_env/x"], ["user_data", "../user_data"], "../user_data"),
        (["server.py", "modules/paths.py", "portable_env/x"], ["user_data"], "user_data"),
        # A build with a window of its own: v4.7 and later.
        (
            ["app/server.py", "app/modules/paths.py", "app/portable_env/x"],
            ["app/user_data", "user_data", "../user_data"],
            "../user_data",
        ),
        (
            ["app/server.py", "app/modules/paths.py", "app/portable_env/x"],
            ["app/user_data", "user_data"],
            "user_data",
        ),
        (["app/server.py", "app/modules/paths.py", "app/portable_env/x"], ["app/user_data"], "app/user_data"),
    ],
)
def test_user_data_where_the_webui_itself_looks(
    tmp_path: Path, files: list[str], folders: list[str], expected: str
) -> None:
    """Trees of v3.15, v4.5, v4.7.3 and v4.9, full and portable; the order is that of their modules/paths.py."""
    root = tmp_path / "one" / "textgen"
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    (root / ("app" if (root / "app").exists() else "") / "modules").mkdir(exist_ok=True)
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    user_data = (root / expected).resolve()
    assert find_webui(root).user_data.resolve() == user_data
    # Only a build with a window reads the folder of models that was chosen in it.
    (user_data / "settings.yaml").write_text("mode: chat\nmodel_dir: 'my C#'  # chosen\n", encoding="utf-8")
    chosen = root / "app" / "my C#" if "app/portable_env/x" in files else user_data / "models"
    assert find_webui(root).models.resolve() == chosen


@pytest.mark.parametrize(
    "text",
    [
        "--user-data-dir ../{name}",
        "--user-data-dir=../{name}",
        "--listen --user-data-dir '../{name}' --api",
        "--listen\n--user-data-dir \\\n../{name}\n",
        "--user-data-dir \\\r\n# a comment\r\n  ../{name} \\\r\n--api\r\n",
        '--user-data-dir "../{name}" # --user-data-dir ../other\n',
        "#--user-data-dir ../other\n--user-data-dir ../{name}\n",
        "--user-data-dir ../{name} --user-data-dir ../other",
    ],
)
@pytest.mark.parametrize("name", ["moved", "moved#2"])
def test_user_data_that_a_flag_has_moved(webui: Path, flags: Path, tmp_path: Path, text: str, name: str) -> None:
    for folder in ("moved", "moved#2", "other"):
        (tmp_path / folder).mkdir()
    flags.write_bytes(text.format(name=name).encode())
    found = find_webui(webui)
    assert found.user_data == tmp_path / name
    assert found.cmd_flags == flags


def test_a_folder_with_a_blank(webui: Path, flags: Path, tmp_path: Path) -> None:
    (tmp_path / "my data #1").mkdir()
    flags.write_text("--user-data-dir '../my data \\\n#1'\n")  # the second line is a comment: the webui does not start
    assert find_webui(webui).user_data == webui / "user_data"
    flags.write_text("--user-data-dir '../my data #1'\n")
    assert find_webui(webui).user_data == tmp_path / "my data #1"


@pytest.mark.parametrize("text", ["", "--user-data-dir", "--user-data-dir --listen", "# --user-data-dir ../x", "--x '"])
def test_user_data_that_nothing_has_moved(webui: Path, flags: Path, text: str) -> None:
    assert find_webui(webui).user_data == webui / "user_data"
    flags.write_text(text)
    assert find_webui(webui).user_data == webui / "user_data"


def test_a_flag_that_names_no_folder(webui: Path, flags: Path, tmp_path: Path) -> None:
    flags.write_text("--user-data-dir ../gone")
    with pytest.raises(TargetError, match="gone is not a folder"):
        find_webui(webui)
    assert find_webui(webui, tmp_path).user_data == tmp_path


def test_adapters_and_models_that_flags_have_moved(webui: Path, flags: Path, tmp_path: Path) -> None:
    assert find_webui(webui).loras == webui / "user_data/loras"
    flags.write_text(f"# --lora-dir no\n--lora-dir no --lora-dir={tmp_path}\n--model-dir \\\n'my models' --listen\n")
    found = find_webui(webui)
    assert (found.loras, found.models) == (tmp_path, webui / "my models")
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "CMD_FLAGS.txt").write_text("--lora-dir elsewhere")  # the webui reads the flags of the usual folder alone
    flags.write_text(f"--user-data-dir {moved} --lora-dir adapters")
    assert find_webui(webui).loras == webui / "adapters"


def test_extensions() -> None:
    assert cmd_flags.extensions("--extensions a b \\\n# c\n c#1 --listen\n") == ["a", "b", "c#1"]
    assert cmd_flags.extensions("--extensions a --exte b\n--ext c") == ["b"]
    assert cmd_flags.extensions("--listen") == cmd_flags.extensions("--extensions") == []
    with pytest.raises(ValueError, match="the webui cannot read it either"):
        cmd_flags.extensions('--extensions "a')


def test_paths_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cmd_flags.all_values(r"--lora-dir C:\\x", "--lora-dir") == [[r"C:\x"]]
    monkeypatch.setattr(cmd_flags.os, "name", "nt")
    for text in (r"--lora-dir C:\my\loras --listen", r'--lora-dir "C:\my\loras"', "--lora-dir 'C:\\my\\loras' \\"):
        assert cmd_flags.all_values(text, "--lora-dir") == [[r"C:\my\loras"]]
