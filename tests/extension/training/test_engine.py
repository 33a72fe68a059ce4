"""The engine: what is learned, how it is batched, and which adapter is the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError
from cefr_sentences.exporter.records.prompt import Example, ListPrompt, Record
from cefr_sentences.exporter.records.reading import read_records, read_training

from ..tiny import logits, plan

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("one_thread", "small_pictures")]

RECORD = Record("A1", ("cat", "dog"), ("I see a cat.", "A dog barks."))


def gradients(model: Any, batches: list[list[Any]], tokenizer: Any) -> tuple[float, dict[str, Any]]:
    """Loss and gradients of all records together, taken in these batches."""
    from cefr_sentences.extension.models.prompt_form import pad_id
    from cefr_sentences.extension.training.data import collate, labelled_tokens
    from cefr_sentences.extension.training.loss import backward

    model.zero_grad(set_to_none=True)
    n = labelled_tokens([e for batch in batches for e in batch])
    total = sum(float(backward(model, collate(batch, pad_id(tokenizer)), 1 / n)) for batch in batches) / n
    return total, {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("loss_on", ["answer", "all"])
def test_batches_are_one_record_at_a_time(data: Path, tiny: Any, loss_on: str) -> None:
    """Loss and gradients of a padded batch are those of its records alone, to 1e-5 in float32."""
    import torch
    from cefr_sentences.extension.training.data import encode
    from cefr_sentences.extension.training.lora import lora_layers

    records = [*read_records(data / "d_eval.txt"), RECORD]
    encoded = encode(tiny.tokenizer, records, word_weight=4.0, loss_on=loss_on)
    assert len({len(e["input_ids"]) for e in encoded}) > 3  # there is padding
    with lora_layers(tiny.model, replace(plan(data).settings, dropout=0.0)) as model:
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        alone, of_each = gradients(model, [[e] for e in encoded], tiny.tokenizer)
        together, of_batch = gradients(model, [encoded[:4], encoded[4:]], tiny.tokenizer)
    assert together == pytest.approx(alone, abs=1e-5)
    assert of_each.keys() == of_batch.keys()
    assert len(of_each) == 16
    for name in of_each:
        assert (of_each[name] - of_batch[name]).abs().max() < 1e-5 * (1 + of_each[name].abs().max())


def test_no_record_sees_another(tiny: Any) -> None:
    """The loss of a record is the same whatever is beside it in the batch."""
    from cefr_sentences.extension.models.prompt_form import pad_id
    from cefr_sentences.extension.training.data import collate, encode
    from cefr_sentences.extension.training.loss import token_losses

    long = Record("A1", ("x",), (f"It is {'very ' * 40}long.",))
    others = [Record("A1", ("y",), ("Why?",)), long]
    first = encode(tiny.tokenizer, [RECORD])[0]
    found = []
    for other in others:
        batch = collate([first, encode(tiny.tokenizer, [other])[0]], pad_id(tiny.tokenizer))
        found.append(float(token_losses(tiny.model, batch)[batch.records == 0].sum()))
    assert found[0] == pytest.approx(found[1], abs=1e-4)
    assert found[0] > 1


def test_loss_on_everything_labels_all_but_the_first_token(tiny: Any) -> None:
    from cefr_sentences.extension.training.data import IGNORED, encode

    found = encode(tiny.tokenizer, [RECORD], loss_on="all")[0]
    assert found["labels"] == [IGNORED, *found["input_ids"][1:]]
    answer = encode(tiny.tokenizer, [RECORD])[0]
    assert answer["input_ids"] == found["input_ids"]
    assert 0 < sum(label != IGNORED for label in answer["labels"]) < len(found["labels"]) - 1


def test_the_chat_form_is_the_tokenizers_own_template(tiny: Any) -> None:
    from cefr_sentences.extension.models.prompt_form import prompt_ids, stop_ids
    from cefr_sentences.extension.training.data import IGNORED, encode

    tokenizer = tiny.tokenizer
    found = encode(tokenizer, [RECORD], form="chat", word_weight=4.0)[0]
    messages = [{"role": "user", "content": RECORD.instruction}, {"role": "assistant", "content": RECORD.output}]
    assert tokenizer.decode(found["input_ids"]) == tokenizer.apply_chat_template(messages, tokenize=False).rstrip()
    answer = [t for t in found["labels"] if t != IGNORED]
    assert tokenizer.decode(answer) == f"{RECORD.output}<|im_end|>"
    assert prompt_ids(tokenizer, ListPrompt(RECORD.level, RECORD.words), "chat") == found["input_ids"][: -len(answer)]
    assert stop_ids(tokenizer, "chat") == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    heavy = [t for t, w in zip(found["input_ids"], found["weights"], strict=True) if w == 4.0]
    assert tokenizer.decode(heavy).split() == ["cat", "dog"]


def test_a_tokenizer_without_a_chat_template(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.models.prompt_form import prompt_ids

    monkeypatch.setattr(tiny.tokenizer, "chat_template", None)
    with pytest.raises(ModelError, match=r"no chat template\. Train with --form instruct"):
        prompt_ids(tiny.tokenizer, ListPrompt("A1", ("x",)), "chat")


def test_an_adapter_knows_its_form(data: Path, tiny: Any, tmp_path: Path) -> None:
    from cefr_sentences.extension.models.host import with_adapter
    from cefr_sentences.extension.training.run import carry_out

    carry_out(tiny, plan(data, form="chat", epochs=0.3), tmp_path)
    assert json.loads((tmp_path / "cefr_sentences.json").read_text(encoding="utf-8"))["form"] == "chat"
    with with_adapter(tiny, tmp_path) as adapted:
        assert adapted.prompt_form == "chat"


FOREIGN = """### Instruction:
Write a sentence with the word tree.

### Response:
The tree is tall.


### Instruction:
Say hello.

### Response:
Hello!


A bit of text.
"""


def test_hard_cut_text_of_others(tmp_path: Path, tiny: Any, data: Path) -> None:
    from cefr_sentences.extension.training.data import IGNORED, encode
    from cefr_sentences.extension.training.plan import Plan
    from cefr_sentences.extension.training.run import carry_out

    file = tmp_path / "theirs.txt"
    file.write_text(FOREIGN, encoding="utf-8")
    found = read_training(file).records
    head = "### Instruction:\nWrite a sentence with the word tree.\n\n### Response:\n"
    assert found[0] == Example(head, "The tree is tall.")
    assert found[0].instruction == "Write a sentence with the word tree."
    assert found[2] == Example("", "A bit of text.")
    encoded = encode(tiny.tokenizer, found, word_weight=4.0)
    learned = [[t for t in e["labels"] if t != IGNORED][:-1] for e in encoded]
    assert [tiny.tokenizer.decode(t) for t in learned] == ["The tree is tall.", "Hello!", " bit of text."]
    out = tmp_path / "out"
    out.mkdir()
    theirs = Plan(replace(plan(data).settings, epochs=1.0), file, None, "tiny")
    assert carry_out(tiny, theirs, out).records == 3


def test_the_card_says_what_was_really_trained_on() -> None:
    from cefr_sentences.extension.models.metadata import Metadata
    from cefr_sentences.extension.training.model_card import _prompt

    metadata = Metadata("A1", 1)
    asked, plain = Example("### Instruction:\nHi.\n\n### Response:\n", "Hello!"), Example("", "A chapter.")
    assert "six to ten words" in _prompt(metadata, [RECORD])
    assert "prompts of its file, to the letter" in _prompt(metadata, [asked, asked])
    assert "six to ten words" not in _prompt(metadata, [asked, asked])
    assert "plain text, without a prompt" in _prompt(metadata, [plain])
    assert "Of its 2 examples 1 are of another kind" in _prompt(metadata, [RECORD, plain])


def test_mixed_and_broken_files_of_others(tmp_path: Path) -> None:
    file = tmp_path / "mixed.txt"
    file.write_text(f"{RECORD.text}\n\n\n### Response:\nOnly this.", encoding="utf-8")
    assert read_training(file).records == (RECORD, Example("### Response:\n", "Only this."))
    file.write_text("### Instruction:\na\n\n### Response:\n", encoding="utf-8")
    with pytest.raises(InputError, match="without an answer"):
        read_training(file)
    (tmp_path / "x.json").write_text('[{"q": 1}]')
    with pytest.raises(InputError, match="the keys are q"):
        read_training(tmp_path / "x.json")


@pytest.mark.usefixtures("untouched")
def test_the_best_adapter_is_the_result_and_the_run_ends_early(
    data: Path,
    tiny: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cefr_sentences.extension.training import steps as engine
    from cefr_sentences.extension.training.log import read_log
    from cefr_sentences.extension.training.plan import Plan
    from cefr_sentences.extension.training.run import carry_out
    from safetensors.torch import load_file

    said = iter([9.0, 5.0, 4.0, 6.0, 6.0, 6.0, 6.0])
    monkeypatch.setattr(engine, "response_loss", lambda model, **others: next(said))
    # 21 steps, an evaluation every third: the second is the best, and after two worse ones it ends
    settings = replace(plan(data).settings, evaluations=7, patience=2, save="end")
    whole = Plan(settings, data / "d.txt", data / "d_eval.txt", "tiny")
    outcome = carry_out(tiny, whole, tmp_path)
    assert (outcome.early, outcome.stopped, outcome.steps, outcome.kept) == (True, False, 12, 6)
    assert outcome.kept_loss == 4.0
    last = next(tmp_path.glob("checkpoint-12-loss-*"))
    best, end = (load_file(f / "adapter_model.safetensors") for f in (tmp_path, last))
    assert best.keys() == end.keys()
    assert not all(best[name].equal(end[name]) for name in best)
    metadata = json.loads((tmp_path / "cefr_sentences.json").read_text(encoding="utf-8"))
    assert (metadata["adapter_of_step"], metadata["eval_loss"]) == (6, {"before": 9.0, "after": 4.0})
    assert metadata["recipe"]["resolved"]["evaluation_every"] == 3
    log = read_log(tmp_path)
    assert log is not None
    assert log.state == "finished"
    # The same steps, ended there: the adapter of step 6 is what was kept.
    said = iter([9.0, 5.0, 4.0, 6.0])
    other = tmp_path / "other"
    other.mkdir()
    carry_out(tiny, whole, other, stop=lambda: len(list(other.glob(".resume/best-6"))) > 0)
    assert all(tensor.equal(best[name]) for name, tensor in load_file(other / "adapter_model.safetensors").items())


@pytest.mark.usefixtures("untouched")
def test_activations_computed_twice_change_nothing(data: Path, tiny: Any, tmp_path: Path) -> None:
    from cefr_sentences.extension.training.run import carry_out

    found = []
    for name in ("off", "on"):
        (tmp_path / name).mkdir()
        outcome = carry_out(tiny, plan(data, checkpointing=name, epochs=1.0), tmp_path / name)
        found.append([e.loss for e in outcome.log if e.loss is not None])
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert not any(getattr(m, "gradient_checkpointing", False) for m in tiny.model.modules())


@pytest.mark.usefixtures("untouched")
def test_the_logged_loss_counts_every_token_once(data: Path, tiny: Any, tmp_path: Path) -> None:
    """Whatever the words weigh in the training: where next to nothing is learned, the losses are those without weights,
    and about that of the untrained model."""
    from cefr_sentences.extension.training.run import carry_out

    found = []
    for weight in (1.0, 4.0):
        (tmp_path / str(weight)).mkdir()
        changed = plan(data, word_weight=weight, learning_rate=1e-7, dropout=0.0, epochs=1.0)
        outcome = carry_out(tiny, changed, tmp_path / str(weight))
        found.append([e.loss for e in outcome.log if e.loss is not None])
    assert found[1] == pytest.approx(found[0], abs=1e-3)
    assert outcome.train_loss == pytest.approx(outcome.log[0].eval_loss, rel=0.05)


def test_what_does_not_fit_is_halved_before_the_start(
    data: Path,
    tiny: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cefr_sentences.extension.training import memory
    from cefr_sentences.extension.training.data import encoded_records

    settings = plan(data).settings
    encoded, _ = encoded_records(tiny.tokenizer, read_records(data / "d.txt"), settings)
    monkeypatch.setattr(memory, "measured", lambda *args: memory.Need(1000, 500, 100))
    # On a CPU half of the free memory is left to others.
    for room, at_once, checkpointing in ((10_000, 4, "off"), (3_500, 2, "off"), (2_300, 1, "off")):
        monkeypatch.setattr(memory, "available", lambda model, room=room: room)
        found, need = memory.fitted(tiny, encoded, settings)
        assert (found.at_once, found.checkpointing, found.batch) == (at_once, checkpointing, 8), room
        assert need.of(3) == 2100
    saving = {"off": memory.Need(1000, 500, 100), "on": memory.Need(300, 200, 100)}
    monkeypatch.setattr(memory, "measured", lambda loaded, encoded, s: saving[s.checkpointing])
    monkeypatch.setattr(memory, "available", lambda model: 1_300)
    found, _ = memory.fitted(tiny, encoded, settings)
    assert (found.at_once, found.checkpointing) == (2, "on")
    monkeypatch.setattr(memory, "available", lambda model: 350)
    with pytest.raises(ModelError, match=r"it takes 0\.0 GB, and 0\.0 GB are free"):
        memory.fitted(tiny, encoded, settings)
    monkeypatch.setattr(memory, "measured", lambda *args: None)
    with pytest.raises(ModelError, match="not enough memory for one record"):
        memory.fitted(tiny, encoded, settings)


def test_memory_is_really_measured(data: Path, tiny: Any) -> None:
    from cefr_sentences.extension.training import memory
    from cefr_sentences.extension.training.data import encoded_records

    settings = plan(data).settings
    encoded, _ = encoded_records(tiny.tokenizer, read_records(data / "d.txt"), settings)
    need = memory.measured(tiny, encoded, settings)
    assert need is not None
    assert need.one > 50_000_000  # torch alone is more
    with memory._peak(tiny.model) as peak:
        before = peak[0]
        taken = bytearray(os.urandom(64_000_000))
        time.sleep(0.2)
    assert peak[0] - before > 0.8 * len(taken)
    assert need.optimizer == 8 * 2 * 4 * (64 + 48 + 48 + 64)
    assert memory.available(tiny.model) > 0


def test_two_processes_are_one(run: Any, data: Path, tmp_path: Path) -> None:
    """Two processes on this CPU, over gloo, against one: the same loss at every step, also of the short last batch."""
    args = ["train", str(data / "d.txt"), "--model", str(data / "model"), "--level", "A1", "--rank", "4"]
    # 54 records: six batches of 8, and one of 6, which is three pairs for two processes.
    args += ["--epochs", "1", "--batch", "8", "--micro-batch", "2", "--dropout", "0", "--out"]
    one = run(*args, tmp_path / "one")
    launch = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_addr=127.0.0.1", "--master_port=29613"]
    two = subprocess.run(
        [sys.executable, *launch, "-m", "cefr_sentences.extension", *args, str(tmp_path / "two")],
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (one.code, two.returncode) == (0, 0), one.err + two.stderr[-6000:]
    losses = {}
    for name, said in (("one", one.out), ("two", two.stdout)):
        out = tmp_path / name
        graph = json.loads((out / "training_graph.json").read_text(encoding="utf-8"))
        losses[name] = [e["loss"] for e in graph]
        assert not (out / ".resume").exists()
        assert said.count("The adapter is in") == 1
        log = [json.loads(line) for line in (out / "run.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [e["event"] for e in log if "event" in e] == ["start", "end"]
    assert len(losses["one"]) == 7
    assert losses["two"] == pytest.approx(losses["one"], abs=2e-4)


def test_a_batch_is_shared_by_any_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    from cefr_sentences.extension.training.processes import share

    monkeypatch.setenv("WORLD_SIZE", "3")
    taken = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        taken.append(share(range(16)))
        assert list(share([7, 8])) == [7, 8][rank : rank + 1]  # fewer records than processes
    assert sorted(i for some in taken for i in some) == list(range(16))
    assert [len(some) for some in taken] == [6, 5, 5]


def test_four_bits_need_a_gpu(run: Any, data: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    args = ("train", data / "d.txt", "--model", data / "model", "--level", "A1", "--out", tmp_path / "o", "--four-bit")
    result = run(*args)
    assert (result.code, "4-bit weights need a CUDA GPU" in result.err) == (2, True)
    assert not (tmp_path / "o").exists()


def test_an_adapter_of_a_four_bit_model_fits_the_whole_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QLoRA by bitsandbytes' code for CPUs, which has 8-bit Adam since 0.50; the product offers 4 bits on GPUs only."""
    bitsandbytes = pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    import torch
    from cefr_sentences.extension.models import loading
    from cefr_sentences.extension.training.run import carry_out

    if not torch.cuda.is_available():
        monkeypatch.setattr(loading, "_check_four_bit", lambda cuda: None)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: "cpu")
    loaded = loading.load(str(data / "model"), four_bit=True)
    kinds = [type(module).__name__ for module in loaded.model.modules()]
    assert kinds.count("Linear4bit") == 14  # seven in each of two layers; the head stays whole
    eight = torch.cuda.is_available() or tuple(map(int, bitsandbytes.__version__.split(".")[:2])) >= (0, 50)
    optimizer = "adamw_bnb_8bit" if eight else "adamw_torch"
    short = plan(data, epochs=1.0, learning_rate=0.01, four_bit=True, optimizer=optimizer)
    losses = carry_out(loaded, short, tmp_path).eval_losses
    assert losses[-1] < losses[0]
    whole, adapted = (logits(loading.load(str(data / "model"), adapter).model) for adapter in (None, tmp_path))
    assert whole.isfinite().all()
    assert not whole.equal(adapted)
