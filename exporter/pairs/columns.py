"""Which column is the word, the sentence, the level: by the names people use, in English and Turkish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..common.errors import InputError, Option, Problem

COLUMNS = Option("columns")

# In order of preference: a table with both `sentence` and `text` means its `sentence`.
NAMES: dict[str, tuple[str, ...]] = {
    "word": (
        "word", "headword", "targetword", "keyword", "lemma", "baseword", "term", "vocabulary", "vocab", "words",
        "kelime", "sozcuk", "kelimeler", "ingilizcekelime", "englishword", "wordphrase", "wordorphrase", "entry",
        "expression", "phrase", "item", "vocabularyitem", "english", "ingilizce", "en", "front", "onyuz",
    ),
    "sentence": (
        "sentence", "examplesentence", "example", "text", "sentences", "examples", "examplesentences",
        "cumle", "ornekcumle", "ornek", "cumleler", "ornekler", "ornekcumleler", "ingilizcecumle",
        "englishsentence", "sentenceexample", "usage", "usageexample", "context",
    ),
    "level": ("cefr", "cefrlevel", "cefrseviyesi", "level", "wordlevel", "seviye", "duzey", "kur"),
    "pos": (
        "pos", "partofspeech", "partsofspeech", "wordclass", "wordtype", "postag", "grammar",
        "sozcukturu", "kelimeturu", "tur", "turu",
    ),
    "meaning": (
        "meaning", "translation", "definition", "turkish", "tr", "gloss", "guideword", "meanings", "translations",
        "anlam", "anlami", "turkce", "turkcesi", "turkceanlami", "turkceanlam", "ceviri", "tanim", "karsilik",
        "turkishmeaning", "turkishtranslation", "back", "arkayuz",
    ),
}  # fmt: skip
# What is in the names of other columns of sentences, and in those of columns about them.
_EXAMPLES = ("example", "sentence", "ornek", "cumle")
_ABOUT_THEM = (
    "translat", "turk", "turkish", "meaning", "audio", "sound", "level", "count", "length", "source", "ceviri", "anlam",
    "ses", "id", "no",
)  # fmt: skip
LISTED = 12  # names in a message
_LEVEL = re.compile(r"(?<![^\W_])([ABC][12])(?![^\W_])", re.IGNORECASE)


def plain(name: object) -> str:
    """A column name for comparing: no case, accents, spaces or signs; "KELİME" and "Örnek Cümle" included.

    Lower-casing a dotted capital I leaves a combining dot behind, so marks are dropped after decomposing.
    """
    text = unicodedata.normalize("NFKD", str(name).casefold()).replace("ı", "i")
    return "".join(c for c in text if c.isalnum())


def level_in(text: str) -> str | None:
    """The one level that `text` names ("A1", "words_b2", "CEFR level: C1"), else None."""
    levels = {level.upper() for level in _LEVEL.findall(text)}
    return levels.pop() if len(levels) == 1 else None


@dataclass(frozen=True)
class Places:
    """The positions of the columns in a header; None where a table has no such column."""

    word: int | None = None
    sentences: tuple[int, ...] = ()
    level: int | None = None
    pos: int | None = None
    meaning: int | None = None


@dataclass(frozen=True)
class Columns:
    """The columns a user gave with `--columns word=...,sentence=...`, by name or number; the rest is found by name."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> Columns:
        """Raises InputError unless `text` is None or like `word=Wort,sentence=Beispiel` or `word=1,sentence=3`."""
        given: dict[str, tuple[str, ...]] = {}
        for part in (text or "").split(","):
            role, sign, name = (piece.strip() for piece in part.partition("="))
            if not part.strip():
                continue
            if not sign or role not in NAMES or not name or (role in given and role != "sentence"):
                raise InputError(
                    "{option} {text!r} cannot be read at {part!r}. Write it as word=NAME,sentence=NAME,level=NAME,"
                    "pos=NAME,meaning=NAME with names or numbers of columns; each part may be left out.",
                    text=text,
                    part=part.strip(),
                    option=COLUMNS,
                )
            given[role] = (*given.get(role, ()), name)
        return cls(given)

    def known(self, header: Sequence[Any]) -> int:
        """How many names in `header` are those of a column that means something here."""
        wanted = {n for names in NAMES.values() for n in names} | {plain(n) for ns in self.given.values() for n in ns}
        names = [plain(_bare(name)) for name in header]
        return sum(n in wanted or _unnumbered(n) in NAMES["sentence"] or _of_sentences(n) for n in names)

    def find(self, header: Sequence[str], needed: Iterable[str]) -> Places:
        """Where each role is in `header`; roles that are not `needed` may be absent.

        "Example", "Example 2" and "Example 3" are all columns of sentences.

        Raises:
            InputError: a needed or given column is missing.
        """
        names = [plain(_bare(h)) for h in header]
        places: dict[str, tuple[int, ...]] = {}
        taken: set[int] = set()
        for role in NAMES:
            if role in self.given:
                places[role] = tuple(self._position(name, role, header, names) for name in self.given[role])
                taken.update(places[role])
        for role, wanted in NAMES.items():
            if role in places:
                continue
            several = role == "sentence"
            free = [
                [i for i, n in enumerate(names) if i not in taken and (n == w or (several and _unnumbered(n) == w))]
                for w in wanted
            ]
            if found := next(filter(None, free), None):
                places[role] = tuple(found) if several else (found[0],)
                taken.update(places[role])
        if "sentence" not in places and (
            others := [i for i, n in enumerate(names) if i not in taken and _of_sentences(n)]
        ):
            places["sentence"] = tuple(others)
        missing = [role for role in needed if role not in places]
        if missing:
            raise InputError(
                "No column for the {roles} was found. The columns are: {columns}. Name it with {option} {example}.",
                roles=" and the ".join(missing),
                columns=listed(header),
                option=COLUMNS,
                example=",".join(f"{role}=NAME" for role in missing),
            )
        word, level, pos, meaning = (places.get(role, (None,))[0] for role in ("word", "level", "pos", "meaning"))
        return Places(word, places.get("sentence", ()), level, pos, meaning)

    def _position(self, name: str, role: str, header: Sequence[str], names: Sequence[str]) -> int:
        whole = [plain(h) for h in header]
        if plain(name) in (*whole, *names):
            return (whole if plain(name) in whole else names).index(plain(name))
        if name.isdecimal() and 1 <= int(name) <= len(header):
            return int(name) - 1
        raise InputError(
            "There is no column {name!r} for the {role}. The columns are: {columns}. "
            "Name the right one with {option} {role}=NAME.",
            name=name,
            role=role,
            columns=listed(header),
            option=COLUMNS,
        )


@dataclass(frozen=True)
class Reading:
    """How a table is to be read. What was guessed or left out meanwhile is put into `notes`."""

    columns: Columns = field(default_factory=Columns)
    needed: tuple[str, ...] = ("word", "sentence")
    sheet: str | None = None
    notes: list[Problem] = field(default_factory=list)


def _bare(name: object) -> str:
    """A name without what is in brackets behind it: "Word (English)"."""
    text = str(name)
    return re.sub(r"(?<!\s)\s*[(\[].*", "", text) or text


def _of_sentences(name: str) -> bool:
    """Whether a plain name is that of a column of example sentences: "dictionaryexample", but not their translation."""
    return len(name) <= 30 and any(n in name for n in _EXAMPLES) and not any(n in name for n in _ABOUT_THEM)


def _unnumbered(name: str) -> str:
    return name.rstrip("0123456789")


def listed(names: Sequence[Any]) -> str:
    """Names for a message: the first dozen, each shortened."""
    shown = ", ".join(repr(str(name)[:40]) for name in list(names)[:LISTED])
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{shown}{more}" if names else "none"
