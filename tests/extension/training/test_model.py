"""The model side with the real embedded model: a training of a few steps, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import Record, wrap
from cefr_sentences.exporter.records.reading import read_records

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def base() -> Any:
    from cefr_sentences.extension.models.loading import load

    return load("embedded")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cefr_sentences.extension.cli import main

    folder = tmp_path_factory.mktemp("data")
    args = ["export", "starter", "--level", "A1", "--out", str(folder), "--name", "d"]
    assert main([*args, "--records", "10", "--eval", "0.4", "--mix", "3:100"]) == 0
    return folder


@pytest.fixture(scope="module")
def adapter(data: Path) -> Path:
    from cefr_sentences.extension.cli import main

    out = data / "loras" / "tiny"
    args = ["train", str(data / "d.txt"), "--model", "embedded", "--level", "A1", "--out", str(out)]
    args += ["--epochs", "2", "--batch", "4", "--micro-batch", "2", "--rank", "8", "--alpha", "16", "--save", "epoch"]
    assert main(args) == 0
    return out


def test_the_embedded_model_is_converted_once_and_reads(base: Any) -> None:
    from cefr_sentences.extension.models.embedded import embedded_model

    assert embedded_model() == embedded_model()
    assert base.tokenizer.pad_token_id != base.tokenizer.eos_token_id
    assert base.tokenizer.decode(base.tokenizer("Hello, world!")["input_ids"]) == "Hello, world!"


def test_answers_are_labelled_with_one_end_mark_and_prompts_are_not(base: Any) -> None:
    from cefr_sentences.extension.training.data import IGNORED, encode

    record = Record("A1", ("cat", "dog"), ("I see a cat.", "A dog barks."))
    encoded = encode(base.tokenizer, [record])[0]
    labelled = [t for t in encoded["labels"] if t != IGNORED]
    eos = base.tokenizer.eos_token_id
    assert encoded["input_ids"].count(eos) == labelled.count(eos) == 1
    assert base.tokenizer.decode(labelled[:-1]) == record.output
    asked = encoded["input_ids"][: -len(labelled)]
    assert base.tokenizer.decode(asked) == wrap(record.instruction)
    # The ids in training are those of the whole text: no seam between prompt and answer.
    assert base.tokenizer(record.text)["input_ids"] == encoded["input_ids"][:-1]


def test_the_requested_words_weigh_more(base: Any) -> None:
    from cefr_sentences.extension.training.data import encode

    record = Record("A1", ("run", "ice cream", "cat"), ("She ran home.", "Ice creams melt.", "A dog barks."))
    encoded = encode(base.tokenizer, [record], word_weight=4.0)[0]
    heavy = [i for i, w in zip(encoded["input_ids"], encoded["weights"], strict=True) if w == 4.0]
    assert base.tokenizer.decode(heavy).split() == ["ran", "Ice", "creams"]
    plain = encode(base.tokenizer, [record])[0]
    assert plain["input_ids"] == encoded["input_ids"]
    assert {w for w, label in zip(plain["weights"], plain["labels"], strict=True) if label != -100} == {1.0}


def test_batched_loss_is_the_plain_loss(base: Any, data: Path) -> None:
    import torch
    from cefr_sentences.extension.training.data import encode
    from cefr_sentences.extension.training.loss import response_loss

    records = [*read_records(data / "d_eval.txt"), Record("A1", ("cat",), ("I see a cat.",))]
    total, tokens = 0.0, 0
    for record in records:
        encoded = encode(base.tokenizer, [record])[0]
        ids, labels = torch.tensor([encoded["input_ids"]]), torch.tensor(encoded["labels"])
        with torch.inference_mode():
            logits = base.model(ids).logits[0]
        chosen = labels[1:] != -100
        total += float(torch.nn.functional.cross_entropy(logits[:-1][chosen], labels[1:][chosen], reduction="sum"))
        tokens += int(chosen.sum())
    for batch in (1, 3, 8):
        assert response_loss(base.model, base.tokenizer, records, batch=batch) == pytest.approx(
            total / tokens, abs=1e-5
        )


def test_the_adapter_folder(adapter: Path, data: Path) -> None:
    from cefr_sentences.extension.training.artifacts import fingerprint

    names = {p.name for p in adapter.iterdir()}
    assert {
        "adapter_config.json",
        "adapter_model.safetensors",
        "training_parameters.json",
        "training_log.json",
        "training_graph.json",
        "training_graph.png",
        "README.md",
        "plots",
        "cefr_sentences.json",
    } <= names
    assert [p.name for p in adapter.glob("checkpoint-*") if not (p / "adapter_model.safetensors").exists()] == []
    assert any(n.startswith("checkpoint-2-loss-") for n in names)
    assert not any(p.suffix in (".bin", ".pt", ".pkl") for p in adapter.rglob("*"))
    metadata = json.loads((adapter / "cefr_sentences.json").read_text(encoding="utf-8"))
    assert (metadata["level"], metadata["prompt_version"], metadata["form"], metadata["base_model"]) == (
        "A1",
        1,
        "instruct",
        "embedded",
    )
    assert metadata["data"]["fingerprint"] == fingerprint(read_records(data / "d.txt"))
    assert metadata["steps"] == 4
    assert metadata["eval_loss"]["after"] < metadata["eval_loss"]["before"]
    graph = json.loads((adapter / "training_graph.json").read_text(encoding="utf-8"))
    assert [e["current_steps"] for e in graph] == [1, 2, 3, 4]


def test_the_base_is_left_as_it_was(base: Any, data: Path, tmp_path: Path) -> None:
    import torch
    from cefr_sentences.extension.training.plan import Plan
    from cefr_sentences.extension.training.run import carry_out
    from cefr_sentences.extension.training.settings import TrainSettings

    ids = base.tokenizer("Hello, world!", return_tensors="pt")["input_ids"]
    keys = list(base.model.state_dict())
    grads = [p.requires_grad for p in base.model.parameters()]
    with torch.inference_mode():
        before = base.model(ids).logits
    settings = TrainSettings(level="A1", rank=4, alpha=8, epochs=1, batch=4, micro_batch=4)
    carry_out(base, Plan(settings, data / "d_eval.txt", None, "embedded"), tmp_path)
    with torch.inference_mode():
        after = base.model(ids).logits
    assert torch.equal(before, after)
    assert list(base.model.state_dict()) == keys
    assert not hasattr(base.model, "peft_config")
    assert [p.requires_grad for p in base.model.parameters()] == grads


def test_evaluate(run, adapter: Path, data: Path, tmp_path: Path) -> None:
    args = ("evaluate", data / "d_eval.txt", "--model", "embedded", "--adapter", adapter, "--prompts", "2")
    result = run(*args, "--out", tmp_path / "r")
    from cefr_sentences.extension.evaluation.compare import table
    from cefr_sentences.extension.evaluation.result import Evaluation

    assert result.code == 0, result.err
    found = json.loads((tmp_path / "r" / "evaluation.json").read_text(encoding="utf-8"))
    metadata = json.loads((adapter / "cefr_sentences.json").read_text(encoding="utf-8"))
    # The same loss as the training measured, before and after.
    assert found["base"]["loss"] == pytest.approx(metadata["eval_loss"]["before"], abs=1e-4)
    assert found["adapter"]["loss"] == pytest.approx(metadata["eval_loss"]["after"], abs=1e-4)
    for scores in (found["base"], found["adapter"]):
        assert (scores["records"], scores["lists"], scores["words"]) == (4, 2, 6)
        assert scores["perplexity"] == pytest.approx(2.718281828 ** scores["loss"])
        assert len(scores["answers"]) == 2
    assert f"{found['adapter']['words_used']} of 6" in table(Evaluation.from_json(found))
    # The training file beside it was found, and is the one the adapter was trained on.
    assert found["systems"] == ["base", "adapter", "retrieval", "own"]
    assert found["about"]["notes"] == []
    assert found["own"]["figures"]["used"]["value"] == 1.0
    assert found["own"]["figures"]["fluency"]["value"] > 1
    rated = run("rate", "make", tmp_path / "r", "--out", tmp_path / "sheet")
    assert rated.code == 0 or "no word for which" in rated.err


def test_the_likelihood_of_a_text_is_the_plain_one(base: Any, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from cefr_sentences.extension.training import likelihood
    from cefr_sentences.extension.training.loss import response_loss

    sentences = ["A cat.", "I see a very big dog in the garden today.", "No!"]
    before = base.tokenizer("\n")["input_ids"]
    plain = []
    for sentence in sentences:
        ids = base.tokenizer(sentence, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = base.model(torch.tensor([before + ids])).logits[0, len(before) - 1 : -1]
        plain.append((float(torch.nn.functional.cross_entropy(logits, torch.tensor(ids), reduction="sum")), len(ids)))
    records = read_records(data / "d_eval.txt")
    for tokens in (1, 20, 2048):
        monkeypatch.setattr(likelihood, "tokens_at_once", lambda model, tokens=tokens: tokens)
        found = likelihood.sentence_losses(base.model, base.tokenizer, sentences)
        assert [n for _, n in found] == [n for _, n in plain]
        assert [nats for nats, _ in found] == pytest.approx([nats for nats, _ in plain], rel=1e-4)
        losses = likelihood.record_losses(base.model, base.tokenizer, records)
        mean = sum(nats for nats, _ in losses) / sum(n for _, n in losses)
        assert mean == pytest.approx(response_loss(base.model, base.tokenizer, records), abs=1e-4)
    assert likelihood.sentence_losses(base.model, base.tokenizer, []) == []


def test_write(run, adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("Word,note\nhappy,x\nbook,y\nhappy,again\n", encoding="utf-8")
    how = ("--level", "a1", "--bank", "off", "--model", "embedded", "--adapter", adapter, "--tries", "1", "--json")
    result = run("write", tmp_path / "words.csv", *how)
    assert result.code == 0, result.err
    rows = json.loads(result.out)
    assert [r["word"] for r in rows] == ["happy", "book", "happy"]
    assert all(r["status"] in ("ok", "doubtful") or r["why"] for r in rows)
    assert rows[2]["reasons"] == ["repeated"]
    again = run("write", "--words", "happy,book", *how)
    assert [(r["word"], r["sentence"]) for r in json.loads(again.out)] == [(r["word"], r["sentence"]) for r in rows[:2]]


def test_an_adapter_of_another_model(run, adapter: Path, tmp_path: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "adapter_config.json").write_text(json.dumps({**config, "r": 16}), encoding="utf-8")
    (other / "adapter_model.safetensors").write_bytes((adapter / "adapter_model.safetensors").read_bytes())
    asked = ("--words", "happy", "--level", "A1", "--bank", "off")
    result = run("write", *asked, "--model", "embedded", "--adapter", other)
    assert (result.code, "does not fit" in result.err) == (2, True)
