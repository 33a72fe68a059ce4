"""British and American spellings of the same word, and others that people use side by side."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

# Letters that are others in the other spelling, and the stems in which they are: at the underscore, or at the end.
# Listed, because "four" is not "for".
_STEMS = {
    ("our", "or"): (
        "arb ard arm behavi cand clam col demean endeav fav ferv flav glam harb hon hum lab neighb od parl ranc rig "
        "rum sav savi splend succ tum val vap vig"
    ),
    ("ae", "e"): ("an_sth an_m arch_o c_s encyclop_d f_c gyn_c h_m leuk_m medi_v orthop_d p_di pal_o septic_m _sthet"),
    ("oe", "e"): "am_b diarrh_a f_t hom_opath man_uv _sophag _strogen",
    ("ll", "l"): "appa disti enthra enro fulfi insti insta_m ski_ful tranqui_i wi_ful",
    ("ou", "o"): "m_ld m_lt sm_lder",
    ("ough", "ow"): "pl_",
    ("ught", "ft"): "dra_",
    ("ph", "f"): "sul_",
    ("c", "k"): "moll_us s_eptic",
    ("y", "i"): "c_pher g_ps s_phon",
    ("s", "z"): "co_y co_i",
}
_BEFORE = "(?:un|dis|mis|re|multi)?"
_AFTER = {"or": "(?!i[sz]|ig)", "ll": "(?=s?$|ment)", "l": "(?=s?$|ment)"}  # of letters at the end of their stem
# Letters that a word has to have, and what is to be replaced in it.
_RULES = (
    ("is", r"(\w{3,})is(e[sd]?|ing|ers?|ations?|ational|abl[ey])$", r"\1iz\2"),
    ("iz", r"(\w{3,})iz(e[sd]?|ing|ers?|ations?|ational|abl[ey])$", r"\1is\2"),
    ("ys", r"(\w{3,})ys(e[sd]?|ing|ers?)$", r"\1yz\2"),
    ("yz", r"(\w{3,})yz(e[sd]?|ing|ers?)$", r"\1ys\2"),
    ("re", r"^(\w*(?:cent|theat|lit|met|fib|calib|spect|somb|lust|sab|meag|och))re(s|d)?$", r"\1er\2"),
    ("er", r"^(\w*(?:cent|theat|lit|met|fib|calib|spect|somb|lust|sab|meag|och))er(s|ed)?$", r"\1re\2"),
    ("logue", r"(\w+log)ue(s?)$", r"\1\2"),
    ("log", r"^(catalog|dialog|analog|monolog|prolog|epilog)(s?)$", r"\1ue\2"),
    # At the end of a second syllable: "travelled" is "traveled", but "filled" is not "filed".
    ("ll", r"(\w*[aeiou]\w*[aeiou])ll(ed|ing|[eo]rs?|en|ery|ist|ous|ations?)$", r"\1l\2"),
    ("l", r"(\w*[aeiou]\w*[aeiou])l(ed|ing|[eo]rs?|en|ery|ist|ous|ations?)$", r"\1ll\2"),
    ("eabl", r"(\w{2,}[^\Waeioucg])eabl([ey])$", r"\1abl\2"),  # likeable
    ("abl", r"(\w{2,}[^\Waeioucg])abl([ey])$", r"\1eabl\2"),
)
_LONGEST = 60  # letters: no word has so many, and the rules take the cube of their number
_SAME = """
tyre:tire grey:gray greyish:grayish programme:program cheque:check kerb:curb pyjamas:pajamas mum:mom mummy:mommy
jewellery:jewelry aluminium:aluminum doughnut:donut grandad:granddad yoghurt:yogurt yoghourt:yogurt
moustache:mustache okay:ok licence:license practice:practise defence:defense offence:offense pretence:pretense
aeroplane:airplane omelette:omelet axe:ax disc:disk judgement:judgment ageing:aging acknowledgement:acknowledgment
whisky:whiskey artefact:artifact towards:toward backwards:backward afterwards:afterward forwards:forward
upwards:upward downwards:downward amongst:among whilst:while learnt:learned burnt:burned dreamt:dreamed spelt:spelled
spoilt:spoiled spilt:spilled leant:leaned leapt:leaped smelt:smelled gotten:got counsellor:counselor
chilli:chili hiccup:hiccough hello:hallo hello:hullo adviser:advisor alright:allright barbecue:barbeque
inquiry:enquiry inquire:enquire kebab:kebap caviar:caviare dispatch:despatch zip:zipper maths:math tonne:ton
auntie:aunty sanitiser:sanitizer moisturiser:moisturizer gaol:jail tsar:czar tsar:tzar pedlar:peddler annexe:annex
carburettor:carburetor chequered:checkered gauge:gage granny:grannie hippy:hippie junkie:junky
ketchup:catsup lasagne:lasagna liquorice:licorice nosy:nosey phoney:phony racquet:racket speciality:specialty
swap:swop titbit:tidbit veranda:verandah vice:vise waggon:wagon woolly:wooly hooray:hurray hummus:houmous
gramme:gram kilogramme:kilogram furore:furor mum:mam syrup:sirup dyke:dike naught:nought through:thru
orangutan:orangoutan blonde:blond manoeuvre:maneuver bannister:banister snigger:snicker fledgling:fledgeling eyrie:aerie
first:1st second:2nd third:3rd fourth:4th fifth:5th sixth:6th seventh:7th eighth:8th ninth:9th tenth:10th
eleventh:11th twelfth:12th thirteenth:13th fourteenth:14th fifteenth:15th twentieth:20th hundredth:100th
matt:matte carcass:carcase connection:connexion reflection:reflexion
"""
# The one on the left is also written as the one on the right, but nobody means the left one by the right one.
_ONE_WAY = frozenset(["whilst", "gotten", "zip", "gauge", "speciality", "vice"])
# Words that are written apart as well, beside the nouns of two nouns.
SOLID = {
    "percent": "per cent",
    "goodbye": "good bye",
    "online": "on line",
    "anymore": "any more",
    "alright": "all right",
    "forever": "for ever",
    "someday": "some day",
    "straightaway": "straight away",
    "underway": "under way",
}
# Nouns; the other spelling is a verb too, which is another word.
NOUNS = frozenset(["cheque", "kerb", "draught", "tyre"])


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    found = list(_RULES)
    for pair, stems in _STEMS.items():
        for letters, others in (pair, pair[::-1]):
            halves = [stem.partition("_") for stem in stems.split()]
            inside = "|".join(f"{a}(?={letters}{b if gap else _AFTER.get(letters, '')})" for a, gap, b in halves)
            found.append((letters, f"^({_BEFORE}(?:{inside})){letters}", rf"\1{others}"))
    return tuple((letters, re.compile(pattern), to) for letters, pattern, to in found)


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
    for letters, pattern, to in _rules():
        if letters in word and len(word) <= _LONGEST:
            found.add(pattern.sub(to, word, count=1))
    return frozenset(found) - {word}
