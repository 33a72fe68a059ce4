"""Which column is the word, the sentence, the level: by the names people use, in English and Turkish."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..common.errors import InputError, Option

COLUMNS = Option("columns")

# In order of preference: a table with both `sentence` and `text` means its `sentence`.
NAMES: dict[str, tuple[str, ...]] = {
    "word": (
        "word", "headword", "targetword", "keyword", "lemma", "term", "vocabulary", "vocab", "words",
        "kelime", "sozcuk", "kelimeler", "ingilizcekelime",
    ),
    "sentence": (
        "sentence", "examplesentence", "example", "text", "sentences", "examples", "examplesentences",
        "cumle", "ornekcumle", "ornek", "cumleler", "ornekler", "ornekcumleler", "ingilizcecumle",
    ),
    "level": ("level", "cefr", "cefrlevel", "wordlevel", "seviye", "duzey", "cefrseviyesi"),
    "pos": (
        "pos", "partofspeech", "wordclass", "wordtype", "postag",
        "sozcukturu", "kelimeturu", "tur",
    ),
    "meaning": (
        "meaning", "translation", "definition", "turkish", "tr", "gloss", "guideword", "meanings",
        "anlam", "anlami", "turkce", "turkcesi", "turkceanlami", "turkceanlam", "ceviri", "tanim", "karsilik",
    ),
}  # fmt: skip


def plain(name: object) -> str:
    """A column name for comparing: no case, accents, spaces or signs; "KELİME" and "Örnek Cümle" included.

    Lower-casing a dotted capital I leaves a combining dot behind, so marks are dropped after decomposing.
    """
    text = unicodedata.normalize("NFKD", str(name).casefold()).replace("ı", "i")
    return "".join(c for c in text if c.isalnum())


@dataclass(frozen=True)
class Columns:
    """The column names a user gave with `--columns word=...,sentence=...`; the rest is found by name."""

    given: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> Columns:
        """Raises InputError unless `text` is None or like `word=Wort,sentence=Beispiel`."""
        given: dict[str, str] = {}
        for part in (text or "").split(","):
            role, sign, name = part.partition("=")
            if not part.strip():
                continue
            if not sign or role.strip() not in NAMES or not name.strip():
                raise InputError(
                    "{option} {text!r} cannot be read at {part!r}. "
                    "Write it as word=NAME,sentence=NAME,level=NAME; each part may be left out.",
                    text=text,
                    part=part.strip(),
                    option=COLUMNS,
                )
            given[role.strip()] = name.strip()
        return cls(given)

    def find(self, header: Sequence[str], needed: Iterable[str]) -> dict[str, int]:
        """Position of each role in `header`; roles that are not `needed` may be absent.

        Raises:
            InputError: a needed or given column is missing.
        """
        names = [plain(h) for h in header]
        positions: dict[str, int] = {}
        for role, wanted in NAMES.items():
            if role in self.given:
                if plain(self.given[role]) not in names:
                    raise InputError(
                        "There is no column {name!r} for the {role}. The columns are: {columns}. "
                        "Name the right one with {option} {role}=NAME.",
                        name=self.given[role],
                        role=role,
                        columns=_list(header),
                        option=COLUMNS,
                    )
                positions[role] = names.index(plain(self.given[role]))
                continue
            taken = set(positions.values())
            free = [names.index(n) for n in wanted if n in names]
            free = [i for i in free if i not in taken]
            if free:
                positions[role] = free[0]
        missing = [role for role in needed if role not in positions]
        if missing:
            raise InputError(
                "No column for the {roles} was found. The columns are: {columns}. Name it with {option} {example}.",
                roles=" and the ".join(missing),
                columns=_list(header),
                option=COLUMNS,
                example=",".join(f"{role}=NAME" for role in missing),
            )
        return positions


def _list(header: Sequence[str]) -> str:
    shown = ", ".join(repr(str(h)[:40]) for h in list(header)[:12])
    more = f" and {len(header) - 12} more" if len(header) > 12 else ""
    return f"{shown}{more}" if header else "none"
