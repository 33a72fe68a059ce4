"""Which part of speech a word of a sentence is: a dictionary says what it can be, the words around it the rest.

A logistic regression on combinations of the word, its neighbours and what these can be. `bench/fit_tagger.py` fits it.
`tags` beside it says what a word can be and nothing about the sentence. Neither can do the work of the other: the
patterns of `grammar` need classes finer than parts of speech (a participle that is not a past form), and were fitted
with all that a word can be; the entries need the one that it is.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp
from pathlib import Path

from .lexicon import PARTS_OF_SPEECH, lemmas, lexicon
from .reading import Text, parts_of, verb_forms
from .wordsets import BE, DO, FUNCTION, HAVE, MODALS, POSSESSIVES, words

PATH = Path(__file__).parents[1] / "data" / "tagger" / "tagger.tsv"
SCALE = 20  # a weight of the file is this many times the logarithm of the odds
_OPEN = ("NOUN", "VERB", "ADJ", "ADV")
_HELPERS = BE | HAVE | DO | MODALS
# As neighbours, these say more by themselves than what they can be.
_TELLING = FUNCTION | POSSESSIVES | _HELPERS | words("please us kind lot one")
_ENDS = frozenset(".!?;:()[]")
_START, _END = "<", ">"


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[int, ...]]:
    """The weights of each feature, in the order of PARTS_OF_SPEECH."""
    lines = PATH.read_text(encoding="utf-8").splitlines()
    width = len(PARTS_OF_SPEECH)
    rows = ((line + "\t" * width).split("\t") for line in lines[1:])
    return {feature: tuple(int(value or 0) for value in values[:width]) for feature, *values in rows}


def likely(text: Text, at: int) -> dict[str, float]:
    """How likely the word at `at` is each part of speech that it can be; they add up to 1."""
    parts = possible(text.tokens[at].key)
    if len(parts) == 1:
        return {parts[0]: 1.0}
    table = _weights()
    rows = [row for feature in features(text, at) if (row := table.get(feature))]
    scores = {part: sum(row[PARTS_OF_SPEECH.index(part)] for row in rows) / SCALE for part in parts}
    best = max(scores.values())
    odds = {part: exp(score - best) for part, score in scores.items()}
    total = sum(odds.values())
    return {part: value / total for part, value in odds.items()}


@lru_cache(maxsize=100_000)
def possible(key: str) -> tuple[str, ...]:
    """The parts of speech that a word can be."""
    if key == "mum":  # which the dictionary has as in "keep mum" as well
        return ("NOUN",)
    if key[:1].isdigit():
        return ("NUM",) if key.isdigit() else ("NUM", "NOUN", "ADJ")
    levels = lexicon().levels
    found = set(levels.get(key, ())) | (parts_of(key) if key not in FUNCTION - MODALS - {"like"} else set())
    if not found:
        found = set(lemmas(key))
    if key.endswith("s") and "NOUN" in levels.get(key[:-1], ()):  # the dictionary lacks crisps
        found.add("NOUN")
    found = {"NOUN" if part == "PROPN" else "VERB" if part == "AUX" else part for part in found}
    return tuple(part for part in PARTS_OF_SPEECH if part in found) or _OPEN


@lru_cache(maxsize=100_000)
def _kind(key: str) -> str:
    """What a word says as a neighbour: itself if it is a function word, otherwise what it can be."""
    return key if key in _TELLING else _classes(key)


@lru_cache(maxsize=100_000)
def _classes(key: str) -> str:
    parts = "".join(part[:2] for part in possible(key))
    forms = "".join(form[0] for form in sorted(verb_forms(key))) if "VE" in parts else ""
    plural = "NO" in parts and any(lemma != key for lemma in lemmas(key).get("NOUN", ()))
    return f"{parts}{forms}{'+' if plural else ''}"


def features(text: Text, at: int) -> list[str]:
    """What the weights are asked about the word at `at`."""
    key = text.tokens[at].key
    own = _classes(key)
    p1, p2 = _neighbours(text, at, -1)
    n1, n2 = _neighbours(text, at, 1)
    found = [f"k {own}", f"w {key}", f"s {key[-3:]}", f"v {own} {_other_verbs(text, at)}"]
    found += [f"p {p1}", f"n {n1}", f"b {p1} {n1}", f"wp {key} {p1}", f"wn {key} {n1}"]
    found += [f"kp {own} {p1}", f"kn {own} {n1}", f"kb {own} {p1} {n1}"]
    found += [
        f"kpp {own} {p2} {p1}",
        f"knn {own} {n1} {n2}",
        f"kppn {own} {p2} {p1} {n1}",
        f"kpnn {own} {p1} {n1} {n2}",
    ]
    if p1 != _START:
        found.append(f"t {text.tokens[at - 1].key}")
        if text.sentence[text.tokens[at].start].isupper():
            found.append("capital")
    if n1 != _END:
        found.append(f"u {text.tokens[at + 1].key}")
    return found


def _neighbours(text: Text, at: int, step: int) -> list[str]:
    """The kinds of the two words before or after, or the marks that part them."""
    found, edge = [], _START if step < 0 else _END
    while len(found) < 2:
        marked = at if step < 0 else at + 1
        at += step
        if not 0 <= at < len(text.tokens):
            return [*found, edge, edge][:2]
        mark = text.tokens[marked].before
        if mark not in ("", "-"):
            if _ENDS.intersection(mark):
                return [*found, edge, edge][:2]
            found.append(mark[0])
        found.append(_kind(text.tokens[at].key))
    return found[:2]


def _other_verbs(text: Text, at: int) -> str:
    """Whether another word of the sentence is, may be or cannot be its verb."""
    maybe = False
    for place, token in enumerate(text.tokens):
        if place == at:
            continue
        if token.key in _HELPERS or possible(token.key) == ("VERB",):
            return "sure"
        maybe = maybe or "VERB" in possible(token.key)
    return "maybe" if maybe else "none"
