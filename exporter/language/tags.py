"""What a word can be, as the patterns of `grammar` see it: a noun, a past tense, or several things.

No tagger: the dictionary's inflections, the lists' parts of speech and closed classes say what is possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from . import wordsets as sets
from .lexicon import lemmas, lexicon

# One letter for each thing that a word can be. FULL is a participle that is not a past form (gone), SIMPLE the reverse
# (went); PP and ING are verbs after "be", not adjectives; SURE and SUREING are not nouns either.
CLASSES = {
    "SUBJ": "S", "OBJ": "o", "DET": "t", "MODAL": "m", "PREP": "r", "WH": "w", "ADV": "a", "NAME": "e", "NOUN": "n",
    "THING": "k", "ADJ": "j", "ER": "q", "EST": "u", "FIN": "F", "V": "v", "VERB": "V", "VBZ": "z", "SURE": "Z",
    "PAST": "d", "SIMPLE": "D", "VBN": "N", "FULL": "f", "PP": "p", "VBG": "g", "ING": "i", "SUREING": "I",
}  # fmt: skip
# Adjectives in the lists that are verbs after "be" all the same, and participles that are not.
_VERBAL = sets.words(
    "working moving living trying growing hanging developing following leading burning written given injured removed "
    "recycled proposed forbidden adopted used"
)
_ADJECTIVAL = sets.words(
    "gone finished done supposed mistaken drunk left known set lost born worn open clear closed broken "
    "located based situated opposed inclined intended made-up grown stuck fun during going being having king"
)
# Subjects after which "is swimming" is not a progressive: "My hobby is swimming."
_GERUNDED = sets.words(
    "hobby hobbies problem job dream plan idea goal aim way key secret thing part pleasure passion habit work task "
    "challenge point trouble difficulty alternative option purpose interest pastime sport activity mistake favourite"
)
_IRREGULAR_ER = sets.words("better worse further farther")
_IRREGULAR_EST = sets.words("best worst furthest farthest")
_NO_ADVERB = sets.words("family only reply supply apply fly rely july ally jelly belly bully italy lily lovely lonely")
_MORE_ADVERBS = sets.words("recently finally n't not since")
_PARTICIPLES = {"been": "f", "had": "NF", "done": "fp", "gone": "f"}


_FINITE = sets.words("am is are 'm 're was were has do does did have 've")
_CLOSED = (  # in the order of the letters in CLASSES
    ("F", sets.MODALS.union(_FINITE) - {"'d", "ought"}),
    ("m", sets.MODALS - {"'d", "ought"}),
    ("S", sets.words("i you he she it we they")),
    ("o", sets.words("me him us them you it her")),
    ("t", sets.DETERMINERS.union(("another", "both", "all"))),
    ("r", sets.PREPOSITIONS.union(("like", "up", "down", "out", "off", "over"))),
    ("w", sets.words("who what when where why how which whose whom")),
    ("v", frozenset(["like"])),
    ("V", frozenset(["like"])),
)


@lru_cache(maxsize=100_000)
def coded(lower: str, kind: str) -> str:
    """A word or mark with the letters of CLASSES that it can be: " word_LETTERS"."""
    if kind == "mark":
        return f" {lower if lower != '_' else '-'}_"
    return f" {lower}_{_codes(lower, kind) or 'x'}"


@lru_cache(maxsize=100_000)
def can_be(lower: str, kind: str) -> frozenset[str]:
    """The word or mark itself, and its letters of CLASSES as "~n~": to see at once which patterns cannot fit."""
    return frozenset([lower, *(letter.join("~~") for letter in coded(lower, kind).rpartition("_")[2])])


def _codes(lower: str, kind: str) -> str:
    if kind != "word":
        return "e" if kind == "name" else "9"
    if lower in _PARTICIPLES:
        return _PARTICIPLES[lower]
    closed = "".join([letter for letter, words in _CLOSED if lower in words])
    if closed or lower in sets.FUNCTION - sets.ADVERBS:
        return closed + ("a" if lower in ("not", "n't", "also", "then") else "")
    parts, listed = lemmas(lower), lexicon().levels
    adverb = lower in sets.ADVERBS or (lower.endswith("ly") and lower not in _NO_ADVERB) or lower in _MORE_ADVERBS
    codes = "a" if adverb else ""
    if "NOUN" in parts and not adverb:
        codes += "n" if lower in _GERUNDED else "nk"
    if "ADJ" in parts:
        codes += "j"
    if "VERB" in parts:
        codes += _verb_codes(lower, parts)
    compared = lower not in listed and any(w != lower for part in ("ADJ", "ADV") for w in parts.get(part, ()))
    for ending, irregular, code in (("er", _IRREGULAR_ER, "q"), ("est", _IRREGULAR_EST, "u")):
        if lower in irregular or (compared and lower.endswith(ending)):
            codes += code
    return codes


def _verb_codes(lower: str, parts: Mapping[str, tuple[str, ...]]) -> str:
    from lemminflect import getAllInflections

    listed, tags = lexicon().levels, set[str]()
    as_written = listed.get(lower, {})
    adjective = lower in _ADJECTIVAL or ("ADJ" in as_written and lower not in _VERBAL)
    of_lemmas = {part for some in parts.values() for lemma in some for part in listed.get(lemma, ())}.union(as_written)
    for verb in parts["VERB"]:
        table = getAllInflections(verb, "VERB")
        tags |= {tag for tag, forms in table.items() if lower in forms}
        if "VBN" not in table and lower in table.get("VBD", ()):
            tags.add("VBN")  # regular
    only_verb, codes = of_lemmas == {"VERB"}, ""
    if "VB" in tags:
        codes += ("v" if "VERB" in of_lemmas else "") + ("V" if only_verb else "")
    if "VBZ" in tags:
        codes += "zZ" if only_verb else "z"
    if "VBD" in tags and "VB" not in tags:
        codes += "dF" if "VBN" in tags else "dFD"
    if lower in ("come", "become"):
        codes += "f"
    elif "VBN" in tags and lower != "got":
        codes += "N" if adjective else "Np" if "VBD" in tags else "Npf"
    if "VBG" in tags:
        codes += "g" if adjective else "gi" if "NOUN" in as_written else "giI"
    return codes
