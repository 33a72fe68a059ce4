"""Another word in the place of a word in its sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ...exporter.bank.headwords import headwords
from ...exporter.language.entry import Entry
from ...exporter.language.lexicon import coarse_part
from .sheet import GAP, gapped

# The first letters of the Penn tags of inflected parts of speech, and the tags of words as a dictionary has them.
_TAGS = {"NOUN": "N", "VERB": ("V", "M"), "ADJ": "J", "ADV": "R"}
_AS_LISTED = frozenset(["", "NN", "VB", "VBP", "JJ", "RB"])


@dataclass(frozen=True)
class GapPlace:
    """The place of a word in its sentence: `gapped` has GAP for it, `tag` is the Penn tag of its form."""

    gapped: str
    tag: str

    @classmethod
    def of(cls, entry: Entry, sentence: str, part: str) -> GapPlace:
        """The place of `entry`, which is of this part of speech, in a sentence that uses it."""
        right = {sentence[start:end].lower() for start, end in entry.spans(sentence)}
        tags = (tag for tag, forms in _inflections(entry.headword).items() if right & {*forms})
        ours = sorted((tag for tag in tags if tag.startswith(_TAGS.get(part, "-"))), key=len)
        return cls(gapped(entry, sentence), next(iter(ours), ""))

    def form(self, word: str) -> str | None:
        """`word` as it is written there; None where it has no such form, or the article before it is another one."""
        form = word if self.tag in _AS_LISTED else next(iter(_inflections(word).get(self.tag, ())), None)
        article = re.search(rf"\b(an?) {GAP}", self.gapped, re.IGNORECASE)
        if form and article and (form[0].lower() in "aeiou") != (article[1].lower() == "an"):
            return None
        return form

    def filled(self, form: str) -> str:
        text = self.gapped.replace(GAP, form)
        return text[:1].upper() + text[1:]


def part_of(entry: Entry, pos: str, level: str) -> tuple[str | None, str]:
    """The part of speech of `entry`, as the word lists have it where nobody says; and its level in them, or `level`."""
    part = coarse_part(pos) or next(iter(entry.parts), None)
    listed = (word for word in headwords() if entry.headword in word.spellings)
    own = next((word for word in listed if part in (None, coarse_part(word.pos))), None)
    return part or (coarse_part(own.pos) if own else None), own.level if own else level


@lru_cache(maxsize=10_000)
def _inflections(word: str) -> dict[str, tuple[str, ...]]:
    from lemminflect import getAllInflections

    return getAllInflections(word)
