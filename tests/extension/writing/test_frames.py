"""The bank's sentences with another word in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.bank.bank import Bank, BankSentence
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.pairs.wordlist import ListedWord
from cefr_sentences.extension.models.asking import Reply
from cefr_sentences.extension.writing.exchange import GapPlace, part_of
from cefr_sentences.extension.writing.frames import EACH, Reader, framed, similarity, states
from cefr_sentences.extension.writing.settings import WriteSettings
from cefr_sentences.extension.writing.sheet import CHANGED, MODEL, SheetRow
from cefr_sentences.extension.writing.write import rewrite, write_sentences

BANK = Bank(
    [
        BankSentence("book", "noun", "She reads two books every week.", "A1"),
        BankSentence("book", "noun", "This book is for my brother.", "A1"),
        BankSentence("book", "noun", "Give me your book, please.", "A1"),
        BankSentence("apple", "noun", "I eat an apple every day.", "A1"),
        BankSentence("read", "verb", "We read at home in the evening.", "A1"),
        BankSentence("essay", "noun", "She wrote an essay about books.", "B1"),
        BankSentence("comic", "noun", "My comic is on the table.", "A1"),
    ],
    levels=(),
)
COMIC = ListedWord("comic", pos="noun")


def reader(gain: float) -> Reader:
    """Every sentence with another word gains `gain` nats by it; books are like comics, and apples less."""
    return Reader(
        lambda some: [gain * (at % 2 == 0) for at in range(len(some))],
        lambda words, others, part: [[float(other == "book") for other in others] for _ in words],
    )


@pytest.mark.parametrize(
    ("word", "sentence", "part", "other", "result"),
    [
        ("book", "Books are cheap here.", "NOUN", "comic", "Comics are cheap here."),
        ("buy", "She bought it.", "VERB", "sell", "She sold it."),
        ("big", "It is bigger than mine.", "ADJ", "small", "It is smaller than mine."),
        ("apple", "I eat an apple.", "NOUN", "book", None),
        ("apple", "I eat an apple.", "NOUN", "egg", "I eat an egg."),
        ("on", "It is on the table.", "PREP", "under", "It is under the table."),
        ("pool", "We have a pool.", "NOUN", "swimming pool", "We have a swimming pool."),
    ],
)
def test_another_word_takes_the_form_of_the_first(
    word: str, sentence: str, part: str, other: str, result: str | None
) -> None:
    place = GapPlace.of(Entry.parse(word), sentence, part)
    form = place.form(other)
    assert (form and place.filled(form)) == result


def test_the_sentences_of_the_most_similar_words_of_its_kind_and_level() -> None:
    rows = framed([COMIC, ListedWord("qwx")], "A1", BANK, reader(5.0))
    assert [row.sentence for row in rows] == ["She reads two comics every week.", "This comic is for my brother."]
    assert len(rows) == EACH
    assert [row.printable for row in rows] == pytest.approx([0.715] * EACH, abs=0.001)
    assert rows[0].frame == "She reads two books every week."
    (pool,) = framed([ListedWord("comic book", pos="noun")], "A1", [*BANK][1:2], reader(5.0))
    assert pool.sentence == "This comic book is for my brother."


def test_of_two_sentences_that_gain_as_much_the_more_probable_one_is_better() -> None:
    likely = {"She reads two comics every week.": -30.0, "She reads two books every week.": -32.0}
    uneven = Reader(
        lambda some: [likely.get(text, -40.0 + 2 * text.count("comic")) for text in some], reader(0).similar
    )
    one, two = framed([COMIC], "A1", BANK, uneven)
    assert (one.printable or 0) > (two.printable or 0)


@pytest.mark.parametrize(("gain", "source", "asked"), [(5.0, CHANGED, 0), (-1.5, CHANGED, 1), (-12.0, MODEL, 1)])
def test_the_model_writes_only_what_does_not_surely_fit(gain: float, source: str, asked: int) -> None:
    calls: list[Any] = []

    def ask(prompts: Sequence[Any], /, *, sampling: Any, progress: Any) -> list[Reply]:
        calls.append(prompts)
        return [Reply("1. I like this comic very much.", (-2.0,)) for _ in prompts]

    lacking = Bank([row for row in BANK if row.word != "comic"], levels=())
    settings = WriteSettings("A1", candidates=1, tries=1)
    (row,) = write_sentences(ask, [COMIC], settings, bank=lacking, reader=reader(gain))
    assert (row.source, row.accepted, len(calls)) == (source, True, asked)


def test_a_row_again_is_another_of_the_banks_with_its_word() -> None:
    lacking = Bank([row for row in BANK if row.word != "comic"], levels=())
    row = SheetRow("comic", "She reads two comics every week.", listed=COMIC, frame="She reads two books every week.")

    def ask(prompts: Sequence[Any], /, **more: Any) -> list[Reply]:
        raise AssertionError(prompts)

    new = rewrite(ask, [row], 0, WriteSettings("A1", seed=3), bank=lacking, reader=reader(5.0))
    assert (new.sentence, new.source) == ("This comic is for my brother.", CHANGED)


def test_the_part_of_speech_is_the_lists_where_nobody_says_another() -> None:
    said = [part_of(Entry.parse(word), pos, "B1") for word, pos in (("book", ""), ("book", "verb"), ("qwx", ""))]
    assert said == [("NOUN", "A1"), ("VERB", "B1"), (None, "B1")]


@pytest.mark.model
def test_a_state_is_the_same_whatever_is_read_beside_it(data: Path) -> None:
    from cefr_sentences.extension.models.loading import load

    loaded = load(str(data / "model"))
    alone, beside = (
        states(loaded.model, loaded.tokenizer, some, "the") for some in (["cat"], ["swimming pool", "cat"])
    )
    assert alone[0].tolist() == pytest.approx(beside[1].tolist(), abs=1e-4)


def test_words_are_alike_where_a_model_has_the_same_state() -> None:
    import torch

    others = torch.tensor([[1.0, 0.0], [-1.0, 0.3], [0.0, -0.3]])
    ((cat, dog, sea),) = similarity(torch.tensor([[1.0, 0.1]]), others)
    assert cat > 0.9 > max(dog, sea)


def test_a_row_says_which_sentence_it_was_made_of() -> None:
    assert SheetRow("comic", "A comic.", frame="A book.").source == CHANGED
