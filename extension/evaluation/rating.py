"""A blind rating sheet of an evaluation, and what raters make of it.

The sheet has sentences of base and adapter in one shuffled list; which is whose is in a separate file, the key.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.checked import checked, read_object, wrong
from ...exporter.common.encoding import detect_encoding, open_text
from ...exporter.common.errors import InputError, Option
from ...exporter.common.files import table_cell
from ...exporter.language.levels import LEVELS, level_number
from .agreement import alpha
from .bootstrap import Parts
from .measure import differences, figure
from .rating_page import rating_page
from .result import MODELS, Evaluation, Figure

HEAD = ("id", "word", "sentence", "natural", "level", "proper", "rater")
# Question -> how agreement counts differences.
QUESTIONS = {"natural": "ordinal", "level": "ordinal", "proper": "nominal"}
_ALLOWED = {"natural": "1 to 5", "level": "A1 to C2", "proper": "y or n"}
_YES = frozenset("y yes true 1 e evet".split())  # noqa: SIM905
_NO = frozenset("n no false 0 h hayır hayir".split())  # noqa: SIM905


@dataclass(frozen=True)
class RatedSentence:
    """A sentence of the sheet, and who wrote it: one of MODELS."""

    system: str
    word: str
    sentence: str


@dataclass(frozen=True)
class RatingKey:
    """Who wrote the sentences of a sheet, by their ids."""

    level: str
    items: Mapping[str, RatedSentence]
    seed: int = 0
    words_left_out: int = 0

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise wrong("{place} is not a level", "level")
        if other := {item.system for item in self.items.values()} - set(MODELS):
            raise wrong("{place} is neither the base nor the adapter", min(other))


@dataclass(frozen=True)
class Rater:
    """One person's ratings: id -> question -> value. `missing` says how many cells are empty."""

    name: str
    ratings: Mapping[str, Mapping[str, float]]
    missing: int


@dataclass(frozen=True)
class Scores:
    """What raters think of base and adapter, by the keys of VIEWS: means over sentences, with intervals over words.

    `alpha` is their agreement by question.
    """

    base: Mapping[str, Figure]
    adapter: Mapping[str, Figure]
    difference: Mapping[str, Figure]
    alpha: Mapping[str, float | None]
    missing: Mapping[str, int]  # by rater
    level: str
    seed: int

    def to_json(self) -> dict[str, Any]:
        means = {
            name: {view: {**_ends(one), "sentences": int(one.of or 0)} for view, one in figures.items()}
            for name, figures in (("base", self.base), ("adapter", self.adapter))
        }
        less = {view: _ends(one) for view, one in self.difference.items()}
        raters = {name: {"missing": number} for name, number in self.missing.items()}
        told = {"alpha": dict(self.alpha), "level": self.level, "seed": self.seed, "raters": raters}
        return {**means, "difference": less, **told}


def _ends(one: Figure) -> dict[str, float | None]:
    return {"value": one.value, "low": one.low, "high": one.high}


@dataclass(frozen=True)
class View:
    """One way to look at the answers to a question: `value` turns a rating into a number, given the level's number."""

    label: str
    question: str
    value: Callable[[float, int], float]
    share: bool = False


VIEWS = {
    "natural": View("naturalness (1-5)", "natural", lambda rating, level: rating),
    "level": View("mean level (A1 = 1 ... C2 = 6)", "level", lambda rating, level: rating),
    "at_level": View("at the level", "level", lambda rating, level: float(rating == level), share=True),
    "within_one": View("within one level", "level", lambda rating, level: float(abs(rating - level) <= 1), share=True),
    "proper": View("word used properly", "proper", lambda rating, level: rating, share=True),
}


def make_sheet(evaluation: Evaluation, n: int, seed: int, language: str = "en") -> dict[str, bytes]:
    """ratings.csv, ratings.html and key.json: sentences of base and adapter for at most `n` words, shuffled.

    `language` is that of the page, one of `sheet.LANGUAGES`; the table is the same in all.
    Words for which either wrote no sentence are left out and counted in the key. Raises InputError.
    """
    if n < 1:
        raise InputError("{setting} {value} is out of range: at least 1.", setting=Option("n"), value=n)
    if evaluation.adapter is None:
        raise InputError(
            "A blind sheet compares base and adapter, and this evaluation had no adapter. Evaluate with one."
        )
    pairs = list(zip(evaluation.base.rows, evaluation.adapter.rows, strict=True))
    both = [
        (RatedSentence("base", one.word, one.sentence), RatedSentence("adapter", two.word, two.sentence))
        for one, two in pairs
        if one.sentence and two.sentence
    ]
    if not both:
        raise InputError("There is no word for which base and adapter both wrote a sentence. Evaluate with more words.")
    drawn = random.Random(seed)
    items = [item for pair in drawn.sample(both, min(n, len(both))) for item in pair]
    drawn.shuffle(items)
    width = len(str(len(items)))
    by_id = {f"S{i:0{width}}": item for i, item in enumerate(items, 1)}
    key = RatingKey(evaluation.asked.level, by_id, seed, len(pairs) - len(both))
    rows = [(id_, item.word, item.sentence) for id_, item in by_id.items()]
    return {
        "ratings.csv": b"\xef\xbb\xbf" + _csv(rows).encode(),  # Excel has to be told that it is UTF-8
        "ratings.html": rating_page(rows, HEAD, language).encode(),
        "key.json": (json.dumps(asdict(key), ensure_ascii=False, indent=1) + "\n").encode(),
    }


def _csv(rows: Sequence[tuple[str, str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows([*map(table_cell, row), "", "", "", ""] for row in rows)
    return out.getvalue()


def read_key(path: Path) -> RatingKey:
    """The key of a sheet. Raises InputError when it is anything else."""
    if not path.is_file():
        raise InputError("{file} does not exist. `rate make` writes it beside ratings.csv.", file=path)
    try:
        return checked(RatingKey, read_object(path))
    except ValueError as error:
        raise InputError(
            "{file} is not the key.json of a rating sheet: {cause}. `rate make` writes it beside ratings.csv.",
            file=path,
            cause=error,
        ) from None


def read_ratings(path: Path, key: RatingKey) -> Rater:
    """A filled sheet, in any encoding and with commas, semicolons or tabs.

    Raises:
        InputError: columns are missing, an id is unknown or repeated, or a cell is not a rating (with its line).
    """
    if not path.is_file():
        raise InputError("{file} does not exist. Give a filled ratings.csv.", file=path)
    with open_text(path, detect_encoding(path)) as file:
        text = file.read()
    if text.lower().startswith("sep="):  # Excel's own line
        text = text.partition("\n")[2]
    sign = max(",;\t", key=text.partition("\n")[0].count)
    try:
        return _rater(csv.DictReader(io.StringIO(text, newline=""), delimiter=sign), path, key)
    except csv.Error as error:
        raise InputError("{file} is not a CSV file: {cause}. Save the sheet as CSV.", file=path, cause=error) from None


def _rater(reader: csv.DictReader[str], path: Path, key: RatingKey) -> Rater:
    reader.fieldnames = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if lacking := [name for name in ("id", *QUESTIONS) if name not in reader.fieldnames]:
        raise InputError(
            "{file} has no column {columns}. Was its first line changed?", file=path, columns=", ".join(lacking)
        )
    ratings: dict[str, dict[str, float]] = {}
    names: set[str] = set()
    for row in reader:
        id_ = (row["id"] or "").strip()
        if not any((value or "").strip() for value in row.values() if not isinstance(value, list)):
            continue
        place = {"file": path, "line": reader.line_num}
        if id_ not in key.items:
            raise InputError(
                "{file}, line {line}: there is no sentence {id!r} in the key. Is it the key of another sheet?",
                id=id_,
                **place,
            )
        if id_ in ratings:
            raise InputError("{file}, line {line}: {id} is rated twice. Remove one of the two.", id=id_, **place)
        cells = {question: _value(question, (row[question] or "").strip(), place) for question in QUESTIONS}
        ratings[id_] = {question: value for question, value in cells.items() if value is not None}
        names.add((row.get("rater") or "").strip())
    names.discard("")
    if len(names) > 1:
        raise InputError(
            "{file} holds ratings of {raters}. Give each rater a file.", file=path, raters=", ".join(sorted(names))
        )
    if not any(ratings.values()):
        raise InputError("{file} holds no rating. Was the filled sheet saved?", file=path)
    missing = len(QUESTIONS) * len(key.items) - sum(map(len, ratings.values()))
    return Rater(names.pop() if names else path.stem, ratings, missing)


def _value(question: str, text: str, place: Mapping[str, object]) -> float | None:
    """A cell as a number; None for an empty one."""
    if not text:
        return None
    if question == "natural" and text in ("1", "2", "3", "4", "5"):
        return float(text)
    if question == "level" and text.upper() in LEVELS:
        return float(level_number(text.upper()))
    if question == "proper" and (text.lower() in _YES or text.lower() in _NO):
        return float(text.lower() in _YES)
    raise InputError(
        "{file}, line {line}: {text!r} is not a rating of {question}: {allowed}, or nothing.",
        text=text[:40],
        question=question,
        allowed=_ALLOWED[question],
        **place,
    )


def score_ratings(key: RatingKey, raters: Sequence[Rater], seed: int) -> Scores:
    """The means of base and adapter by the keys of VIEWS, their difference, and how far the raters agree.

    Each mean has its 95 % interval over words (a sentence counts with the mean of its raters); the difference is of
    the two systems for the same words.
    """
    parts = {name: {view: _parts(key, raters, name, look) for view, look in VIEWS.items()} for name in MODELS}
    base, adapter = parts["base"], parts["adapter"]
    return Scores(
        {view: figure(base[view], seed) for view in VIEWS},
        {view: figure(adapter[view], seed) for view in VIEWS},
        differences(adapter, base, seed),
        {
            question: alpha(([r.ratings.get(id_, {}).get(question) for r in raters] for id_ in key.items), metric)
            for question, metric in QUESTIONS.items()
        },
        {rater.name: rater.missing for rater in raters},
        key.level,
        seed,
    )


def _parts(key: RatingKey, raters: Sequence[Rater], system: str, view: View) -> Parts:
    """The sum of a view over the sentences of a system, word by word, and their number."""
    level = level_number(key.level)
    top = dict.fromkeys((item.word for item in key.items.values()), 0.0)
    of = dict(top)
    for id_, item in key.items.items():
        ratings = [rater.ratings.get(id_, {}).get(view.question) for rater in raters]
        values = [view.value(rating, level) for rating in ratings if rating is not None]
        if item.system == system and values:
            top[item.word] += sum(values) / len(values)
            of[item.word] += 1
    return Parts(list(top.values()), list(of.values()))
