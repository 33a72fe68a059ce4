"""Answers written by ourselves: greedy and sampled ones in one batch, and how sure the model was of each line."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import ListPrompt
from cefr_sentences.extension.models.asking import GREEDY, Reply, Sampling
from cefr_sentences.extension.models.generate import generate, read_reply
from cefr_sentences.extension.writing.critic import criticised
from cefr_sentences.extension.writing.sheet import SheetRow
from cefr_sentences.extension.writing.write import WriteSettings, write_sentences
from cefr_sentences.extension.writing.writer import Writer

pytestmark = pytest.mark.model
PROMPTS = [ListPrompt("A1", ("milk",)), ListPrompt("A1", ("cat", "dog"))]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from cefr_sentences.extension.models.loading import load

    from ..tiny import save_tiny_model

    return load(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


def write(tiny: Any, prompts: list[ListPrompt], sampling: Sampling = GREEDY) -> list[Reply]:
    return generate(tiny.model, tiny.tokenizer, prompts, sampling=sampling)


def test_greedy_rows_stay_greedy_beside_sampled_ones(tiny: Any) -> None:
    greedy = write(tiny, PROMPTS)
    mixed = write(tiny, [*PROMPTS, *PROMPTS], Sampling((0.0, 0.0, 1.5, 1.5), 3))
    assert [reply.text for reply in mixed[:2]] == [reply.text for reply in greedy]
    assert mixed[2].text != greedy[0].text
    assert mixed == write(tiny, [*PROMPTS, *PROMPTS], Sampling((0.0, 0.0, 1.5, 1.5), 3))
    with pytest.raises(ValueError, match="3 temperatures for 2 prompts"):
        write(tiny, PROMPTS, Sampling((0.0, 0.8, 0.8)))


def test_fluency_is_the_mean_log_probability_of_each_line(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from cefr_sentences.extension.models import generate as module
    from cefr_sentences.extension.models.prompt_form import prompt_ids

    kept: list[tuple[list[int], list[float]]] = []

    def spy(tokenizer: Any, ids: list[int], sure: list[float], ends: list[int]) -> Reply:
        kept.append((ids, sure))
        return read_reply(tokenizer, ids, sure, ends)

    monkeypatch.setattr(module, "read_reply", spy)
    answers = write(tiny, PROMPTS, Sampling((1.0, 0.0), 5))
    for prompt, answer, (ids, sure) in zip(PROMPTS, answers, kept, strict=True):
        asked = prompt_ids(tiny.tokenizer, prompt)
        with torch.inference_mode():
            logits = tiny.model(torch.tensor([[*asked, *ids]])).logits[0, len(asked) - 1 : -1]
        wanted = torch.log_softmax(logits, dim=-1).gather(1, torch.tensor(ids).unsqueeze(1)).squeeze(1).tolist()
        end = ids.index(tiny.tokenizer.eos_token_id) if tiny.tokenizer.eos_token_id in ids else len(ids)
        assert sure[:end] == pytest.approx(wanted[:end], abs=1e-3)
        assert len(answer.fluency) == answer.text.count("\n") + 1


def test_lines_and_their_means(tiny: Any) -> None:
    ids = tiny.tokenizer("1. A cat.\n2. Two")["input_ids"]
    tokens = [tiny.tokenizer.decode([i]) for i in ids]
    cut = next(i for i, token in enumerate(tokens) if "\n" in token) + 1
    sure = [-1.0] * cut + [-3.0] * (len(ids) - cut)
    end = tiny.tokenizer.eos_token_id
    answer = read_reply(tiny.tokenizer, [*ids, end, 5, 5], [*sure, -9.0, -9.0, -9.0], [end])
    assert (answer.text, answer.fluency) == ("1. A cat.\n2. Two", (-1.0, -3.0))


def test_a_model_that_knows_nothing_flags_every_row(tiny: Any) -> None:
    ask = partial(generate, tiny.model, tiny.tokenizer)
    settings = WriteSettings("A1", candidates=2, tries=2)
    rows = write_sentences(ask, ["cat", "dog", "123"], settings)
    assert [row.status for row in rows] == ["flagged", "flagged", "skipped"]
    assert all(row.why for row in rows)
    assert rows == write_sentences(ask, ["cat", "dog", "123"], settings)


def test_write_to_a_file(tiny: Any, run: Any, tmp_path: Path) -> None:
    result = run("write", "--words", "cat", "--level", "A1", "--model", tiny.name, "--candidates", "1", "--tries", "1",
                 "--bank", "off", "--out", tmp_path / "s.jsonl")  # fmt: skip
    assert result.code == 0, result.err
    assert "0 of 1 words have a sentence" in result.out
    assert [p.name for p in tmp_path.iterdir()] == ["s.jsonl"]


def test_a_model_scores_sentences_and_another_criticises_them(tiny: Any, run: Any) -> None:
    args = ("write", "--words", "kite", "--level", "A1", "--model", tiny.name, "--json")
    (row,) = json.loads(run(*args, "--guess").out)
    assert (row["source"], row["status"], row["printable"]) == ("bank", "ok", None)
    assert 0 <= row["guess"] <= 1  # of a random model it may be anything
    criticise = Writer(critic=tiny.name).criticise
    (judged,) = criticised([SheetRow("cat", "I have a cat.")], ["A1"], criticise)
    assert 0 < (judged.printable or 0) < 1
