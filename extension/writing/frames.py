"""Sentences of the bank with the wanted word in the place of a similar one: *book* suits where *newspaper* does.

What people wrote is natural English, and a model that cannot write it can often tell where a word fits: the sentence
has to be about as probable with the word as it was with its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...exporter.bank.bank import BankSentence
from ...exporter.bank.headwords import word_key
from ...exporter.language.entry import Entry
from ...exporter.language.lexicon import coarse_part
from ...exporter.pairs.wordlist import ListedWord
from .doubt import fits
from .exchange import Place, part_of
from .sheet import SheetRow

if TYPE_CHECKING:
    from ..models.loading import Loaded

TRIED, EACH = 12, 2  # sentences for a word; of them, those that have the same other word


@dataclass(frozen=True)
class Reader:
    """What a model that runs here says of words and sentences.

    `score` gives the log-probability of each sentence in nats; `similar` how alike each of some words and each of some
    others are, a list for each word.
    """

    score: Callable[[Sequence[str]], list[float]]
    similar: Callable[[Sequence[str], Sequence[str]], list[list[float]]]


def reader_of(lend: Callable[[], AbstractContextManager[Loaded]]) -> Reader:
    """The reader that a lent model is."""

    def score(sentences: Sequence[str]) -> list[float]:
        from ..training.likelihood import sentence_losses

        with lend() as loaded:
            return [-nats for nats, _ in sentence_losses(loaded.model, loaded.tokenizer, sentences)]

    def similar(words: Sequence[str], others: Sequence[str]) -> list[list[float]]:
        with lend() as loaded:
            return similarity(loaded.model, loaded.tokenizer, words, others)

    return Reader(score, similar)


def framed(words: Sequence[ListedWord], level: str, bank: Iterable[BankSentence], reader: Reader) -> list[SheetRow]:
    """Rows for `words`, each with the probability that it is printable; none for a word of no known part of speech."""
    rows: dict[str | None, list[BankSentence]] = {}
    for row in bank:
        if row.level == level and " " not in row.word:
            rows.setdefault(coarse_part(row.pos), []).append(row)
    of_part: dict[str, list[ListedWord]] = {}
    for word in words:
        part = part_of(word.entry, word.pos or "", level)[0]
        if part in rows and part is not None:
            of_part.setdefault(part, []).append(word)
    made: list[tuple[ListedWord, str, str]] = []
    for part, some in of_part.items():
        others = [*dict.fromkeys(row.word for row in rows[part])]
        near = reader.similar([word.entry.headword for word in some], others)
        for word, likeness in zip(some, near, strict=True):
            alike = dict(zip(others, likeness, strict=True))
            nearest = sorted(rows[part], key=lambda row, alike=alike: -alike[row.word])
            made += ((word, *texts) for texts in islice(_filled(word.entry, part, nearest), TRIED))
    likely = iter(reader.score([text for _, *texts in made for text in texts]) if made else ())
    return [
        SheetRow(word.text, sentence, listed=word, frame=frame, printable=fits(next(likely) - next(likely)))
        for word, sentence, frame in made
    ]


def _filled(entry: Entry, part: str, rows: Sequence[BankSentence]) -> Iterator[tuple[str, str]]:
    """Each sentence that `entry` makes of one of `rows` by taking the place of its word, and what it was."""
    taken = Counter([word_key(entry.headword)] * EACH)  # its own sentences are no others'
    for row in rows:
        own = Entry.parse(row.word)
        if taken[word_key(row.word)] >= EACH or len(own.spans(row.sentence)) != 1:
            continue
        place = Place.of(own, row.sentence, part)
        form = place.form(entry.headword)
        if form and len(entry.spans(sentence := place.filled(form))) == 1:
            taken[word_key(row.word)] += 1
            yield sentence, row.sentence


def similarity(model: Any, tokenizer: Any, words: Sequence[str], others: Sequence[str]) -> list[list[float]]:
    """How alike words are to `model`: the cosine of the means of their tokens' input embeddings, centred."""
    import torch

    weights = model.get_input_embeddings().weight.detach()
    centre = weights.mean(dim=0).float()

    def vectors(some: Sequence[str]) -> Any:
        ids = [tokenizer(f" {word}", add_special_tokens=False)["input_ids"] for word in some]
        return torch.nn.functional.normalize(torch.stack([weights[at].float().mean(dim=0) for at in ids]) - centre)

    return (vectors(words) @ vectors(others).T).tolist()
