"""The blind sheet: what raters see, what they may send back, and the score."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.extension.evaluation.folder import read_evaluation
from cefr_sentences.extension.evaluation.rating import (
    HEAD,
    RatingKey,
    make_sheet,
    read_key,
    read_ratings,
    score_ratings,
)
from cefr_sentences.extension.evaluation.result import Asked, Evaluation, Figure, Row, System

WORDS = ("cat", "tree", "sun", "car")


def evaluation(base: str | dict[str, str | None] = "Ann says {}.", *, adapter: bool = True) -> Evaluation:
    """Sentences by templates; with `base` as a dict, the base's by word."""

    def system(name: str, sentences: str | dict[str, str | None]) -> System:
        by_word = sentences if isinstance(sentences, dict) else {word: sentences.format(word) for word in WORDS}
        return System(name, tuple(Row(word, sentence=by_word[word]) for word in WORDS), {})

    systems = [system("base", base), *([system("adapter", "Bob says {}.")] * adapter), system("own", "Zoe says {}.")]
    return Evaluation(tuple(systems), Asked("A1"))


@pytest.fixture
def key(tmp_path: Path) -> RatingKey:
    path = tmp_path / "key.json"
    path.write_bytes(make_sheet(evaluation(), 50, 7)["key.json"])
    return read_key(path)


def sheet(path: Path, key: RatingKey, rate: Any, sign: str = ",", encoding: str = "utf-8", rater: str = "") -> Path:
    """A filled sheet: `rate(item)` gives natural, level and proper."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sign)
    writer.writerow(HEAD)
    for id_, item in key.items.items():
        writer.writerow([id_, item.word, item.sentence, *rate(item), rater])
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def test_the_sheet_is_blind_and_shuffled() -> None:
    made = make_sheet(evaluation(), 3, 7)
    assert made == make_sheet(evaluation(), 3, 7) != make_sheet(evaluation(), 3, 8)
    key = json.loads(made["key.json"])["items"]
    assert len(key) == 6
    systems = [item["system"] for item in key.values()]
    assert sorted(systems) == ["adapter"] * 3 + ["base"] * 3
    assert systems not in (["base", "adapter"] * 3, ["base"] * 3 + ["adapter"] * 3)
    for name in ("ratings.csv", "ratings.html"):
        text = made[name].decode()
        assert not re.search("base|adapter|A1-level|Zoe", text)
        assert all(item["sentence"] in text for item in key.values())
    rows = list(csv.reader(made["ratings.csv"].decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == HEAD
    assert [row[0] for row in rows[1:]] == list(key)
    assert all(row[3:] == ["", "", "", ""] for row in rows[1:])


def test_sentences_are_neither_formulas_nor_markup() -> None:
    made = make_sheet(evaluation("=1+1 </script><script>x"), 4, 1)
    turkish = make_sheet(evaluation(), 4, 1, "tr")["ratings.html"].decode()
    assert '<html lang="tr">' in turkish
    assert 'value="y">evet<' in turkish
    assert "'=1+1" in made["ratings.csv"].decode()
    page = made["ratings.html"].decode()
    assert page.count("<script>") == page.count("</script>") == 1
    assert not re.search(r'(?:src|href)="', page)


def test_words_without_two_sentences_are_left_out() -> None:
    key = json.loads(make_sheet(evaluation({w: None if w == "cat" else "Yes." for w in WORDS}), 50, 7)["key.json"])
    assert (len(key["items"]), key["words_left_out"]) == (6, 1)
    for bad, message in (
        (evaluation(adapter=False), "had no adapter"),
        (evaluation(dict.fromkeys(WORDS)), "no word for which"),
    ):
        with pytest.raises(InputError, match=message):
            make_sheet(bad, 50, 7)
    with pytest.raises(InputError, match="--n 0"):
        make_sheet(evaluation(), 0, 7)


def test_the_score_by_hand(key: RatingKey, tmp_path: Path) -> None:
    def one(item: Any) -> tuple[str, str, str]:
        return ("5", "A1", "y") if item.system == "adapter" else ("2", "B1", "n")

    def two(item: Any) -> tuple[str, str, str]:
        return ("4", "A2", "Y") if item.system == "adapter" else ("1", "b1", "no")

    raters = [
        read_ratings(sheet(tmp_path / "one.csv", key, one, rater="Ayşe"), key),
        read_ratings(sheet(tmp_path / "two.csv", key, two), key),
    ]
    assert [(r.name, r.missing) for r in raters] == [("Ayşe", 0), ("two", 0)]
    found = score_ratings(key, raters, 1)
    adapter, base = found.adapter, found.base
    assert (adapter["natural"].value, base["natural"].value) == (4.5, 1.5)
    assert (adapter["level"].value, adapter["at_level"].value, adapter["within_one"].value) == (1.5, 0.5, 1.0)
    assert (base["at_level"].value, base["within_one"].value) == (0.0, 0.0)
    assert (adapter["proper"].value, base["proper"].value) == (1.0, 0.0)
    assert adapter["natural"].of == 4
    assert found.difference["natural"] == Figure(3.0, 3.0, 3.0)
    assert found.alpha["proper"] == 1.0
    # Every sentence has two neighbouring ratings: 4 x 4 and 5 on one side, 1 and 2 on the other.
    assert 0 < (found.alpha["natural"] or 0) < 1


@pytest.mark.parametrize(
    ("sign", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1254"), ("\t", "utf-16"), (";", "utf-16")]
)
def test_sheets_as_spreadsheets_save_them(key: RatingKey, tmp_path: Path, sign: str, encoding: str) -> None:
    path = sheet(tmp_path / "r.csv", key, lambda item: ("3", "A2", "evet"), sign, encoding, rater="Işıl")
    rater = read_ratings(path, key)
    assert (rater.name, rater.missing) == ("Işıl", 0)
    assert all(r == {"natural": 3.0, "level": 2.0, "proper": 1.0} for r in rater.ratings.values())


def test_missing_ratings_are_counted_and_left_out(key: RatingKey, tmp_path: Path) -> None:
    path = sheet(tmp_path / "r.csv", key, lambda item: ("", "A2", "n") if item.system == "base" else ("3", "", ""))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("sep=,\n" + "\n".join([*lines, "", ",,,,,,"]), encoding="utf-8")
    rater = read_ratings(path, key)
    assert rater.missing == 4 + 8
    found = score_ratings(key, [rater], 1)
    assert found.base["natural"].value is None
    assert found.adapter["natural"].value == 3.0
    assert found.alpha == {"natural": None, "level": None, "proper": None}
    json.dumps(found.to_json(), allow_nan=False)


BAD = {
    "not a rating": (lambda text: text.replace(",3,A2,", ",6,A2,", 1), "line 2: '6' is not a rating of natural"),
    "not a level": (lambda text: text.replace(",3,A2,", ",3,A3,", 1), "'A3' is not a rating of level"),
    "neither yes nor no": (lambda text: text.replace(",y,", ",maybe,", 1), "'maybe' is not a rating of proper"),
    "an unknown sentence": (lambda text: text.replace("S1,", "X1,", 1), "no sentence 'X1' in the key"),
    "twice": (lambda text: text + text.splitlines()[1] + "\n", "S1 is rated twice"),
    "another head": (lambda text: text.replace("natural", "x", 1), "no column natural"),
    "two raters": (lambda text: text.replace(",y,Ann", ",y,Tom", 1), "holds ratings of Ann, Tom"),
    "no rating": (lambda text: text.replace(",3,A2,y,", ",,,,"), "holds no rating"),
    "empty": (lambda text: "", "is empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_sheets(key: RatingKey, tmp_path: Path, case: str) -> None:
    change, message = BAD[case]
    path = sheet(tmp_path / "r.csv", key, lambda item: ("3", "A2", "y"), rater="Ann")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        read_ratings(path, key)


def test_keys_that_are_none(tmp_path: Path) -> None:
    for text in ("", "[]", '{"items": 3}', '{"items": {"S1": {"system": "x"}}, "level": "A1"}', '{"level": "A1"}'):
        (tmp_path / "key.json").write_text(text)
        with pytest.raises(InputError, match=r"key\.json"):
            read_key(tmp_path / "key.json")
    with pytest.raises(InputError, match="does not exist"):
        read_key(tmp_path / "none.json")


def test_the_commands(run: Any, tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation().to_json()), encoding="utf-8")
    out = tmp_path / "sheet"
    assert run("rate", "make", tmp_path / "evaluation.json", "--out", out, "--n", "3").code == 0
    assert {p.name for p in out.iterdir()} == {"ratings.csv", "ratings.html", "key.json"}
    assert (out / "ratings.csv").read_bytes().startswith(b"\xef\xbb\xbfid,")
    again = run("rate", "make", tmp_path / "evaluation.json", "--out", out)
    assert (again.code, "already there" in again.err) == (2, True)  # ratings may be in it
    key = read_key(out / "key.json")
    for name in ("a", "b"):
        sheet(tmp_path / f"{name}.csv", key, lambda item: ("3", "A1", "y"))
    scored = run("rate", "score", out / "key.json", tmp_path / "a.csv", tmp_path / "b.csv")
    assert scored.code == 0, scored.err
    assert "3.00 (3.00 to 3.00)" in scored.out
    assert "Krippendorff's alpha, level: cannot be told" in scored.out
    twice = run("rate", "score", out / "key.json", tmp_path / "a.csv", tmp_path / "a.csv")
    assert (twice.code, "by the same rater" in twice.err) == (2, True)
    data = json.loads(run("rate", "score", out / "key.json", tmp_path / "a.csv", "--json").out)
    assert set(data) == {"base", "adapter", "difference", "alpha", "raters", "level", "seed"}
    assert data["raters"] == {"a": {"missing": 0}}
    assert set(data["base"]["natural"]) == {"value", "sentences", "low", "high"}
    assert set(data["difference"]["natural"]) == {"value", "low", "high"}
    none = run("rate", "make", tmp_path / "x.json", "--out", tmp_path / "y")
    assert (none.code, "does not exist" in none.err) == (2, True)


def changed(value: Any, chosen: random.Random) -> Any:
    """`value` with something else at one place in it."""
    if isinstance(value, (dict, list)) and value and chosen.random() < 0.9:
        copy = value.copy()
        place = chosen.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if chosen.random() < 0.2:
            del copy[place]
        else:
            copy[place] = changed(value[place], chosen)
        return copy
    others: list[Any] = [None, True, -1, 0.5, 10**400, float("nan"), "", "x", "\ud800", [], {}, [None], {"x": None}]
    return chosen.choice(others)


def test_damaged_files_are_refused_or_work(tmp_path: Path) -> None:
    """Evaluations and keys with something else anywhere, by a seed: an InputError, or a sheet or score as usual."""
    chosen, refused = random.Random(8), 0
    whole = evaluation().to_json()
    key = json.loads(make_sheet(evaluation(), 50, 7)["key.json"])
    path = tmp_path / "file.json"
    for _ in range(400):
        for good, use in ((whole, lambda: make_sheet(read_evaluation(path), 3, 7)), (key, lambda: read_key(path))):
            path.write_text(json.dumps(changed(good, chosen)), encoding="utf-8")
            try:
                use()
            except InputError:
                refused += 1
    assert 200 < refused < 780
