"""British and American spellings of the same word."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

# Other letters in one place. Stems of -our are listed, because "four" is no "for".
_OUR = (
    "arb|arm|ard|behavi|cand|clam|col|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|ranc|rig|rum|sav|savi|"
    "splend|tum|val|vap|vig|demean"
)
_RULES = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (rf"^((?:{_OUR}|disfav|dishon|discol|misbehavi))our", r"\1or"),
        (rf"^((?:{_OUR}|disfav|dishon|discol|misbehavi))or(?!i[sz]|ig)", r"\1our"),
        (r"(\w{3,})is(e[sd]?|ing|ers?|ations?)$", r"\1iz\2"),
        (r"(\w{3,})iz(e[sd]?|ing|ers?|ations?)$", r"\1is\2"),
        (r"(\w{3,})ys(e[sd]?|ing|ers?)$", r"\1yz\2"),
        (r"(\w{3,})yz(e[sd]?|ing|ers?)$", r"\1ys\2"),
        (r"^(\w*(?:cent|theat|lit|met|fib|calib|spect|somb|lust|sab|meag|och))re(s|d)?$", r"\1er\2"),
        (r"^(\w*(?:cent|theat|lit|met|fib|calib|spect|somb|lust|sab))er(s|ed)?$", r"\1re\2"),
        (r"(\w+log)ue(s?)$", r"\1\2"),
        (r"^(catalog|dialog|analog|monolog|prolog|epilog)(s?)$", r"\1ue\2"),
        (r"(\w+[aeiou])ll(ed|ing|ers?|ery|ist|ous)$", r"\1l\2"),
        (r"(\w+[aeiou])l(ed|ing|ers?|ery|ist|ous)$", r"\1ll\2"),
        (r"(\w)ae(?=[dmnst])", r"\1e"),
        (
            r"^(paed|anaem|haem|encyclopaed|archaeo|orthopaed|gynaeco|leukaem|mediaev)",
            lambda m: m[1].replace("ae", "e"),
        ),
    )
)
_LONGEST = 60  # letters: no word has so many, and the rules take the square of their number
_SAME = """
tyre:tire grey:gray greyish:grayish programme:program cheque:check kerb:curb pyjamas:pajamas mum:mom mummy:mommy
jewellery:jewelry aluminium:aluminum doughnut:donut grandad:granddad yoghurt:yogurt moustache:mustache plough:plow
sceptical:skeptical sceptic:skeptic okay:ok mould:mold smoulder:smolder licence:license practice:practise
defence:defense offence:offense pretence:pretense aeroplane:airplane manoeuvre:maneuver foetus:fetus cosy:cozy
enrol:enroll fulfil:fulfill skilful:skillful wilful:willful instalment:installment omelette:omelet axe:ax draught:draft
sulphur:sulfur disc:disk judgement:judgment ageing:aging acknowledgement:acknowledgment likeable:likable
whisky:whiskey artefact:artifact paediatrician:pediatrician towards:toward backwards:backward afterwards:afterward
forwards:forward upwards:upward downwards:downward amongst:among whilst:while learnt:learned burnt:burned
dreamt:dreamed spelt:spelled spoilt:spoiled spilt:spilled leant:leaned leapt:leaped smelt:smelled gotten:got
counsellor:counselor woollen:woolen marvellous:marvelous chilli:chili hiccup:hiccough hello:hallo adviser:advisor
alright:allright barbecue:barbeque inquiry:enquiry inquire:enquire kebab:kebap caviar:caviare dispatch:despatch
zip:zipper maths:math tonne:ton auntie:aunty sanitiser:sanitizer moisturiser:moisturizer
"""
# The one on the left is also written as the one on the right, but nobody means the left one by the right one.
_ONE_WAY = frozenset(["whilst", "gotten", "zip"])
# Words that are written apart as well, beside the nouns of two nouns.
SOLID = {
    "percent": "per cent",
    "goodbye": "good bye",
    "online": "on line",
    "anymore": "any more",
    "alright": "all right",
}
# Nouns; the other spelling is a verb too, which is another word.
NOUNS = frozenset(["cheque", "kerb", "draught", "tyre"])


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    table: defaultdict[str, set[str]] = defaultdict(set)
    for pair in _SAME.split():
        british, american = pair.split(":")
        table[british].add(american)
        if british not in _ONE_WAY:
            table[american].add(british)
    return {word: frozenset(others) for word, others in table.items()}


@lru_cache(maxsize=100_000)
def spellings(word: str) -> frozenset[str]:
    """Other spellings of `word` (lower case), among them ones that nobody uses; without `word` itself."""
    found = set(_table().get(word, ()))
    for pattern, to in _RULES if len(word) <= _LONGEST else ():
        found.add(pattern.sub(to, word, count=1))
    return frozenset(found) - {word}
