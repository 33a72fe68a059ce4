"""The README beside an adapter: its header, its figures, its commands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.pairs.checking import load_pairs, starter_pairs
from cefr_sentences.exporter.records.prompt import Record
from cefr_sentences.extension.cli import build_parser
from cefr_sentences.extension.training.artifacts import Outcome, _metadata
from cefr_sentences.extension.training.log import LogEntry
from cefr_sentences.extension.training.model_card import header, model_card
from cefr_sentences.extension.training.settings import TrainSettings
from cefr_sentences.extension.training.source import RecipeSource

RECORDS = [Record("B1", ("one|two", "three"), ("It is one|two.", "Here are three."))]
LOG = [
    LogEntry(0, epoch=0.0, eval_loss=2.0),
    LogEntry(7, epoch=1.0, loss=1.25, learning_rate=1e-4),
    LogEntry(7, epoch=1.0, eval_loss=1.0),
]


def outcome(log: list[LogEntry] = LOG, base: str = "owner/model", **changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "settings": TrainSettings("B1", batch=8, micro_batch=4),
        "base": base,
        "base_class": "LlamaForCausalLM",
        "dataset": "my data.txt",
        "records": 56,
        "longer": 3,
        "longest": 250,
        "steps": 7,
        "planned": 21,
        "early": False,
        "kept": 7,
        "recipe": RecipeSource(),
        "train_loss": 1.5,
        "seconds": 60.0,
        "log": log,
    }
    return Outcome(**{**values, **changes})


def card(one: Outcome, records: list[Record] = RECORDS, name: str = "b1") -> str:
    return model_card(name, _metadata(one, records), one, records)


def front(text: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")
    assert text.startswith("---\n")
    return yaml.safe_load(text[4:].split("\n---\n", 1)[0])


def test_the_header() -> None:
    found = front(card(outcome()))
    results = found.pop("model-index")[0]["results"]
    assert [m["type"] for result in results for m in result["metrics"]] == ["loss", "perplexity"]
    assert found == {
        "license": "unknown",
        "datasets": ["my-data"],
        "base_model": "owner/model",
        "base_model_relation": "adapter",
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "language": ["en"],
        "tags": ["lora", "cefr", "english-learning", "text-generation-webui"],
    }
    assert front(card(outcome(base="embedded")))["base_model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"


@pytest.mark.parametrize("base", ["/home/me/models/llama", "./llama", r"C:\models\llama", "models_llama", "a/b/llama"])
def test_a_folder_is_no_base_for_the_hub_and_is_not_shown(base: str) -> None:
    text = card(outcome(base=base))
    assert "base_model" not in front(text)
    assert "home" not in text
    assert "llama" in text


def test_the_hub_reads_the_header() -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    data = hub.ModelCard(card(outcome())).data
    assert (data.base_model, data.library_name, data.language) == ("owner/model", "peft", ["en"])
    assert (data.license, data.datasets, data.model_name) == ("unknown", ["my-data"], "b1")
    assert {(r.metric_type, r.metric_value) for r in data.eval_results} == {("loss", 1.0), ("perplexity", 2.7183)}
    assert hub.ModelCard(header("a/b", "merge", "transformers")).data.base_model_relation == "merge"


def test_data_recipe_and_results() -> None:
    text = card(outcome())
    for row in (
        "| file | my data.txt |",
        "| records left out, longer than the cutoff | 3 |",
        "| word and sentence pairs in all records | 2 |",
        "| licence of the pairs | not known |",
        "| `epochs` | 3 | 21 steps, stopped after 7 |",
        "| `warmup` | 0.1 | 2 steps |",
        "| `batch` | 8 | 2 x 4 records |",
        "| `projections` | q, k, v, o |  |",
        "| loss, nats a token | 2.000 | 1.000 | 50.0% |",
        "| perplexity | 7.39 | 2.72 | 63.2% |",
    ):
        assert row in text
    assert "Generate B1-level English sentences for these 6 words:\n1. happy\n" in text
    assert "### Instruction:\n" in text


def test_without_an_evaluation() -> None:
    text = card(outcome(log=LOG[1:2]))
    assert "no evaluation file" in text
    assert "perplexity" not in text
    assert "| perplexity | inf |" in card(outcome(log=[LogEntry(0, eval_loss=1e4), LOG[2]]))


def test_the_pairs_of_ours_have_a_licence() -> None:
    pairs = load_pairs(starter_pairs("B1"), "B1")
    mine = Record("B1", (pairs.words[pairs.pair_words[0]],), (pairs.sentences[pairs.pair_sentences[0]],))
    assert "CC0-1.0" in card(outcome(), [mine])
    assert "CC0-1.0" not in card(outcome(), [mine, *RECORDS])


@pytest.mark.parametrize("name", ["b1", "my adapter", "-x", "$HOME"])
def test_the_commands_are_ours(name: str, tmp_path: Path) -> None:
    text = card(outcome(base="/models/my model"), name=name)
    lines = text.split("```sh\n", 1)[1].split("\n```", 1)[0].splitlines()
    assert [shlex.split(line)[1] for line in lines] == ["write", "evaluate", "merge"]
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "cefr-sentences"
        args = build_parser().parse_args(words[1:])
        assert (args.model, str(args.adapter)) == ("my model", name)
