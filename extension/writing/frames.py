"""Sentences of the bank with the wanted word in the place of a similar one: *book* suits where *newspaper* does.

What people wrote is natural English, and a model that cannot write it can often tell where a word fits: the sentence
has to be about as probable with the word as it was with its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...exporter.bank.bank import BankSentence
from ...exporter.bank.headwords import word_key
from ...exporter.language.entry import Entry
from ...exporter.language.lexicon import coarse_part
from ...exporter.pairs.wordlist import ListedWord
from .doubt import fits
from .exchange import GapPlace, part_of
from .sheet import SheetRow

if TYPE_CHECKING:
    from ..models.loading import Loaded

TRIED, EACH = 12, 2  # sentences for a word; of them, those that have the same other word
_BEFORE = {"NOUN": "the", "VERB": "to", "ADJ": "very"}  # after this, a model reads a word as that part of speech
_BATCH = 64  # words read at once


@dataclass(frozen=True)
class Reader:
    """What a model that runs here says of words and sentences.

    `score` gives the log-probability of each sentence in nats; `similar` how alike each of some words and each of some
    others of a part of speech are, a list for each word.
    """

    score: Callable[[Sequence[str]], list[float]]
    similar: Callable[[Sequence[str], Sequence[str], str], list[list[float]]]


def reader_of(lend: Callable[[], AbstractContextManager[Loaded]]) -> Reader:
    """The reader that a lent model is."""

    scored: dict[str, float] = {}

    def score(sentences: Sequence[str]) -> list[float]:
        from ..training.likelihood import sentence_losses

        left = [*dict.fromkeys(sentence for sentence in sentences if sentence not in scored)]
        with lend() as loaded:
            losses = sentence_losses(loaded.model, loaded.tokenizer, left)
        scored.update((sentence, -nats) for sentence, (nats, _) in zip(left, losses, strict=True))
        return [scored[sentence] for sentence in sentences]

    @lru_cache
    def read(words: tuple[str, ...], before: str) -> Any:
        with lend() as loaded:
            return states(loaded.model, loaded.tokenizer, words, before)

    def similar(words: Sequence[str], others: Sequence[str], part: str) -> list[list[float]]:
        before = _BEFORE.get(part, "")
        return similarity(read(tuple(words), before), read(tuple(others), before))

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
        near = reader.similar([word.entry.headword for word in some], others, part)
        for word, likeness in zip(some, near, strict=True):
            alike = dict(zip(others, likeness, strict=True))
            nearest = sorted(rows[part], key=lambda row, alike=alike: -alike[row.word])
            made += ((word, *texts) for texts in islice(_filled(word.entry, part, nearest), TRIED))
    if not made:
        return []
    likely = reader.score([text for _, *texts in made for text in texts])
    usual = fmean(likely[1::2])
    return [
        SheetRow(word.text, sentence, listed=word, frame=frame, printable=fits(after - before, before - usual))
        for (word, sentence, frame), after, before in zip(made, likely[::2], likely[1::2], strict=True)
    ]


def _filled(entry: Entry, part: str, rows: Sequence[BankSentence]) -> Iterator[tuple[str, str]]:
    """Each sentence that `entry` makes of one of `rows` by taking the place of its word, and what it was."""
    taken = Counter([word_key(entry.headword)] * EACH)  # its own sentences are no others'
    for row in rows:
        own = Entry.parse(row.word)
        if taken[word_key(row.word)] >= EACH or len(own.spans(row.sentence)) != 1:
            continue
        place = GapPlace.of(own, row.sentence, part)
        form = place.form(entry.headword)
        if form and len(entry.spans(sentence := place.filled(form))) == len(entry.headword.split()):
            taken[word_key(row.word)] += 1
            yield sentence, row.sentence


def states(model: Any, tokenizer: Any, words: Sequence[str], before: str) -> Any:
    """What `model` makes of each of `words` after the word `before`: the hidden state at its last token, where two
    fifths of the layers have read it. A tensor of shape (words, width).
    """
    import torch

    rows = [tokenizer(f"\n{before} {word}", add_special_tokens=False)["input_ids"] for word in words]
    found = []
    for at in range(0, len(rows), _BATCH):
        some = rows[at : at + _BATCH]
        longest = max(map(len, some))
        ids = torch.tensor([row + row[-1:] * (longest - len(row)) for row in some], device=model.device)
        with torch.inference_mode():
            layers = model(input_ids=ids, output_hidden_states=True, use_cache=False).hidden_states
        layer = layers[len(layers) * 2 // 5].float().cpu()
        found += [state[len(row) - 1] for row, state in zip(some, layer, strict=True)]
    return torch.stack(found)


def similarity(words: Any, others: Any) -> list[list[float]]:
    """The cosine of each of `words` and each of `others`, which are states, in units of the others' deviations."""
    import torch

    centre, spread = others.mean(dim=0), others.std(dim=0) + 1e-6
    one, two = (torch.nn.functional.normalize((some - centre) / spread, dim=-1) for some in (words, others))
    return (one @ two.T).tolist()
