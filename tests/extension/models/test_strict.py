"""Strict vocabulary: whatever the model would say, the words are those of the level."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.language.profile import profile
from cefr_sentences.exporter.language.vocabulary import NAMES, requested
from cefr_sentences.exporter.records.answers import parse_answer
from cefr_sentences.exporter.records.prompt import ListPrompt, wrap
from cefr_sentences.extension.models.strict_words import AFTER, CLOSING, Vocabulary, follow, numbered, rest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..tiny import save_tiny_model

ASKED = ("enormous", "e-mail", "ice cream", "Tuesday", "café", "ubiquitous")


def a1(*words: str) -> list[ListPrompt]:
    """A prompt of level A1 for each of `words`."""
    return [ListPrompt("A1", (word,)) for word in words]


def reads(vocabulary: Vocabulary, text: str) -> bool:
    """Whether `text` may be a first line."""
    place = numbered(1)
    for char in text:
        place = follow(place, char, (vocabulary,))
    return not place.isdisjoint(CLOSING)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("1. I like cats.", True),
        ("1. Like cats!\n", True),
        ('1. I like "Cats," I like.', True),
        ('1. "I like cats." I like cats?', True),
        ("1. I can't.", True),
        ("1. I can’t like Tom’s cats.", True),
        ("1. Tom's cats like 7,500 cats.", True),
        ("1. I like 3rd, 50%: 7:30.", True),
        ("1. i like cats.", False),
        ("1. I Like cats.", False),
        ("1. I like tom.", False),
        ("1. I like dogs.", False),
        ("1. I like cats", False),
        ("1. I like  cats.", False),
        ("1. I like cat-cats.", False),
        ("1. I like catscats.", False),
        ("1.I like cats.", False),
        ("2. I like cats.", False),
        ("1. I like CATS.", False),
    ],
)
def test_the_grammar_of_a_line(text: str, allowed: bool) -> None:
    words = Vocabulary(["I", "like", "cat", "cats", "can", "can't", "Tom"], numbers=True)
    assert reads(words, text) is allowed


def test_a_token_ends_inside_a_word_only_where_the_tokenizer_parts_it() -> None:
    words = Vocabulary(["enjoy", "enormous"])
    words.part("Enormous", "enormous", 2)

    def where(text: str) -> bool:
        place = frozenset([AFTER])
        for char in text:
            place = follow(place, char, (words,))
        return bool(rest(place))

    assert [end for end in range(1, 10) if where(" enormous"[:end])] == [3, 9]
    assert where(" enjoy")


def sentencepiece_style() -> Any:
    """A tokenizer that writes ▁ for a space, puts one before every text, and has bytes for what it does not know."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    corpus = ["1. I am happy. 2. We don't like ice cream. 10. Where is my enormous \" dog?"] * 20
    corpus += ["abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,:;!?\"'’-%"] * 5
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=800, special_tokens=special, show_progress=False))
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny"), tokens=49152)


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Any:
    from cefr_sentences.extension.models.loading import load

    return load(str(folder))


@pytest.fixture(scope="module", params=["bytes", "sentencepiece"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("loaded").tokenizer if request.param == "bytes" else sentencepiece_style()


def walk(tokenizer: Any, level: str, words: tuple[str, ...], seed: int) -> str:
    """A random answer. Ends are taken sooner than chance would, or it would be long."""
    from cefr_sentences.extension.models.strict import strict

    made = strict(tokenizer, level)
    answer, dice, ids = made.with_words(words), random.Random(seed), []
    row = answer.begin()
    for _ in range(2000):
        tokens = answer.tokens(row)
        assert tokens, f"A dead end after {tokenizer.decode(ids)!r}."
        ends = [i for i in tokens if i in answer.ends or made.pieces.texts[i].strip(" ")[:1] in ".\n"]
        token = dice.choice(ends if ends and dice.random() < 0.3 else tokens)
        if token in answer.ends:
            return tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        ids.append(token)
        row = answer.after(row, token)
        assert row.place
    raise AssertionError("The answer does not end.")


@pytest.mark.model
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), level=st.sampled_from(["A1", "B2"]))
def test_random_answers_hold_nothing_above_the_level(tokenizer: Any, seed: int, level: str) -> None:
    text = walk(tokenizer, level, ASKED, seed)
    answer = parse_answer(text, len(ASKED))
    assert answer.well_formed
    allowed = {form.lower() for form in requested(ASKED)}
    for sentence in answer.sentences:
        assert sentence is not None
        assert re.search(r'[.!?]"?$', sentence)
        assert {word.lower() for word in profile(sentence, level).above} <= allowed


@pytest.mark.model
def test_requested_words_and_names_can_be_written(tokenizer: Any) -> None:
    from cefr_sentences.extension.models.strict import strict

    answer = strict(tokenizer, "A1").with_words(ASKED)
    sentences = (
        f'{NAMES[0]} said, "I don\'t like that enormous ice cream."',
        "Enormous dogs don’t write e-mails at 7:30.",
    )
    text = "\n".join(f"{i}. {s}" for i, s in enumerate((*sentences, *sentences, *sentences), 1))
    row = answer.begin()
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        assert token in answer.tokens(row), (tokenizer.decode([token]), text)
        row = answer.after(row, token)
    assert answer.may_end(row)
    other = strict(tokenizer, "A1").with_words(["book"])
    assert not other.read(other.begin(), "1. Enormous dogs").place


@pytest.mark.model
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_even_a_random_model_writes_only_allowed_words(loaded: Any, temperature: float) -> None:
    from cefr_sentences.extension.models.asking import Sampling
    from cefr_sentences.extension.models.generate import generate

    # Two levels in the first batch, which begins with the shortest list.
    asked = (("A1", "happy", "enormous"), ("B2", "e-mail"), ("A1", "ubiquitous", "book", "cat"))
    prompts = [ListPrompt(level, tuple(words)) for level, *words in asked]
    answers = generate(loaded.model, loaded.tokenizer, prompts, batch=2, sampling=Sampling(temperature, 7), strict=True)
    assert len({answer.text for answer in answers}) == 3
    for prompt, text in zip(prompts, (answer.text for answer in answers), strict=True):
        assert text.startswith("1. ")
        # It does not know when to stop, so the last word may be cut off.
        whole = text[: text.rfind(" ")]
        allowed = {form.lower() for form in requested(prompt.words)}
        for line in whole.split("\n"):
            above = profile(re.sub(r"^\d+\. ", "", line), prompt.level).above
            assert {word.lower() for word in above} <= allowed


@pytest.mark.model
def test_each_prompt_of_a_batch_is_held_to_its_own_level(loaded: Any) -> None:
    import torch
    from cefr_sentences.extension.models.strict import strict_processor

    tokenizer = loaded.tokenizer
    begun = tokenizer("1. I have a", add_special_tokens=False)["input_ids"]
    revenue = tokenizer(" revenue", add_special_tokens=False)["input_ids"][0]  # B2, in one token
    prompts = [ListPrompt(level, ("cat",)) for level in ("B2", "A1", "B2")]
    scores = strict_processor(tokenizer, prompts, 0)(torch.tensor([begun] * 3), torch.zeros(3, len(tokenizer)))
    assert (scores[:, revenue] == 0).tolist() == [True, False, True]


@pytest.mark.model
def test_rows_are_told_apart_and_ended_rows_left_alone(loaded: Any) -> None:
    import torch
    from cefr_sentences.extension.models.strict import strict_processor

    tokenizer = loaded.tokenizer
    begun = tokenizer("1. I have an", add_special_tokens=False)["input_ids"]
    enormous = tokenizer(" enormous", add_special_tokens=False)["input_ids"][0]
    ended = [tokenizer.eos_token_id, *[tokenizer.pad_token_id] * (len(begun) - 1)]
    processor = strict_processor(tokenizer, a1("enormous", "book", "cat"), 2)
    ids = torch.tensor([[1, 2, *begun], [1, 2, *begun], [1, 2, *ended]])
    scores = processor(ids, torch.zeros(3, len(tokenizer) + 8))
    assert scores[0, enormous] == 0
    assert scores[1, enormous] == -torch.inf
    assert scores[:2, len(tokenizer) :].eq(-torch.inf).all()
    assert scores[2].eq(0).all()
    # Two answers to each list: rows 0 and 1 are of the first.
    twice = strict_processor(tokenizer, a1("enormous", "book"), 0)
    scores = twice(torch.tensor([begun] * 4), torch.zeros(4, len(tokenizer)))
    assert (scores[:, enormous] == 0).tolist() == [True, True, False, False]


@pytest.mark.model
def test_where_another_processor_forbids_the_only_way_out_it_is_left_to_it(loaded: Any) -> None:
    import torch
    from cefr_sentences.extension.models.strict import strict_processor

    tokenizer = loaded.tokenizer
    ids = torch.tensor([tokenizer("1. I am happy.\n", add_special_tokens=False)["input_ids"]])
    processor = strict_processor(tokenizer, a1("happy"), 0)
    scores = torch.zeros(1, len(tokenizer))
    assert processor(ids, scores).isfinite().nonzero().tolist() == [[0, tokenizer.eos_token_id]]
    scores[0, tokenizer.eos_token_id] = -torch.inf
    assert processor(ids, scores).equal(scores)


@pytest.mark.model
def test_an_answer_in_the_chat_form_ends_as_the_template_does(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from cefr_sentences.extension.models.strict import strict_processor

    tokenizer = loaded.tokenizer
    monkeypatch.setattr(tokenizer, "chat_template", "{{ '<|endoftext|>'.join(messages | map(attribute='content')) }}"
                        "{% if not add_generation_prompt %}<|im_start|>{% else %}<|endoftext|>{% endif %}")  # fmt: skip
    ids = torch.tensor([tokenizer("1. I am happy.\n", add_special_tokens=False)["input_ids"]])
    scores = strict_processor(tokenizer, a1("happy"), 0, "chat")(ids, torch.zeros(1, len(tokenizer)))
    marks = {tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_start|>")}
    assert set(scores.isfinite().nonzero()[:, 1].tolist()) == marks


@pytest.fixture
def script(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    from types import SimpleNamespace

    from cefr_sentences.extension import script
    from cefr_sentences.extension.writing import chat

    host = SimpleNamespace(strict_chat=True, shared=SimpleNamespace(tokenizer=loaded.tokenizer))
    monkeypatch.setattr(script, "_host", host)
    monkeypatch.setattr(chat, "_reported", set())
    return script


@pytest.mark.model
def test_chat_holds_list_prompts_to_their_words(script: Any, loaded: Any) -> None:
    import torch

    tokenizer = loaded.tokenizer
    earlier = wrap(ListPrompt("B1", ("other",)).text) + "1. Other.\n\n\n"
    prompt = earlier + wrap(ListPrompt("A1", ("enormous",)).text)

    def first(begun: str) -> Callable[[str], bool]:
        ids = torch.tensor([tokenizer(prompt + begun)["input_ids"]])
        processors: list[Any] = []
        assert script.logits_processor_modifier(processors, ids) is processors
        (processor,) = processors
        scores = processor(ids, torch.zeros(1, len(tokenizer)))
        return lambda text: bool(scores[0, tokenizer(text, add_special_tokens=False)["input_ids"][0]] == 0)

    assert first("")("1")
    assert not first("")("The")
    going_on = first("1. The dog is")
    assert going_on(" enormous")
    assert going_on(" happy")
    assert not going_on(" gigantic")


@pytest.mark.model
def test_chat_leaves_everything_else_free_and_never_raises(
    script: Any, loaded: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def asked(text: str) -> list[Any]:
        return script.logits_processor_modifier([], torch.tensor([loaded.tokenizer(text)["input_ids"]]))

    prompt = wrap(ListPrompt("A1", ("happy",)).text)
    assert asked("Hello, how are you?") == []
    assert asked(wrap("Write a poem.")) == []
    assert caplog.text == ""
    for _ in range(2):
        assert asked(prompt + "1. Gigantic") == []
    assert caplog.text.count("begins with other words") == 1
    monkeypatch.setattr("cefr_sentences.extension.models.strict.strict_processor", lambda *_: 1 / 0)
    assert asked(prompt) == []
    assert "ZeroDivisionError" in caplog.text
    script._host.shared.tokenizer = None
    assert script.logits_processor_modifier([], torch.tensor([[1]])) == []
    script._host.strict_chat = False
    assert script.logits_processor_modifier([], None) == []
