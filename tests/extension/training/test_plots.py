"""The pictures of a run: which there are, how large, and of what they are drawn."""

from __future__ import annotations

import json
import math
import struct
import sys
from pathlib import Path

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError, TargetError
from cefr_sentences.extension.training import plots
from cefr_sentences.extension.training.log import LogEntry

from ..tiny import log_lines

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def entries(steps: int = 40) -> list[LogEntry]:
    learned = [
        LogEntry(step, steps, step / 10, loss=2 / step + 1, learning_rate=1e-4 * step, grad_norm=0.5)
        for step in range(1, steps + 1)
    ]
    return learned + [LogEntry(s, epoch=s / 10, eval_loss=2.0 - s / 100) for s in range(0, steps + 1, 10)]


def header(path: Path) -> tuple[int, int, int]:
    """Width and height in dots, and dots a meter, from a PNG's own fields."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    at = data.index(b"pHYs") + 4
    return width, height, struct.unpack(">I", data[at : at + 4])[0]


def test_all_pictures_at_300_dots_an_inch(run, tmp_path: Path) -> None:
    log_lines(tmp_path, {"event": "start", "settings": {}}, *(entry.to_json() for entry in entries()))
    result = run("plots", tmp_path)
    assert (result.code, result.err) == (0, "")
    names = ["training_loss", "eval_loss", "combined_loss", "learning_rate", "gradient_norm"]
    assert sorted(p.stem for p in (tmp_path / "plots").iterdir()) == sorted(names)
    for path in [*(tmp_path / "plots").iterdir(), tmp_path / "training_graph.png"]:
        width, height, density = header(path)
        assert (width, height) == (1890, 1170)
        assert density == round(300 / 0.0254)
        assert str(path) in result.out


def test_grey_and_no_colour(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    plots.draw(tmp_path, "a name", entries())
    for path in (tmp_path / "plots").iterdir():
        colours = image.open(path).convert("RGB").getcolors(1 << 20)
        assert colours is not None
        assert all(max(c) - min(c) <= 2 for _, c in colours)
        assert any(max(c) < 30 for _, c in colours)


@pytest.mark.parametrize("name", ["", "$x_$ \\frac", "x" * 300, "Öğrenme a1", "a\nb"])
def test_any_name(tmp_path: Path, name: str) -> None:
    assert len(plots.draw(tmp_path, name, entries(3))) == 6


def test_an_unfinished_run_and_a_single_step(run, tmp_path: Path) -> None:
    log_lines(tmp_path, {"event": "start"})
    assert "holds no loss yet" in run("plots", tmp_path).err
    log_lines(tmp_path, {"current_steps": 0, "epoch": 0.0, "eval_loss": 2.5})
    result = run("plots", tmp_path)
    assert {p.stem for p in (tmp_path / "plots").iterdir()} == {"eval_loss", "combined_loss"}
    assert "training_loss, learning_rate, gradient_norm" in result.err
    log_lines(tmp_path, {"current_steps": 1, "total_steps": 9, "epoch": 0.1, "loss": math.nan, "grad_norm": math.inf})
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write('{"current_steps": 2, "lo')
    assert run("plots", tmp_path).code == 0
    assert {p.stem for p in (tmp_path / "plots").iterdir()} == {"eval_loss", "combined_loss"}
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write("\n")
    log_lines(tmp_path, {"current_steps": 2, "total_steps": 9, "epoch": 0.2, "loss": 1.5})
    run("plots", tmp_path)
    assert (tmp_path / "plots/training_loss.png").exists()


def test_the_graph_of_training_pro(run, tmp_path: Path) -> None:
    rows = [{"current_steps": s, "loss": 4.5 - s, "learning_rate": 1e-4, "epoch": s / 2} for s in range(3)]
    (tmp_path / "training_graph.json").write_text(json.dumps(rows))
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots/eval_loss.png").touch()  # of another run
    assert "eval_loss, gradient_norm" in run("plots", tmp_path).err
    assert {p.stem for p in (tmp_path / "plots").iterdir()} == {"training_loss", "combined_loss", "learning_rate"}


@pytest.mark.parametrize("text", ["", "[", "{}", "[1, null]", '[{"loss": "x", "current_steps": 1}]', "[" * 99_999])
def test_graph_data_that_say_nothing(run, tmp_path: Path, text: str) -> None:
    (tmp_path / "training_graph.json").write_text(text)
    result = run("plots", tmp_path)
    assert result.code == 2
    assert "training_graph.json" in result.err


def test_what_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no adapter folder"):
        plots.read_entries(tmp_path / "none")
    with pytest.raises(InputError, match=r"neither run\.jsonl nor training_graph\.json"):
        plots.read_entries(tmp_path)
    (tmp_path / "plots").touch()
    with pytest.raises(TargetError):
        plots.draw(tmp_path, "x", entries(2))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModelError, match="needs matplotlib"):
        plots.draw(tmp_path, "x", entries(2))


def test_the_mean_is_of_so_many_steps() -> None:
    points = [(float(x), float(x * x)) for x in range(10)]
    assert plots._smooth(points, 3) == [(x, pytest.approx(x * x + 2 / 3)) for x in range(1, 9)]
