"""An entry of a word list: what it asks for, and whether and where a sentence uses it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from .forms import forms, tokens
from .forms import spans as _spans
from .forms import uses as _uses
from .notation import Items, headword, read_notation


@dataclass(frozen=True)
class Entry:
    """A word or phrase as dictionaries, course books and lists write it. Make one with `Entry.parse`.

    `text` is the user's own, to be given back; `headword` is what a prompt asks for. `parts` are coarse parts of speech
    (`lexicon.PARTS_OF_SPEECH`), none where nothing is said; `sense`, `variety` ("BrE", "AmE") and `level` are empty
    where nothing is said.
    """

    text: str
    headword: str
    parts: tuple[str, ...] = ()
    sense: str = ""
    variety: str = ""
    level: str = ""
    alternatives: tuple[Items, ...] = ()

    @classmethod
    def parse(cls, text: str, part: str = "") -> Entry:
        """The entry that `text` is. `part` is what a column of the table says about its part of speech."""
        return _parse(text, part)

    def uses(self, sentence: str) -> bool:
        """Whether `sentence` uses the entry."""
        return bool(self.spans(sentence))

    def spans(self, sentence: str) -> tuple[tuple[int, int], ...]:
        """Where the words of the entry are in `sentence`, as character offsets; empty where it does not use it."""
        for some in self.alternatives:
            word = headword(some)
            if _uses(word, sentence):
                return tuple(_spans(word, sentence))
        return ()

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every sentence that uses the entry has one of these among its `keys_of`."""
        return frozenset(form for some in self.alternatives for word in tokens(headword(some)) for form in forms(word))


def keys_of(sentence: str) -> frozenset[str]:
    """The words by which an index of sentences finds `sentence` for an entry's `keys`."""
    return frozenset(tokens(sentence))


@lru_cache(maxsize=200_000)
def _parse(text: str, part: str) -> Entry:
    notation = read_notation(text)
    parts = (read_notation(f"x ({part})").parts if part else ()) or notation.parts
    head = headword(notation.alternatives[0]) if notation.alternatives else text.strip()
    return Entry(text, head, parts, notation.sense, notation.variety, notation.level, notation.alternatives)
