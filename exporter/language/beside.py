"""What lists write beside an entry that is not a label: sounds, markup, translations, explanations, its other forms."""

from __future__ import annotations

import re
import unicodedata

from .forms import forms
from .labels import BEFORE_A_LABEL, POS, Labels
from .lexicon import lexicon
from .reading import parts_of
from .wordsets import PARTICLES, PHRASE_WORDS, PREPOSITIONS, words

_IPA = re.compile(r"[/\[][^/\[\]]*[ˈˌːəɪʊɛæɑɒɔʌθðʃʒŋɜɹɡ][^/\[\]]*[/\]]")
_MOVABLE = re.compile(r"<-+>|<=+>|[⇄↔⇔⟷⇆]")  # the particle of "put sth ⇄ off"
# Words in Cyrillic, Arabic, Chinese and other letters, beside an English one.
_FOREIGN = re.compile(r"[【「『]?[\u0400-\u1dff\u3000-\u9fff\uac00-\ud7af]+[】」』]?")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_CLOZE = re.compile(r"\{\{c\d+::(.+?)(?:::.*?)?\}\}")
_OPPOSITE = re.compile(r"(?<!\s)\s*\(?[≠≈].*|(?<!\s)\s+\(?(?:opp|syn|ant)[.:]\s.*")
_BETWEEN = re.compile(r"(?<!\s)\s+[-–—→]+>?\s+|(?<!\s)\s*=\s*|:\s+")
# book (n) kitap, book n. kitap
_EXPLAINED = re.compile(r"([^()\[\]]*?\S)\s*(?:[(\[]([^()\[\]]+)[)\]]|\s([a-z]+\.))\s+(?:[-–—:]\s+)?([^\W\d].*)")
_ROW = re.compile(r"\s*(?:[-–—/,|→]|->)\s*")
_THINGS = {
    "somebody": words("sb s.b smb somebody someone sbdy"),
    "something": words("sth s.th smth something sthg"),
    "somewhere": words("sw swh somewhere"),
}
_MARKS = words("… a b x y sb's") | frozenset(POS) | {""}


def tidy(text: str) -> str:
    """`text` with straight apostrophes and single spaces, without markup, sounds, a number before it and opposites."""
    straight = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("İ", "I")
    straight = _CLOZE.sub(r"\1", straight)
    straight = _TAG.sub(" ", _MOVABLE.sub(" ", straight)).replace("|", "/").replace("·", " ")
    bare = _OPPOSITE.sub("", _IPA.sub(" ", straight))
    if re.search("[A-Za-z]", bare):
        bare = _FOREIGN.sub(" ", bare)
    bare = " ".join(re.sub(r"\ba\(n\)", "a/an", bare).split())
    return re.sub(r"^(?:#?\d{1,4}[.)]|#\d{1,4}|[-•*])\s+(?=\D)", "", bare)


def without_explanation(text: str) -> str:
    """`text` without what comes after its label: "book (n) kitap"."""
    if not (said := _EXPLAINED.fullmatch(text)) or _goes_on(said[4]):
        return text
    label = said[2] or said[3]
    return f"{said[1]} ({label})" if Labels().take_all(label, bracket=bool(said[2])) else text


def _goes_on(text: str) -> bool:
    """Whether a phrase goes on with `text` after a label: "depend (v) on sth"."""
    first = text.split()[0].lower().strip(".,;")
    more = Labels().take(first, bracket=True) or first in POS or first in BEFORE_A_LABEL
    return more or first in PARTICLES or first in PREPOSITIONS or bool(thing(first))


def without_translation(text: str) -> str:
    """`text` without its pieces in another language: "apple - elma". Two English ones beside "=" are alternatives.

    Of the forms of a word in a row ("go - went - gone") only the first is left.
    """
    pieces = [piece.strip() for piece in _BETWEEN.split(text) if piece.strip()]
    if len(pieces) < 2:
        return _row(text) or text
    english = [piece for piece in pieces if _english(piece)]
    if 0 < len(english) < len(pieces):
        return _row(english[0]) or english[0]
    if ":" in text and f" {pieces[0]} " in f" {pieces[1]} ":
        return pieces[1]  # able: be able to do sth
    if "=" in text and english:
        parts = [set(lexicon().levels.get(piece, ())) for piece in pieces]
        return pieces[0] if all(parts) and not set.intersection(*parts) else ";".join(pieces)  # horse = at
    return _row(text) or text


def _english(text: str) -> bool:
    """Whether every word of `text` is one that a dictionary or a list has, or stands for others."""
    found = [word.strip(".,;!?'\"") for word in re.split(r"[\s/]+", text.lower())]
    return all(
        word in PHRASE_WORDS or word in lexicon().levels or word in _MARKS or bool(parts_of(word) or thing(word))
        for word in found
    )


def _row(text: str) -> str:
    """The first of the forms of a word in a row, "go - went - gone" or "be-was/were-been"; empty where it is none."""
    pieces = [piece.lower() for piece in _ROW.split(text) if piece]
    if re.fullmatch(r"(\w+) (?!\1)\w+ (?!\1)\w+", text):
        pieces = text.lower().split()  # drink drank drunk
    spaced = re.search(r"\s[-–—]\s", text)
    if len(pieces) < (2 if spaced else 3) or " " in "".join(pieces):
        return ""
    known = sum(piece in forms(pieces[0]) for piece in pieces[1:])
    needed = 1 if spaced and len(pieces) == 3 else len(pieces) - 1  # the dictionary lacks "lain"
    return pieces[0] if known >= needed else ""


def thing(token: str) -> str:
    bare = token.lower().strip("[].")
    return next((thing for thing, written in _THINGS.items() if bare in written), "")
