"""What a sentence is like, as numbers: its words' levels and frequencies, its length, its verb forms and grammar."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from . import wordsets as sets
from .annotate import Token
from .grammar import GrammarItem
from .lexicon import RAREST
from .verbs import Structure

_NOMINAL = re.compile(r"(?:tion|sion|ment|ness|ity|ance|ence|ism|ship|hood|ure|cy)s?$")
_LATINATE = re.compile(r"(?:ous|ive|al|ic|able|ible|ary|ory|ate|ify|ize|ise|ated|ized|ical|ially)$")
_VOWELS = re.compile(r"[aeiouy]+")
_UNSEEN = 5.5  # the frequency of content words that are not there

NAMES = (
    "log_words", "words", "characters", "letters", "syllables", "long7", "long10", "long7_share", "longest",
    "level_mean", "level_max", "level_second", "level_top3", "content_level",
    "from_a2", "from_b1", "from_b2", "from_c1", "from_c2",
    "a2_share", "b1_share", "b2_share", "c1_share", "c2_share",
    "zipf_mean", "zipf_min", "zipf_second", "zipf_low3", "zipf_low5", "rare5", "rare45", "rare4", "rare35", "rare3",
    "rarity", "names", "names_share", "name_runs", "numbers", "estimates", "unknown",
    "commas", "colons", "brackets", "quotes", "subordinators", "relatives", "coordinators", "prepositions",
    "preposition_share", "of", "finite", "past", "perfect", "passive", "progressive", "modal", "infinitive", "ing",
    "participle", "first_verb", "nominal", "latinate", "suffix_share", "personal", "third", "determiner_share",
    "question", "function_share", "content", "log_content", "stretch", "repeated", "past_perfect", "conditional",
    "grammar_a2", "grammar_b1", "grammar_b2", "grammar_c1", "grammar_hardest",
)  # fmt: skip


@lru_cache(maxsize=100_000)
def _traits(lower: str) -> tuple[int, ...]:
    """What a word counts for, in the order in which `features` takes it apart."""
    long = len(lower) > 5 and lower not in sets.FUNCTION
    return (
        lower in sets.SUBORDINATORS, lower in sets.RELATIVE, lower in sets.COORDINATORS, lower in sets.PREPOSITIONS,
        lower == "of", lower in sets.PERSONAL, lower in sets.THIRD, lower in sets.DETERMINERS,
        bool(long and _NOMINAL.search(lower)), bool(long and _LATINATE.search(lower)),
        max(1, len(_VOWELS.findall(lower))),
    )  # fmt: skip


def features(tokens: list[Token], shape: Structure, items: Sequence[GrammarItem]) -> list[float]:
    """The numbers named in NAMES. `tokens` holds at least one word; `shape` is its `structure`, `items` its grammar."""
    words = [t for t in tokens if t.word is not None]
    lowers = [t.lower for t in words]
    plain = [(t.lower, t.word) for t in words if t.word is not None and t.kind == "word"]
    content = [word for lower, word in plain if lower not in sets.FUNCTION]
    marks = [t.text for t in tokens if t.word is None]
    n, m, c = len(words), max(1, len(plain)), max(1, len(content))
    traits = [sum(column) for column in zip(*map(_traits, lowers), strict=True)]
    subordinators, relatives, coordinators, prepositions, of, personal, third, determiners, *_ = traits
    endings = [_traits(lower)[8:] for lower, _ in plain] or [(0, 0, 0)]
    nominal, latinate, syllables = map(sum, zip(*endings, strict=True))
    lengths = [len(lower) for lower, _ in plain] or [0]
    numbers = sorted([word.level_number for _, word in plain], reverse=True) + [1, 1, 1]  # noqa: RUF005
    at_least = [len(numbers) - numbers.count(1)]
    for number in (2, 3, 4, 5):
        at_least.append(at_least[-1] - numbers.count(number))
    zipfs = sorted([word.zipf for word in content])
    low = (zipfs + [_UNSEEN] * 5)[:5]
    rare = [_below(zipfs, cut) for cut in (5.0, 4.5, 4.0, 3.5, 3.0)]
    kinds = [t.kind for t in words]
    names = kinds.count("name")
    runs = sum(a == "name" != b for a, b in zip(kinds, [*kinds[1:], kinds[0]], strict=True)) if names else 0
    long7 = sum([x >= 7 for x in lengths])
    hard = [item.level_number for item in items]
    return [
        math.log(n), n, sum(map(len, lowers)), sum(lengths) / m, syllables / m,
        long7, sum([x >= 10 for x in lengths]), long7 / m, max(lengths),
        (sum(numbers) - 3) / m, numbers[0], numbers[1], sum(numbers[:3]) / 3,
        sum([word.level_number for word in content]) / c,
        *at_least, *[x / m for x in at_least],
        sum(zipfs) / c if zipfs else _UNSEEN, low[0], low[1], sum(low[:3]) / 3, sum(low) / 5, *rare,
        sum([5.0 - z for z in zipfs if z < 5.0]),
        names, names / n, runs, kinds.count("number"),
        sum([word.source == "estimate" for _, word in plain]), sum([word.zipf <= RAREST for _, word in plain]),
        marks.count(","), marks.count(":") + marks.count(";") + marks.count("-"), marks.count("("), marks.count('"'),
        subordinators, relatives, coordinators, prepositions, prepositions / n, of,
        shape.finite, shape.past, shape.perfect, shape.passive, shape.progressive, shape.modal, shape.infinitive,
        shape.ing, shape.participle, shape.first_verb,
        nominal, latinate, (nominal + latinate) / c, personal, third, determiners / n,
        float("?" in marks), (len(plain) - len(content)) / m, len(content), math.log1p(len(content)),
        _longest_stretch(tokens) if marks else n, n - len(set(lowers)),
        shape.perfect if "had" in lowers else 0, shape.modal if "if" in lowers or "unless" in lowers else 0,
        *(sum([number >= least for number in hard]) for least in (2, 3, 4, 5)), max(hard, default=0),
    ]  # fmt: skip


def _below(ascending: list[float], limit: float) -> int:
    return next((i for i, value in enumerate(ascending) if value >= limit), len(ascending))


def _longest_stretch(tokens: list[Token]) -> int:
    """The most words between two marks."""
    stretch = longest = 0
    for token in tokens:
        stretch = 0 if token.word is None else stretch + 1
        longest = max(longest, stretch)
    return longest
