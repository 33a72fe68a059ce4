"""Can the word be guessed from its sentence? Other words are put in its place, and a model says which fits best.

It sees bland sentences ("I like this kite.") and wrong words; it does not see nonsense.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from random import Random

from ...exporter.bank.headwords import Headword, headwords
from ...exporter.language.lexicon import coarse_part
from .exchange import GapPlace, part_of
from .sheet import SheetRow

OTHERS = 9  # words that are tried in place of the right one
_MISFIT = math.log(10)  # nats: a word with which the sentence is a tenth as probable does not fit

# The log-probability of each of some sentences, in nats.
Score = Callable[[Sequence[str]], list[float]]


def guessed(rows: Sequence[SheetRow], level: str, score: Score) -> list[SheetRow]:
    """`rows` with `guess`, the probability of the right word among ten, and with the words that do not fit.

    Phrases, rejected rows, and words that are not found in their sentence stay as they are.
    """
    others = [other_words(row, level, OTHERS, Random(row.sentence)) if _has_gap(row) else [] for row in rows]
    asked = [(row, word) for row, words in zip(rows, others, strict=True) for word in (("", *words) if words else ())]
    if not asked:  # then no model is loaded either
        return [*rows]
    likely = iter(score([GapPlace(row.gapped, "").filled(word) if word else row.sentence or "" for row, word in asked]))
    return [_guessed(row, words, likely) if words else row for row, words in zip(rows, others, strict=True)]


def _guessed(row: SheetRow, words: Sequence[str], likely: Iterator[float]) -> SheetRow:
    own = next(likely)
    less = sorted((next(likely) - own, word) for word in words)
    return replace(
        row,
        guess=1 / (1 + sum(math.exp(min(50.0, by)) for by, _ in less)),
        misfits=tuple(word for by, word in less if by < -_MISFIT),
    )


def answer(row: SheetRow) -> str:
    """What is missing in the gaps, as it is written there; without the capital of the sentence's beginning."""
    sentence, spans = row.sentence or "", sorted(row.entry.spans(row.sentence or ""))
    text = " ".join(sentence[start:end] for start, end in spans)
    return text[:1].lower() + text[1:] if spans[0][0] == 0 and row.entry.headword[:1].islower() else text


def other_words(row: SheetRow, level: str, most: int, random: Random) -> list[str]:
    """At most `most` words of the part of speech, level and form of the answer that are not in the sentence."""
    part, own_level = part_of(row.entry, row.pos, level)
    place = GapPlace.of(row.entry, row.sentence or "", part or "NOUN")
    pool = [entry.spellings[0] for entry in _of(part or "NOUN", own_level)]
    random.shuffle(pool)
    there = {row.entry.headword, *re.findall(r"\w+", (row.sentence or "").lower())}
    forms = (form for word in pool if word not in there and (form := place.form(word)) and form not in there)
    return [*islice(dict.fromkeys(forms), most)]


def _has_gap(row: SheetRow) -> bool:
    return row.accepted and " " not in row.entry.headword and row.gapped != row.sentence


@lru_cache(maxsize=64)
def _of(part: str, level: str) -> list[Headword]:
    here = [entry for entry in headwords() if entry.level == level and coarse_part(entry.pos) == part]
    return [entry for entry in here if entry.spellings[0].isalpha() and entry.spellings[0].islower()]
