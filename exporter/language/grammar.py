"""Which items of grammar a sentence has, of those in the CEFR-J Grammar Profile, and their levels.

Each item is a row of `data/judge/grammar.tsv`: its number in the profile, its level, its name, a pattern, where the
pattern is something else, and an example. To add one, add a row; a test looks for it in its example. A pattern is made
of pieces with spaces between them, and each stands for a word of the sentence:

    was/were            one of these words
    ADV  NOUN  PP       a word that can be this (CLASSES), or several (MACROS)
    _  ~                any word; any word or mark
    ^  $                the beginning and the end of the sentence
    ( A | B )           one or the other; ?, *, + and {1,3} after a piece, and ! (not this) before one

No tagger: what a word can be comes from the dictionary and the lists. So patterns are strict, and miss things rather
than state what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from . import wordsets as sets
from .annotate import Token
from .levels import level_number
from .lexicon import lemmas, lexicon

PATH = Path(__file__).parents[1] / "data" / "judge" / "grammar.tsv"

# One letter for each thing that a word can be.
CLASSES = {
    "SUBJ": "S", "OBJ": "o", "DET": "t", "MODAL": "m", "PREP": "r", "WH": "w", "ADV": "a", "NAME": "e", "NOUN": "n",
    "ADJ": "j", "V": "v", "VERB": "V", "VBZ": "z", "PAST": "d", "VBN": "N", "FULL": "f", "PP": "p", "VBG": "g", "ING": "i",
    "ER": "q", "EST": "u", "FIN": "F", "NUMBER": "9", "THING": "k", "SURE": "Z", "SUREING": "I", "SIMPLE": "D",
}  # fmt: skip
MACROS = {
    "HAVE": "have/has/'ve",
    "BE": "am/is/are/'m/'re",
    "WAS": "was/were",
    "WOULD": "would/could/might/'d",
    "VERBISH": "( V | be/have/do/go )",
    "AUX": "( MODAL | do/does/did/have/has/had/am/is/are/was/were/'d )",
    "ADVS": "ADV{0,3}",
    "SUBJECT": "( SUBJ | this/that/these/those/someone/everyone/anyone/nobody/there | NAME{1,2} | DET ADJ? NOUN{1,2} )",
    "OBJECT": "( OBJ | NAME{1,2} | DET ADJ? NOUN{1,2} | someone/somebody/everyone/people )",
    "DOER": "( SUBJ | NAME | THING )",
    # A participle, and not an adjective before its noun: "had fried eggs".
    "DONE": "( FULL | VBN !NOUN )",
    "END": "( [,.;!?] | $ )",
}
# Adjectives in the lists that are verbs after "be" all the same, and participles that are not.
_VERBAL = sets.words(
    "working moving living trying growing hanging developing following leading burning written given injured removed "
    "recycled proposed forbidden adopted used"
)
_ADJECTIVAL = sets.words(
    "gone finished done supposed mistaken drunk left known set lost born worn open clear closed broken "
    "located based situated opposed inclined intended made-up grown stuck fun during going being having king"
)
# Subjects after which "is swimming" is no progressive: "My hobby is swimming."
_GERUNDED = sets.words(
    "hobby hobbies problem job dream plan idea goal aim way key secret thing part pleasure passion habit work task "
    "challenge point trouble difficulty alternative option purpose interest pastime sport activity mistake favourite"
)
_IRREGULAR_ER = sets.words("better worse further farther")
_IRREGULAR_EST = sets.words("best worst furthest farthest")
_NO_ADVERB = sets.words("family only reply supply apply fly rely july ally jelly belly bully italy lily lovely lonely")
_MORE_ADVERBS = sets.words("recently finally n't not since")
_FULL = {"been": "f", "had": "NF", "done": "fp", "gone": "f"}


class Item(NamedTuple):
    """One item of grammar. `level` is the name of a level."""

    number: str
    level: str
    name: str
    pattern: re.Pattern[str]
    needed: tuple[frozenset[str], ...]  # of each of these sets a sentence with the item has a word
    asked: bool  # whether questions have it too
    example: str

    @property
    def level_number(self) -> int:
        return level_number(self.level)

    def __str__(self) -> str:
        return f"{self.name} ({self.level})"

    def is_in(self, coded: str) -> bool:
        return any(match.lastgroup == "it" for match in self.pattern.finditer(coded))


def grammar(tokens: Sequence[Token]) -> tuple[Item, ...]:
    """The items that a sentence has, by its tokens; the hardest first, and of one level in the table's order."""
    coded = "".join([_coded(token.lower, token.kind) for token in tokens])
    words = {token.lower for token in tokens}
    question = "?" in words
    return tuple(
        item
        for item in items()
        if (item.asked or not question) and not any(map(words.isdisjoint, item.needed)) and item.is_in(coded)
    )


@lru_cache(maxsize=1)
def items() -> tuple[Item, ...]:
    """The table, the hardest items first."""
    rows = [line.split("\t") for line in PATH.read_text(encoding="utf-8").splitlines()[1:]]
    return tuple(sorted((_item(*row) for row in rows), key=lambda item: item.level, reverse=True))


def _item(number: str, level: str, name: str, pattern: str, unless: str, example: str) -> Item:
    """An item by its row. Where what it must not be begins earlier, or in the same place, that takes its words."""
    asked = not unless.startswith("?")
    unless = re.sub(r"^\?(?: \| )?", "", unless)
    pattern_, needed = _parsed(pattern.split())
    other = f"{_parsed(unless.split())[0]}|" if unless else ""
    return Item(number, level, name, re.compile(f"{other}(?P<it>{pattern_})"), needed, asked, example)


_PIECE = re.compile(r"(!?)(\[[^]]+\]|[^?*+{]+)([?*+]|\{[\d,]+\})?")


def _parsed(pieces: list[str]) -> tuple[str, tuple[frozenset[str], ...]]:
    """The regular expression of a pattern, and sets of words of each of which a sentence that fits it has one."""
    groups: list[list[tuple[str, list[frozenset[str]]]]] = [[("", [])]]  # open brackets: their alternatives
    opened = []
    for piece in pieces:
        match = _PIECE.fullmatch(piece)
        if match is None:
            raise ValueError(f"Not a piece of a pattern: {piece!r}.")
        negated, body, times = match[1], match[2], match[3] or ""
        if body == "(":
            groups.append([("", [])])
            opened.append("(?!" if negated else "(?:")
            continue
        if body == "|":
            groups[-1].append(("", []))
            continue
        if body == ")":
            alternatives = groups.pop()
            bracket = opened.pop()
            regex, needed = f"{bracket}{'|'.join(one for one, _ in alternatives)})", _any_of(alternatives)
            negated = "" if bracket == "(?:" else "!"
        elif body in MACROS:
            regex, needed = _parsed(MACROS[body].split())
            regex, needed = f"(?!{regex})" if negated else f"(?:{regex})", list(needed)
        else:
            regex, needed = _one(body), [frozenset(body.split("/"))] if re.fullmatch("[a-z'/-]+", body) else []
            regex = f"(?!{regex})" if negated else f"(?:{regex})" if times else regex
        before, so_far = groups[-1][-1]
        optional = negated or times in ("?", "*") or times.startswith("{0")
        groups[-1][-1] = (before + regex + times, so_far if optional else so_far + list(needed))
    (alternatives,) = groups
    regex = "|".join(one for one, _ in alternatives)
    return regex, tuple(alternatives[0][1] if len(alternatives) == 1 else _any_of(alternatives))


def _any_of(alternatives: list[tuple[str, list[frozenset[str]]]]) -> list[frozenset[str]]:
    """What is needed where one of several patterns is: all sets of one, or a word of some set of each."""
    if len(alternatives) == 1:
        return alternatives[0][1]
    if all(needed for _, needed in alternatives):
        return [frozenset().union(*(min(needed, key=len) for _, needed in alternatives))]
    return []


def _one(body: str) -> str:
    """The regular expression of one word or mark of a coded sentence, in which each is ` word_CODES`."""
    if body in ("^", "$"):
        return r"\A" if body == "^" else r"\Z"
    if body == "_":
        return r" [^ _]+_[^ ]+(?![^ ])"
    if body == "~":
        return r" [^ ]+(?![^ ])"
    if body.startswith("["):
        return rf" {body}_(?= |\Z)"
    if body in CLASSES:
        return rf" [^ _]+_[^ ]*{CLASSES[body]}[^ ]*(?![^ ])"
    if body != body.lower():
        raise ValueError(f"No class of words: {body!r}.")
    return rf" (?:{'|'.join(map(re.escape, body.split('/')))})_[^ ]*(?![^ ])"


@lru_cache(maxsize=100_000)
def _coded(lower: str, kind: str) -> str:
    """A word or mark with what it can be, as patterns see it."""
    if kind == "mark":
        return f" {lower if lower != '_' else '-'}_"
    return f" {lower}_{_codes(lower, kind) or 'x'}"


def _codes(lower: str, kind: str) -> str:
    if kind == "name":
        return "e"
    if kind == "number":
        return "9"
    closed = _closed(lower)
    if closed:
        return closed
    parts = lemmas(lower)
    listed = lexicon().levels
    of_lists = {
        part for lemma in {lower, *(x for some in parts.values() for x in some)} for part in listed.get(lemma, ())
    }
    adjective = lower in _ADJECTIVAL or ("ADJ" in listed.get(lower, ()) and lower not in _VERBAL)
    adverb = lower in sets.ADVERBS or (lower.endswith("ly") and lower not in _NO_ADVERB) or lower in _MORE_ADVERBS
    codes = "a" if adverb else ""
    if "NOUN" in parts and (not adverb):
        codes += "n" if lower in _GERUNDED else "nk"
    if "ADJ" in parts:
        codes += "j"
    if "VERB" in parts:
        codes += _verb_codes(lower, parts["VERB"], adjective, of_lists)
    for ending, irregular, code in (("er", _IRREGULAR_ER, "q"), ("est", _IRREGULAR_EST, "u")):
        if lower in irregular or (
            lower.endswith(ending)
            and lower not in listed
            and any(w != lower for p in ("ADJ", "ADV") for w in parts.get(p, ()))
        ):
            codes += code
    return codes


def _closed(lower: str) -> str:
    """The codes of a function word."""
    if lower in _FULL:
        return _FULL[lower]
    codes = ""
    if lower in sets.MODALS and lower not in ("'d", "ought"):
        codes += "mF"
    if lower in ("am", "is", "are", "'m", "'re", "was", "were", "has", "do", "does", "did", "have", "'ve"):
        codes += "F"
    if lower in ("i", "you", "he", "she", "it", "we", "they"):
        codes += "S"
    if lower in ("me", "him", "us", "them", "you", "it", "her"):
        codes += "o"
    if lower == "like":
        codes += "vV"
    if lower in sets.DETERMINERS or lower in ("another", "both", "all"):
        codes += "t"
    if lower in sets.PREPOSITIONS or lower in ("like", "up", "down", "out", "off", "over"):
        codes += "r"
    if lower in ("who", "what", "when", "where", "why", "how", "which", "whose", "whom"):
        codes += "w"
    if codes or lower in sets.FUNCTION - sets.ADVERBS:
        return codes + ("a" if lower in ("not", "n't", "also", "then") else "") or "x"
    return ""


def _verb_codes(lower: str, verbs: tuple[str, ...], adjective: bool, of_lists: set[str]) -> str:
    from lemminflect import getAllInflections

    tags: set[str] = set()
    for verb in verbs:
        table = getAllInflections(verb, "VERB")
        tags |= {tag for tag, forms in table.items() if lower in forms}
        if "VBN" not in table and lower in table.get("VBD", ()):
            tags.add("VBN")  # regular
    codes = ""
    if "VB" in tags:
        codes += "v" if "VERB" in of_lists else ""
        codes += "V" if of_lists == {"VERB"} else ""
    if "VBZ" in tags:
        codes += "zZ" if of_lists == {"VERB"} else "z"
    if "VBD" in tags and "VB" not in tags:
        codes += "dF" if "VBN" in tags else "dFD"
    if "VBN" in tags and lower not in ("got", "come", "become"):
        codes += "N"
        if not adjective:
            codes += "p" if lower not in ("been",) else ""
            codes += "f" if "VBD" not in tags else ""
    if lower in ("come", "become"):
        codes += "f"
    if "VBG" in tags:
        codes += "g" if adjective else "gi" if "NOUN" in lexicon().levels.get(lower, ()) else "giI"
    return codes
