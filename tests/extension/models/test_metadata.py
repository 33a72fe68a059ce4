"""cefr_sentences.json: the keys that are written, and files of other versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cefr_sentences.extension.models.metadata import NAME, Data, Metadata, read_metadata

TRAINED = Metadata("A1", 1, "instruct", "embedded", Data("a1.txt", 9, "f00"), {"rank": 4}, {}, 6, 6, 6, 1.5)


@pytest.mark.parametrize(
    ("metadata", "keys"),
    [
        (
            TRAINED,
            "level prompt_version form base_model data settings recipe adapter_of_step steps planned_steps seconds "
            "eval_loss",
        ),
        (Metadata("A1", 1, base_model="b", merged={}), "level prompt_version form base_model merged"),
        (Metadata(base_model="b", merged={"dtype": "bfloat16"}), "base_model merged"),
        (Metadata(converted={"bits": 4.5}), "converted"),
    ],
)
def test_the_keys_of_the_file(tmp_path: Path, metadata: Metadata, keys: str) -> None:
    metadata.save(tmp_path)
    assert list(json.loads((tmp_path / NAME).read_text(encoding="utf-8"))) == keys.split()
    assert read_metadata(tmp_path) == metadata
    assert metadata.of_a_model == ("merged" in keys or "converted" in keys)


def test_files_of_other_versions(tmp_path: Path) -> None:
    assert read_metadata(tmp_path) == Metadata()
    old = {"level": "A2", "data": {"file": "a.txt"}, "eval_loss": {"before": float("nan")}, "of_tomorrow": []}
    (tmp_path / NAME).write_text(json.dumps(old), encoding="utf-8")
    found = read_metadata(tmp_path)
    assert (found.level, found.form, found.data, found.steps) == ("A2", "instruct", Data("a.txt"), None)
