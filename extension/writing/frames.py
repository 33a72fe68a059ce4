"""Sentences of the bank with the wanted word in the place of a similar one: *book* suits where *newspaper* does.

What people wrote is natural English, and a model that cannot write it can often tell where a word fits: the sentence
has to be about as probable with the word as it was with its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...exporter.bank.bank import BankSentence
from ...exporter.bank.headwords import word_key
from ...exporter.language.entry import Entry
from ...exporter.language.lexicon import coarse_part
from ...exporter.pairs.wordlist import ListedWord
from .doubt import fits
from .exchange import Place, part_of
from .sheet import SheetRow

TRIED, EACH = 12, 2  # sentences for a word; of them, those that have the same other word


@dataclass(frozen=True)
class Reader:
    """What a model that runs here says of words and sentences.

    `score` gives the log-probability of each sentence in nats, `similar` how alike a word and each of some others are.
    """

    score: Callable[[Sequence[str]], list[float]]
    similar: Callable[[str, Sequence[str]], list[float]]


def framed(words: Sequence[ListedWord], level: str, bank: Iterable[BankSentence], reader: Reader) -> list[SheetRow]:
    """Rows for `words`, each with the probability that it is printable; none for a word of no known part of speech."""
    rows: dict[str | None, list[BankSentence]] = {}
    for row in bank:
        if row.level == level:
            rows.setdefault(coarse_part(row.pos), []).append(row)
    made = [
        (word, row, sentence)
        for word in words
        if (part := part_of(word.entry, word.pos or "", level)[0])
        for row, sentence in islice(_filled(word.entry, part, _nearest(word.entry, rows.get(part, ()), reader)), TRIED)
    ]
    likely = iter(reader.score([text for _, row, sentence in made for text in (sentence, row.sentence)]))
    return [
        SheetRow(word.text, sentence, listed=word, frame=row.sentence, printable=fits(next(likely) - next(likely)))
        for word, row, sentence in made
    ]


def _nearest(entry: Entry, rows: Sequence[BankSentence], reader: Reader) -> list[BankSentence]:
    """`rows` of other words, those of the most similar words first."""
    own = word_key(entry.headword)
    others = [*{row.word for row in rows if " " not in row.word and word_key(row.word) != own}]
    near = dict(zip(others, reader.similar(entry.headword, others), strict=True))
    return sorted((row for row in rows if row.word in near), key=lambda row: -near[row.word])


def _filled(entry: Entry, part: str, rows: Sequence[BankSentence]) -> Iterator[tuple[BankSentence, str]]:
    """Each of `rows` in which `entry` can take the place of the word, with the sentence that this gives."""
    taken: dict[str, int] = {}
    for row in rows:
        own = Entry.parse(row.word)
        if taken.get(row.word, 0) == EACH or len(own.spans(row.sentence)) != 1:
            continue
        place = Place.of(own, row.sentence, part)
        form = place.form(entry.headword)
        if form and len(entry.spans(sentence := place.filled(form))) == 1:
            taken[row.word] = taken.get(row.word, 0) + 1
            yield row, sentence


def similarity(model: Any, tokenizer: Any) -> Callable[[str, Sequence[str]], list[float]]:
    """How alike words are to `model`: the cosine of the means of their tokens' input embeddings, centred."""
    import torch

    weights = model.get_input_embeddings().weight.detach()
    centre = weights.mean(dim=0)
    known: dict[str, Any] = {}

    def vector(word: str) -> Any:
        if word not in known:
            ids = tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
            known[word] = torch.nn.functional.normalize(weights[ids].float().mean(dim=0) - centre, dim=0)
        return known[word]

    def similar(word: str, others: Sequence[str]) -> list[float]:
        return (torch.stack([vector(other) for other in others]) @ vector(word)).tolist() if others else []

    return similar
