"""The metrics: how each is computed, what it is called and means, and where it is shown.

To add one, add its function and its row of `METRICS` here; the command, the report, the plots, the comparison across
levels and the tab show whatever is in the table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import Problem
from ...exporter.language.annotate import annotate, normalise
from ...exporter.language.entry import Entry
from ...exporter.language.fitted import PATH
from ...exporter.language.forms import tokens
from ...exporter.language.judges import find_judge
from ...exporter.language.levels import LEVELS, level_number
from ...exporter.language.profile import mean_score
from ...exporter.language.similarity import SIMILAR, SimilarSentences
from .bootstrap import Parts
from .metric import HIGHER, LOWER, SHARE, Histogram, Human, Metric, Sample
from .result import Row

# A run of words shared with a training sentence that is longer than this is a copy.
LONGEST_RUN = 7
# Sentences of each system in which the word is guessed: ten have to be scored for each.
GUESSED = 20
_PIECE = re.compile(r"\S*[^\W_]\S*")
_LETTER = re.compile(r"[^\W_]")


def length(sentence: str) -> int:
    """Words as people count them: what is between spaces and has a letter or digit; "don't" is one."""
    return len(_PIECE.findall(sentence))


def squared_distance(score: float, target: float) -> float:
    """One sentence's part in ControlError: the squared distance of its score to the target score.

    The mean over sentences is the ControlError of Malik and others, From Tarzan to Tolkien (ACL 2024).
    """
    return (score - target) ** 2


def levels_apart(level: str, target: str) -> int:
    """How many levels are between the two; 0 is exact. Six for text without an English word, which has no level."""
    return abs(LEVELS.index(level) - LEVELS.index(target)) if level else len(LEVELS)


def tokens_above(word: str, sentence: str, level: str) -> tuple[int, int]:
    """How many tokens of `sentence` are words above `level`, and how many tokens there are, without those of `word`.

    Tokens are words, names and numbers, contractions apart. Names and numbers are above no level.
    """
    text = normalise(sentence)
    asked = {text[a:b].lower() for a, b in Entry.parse(word).spans(text)}
    number = level_number(level)
    others = [t for t in annotate(sentence) if t.word is not None and not asked.issuperset(t.lower.split("-"))]
    return sum(t.kind == "word" and t.word is not None and t.word.level_number > number for t in others), len(others)


def readability(sentence: str) -> float:
    """The Automated Readability Index of one sentence, a school grade: 4.71 letters a word + 0.5 words - 21.43.

    Senter and Smith, Automated Readability Index, AMRL-TR-66-220 (1967). NaN without a word.
    """
    words = length(sentence)
    letters = len(_LETTER.findall(sentence))
    return 4.71 * letters / words + 0.5 * words - 21.43 if words else math.nan


def distinct(sentences: Iterable[str], n: int) -> float:
    """Different n-grams over all n-grams, within sentences.

    Li and others, A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016).
    The more sentences, the lower it is: compare equally many. NaN without an n-gram.
    """
    grams = [gram for sentence in sentences for gram in ngrams(tokens(sentence), n)]
    return len(set(grams)) / len(grams) if grams else math.nan


def commonest_opening(sentences: Iterable[str]) -> tuple[str, float]:
    """The word that begins most sentences, and the share of sentences that it begins. Empty and NaN without any."""
    firsts = Counter(words[0] for sentence in sentences if (words := tokens(sentence)))
    if not firsts:
        return "", math.nan
    word, most = max(firsts.items(), key=lambda item: (item[1], item[0]))
    return word, most / firsts.total()


def ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of `n` words, in order."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def near_duplicates(sentences: Sequence[str]) -> list[int]:
    """The places of sentences that are nearly the same as an earlier one (see `language/similarity.py`)."""
    earlier = SimilarSentences()
    places = []
    for place, sentence in enumerate(sentences):
        words = frozenset(tokens(sentence))
        if earlier.has_similar(words):
            places.append(place)
        earlier.add(words)
    return places


def copy_finder(training: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether a sentence is copied from `training`.

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


# What `bench/readability.py` measured: the readability index of sentences that two people gave the same level.
RATED = PATH.with_name("readability.json")


@dataclass(frozen=True)
class RatedLevel:
    sentences: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Rated:
    """The content of RATED; `sentences` and `spearman` by the part of the sentences, the latter also for the judge."""

    sentences: Mapping[str, int]
    spearman: Mapping[str, float]
    levels: Mapping[str, RatedLevel]


@lru_cache(maxsize=1)
def rated() -> Rated:
    return checked(Rated, read_object(RATED))


def _rated_source(level: str) -> Problem:
    human = rated().levels[level]
    return Problem(
        "{sentences} encyclopedic sentences that two people gave the level (standard deviation {deviation})",
        {"sentences": human.sentences, "deviation": round(human.deviation, 1)},
    )


def _learner_texts(a1: str, a2: str, b1: str, b2: str) -> Human:
    by_level = {"A1": a1, "A2": a2, "B1": b1, "B2": b2}
    return Human(lambda level: by_level.get(level, ""), lambda level: Problem("graded learner corpora"))


def _loss(sample: Sample, shape: Callable[[float], float] | None = None) -> Parts | None:
    parts = Parts([nats for nats, _ in sample.losses], [float(n) for _, n in sample.losses], shape)
    return parts if sample.losses else None


def _well_formed(sample: Sample) -> Parts | None:
    answers = [float(each) for each in sample.well_formed]
    return Parts(answers, [1.0] * len(answers)) if answers else None


def _used(group: str) -> Callable[[Sample], Parts | None]:
    """Words used, of those that training knows this well; None where none was asked for."""

    def measure(sample: Sample) -> Parts | None:
        parts = sample.ratio(lambda row: (row.used, 1) if row.group == group else None)
        return parts if sum(parts.of) else None

    return measure


def _control_error(sample: Sample) -> Parts:
    return sample.mean(lambda row: None if row.score is None else squared_distance(row.score, sample.target))


def _within(sample: Sample, levels: int) -> Parts:
    return sample.mean(lambda row: levels_apart(row.level, sample.level) <= levels)


def _copied(sample: Sample) -> Parts | None:
    known = any(row.copied is not None for row in sample.rows)
    return sample.mean(lambda row: row.copied) if known else None


def _fluency(sample: Sample) -> Parts | None:
    known = any(row.perplexity is not None for row in sample.rows)
    mean = sample.mean(lambda row: None if row.perplexity is None else math.log(row.perplexity), math.exp)
    return mean if known else None


def _guessed(sample: Sample) -> Parts | None:
    known = any(row.guess is not None for row in sample.rows)
    return sample.mean(lambda row: row.guess) if known else None


def _near_duplicates(sample: Sample) -> float:
    of = len(sample.sentences)
    return len(near_duplicates(sample.sentences)) / of if of else math.nan


def _length(row: Row) -> float | None:
    return row.length if row.sentence is not None else None


_SCORES = Histogram(
    "scores", lambda row: row.score, "the judge's score of a sentence", [1 + i * 0.25 for i in range(21)],
    "How the judge's scores are spread; the vertical line is the mean of human {level} sentences",
    lambda asked: mean_score(asked.level, find_judge(asked.judge)),
)  # fmt: skip
_LENGTHS = Histogram(
    "lengths", _length, "words in a sentence", [i + 0.5 for i in range(31)],
    "How long the sentences are (longer than 30 words are not drawn)",
)  # fmt: skip

_METRICS = (
    Metric("loss", "response loss", _loss,
           "Mean cross entropy of the answers' tokens in nats, over all records of the evaluation file.",
           digits=3, better=LOWER, across=False),
    Metric("perplexity", "perplexity", lambda sample: _loss(sample, math.exp), "e to the response loss.",
           digits=2, better=LOWER, across=False),
    Metric("well_formed", "well-formed lists", _well_formed,
           "Answers that are n of n numbered lines in order and nothing else.",
           SHARE, better=HIGHER, bars=True),
    Metric("used", "words used", lambda sample: sample.ratio(lambda row: (row.used, 1)),
           "Requested words that their own sentence contains in any inflected form; entries of several words in order "
           "and together. No sentence counts as not used.",
           SHARE, better=HIGHER, bars=True, level_bars=True),
    Metric("used_unseen", "- of words never seen", _used("unseen"),
           "The same of words that occur nowhere in the training text.", SHARE, better=HIGHER),
    Metric("used_inside", "- of words inside other sentences", _used("inside"),
           "The same of words that no training record asked for, but that occur in sentences for other words.",
           SHARE, better=HIGHER),
    Metric("used_asked", "- of words trained on", _used("asked"),
           "The same of words that a training record asked for.", SHARE, better=HIGHER),
    Metric("control_error", "ControlError", _control_error,
           "Mean squared distance of the judge's score (1-6) to the mean score of human sentences of the level "
           "(Malik and others, From Tarzan to Tolkien, Findings of ACL 2024, with that mean as the target).",
           digits=3, better=LOWER, histogram=_SCORES),
    Metric("exact", "at the level", lambda sample: _within(sample, 0),
           "Sentences to which the judge gives the level. Text without an English word counts against it.",
           SHARE, better=HIGHER, bars=True),
    Metric("within_one", "within one level", lambda sample: _within(sample, 1), "The same, or a neighbouring level.",
           SHARE, better=HIGHER, bars=True, level_bars=True),
    Metric("above", "tokens above the level",
           lambda sample: sample.ratio(lambda row: (row.tokens_above, row.tokens)),
           "Words above the level by the word lists, over all words, names and numbers, without the requested word. "
           "Names and numbers are above no level.",
           SHARE, better=LOWER, bars=True, level_bars=True, human=_learner_texts("7.7 %", "4.7 %", "2.4 %", "0.8 %")),
    Metric("readability", "readability index (second measure of level)",
           lambda sample: sample.mean(lambda row: row.readability),
           "Mean Automated Readability Index of a sentence, a school grade: 4.71 letters a word + 0.5 words - 21.43 "
           "(Senter and Smith, AMRL-TR-66-220, 1967). Older than the judge, and nothing here chooses by it.",
           digits=2, human=Human(lambda level: f"{rated().levels[level].mean:.2f}", _rated_source)),
    Metric("length", "words a sentence", lambda sample: sample.mean(_length),
           "What is between spaces and has a letter or digit.",
           human=_learner_texts("6", "8", "9", "11"), histogram=_LENGTHS),
    Metric("distinct_1", "distinct-1", lambda sample: distinct(sample.sentences, 1),
           "Different words over all words (Li and others, NAACL 2016) in the first sentence of each requested word. "
           "Falls with the number of sentences, so only samples of like size compare.",
           digits=3, better=HIGHER),
    Metric("distinct_2", "distinct-2", lambda sample: distinct(sample.sentences, 2),
           "The same of pairs of neighbouring words in a sentence.",
           digits=3, better=HIGHER, human=_learner_texts(*["0.85-0.93"] * 4)),
    Metric("opening", "commonest opening", lambda sample: commonest_opening(sample.sentences)[1],
           "Sentences that begin with the word that begins most of them, of each requested word the first.",
           SHARE, better=LOWER, bars=True, human=_learner_texts(*["16-20 %"] * 4)),
    Metric("near_duplicates", "near-duplicates", _near_duplicates,
           Problem("Sentences whose set of words has a Jaccard similarity of at least {similar} to that of an earlier "
                   "one, of each requested word the first.", {"similar": SIMILAR}),
           SHARE, better=LOWER),
    Metric("copied", "copied from training", _copied,
           Problem("Sentences that are in the training file but for capitals and punctuation, or share a run of more "
                   "than {run} words with one of its sentences.", {"run": LONGEST_RUN}),
           SHARE, better=LOWER),
    Metric("fluency", "perplexity for the base model", _fluency,
           "How probable the base model, adapter off, finds a sentence by itself: e to the mean over sentences "
           "of the loss a token (the geometric mean of their perplexities). Odd text is high; so are rare words, and "
           "repetition is low."),
    Metric("guessed", "word guessed among ten", _guessed,
           Problem("How probable the base model, adapter off, finds the right word among ten of its part of speech, "
                   "level and form, in {guessed} sentences of each system; chance is 10 %. Low for bland sentences (I "
                   "like this kite) and wrong words. It does not see nonsense.", {"guessed": GUESSED}),
           SHARE, better=HIGHER),
)  # fmt: skip
METRICS = {metric.key: metric for metric in _METRICS}
