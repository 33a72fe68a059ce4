"""A blind rating sheet of an evaluation, and what raters make of it.

The sheet has sentences of base and adapter in one shuffled list; which is whose stands in a file apart.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.encoding import detect_encoding, open_text
from ...exporter.common.errors import InputError
from ...exporter.common.files import no_formula
from ...exporter.language.levels import LEVELS
from .agreement import alpha
from .bootstrap import Parts, interval
from .measure import finite
from .sheet import rating_page

SYSTEMS = ("base", "adapter")
HEAD = ("id", "word", "sentence", "natural", "level", "proper", "rater")
# Question -> how agreement counts differences.
QUESTIONS = {"natural": "ordinal", "level": "ordinal", "proper": "nominal"}
_YES = frozenset("y yes true 1 e evet".split())  # noqa: SIM905
_NO = frozenset("n no false 0 h hayır hayir".split())  # noqa: SIM905


@dataclass(frozen=True)
class Rater:
    """One person's ratings: id -> question -> value. `missing` says how many cells are empty."""

    name: str
    ratings: dict[str, dict[str, float]]
    missing: int


def make_sheet(found: Mapping[str, Any], n: int, seed: int) -> dict[str, bytes]:
    """ratings.csv, ratings.html and key.json: sentences of base and adapter for at most `n` words, shuffled.

    Words for which either wrote no sentence are left out and counted in the key. Raises InputError.
    """
    if n < 1:
        raise InputError(f"--n {n} is out of range: at least 1.")
    systems = [name for name in SYSTEMS if name in found["systems"]]
    if len(systems) < 2:
        raise InputError("A blind sheet compares base and adapter, and this evaluation had no adapter.")
    pairs = list(zip(*(found[name]["rows"] for name in systems), strict=True))
    both = [pair for pair in pairs if all(row["sentence"] for row in pair)]
    if not both:
        raise InputError("There is no word for which base and adapter both wrote a sentence.")
    drawn = random.Random(seed)
    chosen = drawn.sample(both, min(n, len(both)))
    items = [(name, row) for pair in chosen for name, row in zip(systems, pair, strict=True)]
    drawn.shuffle(items)
    width = len(str(len(items)))
    rows = [(f"S{i:0{width}}", row["word"], row["sentence"]) for i, (_, row) in enumerate(items, 1)]
    key = {
        "level": found["task"]["level"],
        "seed": seed,
        "words_left_out": len(pairs) - len(both),
        "items": {
            id_: {"system": name, "word": word, "sentence": sentence}
            for (id_, word, sentence), (name, _) in zip(rows, items, strict=True)
        },
    }
    return {
        "ratings.csv": b"\xef\xbb\xbf" + _csv(rows).encode(),  # Excel wants to be told that it is UTF-8
        "ratings.html": rating_page(rows, HEAD).encode(),
        "key.json": (json.dumps(key, ensure_ascii=False, indent=1) + "\n").encode(),
    }


def _csv(rows: Sequence[tuple[str, str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows([*map(no_formula, row), "", "", "", ""] for row in rows)
    return out.getvalue()


def read_key(path: Path) -> dict[str, Any]:
    """The key of a sheet. Raises InputError when it is none of ours."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
        systems = {item["system"] for item in key["items"].values()}
        if not systems <= set(SYSTEMS) or key["level"] not in LEVELS:
            raise ValueError("not base and adapter at a level")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. It lies beside ratings.csv.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is no key.json of a rating sheet: {error!r}.") from None
    return key


def read_ratings(path: Path, key: Mapping[str, Any]) -> Rater:
    """A filled sheet, in any encoding and with commas, semicolons or tabs.

    Raises:
        InputError: no such columns, an unknown or repeated id, or a rating that is none, with its line.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist.")
    with open_text(path, detect_encoding(path)) as file:
        text = file.read()
    if text.lower().startswith("sep="):  # Excel's own line
        text = text.partition("\n")[2]
    sign = max(",;\t", key=text.partition("\n")[0].count)
    try:
        return _rater(csv.DictReader(io.StringIO(text, newline=""), delimiter=sign), path, key)
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV file: {error}.") from None


def _rater(reader: csv.DictReader[str], path: Path, key: Mapping[str, Any]) -> Rater:
    reader.fieldnames = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if lacking := [name for name in ("id", *QUESTIONS) if name not in reader.fieldnames]:
        raise InputError(f"{path} has no column {', '.join(lacking)}. Was its first line changed?")
    ratings: dict[str, dict[str, float]] = {}
    names: set[str] = set()
    for row in reader:
        id_ = (row["id"] or "").strip()
        if not any((value or "").strip() for value in row.values() if not isinstance(value, list)):
            continue
        where = f"{path}, line {reader.line_num}"
        if id_ not in key["items"]:
            raise InputError(f"{where}: there is no sentence {id_!r} in the key. Is it the key of another sheet?")
        if id_ in ratings:
            raise InputError(f"{where}: {id_} is rated twice.")
        ratings[id_] = {
            question: value
            for question in QUESTIONS
            if (value := _value(question, (row[question] or "").strip(), where)) is not None
        }
        names.add((row.get("rater") or "").strip())
    names.discard("")
    if len(names) > 1:
        raise InputError(f"{path} holds ratings of {', '.join(sorted(names))}. Give each rater a file.")
    if not any(ratings.values()):
        raise InputError(f"{path} holds no rating.")
    missing = len(QUESTIONS) * len(key["items"]) - sum(map(len, ratings.values()))
    return Rater(names.pop() if names else path.stem, ratings, missing)


def _value(question: str, text: str, where: str) -> float | None:
    """A cell as a number; None for an empty one."""
    if not text:
        return None
    if question == "natural" and text in ("1", "2", "3", "4", "5"):
        return float(text)
    if question == "level" and text.upper() in LEVELS:
        return float(LEVELS.index(text.upper()) + 1)
    if question == "proper" and (text.lower() in _YES or text.lower() in _NO):
        return float(text.lower() in _YES)
    allowed = {"natural": "1 to 5", "level": "A1 to C2", "proper": "y or n"}[question]
    raise InputError(f"{where}: {text[:40]!r} is no rating of {question}: {allowed}, or nothing.")


def score_ratings(key: Mapping[str, Any], raters: Sequence[Rater], seed: int) -> dict[str, Any]:
    """Per system: mean naturalness, mean level (1-6), at the level, within one, and the word used properly.

    Each with its 95 % interval over words (a sentence counts with the mean of its raters), the difference of the two
    systems for the same words, and for each question how far the raters agree.
    """
    rank = LEVELS.index(key["level"]) + 1
    views = {
        "natural": ("natural", lambda v: v),
        "level": ("level", lambda v: v),
        "at_level": ("level", lambda v: float(v == rank)),
        "within_one": ("level", lambda v: float(abs(v - rank) <= 1)),
        "proper": ("proper", lambda v: v),
    }
    words = list(dict.fromkeys(item["word"] for item in key["items"].values()))
    place = {word: i for i, word in enumerate(words)}
    parts: dict[str, dict[str, Parts]] = {}
    for system in SYSTEMS:
        parts[system] = {}
        for view, (question, shape) in views.items():
            top, of = [0.0] * len(words), [0.0] * len(words)
            for id_, item in key["items"].items():
                given = [shape(r.ratings[id_][question]) for r in raters if question in r.ratings.get(id_, {})]
                if item["system"] == system and given:
                    top[place[item["word"]]] += sum(given) / len(given)
                    of[place[item["word"]]] += 1
            parts[system][view] = Parts(top, of)
    found: dict[str, Any] = {
        system: {view: _figure(parts[system][view], interval(parts[system][view], seed)) for view in views}
        for system in SYSTEMS
    }
    found["difference"] = {
        view: {
            "value": finite(parts["adapter"][view].value - parts["base"][view].value),
            **_ends(interval(parts["adapter"][view], seed, parts["base"][view])),
        }
        for view in views
    }
    found["alpha"] = {
        question: alpha(([r.ratings.get(id_, {}).get(question) for r in raters] for id_ in key["items"]), metric)
        for question, metric in QUESTIONS.items()
    }
    found["raters"] = {rater.name: {"missing": rater.missing} for rater in raters}
    found |= {"level": key["level"], "seed": seed}
    return found


def _figure(parts: Parts, ends: tuple[float, float] | None) -> dict[str, Any]:
    return {"value": finite(parts.value), "sentences": int(sum(parts.of)), **_ends(ends)}


def _ends(ends: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = ends or (None, None)
    return {"low": low, "high": high}
