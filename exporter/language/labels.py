"""What a list says about an entry beside its words: part of speech, sense number, variety, level, grammar codes."""

from __future__ import annotations

import re

from .lexicon import lexicon
from .wordsets import words

# Labels after an entry, without their full stops. Those of BARE are labels without a bracket or a full stop as well.
POS = {
    label: part
    for part, labels in {
        "NOUN": "n noun nouns isim",
        "VERB": "v vb verb vt vi mv av phrv aux auxiliary modal mod linkv fiil",
        "ADJ": "adj adjective sıfat sifat",
        "ADV": "adv adverb zarf",
        "PREP": "prep preposition edat",
        "CONJ": "conj conjunction bağlaç",
        "DET": "det determiner art article",
        "PRON": "pron pronoun zamir",
        "NUM": "num number numeral",
        "INTJ": "interj interjection exclam exclamation excl int intj ünlem",
    }.items()
    for label in labels.split()
}
_BARE = words(
    "n v vb vt vi mv av adj adv prep conj pron det interj exclam excl noun verb adjective adverb preposition "
    "conjunction pronoun determiner interjection exclamation"
)
BEFORE_A_LABEL = words(
    "phr poss possessive phrasal modal auxiliary aux linking indefinite definite transitive intransitive mod"
)
_GRAMMAR = words("phrasal verb noun")  # "phrasal verb" and "proper noun" are entries too
_NOT_BEFORE = words("phrasal proper common abstract irregular regular modal auxiliary main collective compound")
_VARIETIES = {
    label: variety
    for variety, labels in {
        "BrE": "bre br british brit uk be",
        "AmE": "ame am american amer us name ae",
    }.items()
    for label in labels.split()
}
_VARIANTS = ("BrE", "AmE", "NAmE")
_CODES = words(
    "c u i t cn un sing pl singular plural countable uncountable esp especially usually often also formal informal "
    "slang spoken written literary abbr abbreviation phr idiom usu old-fashioned figurative"
)
_ALWAYS = words("phr abbrev int dis")  # no words by themselves; the last two are Cambridge's, of questions and answers
_ROLE = re.compile(
    r"\b(?:(?P<modal>mod(?:al)?(?: auxiliary)?)|(?P<auxiliary>aux(?:iliary)?)|(?P<article>art(?:icle)?)"
    r"|(?P<infinitive>infinitive))\b\.?(?: (?:v|vb|verb)\b)?|\b(?P<verb>v|vb|verb|vi|vt)\b"
)
_PART_OF_ROLE = {"modal": "VERB", "auxiliary": "VERB", "article": "DET"}
_TITLES = words("mr mrs ms miss dr sir")
_NUMBERS = words("pl sing plural singular")
_LEVEL = re.compile(r"([ABC][12])[+-]?")
_SUPERSCRIPT = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹", "123456789")
_COUNTED = words("number chapter unit page level grade part top act route channel catch room class lesson step")


def role(labelled: str, parts: tuple[str, ...]) -> str:
    """What a word of grammar does, where nothing else is said: "modal", "auxiliary", "article" or "infinitive"."""
    found = {match.lastgroup or "" for match in _ROLE.finditer(labelled.lower())}
    found = {name for name in found if name == "verb" or name == "infinitive" or _PART_OF_ROLE[name] in parts}
    return found.pop() if len(found) == 1 and "verb" not in found else ""


class Labels:
    """What has been read of an entry beside its words."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.sense = self.variety = self.level = ""

    def take(self, label: str, *, bracket: bool) -> bool:
        """Whether `label` says something about the entry; if so, it is kept."""
        bare = label.strip(".,;:").replace(".", "")
        lower = bare.lower()
        if match := _LEVEL.fullmatch(bare.upper() if bracket else bare):
            self.level = match[1]
        elif lower in POS and (bracket or label.rstrip(",;:").endswith(".") or lower in _BARE):
            self.parts.insert(0, POS[lower])
        elif lower in _VARIETIES and (lower not in ("be", "ae") or bare.isupper()) and (bracket or bare in _VARIANTS):
            self.variety = _VARIETIES[lower]
        elif bracket and bare.isdigit() and len(bare) == 1:
            self.sense = bare
        elif (label.rstrip(",;:").endswith(".") and lower in ("abbr", "pl", "sing")) or lower in _ALWAYS:
            pass
        elif not (bracket and (lower in _CODES or lower in BEFORE_A_LABEL or lower in ("infinitive", "marker"))):
            return False
        return True

    def take_all(self, text: str, *, bracket: bool) -> bool:
        """The same of several labels ("n, v", "adj & adv"): all of them or none."""
        labels = [label for label in re.split(r"[,;/&\s]+|\band\b|(?<=\.)(?=[a-z])", text) if label.strip(".")]
        trial = Labels()
        bracket = bracket or (len(labels) > 1 and all(label.strip(".").lower() in POS for label in labels))
        if not labels or not all(trial.take(label, bracket=bracket) for label in labels):
            return False
        for label in reversed(labels):
            self.take(label, bracket=bracket)
        return True

    def lead(self, text: str) -> str:
        """`text` without the labels before it: "B1 abandon", "modal v. can"."""
        left = text.split()
        while len(left) > 1:
            first, second = left[0], left[1]
            if first.lower() in BEFORE_A_LABEL and len(left) > 2 and second.endswith(".") and second[:-1] in POS:
                left.pop(0)
            elif not (_LEVEL.fullmatch(first.rstrip(":.")) or first[-1] in ".:") or not self.take(
                first, bracket=first[-1] == ":" and first[:-1].lower() in POS
            ):
                break
            else:
                left.pop(0)
        return " ".join(left)

    def strip(self, text: str) -> str:
        """`text` without the labels at its end."""
        left, taken = text.split(), False
        while len(left) > 1:
            last = left[-1].translate(_SUPERSCRIPT)
            spelled = last.lower() in _GRAMMAR and left[-2].lower() in _NOT_BEFORE and len(left) == 2
            if spelled and not taken:
                break
            if part := self._spelled(left, last, taken):
                self.parts = [part, *self.parts] if part in POS.values() else self.parts
                taken = taken or part == "DET"
                left.pop()
                continue
            joins = taken and last in ("&", "and", "/", "or", ",", "+")
            before = taken and last.lower().strip(".") in BEFORE_A_LABEL | _NUMBERS
            if not (joins or before or self.take_all(last, bracket=False) or self._sense(left)):
                break
            taken = True
            left.pop()
        if left and (match := re.fullmatch(r"([a-z]{3,})([1-9¹²³⁴⁵⁶⁷⁸⁹])", left[-1])):
            left[-1], self.sense = match[1], match[2].translate(_SUPERSCRIPT)
        return " ".join(left).rstrip(",;: ")

    @staticmethod
    def _spelled(left: list[str], last: str, taken: bool) -> str:
        """The part of speech or the code of a label that is one only after these words; empty where it is none."""
        before, lower = left[-2].lower(), last.lower()
        if len(left) > 2 and lower == "article" and before in ("definite", "indefinite"):
            return "DET"
        numeral = len(left) == 2 and "NUM" in lexicon().levels.get(before, ())
        if lower == "number" and (numeral or before.endswith(",")):  # "eight number", but not "phone number"
            return "NUM"
        if len(left) == 2 and lower == "title" and before.strip(".") in _TITLES:
            return last
        code = len(left) > 2 and before.strip(".") in POS and lower in _CODES and len(lower) < 5
        return last if code and not taken else ""  # arrival noun C, jeans n pl

    def _sense(self, left: list[str]) -> bool:
        last = left[-1].translate(_SUPERSCRIPT).strip("#.")
        numbered = re.fullmatch(r"[1-9]|II|III|IV", last) and " ".join(left[:-1]).islower()
        if not numbered or left[-2].lower() in _COUNTED:
            return False
        self.sense = last
        return True
