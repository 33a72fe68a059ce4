"""The table of measures: what each figure is called, how it is written, and how it is defined.

One table for the report, the tab, the plots and the comparison across levels.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...exporter.language import judge
from .metrics import LONGEST_RUN, SAME


@dataclass(frozen=True)
class Measure:
    """`form` is `share` (written in per cent) or `number` with `digits`; `better` is `more`, `less` or empty."""

    key: str
    label: str
    form: str
    digits: int
    better: str
    definition: str

    def __post_init__(self) -> None:
        if self.form not in ("share", "number") or self.better not in ("more", "less", ""):
            raise ValueError(f"No such form or direction: {self.form!r}, {self.better!r}.")

    def write(self, value: float | None) -> str:
        """`value` for people; a dash where there is none."""
        if value is None or math.isnan(value):
            return "-"
        return f"{100 * value:.1f} %" if self.form == "share" else f"{value:,.{self.digits}f}"

    def write_interval(self, low: float, high: float, to: str = " to ") -> str:
        if self.form == "share":
            return f"{100 * low:.1f}{to}{100 * high:.1f}"
        return f"{low:,.{self.digits}f}{to}{high:,.{self.digits}f}"


_MEASURES = (
    Measure("loss", "response loss", "number", 3, "less",
            "Mean cross entropy of the answers' tokens in nats, over all records of the evaluation file."),
    Measure("perplexity", "perplexity", "number", 2, "less", "e to the response loss."),
    Measure("well_formed", "well-formed lists", "share", 1, "more",
            "Answers that are n of n numbered lines in order and nothing else."),
    Measure("used", "words used", "share", 1, "more",
            "Requested words that their own sentence contains in any inflected form; entries of several words in order "
            "and together. No sentence counts as not used."),
    Measure("used_unseen", "- of words never seen", "share", 1, "more",
            "The same of words that stand nowhere in the training text."),
    Measure("used_inside", "- of words inside other sentences", "share", 1, "more",
            "The same of words that no training record asked for, but that occur in sentences for other words."),
    Measure("used_asked", "- of words trained on", "share", 1, "more",
            "The same of words that a training record asked for."),
    Measure("control_error", "ControlError", "number", 3, "less",
            "Mean squared distance of the judge's score (1-6) to the mean score of human sentences of the level "
            "(Malik and others, From Tarzan to Tolkien, Findings of ACL 2024, with that mean as the target)."),
    Measure("exact", "at the level", "share", 1, "more",
            "Sentences to which the judge gives the level. Text without an English word counts against it."),
    Measure("within_one", "within one level", "share", 1, "more", "The same, or a neighbouring level."),
    Measure("above", "tokens above the level", "share", 1, "less",
            "Words above the level by the word lists, over all words, names and numbers, the requested word aside. "
            "Names and numbers are above nothing."),
    Measure("readability", "readability index (second measure of level)", "number", 2, "",
            "Mean Automated Readability Index of a sentence, a school grade: 4.71 letters a word + 0.5 words - 21.43 "
            "(Senter and Smith, AMRL-TR-66-220, 1967). Older than the judge, and nothing here chooses by it."),
    Measure("length", "words a sentence", "number", 1, "", "What stands between spaces and has a letter or digit."),
    Measure("distinct_1", "distinct-1", "number", 3, "more",
            "Different words over all words (Li and others, NAACL 2016) in the first sentence of each requested word. "
            "Falls with the number of sentences, so only samples of like size compare."),
    Measure("distinct_2", "distinct-2", "number", 3, "more", "The same of pairs of neighbouring words in a sentence."),
    Measure("opening", "commonest opening", "share", 1, "less",
            "Sentences that begin with the word with which most begin, of each requested word the first."),
    Measure("near_duplicates", "near-duplicates", "share", 1, "less",
            f"Sentences whose set of words has a Jaccard similarity of at least {SAME} to that of an earlier one, "
            "of each requested word the first."),
    Measure("copied", "copied from training", "share", 1, "less",
            "Sentences that stand in the training file but for capitals and punctuation, or share a run of more than "
            f"{LONGEST_RUN} words with one of its sentences."),
    Measure("fluency", "perplexity for the base model", "number", 1, "",
            "How probable the base model, adapter off, finds a sentence by itself: e to the mean over sentences "
            "of the loss a token (the geometric mean of their perplexities). Odd text is high; so are rare words, and "
            "repetition is low."),
)  # fmt: skip
MEASURES = {measure.key: measure for measure in _MEASURES}

# Of graded learner corpora, by level: what sentences that people wrote for it are like.
LEARNER_CORPORA: dict[str, dict[str, tuple[float, ...]]] = {
    "length": {"A1": (6,), "A2": (8,), "B1": (9,), "B2": (11,)},
    "above": {"A1": (0.077,), "A2": (0.047,), "B1": (0.024,), "B2": (0.008,)},
    "distinct_2": dict.fromkeys(("A1", "A2", "B1", "B2"), (0.85, 0.93)),
    "opening": dict.fromkeys(("A1", "A2", "B1", "B2"), (0.16, 0.20)),
}


# The readability index of sentences that two people gave the same level.
RATED = Path(judge.__file__).parents[1] / "data" / "judge" / "readability.json"


@lru_cache(maxsize=1)
def rated() -> dict[str, Any]:
    """What `bench/readability.py` found."""
    return json.loads(RATED.read_text(encoding="utf-8"))


def reference(key: str, level: str) -> str:
    """The human figure of a measure: of graded learner corpora, or of rated sentences. Empty where there is none."""
    if key == "readability":
        return f"{rated()['levels'][level]['mean']:.2f}"
    values = LEARNER_CORPORA.get(key, {}).get(level, ())
    measure = MEASURES[key]
    if measure.form == "share":
        return "-".join(f"{100 * v:g}" for v in values) + (" %" if values else "")
    return "-".join(f"{v:g}" for v in values)


# What the sentences are from, as `evaluate` calls it and as people read it.
SYSTEMS = {"base": "base", "adapter": "adapter", "retrieval": "retrieval", "own": "evaluation file"}


def name_of(system: str) -> str:
    return SYSTEMS.get(system, system)
