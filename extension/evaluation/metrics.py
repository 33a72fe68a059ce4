"""What sentences are like, in figures: each metric one function over plain texts. No model, no numpy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ...exporter.language.annotate import annotate, normalise
from ...exporter.language.forms import spans, tokens
from ...exporter.language.levels import LEVELS

# A run of words shared with a training sentence that is longer than this is a copy.
LONGEST_RUN = 7
SAME = 0.8  # from this Jaccard similarity of their words on, two sentences are near-duplicates
_PIECE = re.compile(r"\S*[^\W_]\S*")
_LETTER = re.compile(r"[^\W_]")


def length(sentence: str) -> int:
    """Words as people count them: what stands between spaces and has a letter or digit; "don't" is one."""
    return len(_PIECE.findall(sentence))


def squared_distance(score: float, target: float) -> float:
    """One sentence's part in ControlError: the squared distance of its score to the score that was aimed at.

    The mean over sentences is the ControlError of Malik and others, From Tarzan to Tolkien (ACL 2024).
    """
    return (score - target) ** 2


def levels_apart(level: str, target: str) -> int:
    """How many levels lie between the two; 0 is exact. Six for text without an English word, which has none."""
    return abs(LEVELS.index(level) - LEVELS.index(target)) if level else len(LEVELS)


def tokens_above(word: str, sentence: str, level: str) -> tuple[int, int]:
    """How many tokens of `sentence` are words above `level`, and how many tokens there are; `word` aside.

    Tokens are words, names and numbers, contractions apart. Names and numbers are above nothing.
    """
    text = normalise(sentence)
    asked = {text[a:b].lower() for a, b in spans(word, text)}
    rank = LEVELS.index(level) + 1
    others = [t for t in annotate(sentence) if t.word is not None and not asked.issuperset(t.lower.split("-"))]
    return sum(t.kind == "word" and t.word is not None and t.word.rank > rank for t in others), len(others)


def readability(sentence: str) -> float:
    """The Automated Readability Index of one sentence, a school grade: 4.71 letters a word + 0.5 words - 21.43.

    Senter and Smith, Automated Readability Index, AMRL-TR-66-220 (1967). NaN without a word.
    """
    words = length(sentence)
    letters = len(_LETTER.findall(sentence))
    return 4.71 * letters / words + 0.5 * words - 21.43 if words else float("nan")


def distinct(sentences: Iterable[str], n: int) -> float:
    """Different n-grams over all n-grams, within sentences.

    Li and others, A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016).
    The more sentences, the lower it is: compare equally many. NaN without an n-gram.
    """
    found = [gram for sentence in sentences for gram in ngrams(tokens(sentence), n)]
    return len(set(found)) / len(found) if found else float("nan")


def commonest_opening(sentences: Iterable[str]) -> tuple[str, float]:
    """The word that begins most sentences, and the share of sentences that it begins. Empty and NaN without any."""
    firsts = Counter(words[0] for sentence in sentences if (words := tokens(sentence)))
    if not firsts:
        return "", float("nan")
    word, most = max(firsts.items(), key=lambda item: (item[1], item[0]))
    return word, most / firsts.total()


def ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of `n` words, in order."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def near_duplicates(sentences: Sequence[str]) -> list[int]:
    """The places of sentences much like an earlier one: the Jaccard similarity of their sets of words is at least SAME.

    Of two sets that are so alike, each has one of the other's rarest words among its own rarest (prefix filtering:
    Chaudhuri, Ganti and Kaushik, ICDE 2006), so only those are compared.
    """
    sets = [frozenset(tokens(sentence)) for sentence in sentences]
    rarity = Counter(word for words in sets for word in words)
    holders: dict[str, list[int]] = {}
    found = []
    for at, words in enumerate(sets):
        if not words:
            continue
        ordered = sorted(words, key=lambda word: (rarity[word], word))
        prefix = ordered[: len(words) - _ceil(SAME * len(words)) + 1]
        candidates = {i for word in prefix for i in holders.get(word, ())}
        if any(len(words & sets[i]) >= SAME * len(words | sets[i]) - 1e-9 for i in candidates):
            found.append(at)
        for word in prefix:
            holders.setdefault(word, []).append(at)
    return found


def copy_finder(training: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a sentence is copied from `training`.

    It is when the two are the same but for capitals and punctuation, or share a run of more than LONGEST_RUN words.
    """
    whole: set[tuple[str, ...]] = set()
    runs: set[tuple[str, ...]] = set()
    for sentence in training:
        words = tokens(sentence)
        whole.add(tuple(words))
        runs.update(ngrams(words, LONGEST_RUN + 1))

    def copied(sentence: str) -> bool:
        words = tokens(sentence)
        return bool(words) and (tuple(words) in whole or not runs.isdisjoint(ngrams(words, LONGEST_RUN + 1)))

    return copied


def _ceil(value: float) -> int:
    return -int(-(value - 1e-9) // 1)
